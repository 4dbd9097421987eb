// Rows of V, as one thread reads them: the model's own where it stores V, otherwise computed from the points.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "parallel/pace.h"

namespace residual_knn {

// Computed rows are kept in a cache. The bits of a row do not depend on when it is computed, or with which others.
class FactorRows {
 public:
  explicit FactorRows(const ResidualModel& model) : model_(model) {}

  // Row j of a list begins at base + places[j] * m.
  struct List {
    const double* base = nullptr;
    const int64_t* places = nullptr;
  };

  // V of the rows, in any order and without repeats. Valid until the next call of Get; `rows` must last as long. What is
  // computed is reported to `pace`, unless null.
  List Get(std::span<const int64_t> rows, Pace* pace = nullptr);

  // Copies V of the rows to `out`, one row after another.
  void Copy(std::span<const int64_t> rows, double* out);

  // V of one row. Valid until the next call of Get or Row.
  const double* Row(int64_t row);

  // V of rows [begin, begin + count), one after another. They do not go to the cache. Valid until the next call of
  // Range.
  const double* Range(int64_t begin, int64_t count, Pace* pace = nullptr);

  // Whether Get has to compute nothing.
  [[nodiscard]] bool Has(std::span<const int64_t> rows) const;

  // Bytes of the cache of one object, for a model that does not store V.
  [[nodiscard]] static int64_t CacheBytes(const ResidualModel& model);

 private:
  void MakeCache();
  void ComputeMissing(Pace* pace);
  // Takes `count` places that follow each other. The rows that were there leave the cache.
  int64_t TakePlaces(int64_t count);
  void Compute(const ScaledPoints& points, int64_t begin, int64_t count, double* out, Pace* pace);

  const ResidualModel& model_;
  // The cache is a ring: the oldest rows are replaced first.
  int64_t capacity_ = 0;
  int64_t next_ = 0;
  AlignedVector cache_;
  std::vector<int32_t> place_of_row_;  // the place plus 1; 0: not in the cache
  std::vector<int64_t> row_at_;        // -1: none
  std::vector<int64_t> missing_;
  std::vector<int64_t> places_;
  AlignedVector range_;
  ScaledPoints selected_;
  AlignedVector panel_;
};

}  // namespace residual_knn
