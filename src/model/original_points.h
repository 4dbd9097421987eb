// Points as the caller gave them, kept because an update scales them again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dense_matrix_view.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

class OriginalPoints {
 public:
  OriginalPoints() = default;
  explicit OriginalPoints(const DenseMatrixView& points)
      : values_(static_cast<size_t>(points.rows * points.columns)),
        rows_(points.rows),
        columns_(points.columns) {
    double* const values = values_.own();
    for (int64_t i = 0; i < rows_; ++i) {
      for (int64_t c = 0; c < columns_; ++c) values[c * rows_ + i] = points(i, c);
    }
  }

  [[nodiscard]] DenseMatrixView view() const { return {values_.data(), rows_, columns_, true}; }
  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(values_.size() * sizeof(double));
  }

  void Save(const IndexWriter& writer) const;
  void Load(const IndexReader& reader);
  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] int64_t columns() const { return columns_; }

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);

  StoredArray<double, std::vector<double>> values_;
  int64_t rows_ = 0;
  int64_t columns_ = 0;
};

}  // namespace residual_knn
