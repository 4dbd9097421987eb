#include "tools/table_csv.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cell_location.h"
#include "tools/csv_scanner.h"
#include "tools/number_text.h"

namespace residual_knn {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvTableBuilder final : public CsvSink {
 public:
  CsvTableBuilder(const std::string& path, const ColumnSelector& select) : select_(select) {
    header_.path = path;
    header_.format = TableFormat::kCsv;
  }

  void OnCell(std::string_view text, int64_t line) override {
    if (!header_done_) {
      header_.columns.emplace_back(text);
      return;
    }
    const auto cell = static_cast<size_t>(cells_++);
    if (cell >= slots_.size() || slots_[cell] < 0) return;
    const RealText real = ParseReal(text);
    if (real.fault != nullptr) ThrowFault(text, real.fault, line, static_cast<int64_t>(cell));
    columns_[static_cast<size_t>(slots_[cell])].push_back(real.value);
  }

  void OnRow(int64_t line) override {
    if (!header_done_) {
      TakeHeader(line);
      return;
    }
    const auto width = static_cast<int64_t>(header_.columns.size());
    if (cells_ != width) ThrowWidth(line);
    cells_ = 0;
    if (lines_.empty() || line != lines_.back().line + (rows_ - lines_.back().row)) {
      lines_.push_back({rows_, line});
    }
    ++rows_;
  }

  Table Finish() {
    if (!header_done_) {
      throw std::runtime_error(CsvLine(header_.path, 1) + ": the file is empty");
    }
    Table table;
    table.rows = rows_;
    table.path = header_.path;
    table.format = TableFormat::kCsv;
    table.lines = std::move(lines_);
    table.file_columns = selected_;
    for (const int64_t column : selected_) {
      table.columns.push_back(header_.columns[static_cast<size_t>(column)]);
    }
    table.values.reserve(columns_.size() * static_cast<size_t>(rows_));
    for (std::vector<double>& column : columns_) {
      table.values.insert(table.values.end(), column.begin(), column.end());
      column = {};  // so that the peak is one column above the table
    }
    return table;
  }

 private:
  void TakeHeader(int64_t line) {
    header_done_ = true;
    const auto is_number = [](const std::string& name) { return ParseReal(name).fault == nullptr; };
    if (std::all_of(header_.columns.begin(), header_.columns.end(), is_number)) {
      throw std::runtime_error(CsvLine(header_.path, line) +
                               ": the first line must name the columns, but holds numbers only");
    }
    try {
      selected_ = select_(header_);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(CsvLine(header_.path, line) + ": " + error.what());
    }
    slots_.assign(header_.columns.size(), -1);
    for (size_t slot = 0; slot < selected_.size(); ++slot) {
      slots_[static_cast<size_t>(selected_[slot])] = static_cast<int64_t>(slot);
    }
    columns_.resize(selected_.size());
  }

  [[noreturn]] void ThrowFault(std::string_view text, const char* fault, int64_t line,
                               int64_t column) const {
    const std::string& name = header_.columns[static_cast<size_t>(column)];
    std::string message = CsvCell(header_.path, line, column, name) + ": ";
    message += text.empty() ? "the cell " : Quoted(text) + " ";
    throw CellError(message + fault, name);
  }

  [[noreturn]] void ThrowWidth(int64_t line) const {
    const auto width = static_cast<int64_t>(header_.columns.size());
    const std::string counts =
        "the row has " + std::to_string(cells_) + " cells, the header " + std::to_string(width);
    if (cells_ < width) {
      throw std::runtime_error(
          CsvCell(header_.path, line, cells_, header_.columns[static_cast<size_t>(cells_)]) +
          ": missing; " + counts);
    }
    throw std::runtime_error(CsvLine(header_.path, line) + ", column " + std::to_string(width + 1) +
                             ": no such column; " + counts);
  }

  const ColumnSelector& select_;
  TableHeader header_;
  bool header_done_ = false;
  std::vector<int64_t> selected_;
  std::vector<int64_t> slots_;  // for each column of the file its place in columns_, or -1
  std::vector<std::vector<double>> columns_;
  std::vector<TableLine> lines_;
  int64_t rows_ = 0;
  int64_t cells_ = 0;
};

}  // namespace

Table ReadCsvTable(ByteSource& source, const ColumnSelector& select) {
  CsvTableBuilder builder(source.path(), select);
  CsvScanner scanner(builder);
  try {
    std::vector<char> buffer(size_t{1} << 18);
    const bool marked = source.StartsWith(kByteOrderMark);
    size_t skip = marked ? kByteOrderMark.size() : 0;
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
