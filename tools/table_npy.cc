#include "tools/table_npy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "tools/cell_location.h"
#include "tools/column_store.h"
#include "tools/npy_format.h"

namespace residual_knn {
namespace {

// NumPy itself warns from 10,000 bytes on.
constexpr int64_t kLongestDescription = int64_t{1} << 20;

void ReadExactly(ByteSource& source, std::span<char> buffer) {
  if (source.Read(buffer) != buffer.size()) {
    throw std::runtime_error("the file ends within the .npy header");
  }
}

NpyHeader ReadHeader(ByteSource& source) {
  std::array<char, kNpyMagic.size() + 2> start{};
  ReadExactly(source, start);
  const auto major = static_cast<unsigned char>(start[kNpyMagic.size()]);
  const auto minor = static_cast<unsigned char>(start[kNpyMagic.size() + 1]);
  std::array<char, 4> length{};  // little-endian; zero after the field
  ReadExactly(source,
              std::span(length).first(static_cast<size_t>(NpyLengthFieldBytes(major, minor))));
  const int64_t bytes = LoadLittleEndian<uint32_t>(length.data());
  if (bytes > kLongestDescription) throw std::runtime_error("the .npy header is damaged: too long");
  std::string description(static_cast<size_t>(bytes), '\0');
  ReadExactly(source, description);
  return ParseNpyDescription(description);
}

// Stores the items, which are in file order, in their columns.
class ItemPlacer {
 public:
  ItemPlacer(const std::string& path, const NpyHeader& header, int64_t columns, ColumnStore* store)
      : path_(path), header_(header), rows_(header.shape[0]), columns_(columns), store_(store) {}

  void Place(const char* bytes) {
    if (store_->Keeps(column_)) store_->Append(column_, Load(bytes));
    Advance();
  }

 private:
  double Load(const char* bytes) const {
    std::string fault;
    try {
      const double value = LoadNpyItem(header_.type, bytes);
      if (std::isfinite(value)) return value;
      fault = std::isnan(value) ? "the value is NaN" : "the value is infinite";
      fault += " (every row needs all its values: remove rows with missing values)";
    } catch (const std::runtime_error& error) {
      fault = error.what();
    }
    throw std::runtime_error(NpyCell(path_, row_, column_) + ": " + fault);
  }

  void Advance() {
    if (header_.fortran_order) {
      if (++row_ == rows_) {
        row_ = 0;
        ++column_;
      }
    } else if (++column_ == columns_) {
      column_ = 0;
      ++row_;
    }
  }

  const std::string& path_;
  const NpyHeader& header_;
  int64_t rows_;
  int64_t columns_;
  ColumnStore* store_;
  int64_t row_ = 0;
  int64_t column_ = 0;
};

// Checks the size before reading, if it is known.
void CheckDataFits(const ByteSource& source, int64_t items, int64_t item_bytes) {
  const std::optional<int64_t> most = source.MostBytes();
  if (most && items * item_bytes > *most) {
    throw std::runtime_error(source.path() + ": the data is shorter than the header says");
  }
}

void ReadItems(ByteSource& source, int64_t item_bytes, int64_t items, ItemPlacer* placer) {
  constexpr int64_t kChunk = int64_t{1} << 15;
  std::vector<char> buffer(static_cast<size_t>(kChunk * item_bytes));
  for (int64_t done = 0; done < items; done += kChunk) {
    const int64_t count = std::min(kChunk, items - done);
    const std::span<char> chunk = std::span(buffer).first(static_cast<size_t>(count * item_bytes));
    if (source.Read(chunk) != chunk.size()) {
      throw std::runtime_error(source.path() + ": the data is shorter than the header says");
    }
    for (int64_t i = 0; i < count; ++i) placer->Place(&buffer[static_cast<size_t>(i * item_bytes)]);
  }
  if (source.Read(std::span(buffer).first(1)) != 0) {
    throw std::runtime_error(source.path() + ": the data is longer than the header says");
  }
}

}  // namespace

Table ReadNpyTable(ByteSource& source, const ColumnSelector& select) {
  Table table;
  table.path = source.path();
  table.format = TableFormat::kNpy;
  NpyHeader header;
  TableHeader names{table.path, table.format, {}};
  int64_t file_columns = 1;
  try {
    header = ReadHeader(source);
    if (header.shape.size() == 2) file_columns = header.shape[1];
    if (file_columns > kMostColumns) {
      throw std::runtime_error("the array has " + std::to_string(file_columns) +
                               " columns; points must be in rows");
    }
    for (int64_t column = 0; column < file_columns; ++column) {
      names.columns.push_back(std::to_string(column));
    }
    table.file_columns = select(names);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(table.path + ": " + error.what());
  }
  table.rows = header.shape[0];
  CheckDataFits(source, table.rows * file_columns, header.type.bytes);
  for (const int64_t column : table.file_columns) table.columns.push_back(std::to_string(column));
  ColumnStore store(file_columns, table.file_columns);
  ItemPlacer placer(table.path, header, file_columns, &store);
  ReadItems(source, header.type.bytes, table.rows * file_columns, &placer);
  table.values = store.Release(table.rows);
  return table;
}

}  // namespace residual_knn
