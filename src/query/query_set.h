// The queries of one search. All kinds of queries are loaded block by block into the same form.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "base/dense_matrix_view.h"
#include "model/residual_model.h"
#include "model/row_group.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Some queries of a QuerySet. Reused from block to block.
struct QueryBlock {
  int64_t count = 0;
  const double* v = nullptr;              // count x m, V of the queries
  std::vector<double> points;             // count x d, scaled coordinates
  std::vector<double> inverse_deviation;  // 0 for degenerate queries
  std::vector<double> residual_variance;  // p
  std::vector<double> norm;               // |V|
  std::vector<int64_t> self;              // the query's own row, -1 for a new point
  std::vector<int64_t> callback_row;      // its number for the covariance callback
  std::vector<int64_t> slot;              // its place in the caller's results
  std::vector<int64_t> limit;             // candidates are the rows [0, limit)
  int64_t largest_limit = 0;

  // Query q of a model with these m and d.
  [[nodiscard]] PointView View(int64_t q, int64_t m, int64_t d) const {
    return {v + q * m, points.data() + q * d, inverse_deviation[q], callback_row[q]};
  }

  AlignedVector owned_v;
  std::vector<int64_t> numbers;  // of the queries in a larger set
  ScaledPoints selected;
  AlignedVector panel;
};

class QuerySet {
 public:
  QuerySet() = default;
  QuerySet(const QuerySet&) = delete;
  QuerySet& operator=(const QuerySet&) = delete;
  virtual ~QuerySet() = default;

  [[nodiscard]] virtual int64_t size() const = 0;
  // Loads the listed queries. They are numbered in the order of the set, which need not be the caller's. Computing V
  // of new points takes time; the block is incomplete if the monitor was stopped.
  virtual void Load(std::span<const int64_t> queries, QueryBlock& block,
                    ThreadMonitor monitor) const = 0;
  // Loads the listed queries without V, p and what follows from them: rows, slots, limits and coordinates are set, the
  // other fields of the block are undefined.
  virtual void LoadPlaces(std::span<const int64_t> queries, QueryBlock& block) const = 0;
  // Number of candidates of a query, the query itself not counted.
  [[nodiscard]] virtual int64_t Pairs(int64_t query) const = 0;
  // The row of a query; -1 for a new point.
  [[nodiscard]] virtual int64_t RowOf(int64_t query) const = 0;
  // The place of a query in the caller's results.
  [[nodiscard]] virtual int64_t SlotOf(int64_t query) const = 0;
  // Candidates are the rows [0, Limit(query)).
  [[nodiscard]] virtual int64_t Limit(int64_t query) const = 0;
  // New points whose coordinates are too coarse; none among rows.
  [[nodiscard]] virtual CoarsePoints coarse() const { return {}; }
  // Copies the scaled coordinates of a query to `out`; copies nothing if there are none.
  virtual void CopyPoint(int64_t query, double* out) const = 0;
};

// Rows of the model, among all others or among their predecessors only. `rows` is null for all rows in order;
// otherwise it must outlive the set.
std::unique_ptr<QuerySet> MakeRowQueries(const ResidualModel& model, const int64_t* rows,
                                         int64_t count, bool predecessors);

// Rows of the model; the candidates of rows[i] are the rows below limits[i], none of which is rows[i] itself. Both must
// outlive the set.
std::unique_ptr<QuerySet> MakeLimitedQueries(const ResidualModel& model,
                                             std::span<const int64_t> rows,
                                             std::span<const int64_t> limits);

// New points of a model with inducing points, from which their V and p are computed. Throws for bad values.
std::unique_ptr<QuerySet> MakeNewPointQueries(const ResidualModel& model,
                                              const DenseMatrixView& queries);

// New points with given V and p; `queries` has no columns with a covariance callback.
std::unique_ptr<QuerySet> MakeNewFactorQueries(const ResidualModel& model,
                                               const DenseMatrixView& query_factor,
                                               std::span<const double> query_residual_variance,
                                               const DenseMatrixView& queries, int threads,
                                               Monitor& monitor);

}  // namespace residual_knn
