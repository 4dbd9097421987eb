#include "search/query_set.h"

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
  block.norm.resize(static_cast<size_t>(count));
  block.self.resize(static_cast<size_t>(count));
  block.callback_row.resize(static_cast<size_t>(count));
  block.slot.resize(static_cast<size_t>(count));
  block.limit.resize(static_cast<size_t>(count));
}

class RowQueries : public QuerySet {
 public:
  RowQueries(const ResidualModel& model, const int64_t* rows, int64_t count, bool predecessors)
      : model_(model), rows_(rows), count_(count), predecessors_(predecessors) {
    if (rows == nullptr) return;
    for (int64_t i = 0; i < count; ++i) {
      if (rows[i] < 0 || rows[i] >= model.n()) {
        ThrowInvalid("rows[" + std::to_string(i) + "] is " + std::to_string(rows[i]) +
                     ", must be a row of the index, which has n = " + std::to_string(model.n()));
      }
    }
    // Blocks of predecessor queries are cut to fit the triangle.
    if (predecessors && !std::is_sorted(rows, rows + count)) {
      order_.resize(static_cast<size_t>(count));
      std::iota(order_.begin(), order_.end(), int64_t{0});
      std::stable_sort(order_.begin(), order_.end(),
                       [rows](int64_t a, int64_t b) { return rows[a] < rows[b]; });
    }
  }

  [[nodiscard]] int64_t size() const override { return count_; }

  void Load(int64_t first, int64_t count, QueryBlock& block, Monitor& /*monitor*/,
            bool /*polls*/) const override {
    Resize(block, count, model_.d());
    bool contiguous = true;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = Row(first + i);
      contiguous = contiguous && row == Row(first) + i;
      block.self[i] = row;
      block.callback_row[i] = row;
      block.slot[i] = Slot(first + i);
      block.limit[i] = Limit(row);
      block.largest_limit = std::max(block.largest_limit, block.limit[i]);
      block.inverse_deviation[i] = model_.inverse_deviation()[row];
      model_.points().CopyPoint(row, block.points.data() + i * model_.d());
      double square = 0;
      DotRows(model_.factor(row), model_.factor(0), model_.m(), &row, 1, &square);
      block.norm[i] = std::sqrt(square);
    }
    if (contiguous) {
      block.factor = model_.factor(Row(first));
      return;
    }
    const int64_t m = model_.m();
    block.owned_factor.resize(static_cast<size_t>(count * m));
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(model_.factor(block.self[i]), m, block.owned_factor.data() + i * m);
    }
    block.factor = block.owned_factor.data();
  }

  [[nodiscard]] int64_t Pairs(int64_t first, int64_t count) const override {
    int64_t pairs = 0;
    for (int64_t i = first; i < first + count; ++i) {
      pairs += predecessors_ ? Row(i) : model_.n() - 1;
    }
    return pairs;
  }

 private:
  [[nodiscard]] int64_t Slot(int64_t i) const { return order_.empty() ? i : order_[i]; }
  [[nodiscard]] int64_t Row(int64_t i) const { return rows_ == nullptr ? i : rows_[Slot(i)]; }
  [[nodiscard]] int64_t Limit(int64_t row) const { return predecessors_ ? row : model_.n(); }

  const ResidualModel& model_;
  const int64_t* rows_;
  int64_t count_;
  bool predecessors_;
  std::vector<int64_t> order_;
};

// What both kinds of new points share.
void LoadNewPoints(const ResidualModel& model, const ScaledPoints& points, int64_t first,
                   int64_t count, QueryBlock& block) {
  Resize(block, count, model.d());
  block.largest_limit = model.n();
  for (int64_t i = 0; i < count; ++i) {
    block.self[i] = -1;
    block.callback_row[i] = model.n() + first + i;
    block.slot[i] = first + i;
    block.limit[i] = model.n();
    points.CopyPoint(first + i, block.points.data() + i * model.d());
  }
}

class NewPointQueries : public QuerySet {
 public:
  NewPointQueries(const ResidualModel& model, const DenseMatrixView& queries)
      : model_(model),
        points_(queries, model.scaling().lengthscales, "queries", model.scaling().origin) {}

  [[nodiscard]] int64_t size() const override { return points_.size(); }

  void Load(int64_t first, int64_t count, QueryBlock& block, Monitor& monitor,
            bool polls) const override {
    LoadNewPoints(model_, points_, first, count, block);
    const int64_t m = model_.m();
    block.owned_factor.resize(static_cast<size_t>(count * m));
    const CovarianceFunction& covariance = *model_.covariance();
    for (int64_t done = 0; done < count; done += kPanelWidth) {
      if (polls) monitor.Poll();
      if (monitor.Stopped()) return;
      model_.inducing()->Solve(covariance.view(), points_, first + done,
                               std::min(kPanelWidth, count - done), block.panel,
                               block.owned_factor.data() + done * m, block.norm.data() + done);
    }
    for (int64_t i = 0; i < count; ++i) {
      const double square = block.norm[i];
      const double p = covariance.variance() + model_.nugget() - square;
      block.inverse_deviation[i] = ResidualModel::InverseDeviation(std::max(p, 0.0), square, m);
      block.norm[i] = std::sqrt(square);
    }
    block.factor = block.owned_factor.data();
  }

  [[nodiscard]] int64_t Pairs(int64_t, int64_t count) const override { return count * model_.n(); }

 private:
  const ResidualModel& model_;
  ScaledPoints points_;
};

class NewFactorQueries : public QuerySet {
 public:
  NewFactorQueries(const ResidualModel& model, const DenseMatrixView& factor,
                   std::span<const double> residual_variance, const DenseMatrixView& queries,
                   int threads, Monitor& monitor)
      : model_(model),
        factor_(static_cast<size_t>(CheckedSize(factor.rows, factor.columns, "num_queries x m"))),
        residual_variance_(residual_variance.begin(), residual_variance.end()),
        squares_(residual_variance.size()) {
    CopyFactor(factor, residual_variance, {"query_factor", "query_residual_variance"},
               factor_.data(), squares_, threads, monitor);
    if (model.covariance() != nullptr) {
      points_ =
          ScaledPoints(queries, model.scaling().lengthscales, "queries", model.scaling().origin);
    }
  }

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(residual_variance_.size());
  }

  void Load(int64_t first, int64_t count, QueryBlock& block, Monitor& /*monitor*/,
            bool /*polls*/) const override {
    LoadNewPoints(model_, points_, first, count, block);
    for (int64_t i = 0; i < count; ++i) {
      block.inverse_deviation[i] = ResidualModel::InverseDeviation(residual_variance_[first + i],
                                                                   squares_[first + i], model_.m());
      block.norm[i] = std::sqrt(squares_[first + i]);
    }
    block.factor = factor_.data() + first * model_.m();
  }

  [[nodiscard]] int64_t Pairs(int64_t, int64_t count) const override { return count * model_.n(); }

 private:
  const ResidualModel& model_;
  AlignedVector factor_;
  std::vector<double> residual_variance_;
  std::vector<double> squares_;
  ScaledPoints points_;
};

}  // namespace

std::unique_ptr<QuerySet> MakeRowQueries(const ResidualModel& model, const int64_t* rows,
                                         int64_t count, bool predecessors) {
  return std::make_unique<RowQueries>(model, rows, count, predecessors);
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
