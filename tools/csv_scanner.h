// Splits CSV text into cells with libcsv, and counts the lines of the file, which libcsv does not do.
//
// The delimiter separates cells. Quoted cells may contain delimiters, line ends and doubled quotes. Spaces and tabs
// around cells are ignored. Lines end in \n, \r\n or \r. If the delimiter is whitespace, spaces and tabs at both ends
// of a line are ignored too.
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

// Thrown for text that is not CSV. `line` counts from 1.
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
  // A cell, and the line on which it begins.
  virtual void OnCell(std::string_view text, int64_t line) = 0;
  // The end of a row. Its cells were passed since the previous call; the row began on `line` and has at least one cell.
  virtual void OnRow(int64_t line) = 0;
};

class CsvScanner {
 public:
  CsvScanner(CsvSink& sink, const CsvFormat& format);
  ~CsvScanner();
  CsvScanner(const CsvScanner&) = delete;
  CsvScanner& operator=(const CsvScanner&) = delete;

  // Takes the next part of the text. Throws CsvError or the exception of the sink.
  void Feed(std::string_view text);
  // Ends the text. Blank lines are errors except at the end.
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
  std::string filtered_;  // text from the filter for libcsv
  csv_parser parser_{};
  int64_t line_ = 1;
  int64_t row_line_ = 1;
  int64_t cells_in_row_ = 0;
  int64_t blank_line_ = 0;  // the first of the preceding blank lines; 0: none
  bool after_carriage_return_ = false;
  std::exception_ptr stored_;  // an exception must not pass through the frames of libcsv
};

// The cells of one line of CSV. A blank line or a comment has no cells.
std::vector<std::string> SplitCsvLine(std::string_view line, const CsvFormat& format = {});

}  // namespace residual_knn
