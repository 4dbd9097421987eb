#include "query/query_set.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/checked_size.h"
#include "base/error.h"
#include "simd/dot.h"
#include "simd/forward_substitution.h"

namespace residual_knn {
namespace {

void Resize(QueryBlock& block, int64_t count, int64_t dimensions) {
  block.count = count;
  block.largest_limit = 0;
  block.points.resize(static_cast<size_t>(count * dimensions));
  block.inverse_deviation.resize(static_cast<size_t>(count));
  block.residual_variance.resize(static_cast<size_t>(count));
  block.norm.resize(static_cast<size_t>(count));
  block.self.resize(static_cast<size_t>(count));
  block.callback_row.resize(static_cast<size_t>(count));
  block.slot.resize(static_cast<size_t>(count));
  block.limit.resize(static_cast<size_t>(count));
}

// Computes V of block.selected, and |V|^2 in block.norm. Incomplete if the monitor was stopped.
void SolveSelected(const ResidualModel& model, QueryBlock& block, ThreadMonitor monitor) {
  const int64_t m = model.m();
  block.owned_v.resize(static_cast<size_t>(block.count * m));
  block.v = block.owned_v.data();
  for (int64_t done = 0; done < block.count && monitor.GoOn(); done += kPanelWidth) {
    model.inducing()->Solve(model.covariance()->view(), block.selected, done,
                            std::min(kPanelWidth, block.count - done), block.panel,
                            block.owned_v.data() + done * m, block.norm.data() + done);
  }
}

class RowQueries : public QuerySet {
 public:
  RowQueries(const ResidualModel& model, const int64_t* rows, int64_t count, bool predecessors)
      : model_(model), rows_(rows), count_(count), predecessors_(predecessors) {
    if (rows == nullptr) return;
    for (int64_t i = 0; i < count; ++i) {
      if (rows[i] < 0 || rows[i] >= model.n()) {
        ThrowInvalid("rows[" + Ordinal{i} + "] is " + Ordinal{rows[i]} +
                     ", must be a row of the index, which has n = " + std::to_string(model.n()));
      }
    }
    if (predecessors) OrderBy(rows);
  }
  RowQueries(const ResidualModel& model, std::span<const int64_t> rows,
             std::span<const int64_t> limits)
      : model_(model),
        rows_(rows.data()),
        limits_(limits.data()),
        count_(std::ssize(rows)),
        predecessors_(true) {
    OrderBy(limits_);
  }

  [[nodiscard]] int64_t size() const override { return count_; }

  void LoadPlaces(std::span<const int64_t> queries, QueryBlock& block) const override {
    const auto count = static_cast<int64_t>(queries.size());
    Resize(block, count, model_.d());
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = Row(queries[i]);
      block.self[i] = row;
      block.callback_row[i] = row;
      block.slot[i] = Slot(queries[i]);
      block.limit[i] = Limit(queries[i]);
      block.largest_limit = std::max(block.largest_limit, block.limit[i]);
      model_.points().CopyPoint(row, block.points.data() + i * model_.d());
    }
  }

  void Load(std::span<const int64_t> queries, QueryBlock& block,
            ThreadMonitor monitor) const override {
    LoadPlaces(queries, block);
    LoadFactor(block, monitor);
    for (int64_t i = 0; i < block.count; ++i) {
      const int64_t row = block.self[i];
      block.inverse_deviation[i] = model_.inverse_deviation()[row];
      block.residual_variance[i] = model_.residual_variance(row);
      block.norm[i] = std::sqrt(SquaredNorm(block.v + i * model_.m(), model_.m()));
    }
  }

  [[nodiscard]] int64_t Pairs(int64_t query) const override {
    return predecessors_ ? Limit(query) : model_.n() - 1;
  }
  [[nodiscard]] int64_t RowOf(int64_t query) const override { return Row(query); }
  [[nodiscard]] int64_t SlotOf(int64_t query) const override { return Slot(query); }
  [[nodiscard]] int64_t Limit(int64_t query) const override {
    if (limits_ != nullptr) return limits_[Slot(query)];
    return predecessors_ ? Row(query) : model_.n();
  }
  void CopyPoint(int64_t query, double* out) const override {
    model_.points().CopyPoint(Row(query), out);
  }

 private:
  // V of the queries whose places are loaded.
  void LoadFactor(QueryBlock& block, ThreadMonitor monitor) const {
    const int64_t m = model_.m();
    const std::vector<int64_t>& rows = block.self;
    if (!model_.stores_factor()) {
      block.selected = model_.points().Selected(rows, std::move(block.selected));
      SolveSelected(model_, block, monitor);
      return;
    }
    bool contiguous = true;
    for (int64_t i = 0; i < block.count; ++i) contiguous = contiguous && rows[i] == rows[0] + i;
    if (contiguous) {
      block.v = model_.v(block.count > 0 ? rows[0] : 0);
      return;
    }
    block.owned_v.resize(static_cast<size_t>(block.count * m));
    for (int64_t i = 0; i < block.count; ++i) {
      std::copy_n(model_.v(rows[i]), m, block.owned_v.data() + i * m);
    }
    block.v = block.owned_v.data();
  }
  [[nodiscard]] int64_t Slot(int64_t i) const { return order_.empty() ? i : order_[i]; }
  [[nodiscard]] int64_t Row(int64_t i) const { return rows_ == nullptr ? i : rows_[Slot(i)]; }
  // Queries are taken in the order of their limits, so that queries loaded together have about as many candidates.
  void OrderBy(const int64_t* limits) {
    if (std::is_sorted(limits, limits + count_)) return;
    order_.resize(static_cast<size_t>(count_));
    std::iota(order_.begin(), order_.end(), int64_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [limits](int64_t a, int64_t b) { return limits[a] < limits[b]; });
  }

  const ResidualModel& model_;
  const int64_t* rows_;
  const int64_t* limits_ = nullptr;
  int64_t count_;
  bool predecessors_;
  std::vector<int64_t> order_;
};

// The common part of both kinds of new points.
class NewQueries : public QuerySet {
 public:
  NewQueries(const ResidualModel& model, ScaledPoints points)
      : model_(model), points_(std::move(points)) {}

  [[nodiscard]] CoarsePoints coarse() const override { return points_.coarse(); }
  [[nodiscard]] int64_t Pairs(int64_t /*query*/) const override { return model_.n(); }
  [[nodiscard]] int64_t RowOf(int64_t /*query*/) const override { return -1; }
  [[nodiscard]] int64_t SlotOf(int64_t query) const override { return query; }
  [[nodiscard]] int64_t Limit(int64_t /*query*/) const override { return model_.n(); }
  void CopyPoint(int64_t query, double* out) const override { points_.CopyPoint(query, out); }

  void LoadPlaces(std::span<const int64_t> queries, QueryBlock& block) const override {
    Resize(block, static_cast<int64_t>(queries.size()), model_.d());
    block.largest_limit = model_.n();
    for (size_t i = 0; i < queries.size(); ++i) {
      block.self[i] = -1;
      block.callback_row[i] = model_.n() + queries[i];
      block.slot[i] = queries[i];
      block.limit[i] = model_.n();
      points_.CopyPoint(queries[i], block.points.data() + static_cast<int64_t>(i) * model_.d());
    }
  }

 protected:
  [[nodiscard]] const ResidualModel& model() const { return model_; }
  [[nodiscard]] const ScaledPoints& points() const { return points_; }

 private:
  const ResidualModel& model_;
  ScaledPoints points_;
};

class NewPointQueries : public NewQueries {
 public:
  NewPointQueries(const ResidualModel& model, const DenseMatrixView& queries)
      : NewQueries(model, ScaledPoints(queries, model.scaling().lengthscales, "queries",
                                       model.scaling().origin)) {}

  [[nodiscard]] int64_t size() const override { return points().size(); }

  void Load(std::span<const int64_t> queries, QueryBlock& block,
            ThreadMonitor monitor) const override {
    LoadPlaces(queries, block);
    block.selected = points().Selected(queries, std::move(block.selected));
    SolveSelected(model(), block, monitor);
    const double total = model().covariance()->variance() + model().nugget();
    for (int64_t i = 0; i < block.count; ++i) {
      const double square = block.norm[i];
      const double p = std::max(total - square, 0.0);
      block.residual_variance[i] = p;
      block.inverse_deviation[i] = ResidualModel::InverseDeviation(p, square, model().m());
      block.norm[i] = std::sqrt(square);
    }
  }
};

class NewFactorQueries : public NewQueries {
 public:
  NewFactorQueries(const ResidualModel& model, const DenseMatrixView& factor,
                   std::span<const double> residual_variance, const DenseMatrixView& queries,
                   int threads, Monitor& monitor)
      : NewQueries(model, model.covariance() == nullptr
                              ? ScaledPoints()
                              : ScaledPoints(queries, model.scaling().lengthscales, "queries",
                                             model.scaling().origin)),
        v_(static_cast<size_t>(CheckedSize(factor.rows, factor.columns, "num_queries x m"))),
        residual_variance_(residual_variance.begin(), residual_variance.end()),
        squares_(residual_variance.size()) {
    CopyFactor(factor, residual_variance, {"query_factor", "query_residual_variance"}, v_.data(),
               squares_, threads, monitor);
  }

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(residual_variance_.size());
  }

  void Load(std::span<const int64_t> queries, QueryBlock& block,
            ThreadMonitor /*monitor*/) const override {
    LoadPlaces(queries, block);
    const int64_t m = model().m();
    block.owned_v.resize(queries.size() * static_cast<size_t>(m));
    for (size_t i = 0; i < queries.size(); ++i) {
      const int64_t query = queries[i];
      block.residual_variance[i] = residual_variance_[query];
      block.inverse_deviation[i] =
          ResidualModel::InverseDeviation(residual_variance_[query], squares_[query], m);
      block.norm[i] = std::sqrt(squares_[query]);
      std::copy_n(v_.data() + query * m, m, block.owned_v.data() + static_cast<int64_t>(i) * m);
    }
    block.v = block.owned_v.data();
  }

 private:
  AlignedVector v_;
  std::vector<double> residual_variance_;
  std::vector<double> squares_;
};

}  // namespace

std::unique_ptr<QuerySet> MakeRowQueries(const ResidualModel& model, const int64_t* rows,
                                         int64_t count, bool predecessors) {
  return std::make_unique<RowQueries>(model, rows, count, predecessors);
}

std::unique_ptr<QuerySet> MakeLimitedQueries(const ResidualModel& model,
                                             std::span<const int64_t> rows,
                                             std::span<const int64_t> limits) {
  return std::make_unique<RowQueries>(model, rows, limits);
}

std::unique_ptr<QuerySet> MakeNewPointQueries(const ResidualModel& model,
                                              const DenseMatrixView& queries) {
  return std::make_unique<NewPointQueries>(model, queries);
}

std::unique_ptr<QuerySet> MakeNewFactorQueries(const ResidualModel& model,
                                               const DenseMatrixView& query_factor,
                                               std::span<const double> query_residual_variance,
                                               const DenseMatrixView& queries, int threads,
                                               Monitor& monitor) {
  return std::make_unique<NewFactorQueries>(model, query_factor, query_residual_variance, queries,
                                            threads, monitor);
}

}  // namespace residual_knn
