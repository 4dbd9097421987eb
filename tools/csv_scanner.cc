#include "tools/csv_scanner.h"

#include <new>
#include <utility>

namespace residual_knn {
namespace {

// The longest allowed cell. A gzipped file of a few bytes could contain a cell of any length.
constexpr size_t kLongestCell = size_t{1} << 24;

int64_t CountLineEnds(std::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool lone_return = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (text[i] == '\n' || lone_return) ++count;
  }
  return count;
}

}  // namespace

CsvScanner::CsvScanner(CsvSink& sink, const CsvFormat& format) : sink_(sink), filter_(format) {
  if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) throw std::bad_alloc();
  csv_set_blk_size(&parser_, size_t{1} << 12);
  const char delimiter =
      format.delimiter == kWhitespace ? CsvLineFilter::kSeparator : format.delimiter;
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
}

CsvScanner::~CsvScanner() { csv_free(&parser_); }

void CsvScanner::Feed(std::string_view text) {
  if (!filter_.IsNeeded()) {
    Parse(text);
    return;
  }
  for (const char c : text) {
    if (!filter_.Take(c, &filtered_)) continue;
    Parse(filtered_);
    filtered_.clear();
    ++line_;
  }
  Parse(filtered_);
  filtered_.clear();
}

void CsvScanner::Parse(std::string_view text) {
  const size_t taken =
      csv_parse(&parser_, text.data(), text.size(), CellCallback, RowCallback, this);
  ThrowStored();
  if (parser_.entry_pos > kLongestCell) {
    throw CsvError(line_, "cell " + std::to_string(cells_in_row_ + 1) +
                              " of the row is longer than 16 MiB; is a quote not closed?");
  }
  if (taken == text.size()) return;
  if (csv_error(&parser_) != CSV_EPARSE) throw std::bad_alloc();
  throw CsvError(line_, "cell " + std::to_string(cells_in_row_ + 1) +
                            " of the row has a quote in the wrong place");
}

void CsvScanner::Finish() {
  const int failed = csv_fini(&parser_, CellCallback, RowCallback, this);
  ThrowStored();
  if (failed == 0) return;
  if (csv_error(&parser_) != CSV_EPARSE) throw std::bad_alloc();
  throw CsvError(line_, "the quote that opens in cell " + std::to_string(cells_in_row_ + 1) +
                            " of the row is never closed");
}

void CsvScanner::CellCallback(void* text, size_t size, void* scanner) {
  auto* self = static_cast<CsvScanner*>(scanner);
  if (self->stored_) return;
  try {
    self->TakeCell(text == nullptr ? std::string_view{}
                                   : std::string_view(static_cast<const char*>(text), size));
  } catch (...) {
    self->stored_ = std::current_exception();
  }
}

void CsvScanner::RowCallback(int terminator, void* scanner) {
  auto* self = static_cast<CsvScanner*>(scanner);
  if (self->stored_) return;
  try {
    self->TakeRowEnd(terminator);
  } catch (...) {
    self->stored_ = std::current_exception();
  }
}

void CsvScanner::TakeCell(std::string_view text) {
  if (blank_line_ != 0)
    throw CsvError(blank_line_,
                   "the line is blank; blank lines are allowed only at the end of the file");
  if (cells_in_row_ == 0) row_line_ = line_;
  after_carriage_return_ = false;
  sink_.OnCell(text, line_);
  ++cells_in_row_;
  line_ += CountLineEnds(text);
}

void CsvScanner::TakeRowEnd(int terminator) {
  const bool second_half = terminator == '\n' && after_carriage_return_ && cells_in_row_ == 0;
  after_carriage_return_ = terminator == '\r';
  if (second_half) return;
  if (cells_in_row_ > 0) {
    sink_.OnRow(row_line_);
    cells_in_row_ = 0;
  } else if (blank_line_ == 0) {
    blank_line_ = line_;
  }
  ++line_;
}

void CsvScanner::ThrowStored() {
  if (stored_) std::rethrow_exception(std::exchange(stored_, nullptr));
}

std::vector<std::string> SplitCsvLine(std::string_view line, const CsvFormat& format) {
  class Cells final : public CsvSink {
   public:
    void OnCell(std::string_view text, int64_t) override { cells.emplace_back(text); }
    void OnRow(int64_t) override {}
    std::vector<std::string> cells;
  };
  Cells sink;
  CsvScanner scanner(sink, format);
  scanner.Feed(line);
  scanner.Finish();
  return sink.cells;
}

}  // namespace residual_knn
