// The second screen of a scan in integers: products of 16 bits, covariances in double precision.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/search_job.h"
#include "scan/quantized_v.h"
#include "score/candidate_list.h"
#include "simd/covariance_row.h"

namespace residual_knn {

// What this screen needs of a query.
struct Query16 {
  const double* point;  // d scaled coordinates
  const QueryIntegers& integers;
  double threshold;  // of its candidate list
};

// Each worker has one object, whose memory is reused.
class Screen16 {
 public:
  // At most `most` rows at once.
  Screen16(const SearchJob& job, const QuantizedV& quantized, int64_t most);

  // Returns the rows that may be among the k nearest; valid until the next call. `products` are those of 16 bits. If
  // they are empty, they are computed.
  ScreenedRows Keep(const Query16& query, std::span<const int32_t> rows,
                    std::span<const int32_t> products);

 private:
  const ResidualModel& model_;
  const QuantizedV& quantized_;
  const bool is_signed_;
  const CovarianceView view_;
  std::vector<int32_t> products_;
  std::vector<int64_t> rows_;
  std::vector<double> scores_;
  std::vector<double> errors_;
  std::vector<double> covariances_;
  std::vector<double> coordinates_;
};

}  // namespace residual_knn
