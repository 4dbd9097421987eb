#include "tools/table_csv.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cell_location.h"
#include "tools/column_store.h"
#include "tools/csv_header.h"
#include "tools/csv_number.h"
#include "tools/csv_scanner.h"
#include "tools/csv_separator.h"

namespace residual_knn {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kMostHeaderBytes = size_t{1} << 26;

class CsvTableBuilder final : public CsvSink {
 public:
  CsvTableBuilder(const std::string& path, const ColumnSelector& select, const CsvFormat& format)
      : select_(select), format_(format) {
    header_.path = path;
    header_.format = TableFormat::kCsv;
  }

  void OnCell(std::string_view text, int64_t line) override {
    if (!store_) {
      KeepFirst(text, line);
      return;
    }
    ends_empty_ = text.empty();
    const int64_t cell = cells_++;
    if (cell >= Width() || !store_->Keeps(cell)) return;
    const RealText real = ParseCsvNumber(text, format_.decimal);
    if (real.fault != nullptr) ThrowFault(text, real.fault, line, cell);
    store_->Append(cell, real.value);
  }

  void OnRow(int64_t line) override {
    if (!store_) {
      TakeFirstLine(line);
      return;
    }
    if (cells_ != Width()) ThrowWidth(line);
    cells_ = 0;
    if (lines_.empty() || line != lines_.back().line + (rows_ - lines_.back().row)) {
      lines_.push_back({rows_, line});
    }
    ++rows_;
  }

  Table Finish() {
    if (!store_) throw std::runtime_error(CsvLine(header_.path, 1) + ": the file is empty");
    Table table;
    table.rows = rows_;
    table.path = header_.path;
    table.format = TableFormat::kCsv;
    table.lines = std::move(lines_);
    table.file_columns = selected_;
    for (const int64_t column : selected_) {
      table.columns.push_back(header_.columns[static_cast<size_t>(column)]);
    }
    table.values = store_->Release(rows_);
    return table;
  }

 private:
  [[nodiscard]] int64_t Width() const { return static_cast<int64_t>(header_.columns.size()); }

  void KeepFirst(std::string_view text, int64_t line) {
    first_bytes_ += text.size();
    if (Width() == kMostColumns || first_bytes_ > kMostHeaderBytes) {
      throw std::runtime_error(CsvLine(header_.path, line) + ": more than " +
                               std::to_string(kMostColumns) + " columns, or 64 MiB of names");
    }
    header_.columns.emplace_back(text);
    first_lines_.push_back(line);
  }

  void TakeFirstLine(int64_t line) {
    const bool is_row = format_.header == CsvFormat::Header::kNone;
    std::vector<std::string> first_row;
    if (is_row) {
      first_row = header_.columns;
      for (size_t i = 0; i < first_row.size(); ++i) header_.columns[i] = std::to_string(i);
    }
    try {
      if (format_.header == CsvFormat::Header::kJudged) CheckHeader(header_.columns, format_);
      selected_ = select_(header_);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(CsvLine(header_.path, line) + ": " + error.what());
    }
    store_.emplace(Width(), selected_);
    if (!is_row) return;
    for (size_t i = 0; i < first_row.size(); ++i) OnCell(first_row[i], first_lines_[i]);
    OnRow(line);
  }

  [[noreturn]] void ThrowFault(std::string_view text, const char* fault, int64_t line,
                               int64_t column) const {
    const std::string& name = header_.columns[static_cast<size_t>(column)];
    std::string message = CsvCell(header_.path, line, column, name) + ": ";
    message += text.empty() ? "the cell " : Quoted(text) + " ";
    throw CellError(message + fault + CsvNumberHint(text, format_), name);
  }

  [[noreturn]] void ThrowWidth(int64_t line) const {
    const int64_t width = Width();
    const bool named = format_.header != CsvFormat::Header::kNone;
    std::string counts = "the row has " + std::to_string(cells_) + " cells, but the " +
                         (named ? "header has " : "first row has ") + std::to_string(width);
    if (format_.decimal == '.' && format_.delimiter == ',' && cells_ == 2 * width) {
      counts += width == 1 ? " (decimal commas? use --decimal ,)"
                           : " (decimal commas? write them in quotes or use another delimiter, and "
                             "--decimal ,)";
    }
    if (cells_ < width) {
      throw std::runtime_error(
          CsvCell(header_.path, line, cells_, header_.columns[static_cast<size_t>(cells_)]) +
          ": missing; " + counts);
    }
    if (cells_ == width + 1 && rows_ == 0 && named && !ends_empty_) {
      counts +=
          " (row names, as R's write.table writes them? use write.csv(..., row.names = FALSE) in "
          "R, or tail -n +2 FILE | residual-knn neighbors - --no-header --columns 1,...)";
    } else if (cells_ == width + 1) {
      counts += " (a delimiter at the end of a line begins one more cell)";
    }
    throw std::runtime_error(CsvLine(header_.path, line) + ", column " + std::to_string(width + 1) +
                             ": no such column; " + counts);
  }

  const ColumnSelector& select_;
  const CsvFormat& format_;
  TableHeader header_;  // its columns are the cells read so far until the first line ends
  std::vector<int64_t> first_lines_;
  size_t first_bytes_ = 0;
  std::vector<int64_t> selected_;
  std::optional<ColumnStore> store_;  // set when the first line ends
  std::vector<TableLine> lines_;
  int64_t rows_ = 0;
  int64_t cells_ = 0;
  bool ends_empty_ = false;  // whether the last cell is empty
};

void CheckDelimiter(ByteSource& source, std::string_view start, const CsvFormat& format) {
  const bool whole = source.Peek().size() < ByteSource::kPeekBytes;
  const std::string fault = FindWrongDelimiter(start, whole, format);
  if (!fault.empty()) throw std::runtime_error(CsvLine(source.path(), 1) + ": " + fault);
}

bool BeginsWithNames(std::string_view start, const std::vector<std::string>& names) {
  if (names.empty()) return false;
  try {
    return SplitCsvLine(start.substr(0, start.find_first_of("\r\n"))) == names;
  } catch (const CsvError&) {
    return false;
  }
}

CsvFormat FormatOf(std::string_view start, const CsvFormat& format) {
  if (!BeginsWithNames(start, format.known_names)) return format;
  CsvFormat own;
  own.header = CsvFormat::Header::kNames;
  return own;
}

}  // namespace

Table ReadCsvTable(ByteSource& source, const ColumnSelector& select, const CsvFormat& given) {
  const CsvFormat format = FormatOf(source.Peek(), given);
  CsvTableBuilder builder(source.path(), select, format);
  CsvScanner scanner(builder, format);
  try {
    const std::string_view start = source.Peek();
    size_t skip = start.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    CheckDelimiter(source, start.substr(skip), format);
    std::vector<char> buffer(size_t{1} << 18);
    while (const size_t count = source.Read(buffer)) {
      scanner.Feed(std::string_view(buffer.data(), count).substr(skip));
      skip = 0;
    }
    scanner.Finish();
  } catch (const CsvError& error) {
    throw std::runtime_error(CsvLine(source.path(), error.line()) + ": " + error.what());
  }
  return builder.Finish();
}

}  // namespace residual_knn
