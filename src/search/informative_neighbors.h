// Which neighbors are informative about a query, and how many queries have too few of them.
//
// What a neighbor explains of a query's residual variance is the share rho^2. Where that is at most 2^-53, taking it
// away changes no variance that double precision can show. And a residual covariance R = rho sqrt(p_i p_j) says nothing
// where it is no larger than what may come of the computation alone: the rounding of R, and the jitter. The jitter,
// J in units of K, makes (K + J)^-1 of K^-1, which changes R_ij by J w_i' K (K + J)^-1 w_j with w = K^-1 k, at most
// J |w_i||w_j|; the weights w are those of an interpolation, of magnitude 1 at an inducing point and less elsewhere.
// Where all points are inducing points, R is jitter and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "query/result_sink.h"

namespace residual_knn {

// So many of all queries that it is worth a word. Early rows of an order have few near predecessors, and rows that are
// inducing points themselves need none: these are fewer.
inline bool AreMany(int64_t uninformative, int64_t queries) {
  return uninformative > 0 && uninformative >= queries - queries / 2;
}

// Passes results on and counts. The count depends on the results alone, not on the strategy.
class InformativeSink : public ResultSink {
 public:
  // 2^-26.5: its square is 2^-53.
  static constexpr double kLeastCorrelation = 0x1.6a09e667f3bcdp-27;

  InformativeSink(const ResidualModel& model, ResultSink& results);

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override;

  // Queries with a neighbor, among those that were asked for, that says nothing.
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
