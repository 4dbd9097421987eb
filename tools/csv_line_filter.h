// Prepares text for CsvScanner: leaves comment lines out and makes one tab of the spaces and tabs
// between two cells. What stands in quotes stays as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/csv_format.h"

namespace residual_knn {

class CsvLineFilter {
 public:
  // What separates the cells of whitespace-delimited text once it is filtered.
  static constexpr char kSeparator = '\t';

  explicit CsvLineFilter(const CsvFormat& format)
      : comment_(format.comment), joins_(format.delimiter == kWhitespace) {}

  // False: the text may go to the scanner as it is.
  [[nodiscard]] bool IsNeeded() const { return comment_ != '\0' || joins_; }

  // Takes the next byte; bytes for the scanner are added to `out`. True if the byte ended a comment
  // line, of which nothing was passed on.
  bool Take(char c, std::string* out);

 private:
  void Pass(char c, std::string* out);

  char comment_;
  bool joins_;
  bool at_line_start_ = true;
  bool after_return_ = false;  // the line before ended in \r; a \n still belongs to it
  bool comment_ended_by_return_ = false;
  bool in_comment_ = false;
  bool in_quotes_ = false;
  std::string blanks_;  // seen, and not yet known to stand between two cells
};

}  // namespace residual_knn
