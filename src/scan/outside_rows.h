// Rows outside the integers, which do not represent them well enough. A scan in integers screens them in double
// precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/factor_rows.h"
#include "query/search_job.h"
#include "score/candidate_list.h"

namespace residual_knn {

// Screens these rows in parts. Each worker has one object, whose memory is reused.
class OutsideRows {
 public:
  // Multiply takes at most `queries` queries and `rows` rows.
  OutsideRows(const SearchJob& job, int64_t queries, int64_t rows);

  // Computes the products of a block of queries with `rows`, which ascend. Both must stay unchanged while Screen is
  // called.
  void Multiply(const QueryBlock& block, std::span<const int64_t> rows);

  // Returns the rows given to Multiply that are candidates of query q and reach the threshold of its list, without the
  // rows in `met` (ascending). The result is valid until the next call.
  ScreenedRows Screen(int64_t q, double threshold, std::span<const int64_t> met);
  // The bound on the error of the products of query q.
  [[nodiscard]] double Error(int64_t q) const;

 private:
  const ResidualModel& model_;
  const bool is_signed_;
  const QueryBlock* block_ = nullptr;
  std::span<const int64_t> rows_;
  FactorRows factor_rows_;
  AlignedVector v_;
  AlignedVector products_;
  std::vector<double> inverse_deviations_;
  std::vector<double> coordinates_;
  std::vector<int64_t> found_;
  std::vector<double> scores_;
  std::vector<double> covariances_;
};

}  // namespace residual_knn
