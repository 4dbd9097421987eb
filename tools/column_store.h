// Columns of numbers that grow with the data that arrives, never with what a header promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn {

class ColumnStore {
 public:
  // Of `width` columns in a file, `selected` are kept, in this order.
  ColumnStore(int64_t width, std::span<const int64_t> selected)
      : slots_(static_cast<size_t>(width), -1), columns_(selected.size()) {
    for (size_t slot = 0; slot < selected.size(); ++slot) {
      slots_[static_cast<size_t>(selected[slot])] = static_cast<int64_t>(slot);
    }
  }

  [[nodiscard]] bool Keeps(int64_t file_column) const {
    return slots_[static_cast<size_t>(file_column)] >= 0;
  }

  // `file_column` must be one that is kept.
  void Append(int64_t file_column, double value) {
    columns_[static_cast<size_t>(slots_[static_cast<size_t>(file_column)])].push_back(value);
  }

  // All columns one after the other, each of `rows` values; the store is empty afterwards.
  std::vector<double> Release(int64_t rows) {
    std::vector<double> values;
    values.reserve(columns_.size() * static_cast<size_t>(rows));
    for (std::vector<double>& column : columns_) {
      values.insert(values.end(), column.begin(), column.end());
      column = {};  // so that the peak is one column above the table
    }
    return values;
  }

 private:
  std::vector<int64_t> slots_;  // for each column of the file its place in columns_, or -1
  std::vector<std::vector<double>> columns_;
};

}  // namespace residual_knn
