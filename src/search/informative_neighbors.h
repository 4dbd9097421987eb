// Which neighbors are informative about a query, and how many queries have too few of them.
//
// A neighbor explains the share rho^2 of a query's residual variance. If that is at most 2^-53, subtracting it changes
// no variance in double precision. A residual covariance R = rho sqrt(p_i p_j) is uninformative, too, if it is no
// larger than the errors of its computation: the rounding of R, and the effect of the jitter. The jitter, J in units of
// K, replaces K^-1 by (K + J)^-1, which changes R_ij by J w_i' K (K + J)^-1 w_j with w = K^-1 k. That is at most J
// |w_i||w_j|. The weights w are those of an interpolation, of magnitude 1 at an inducing point and less elsewhere. If
// all points are inducing points, R is the effect of the jitter and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "query/result_sink.h"

namespace residual_knn {

// Whether so many queries have uninformative neighbors that a warning is useful. Early rows of an order have few near
// predecessors, and rows that are inducing points themselves need no neighbors, but these are fewer.
inline bool AreMany(int64_t uninformative, int64_t queries) {
  return uninformative > 0 && uninformative >= queries - queries / 2;
}

// Passes results on and counts uninformative queries. The count depends on the results alone, not on the strategy.
class InformativeSink : public ResultSink {
 public:
  // 2^-26.5: its square is 2^-53.
  static constexpr double kLeastCorrelation = 0x1.6a09e667f3bcdp-27;

  InformativeSink(const ResidualModel& model, ResultSink& results);

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override;

  // Queries with an uninformative neighbor among the requested ones.
  [[nodiscard]] int64_t uninformative() const {
    return uninformative_.load(std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] bool AllInform(const QueryBlock& block, int64_t query,
                               std::span<const Neighbor> neighbors) const;

  const ResidualModel& model_;
  ResultSink& results_;
  double product_error_ = 0;  // of R, by |V| of the query
  double other_error_ = 0;    // of R, by the covariance and the jitter
  std::atomic<int64_t> uninformative_{0};
};

}  // namespace residual_knn
