// Rows that are the same point as rows before them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Two rows are the same point if their coordinates, V and p are equal. Their correlations with any third row then have
// the same bits. With a covariance callback this cannot be known, and no row counts as repeated.
class RepeatedPoints {
 public:
  RepeatedPoints(const ResidualModel& model, Monitor& monitor);

  void Save(const IndexWriter& writer) const;
  RepeatedPoints(const IndexReader& reader, const ResidualModel& model);

  // Rows that are the same point as at least `count` rows before them, ascending.
  [[nodiscard]] std::vector<int64_t> RowsAfter(int64_t count) const;
  // The number of these rows.
  [[nodiscard]] int64_t NumRowsAfter(int64_t count) const;

  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(repeated_.size() * sizeof(Repeated));
  }

 private:
  struct Repeated {
    int64_t row;
    int64_t before;  // rows before it that are the same point
  };
  std::vector<Repeated> repeated_;  // ascending
};

}  // namespace residual_knn
