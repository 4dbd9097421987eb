// Columns of numbers. Their memory grows with the data that was read, not with the size that a header states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn {

class ColumnStore {
 public:
  // The file has `width` columns. The columns `selected` are kept, in this order.
  ColumnStore(int64_t width, std::span<const int64_t> selected)
      : slots_(static_cast<size_t>(width), -1), columns_(selected.size()) {
    for (size_t slot = 0; slot < selected.size(); ++slot) {
      slots_[static_cast<size_t>(selected[slot])] = static_cast<int64_t>(slot);
    }
  }

  [[nodiscard]] bool Keeps(int64_t file_column) const {
    return slots_[static_cast<size_t>(file_column)] >= 0;
  }

  // `file_column` must be one of the selected columns.
  void Append(int64_t file_column, double value) {
    columns_[static_cast<size_t>(slots_[static_cast<size_t>(file_column)])].push_back(value);
  }

  // Returns all columns one after the other, each with `rows` values. The store is empty afterwards.
  std::vector<double> Release(int64_t rows) {
    std::vector<double> values;
    values.reserve(columns_.size() * static_cast<size_t>(rows));
    for (std::vector<double>& column : columns_) {
      values.insert(values.end(), column.begin(), column.end());
      column = {};  // so that the peak memory is one column more than the table
    }
    return values;
  }

 private:
  std::vector<int64_t> slots_;  // for each column of the file, its index in columns_, or -1
  std::vector<std::vector<double>> columns_;
};

}  // namespace residual_knn
