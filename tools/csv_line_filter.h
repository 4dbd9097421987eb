// Prepares text for CsvScanner: removes comment lines, and replaces the spaces and tabs between two cells by one
// tab. Quoted text is not changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/csv_format.h"

namespace residual_knn {

class CsvLineFilter {
 public:
  // The delimiter of whitespace-delimited text after the filter.
  static constexpr char kSeparator = '\t';

  explicit CsvLineFilter(const CsvFormat& format)
      : comment_(format.comment), joins_(format.delimiter == kWhitespace) {}

  // If false, the text needs no filter.
  [[nodiscard]] bool IsNeeded() const { return comment_ != '\0' || joins_; }

  // Takes the next byte and appends bytes for the scanner to `out`. True if the byte ended a comment line; nothing
  // of that line was appended.
  bool Take(char c, std::string* out);

 private:
  void Pass(char c, std::string* out);

  char comment_;
  bool joins_;
  bool at_line_start_ = true;
  bool after_return_ = false;  // the previous line ended in \r; a \n now belongs to it
  bool comment_ended_by_return_ = false;
  bool in_comment_ = false;
  bool in_quotes_ = false;
  std::string blanks_;  // blanks that may or may not be between two cells
};

}  // namespace residual_knn
