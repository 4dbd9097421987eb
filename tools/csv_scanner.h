// Splits CSV text into cells with libcsv and counts the lines of the file, which libcsv does not.
//
// Cells are separated by the delimiter; quotes protect delimiters and line ends and are doubled
// inside; spaces and tabs around cells do not count; lines end in \n, \r\n or \r. With whitespace as
// the delimiter, spaces and tabs at either end of a line do not count either.
#pragma once

#include <csv.h>

#include <cstdint>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tools/csv_format.h"
#include "tools/csv_line_filter.h"

namespace residual_knn {

// Text that is not CSV. `line` is counted from 1.
class CsvError : public std::runtime_error {
 public:
  CsvError(int64_t line, const std::string& message) : std::runtime_error(message), line_(line) {}
  [[nodiscard]] int64_t line() const { return line_; }

 private:
  int64_t line_;
};

// Receives the cells. May throw.
class CsvSink {
 public:
  virtual ~CsvSink() = default;
  // A cell and the line on which it begins.
  virtual void OnCell(std::string_view text, int64_t line) = 0;
  // The row of the cells since the last call ends; it began on `line` and has at least one cell.
  virtual void OnRow(int64_t line) = 0;
};

class CsvScanner {
 public:
  CsvScanner(CsvSink& sink, const CsvFormat& format);
  ~CsvScanner();
  CsvScanner(const CsvScanner&) = delete;
  CsvScanner& operator=(const CsvScanner&) = delete;

  // Takes the next piece of text. Throws CsvError, or what the sink threw.
  void Feed(std::string_view text);
  // Takes the end of the text. Blank lines are errors except here at the end.
  void Finish();

 private:
  void Parse(std::string_view text);
  static void CellCallback(void* text, size_t size, void* scanner);
  static void RowCallback(int terminator, void* scanner);
  void TakeCell(std::string_view text);
  void TakeRowEnd(int terminator);
  void ThrowStored();

  CsvSink& sink_;
  CsvLineFilter filter_;
  std::string filtered_;  // text on its way from the filter to libcsv
  csv_parser parser_{};
  int64_t line_ = 1;
  int64_t row_line_ = 1;
  int64_t cells_in_row_ = 0;
  int64_t blank_line_ = 0;  // the first of the blank lines just before, 0: none
  bool after_carriage_return_ = false;
  std::exception_ptr stored_;  // must not fly through libcsv's frames
};

// The cells of one line of CSV; none of a blank line or a comment.
std::vector<std::string> SplitCsvLine(std::string_view line, const CsvFormat& format = {});

}  // namespace residual_knn
