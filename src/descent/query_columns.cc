#include "descent/query_columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace residual_knn {
namespace {

int64_t RoundUp(int64_t count) { return (count + kColumnUnit - 1) / kColumnUnit * kColumnUnit; }

}  // namespace

QueryColumns::QueryColumns(const ResidualModel& model, const SearchSettings& settings, int64_t most)
    : model_(model),
      settings_(settings),
      most_(most),
      stride_(RoundUp(most) + kColumnUnit),
      scorer_(model, settings.ranking),
      lists_(static_cast<size_t>(most)),
      error32_(static_cast<size_t>(most)),
      error64_(static_cast<size_t>(most)),
      slack_(static_cast<size_t>(most)),
      home_leaf_(static_cast<size_t>(most)),
      queries_(static_cast<size_t>(most)) {
  const auto room = static_cast<size_t>(stride_);
  coordinates_.assign(room * static_cast<size_t>(model.d()), 0.0);
  scales_.assign(room, 0.0);
  totals_.assign(room, 0.0);
  squared_errors32_.assign(room, 0.0);
  squared_errors64_.assign(room, 0.0);
  std::iota(queries_.begin(), queries_.end(), int64_t{0});
}

void QueryColumns::Load(const QuerySet& queries, std::span<const int64_t> which,
                        const ResidualTree& tree, ThreadMonitor monitor) {
  queries.Load(which, block_, monitor);
  if (monitor.Stopped()) return;
  const int64_t d = model_.d();
  for (int64_t c = 0; c < d; ++c) {
    double* row = coordinates_.data() + c * stride_;
    for (int64_t q = 0; q < count(); ++q) row[q] = block_.points[q * d + c];
    std::fill(row + count(), row + stride_, 0.0);
  }
  PrepareErrors(tree);
  for (int64_t q = 0; q < count(); ++q) {
    const int64_t position =
        block_.self[q] >= 0 && block_.self[q] < tree.size() ? tree.position(block_.self[q]) : -1;
    home_leaf_[q] = position >= 0 ? tree.order().LeafAt(position)
                                  : tree.order().LeafOf(block_.points.data() + q * d);
    if (!degenerate(q)) lists_[q].Reset(settings_.k, block_.inverse_deviation[q], error64_[q]);
  }
  if (single_) {
    factor32_.resize(static_cast<size_t>(count() * model_.m()));
    std::copy_n(block_.factor, count() * model_.m(), factor32_.data());
  }
  all_ = {count(),
          RoundUp(count()),
          block_.factor,
          single_ ? factor32_.data() : nullptr,
          stride_,
          coordinates_.data(),
          scales_.data(),
          totals_.data(),
          squared_errors32_.data(),
          squared_errors64_.data(),
          queries_.data(),
          block_.callback_row.data()};
}

void QueryColumns::PrepareErrors(const ResidualTree& tree) {
  const Margins& margins = tree.margins();
  single_ = tree.factor32() != nullptr;
  const double canonical = ProductError(model_.m()) * model_.largest_norm();
  for (int64_t q = 0; q < count(); ++q) {
    const double scale = block_.inverse_deviation[q];
    const double norm = block_.norm[q];
    // A candidate's score stands for its canonical one, whose products are rounded too.
    error64_[q] = margins.Error(false, norm) + canonical * norm;
    error32_[q] = margins.Error(true, norm) + canonical * norm;
    single_ = single_ && margins.FitsSingle(scale) && norm <= 2 * model_.largest_norm();
    slack_[q] = error64_[q] * scale * tree.largest_scale() + kBoundRounding;
    scales_[q] = scale;
    totals_[q] = 1 + margins.Deficit(scale, norm);
    squared_errors32_[q] = error32_[q] * error32_[q] * scale * scale;
    squared_errors64_[q] = error64_[q] * error64_[q] * scale * scale;
  }
  for (AlignedVector* values : {&scales_, &totals_, &squared_errors32_, &squared_errors64_}) {
    std::fill(values->begin() + count(), values->end(), 0.0);
  }
}

int64_t QueryColumns::Valid(std::span<const int64_t> rows, int64_t q) const {
  const int64_t limit = block_.limit[q];
  if (rows.empty() || rows.back() < limit) return static_cast<int64_t>(rows.size());
  return std::lower_bound(rows.begin(), rows.end(), limit) - rows.begin();
}

int64_t QueryColumns::Append(int64_t q, std::span<const int64_t> rows,
                             std::span<const double> scores, std::span<const double> covariances,
                             bool single) {
  scorer_.SetQuery(block_, q);
  lists_[q].SetError(Error(single, q));
  return lists_[q].Append({rows, scores, covariances}, model_.inverse_deviation(), scorer_);
}

int64_t QueryColumns::AppendCanonical(int64_t q, std::span<const int64_t> rows,
                                      std::span<const double> covariances) {
  scorer_.SetQuery(block_, q);
  rho_.resize(rows.size());
  scorer_.Score(rows, covariances, rho_);
  return lists_[q].AppendScored(rows, rho_, scorer_);
}

void QueryColumns::Write(int64_t q, ResultSink& results, int64_t& rescored) {
  scorer_.SetQuery(block_, q);
  results.Write(block_, q, lists_[q].Finish(scorer_, rescored));
}

const Columns& SelectedColumns::Select(const QueryColumns& from, int64_t m, int64_t dimensions,
                                       std::span<const int64_t> which, bool single) {
  const Columns& all = from.all();
  const auto count = static_cast<int64_t>(which.size());
  if (count == all.count) return all;
  columns_.count = count;
  columns_.width = RoundUp(count);
  columns_.queries = which.data();
  callback_rows_.resize(which.size());
  for (int64_t i = 0; i < count; ++i) callback_rows_[i] = all.callback_rows[which[i]];
  columns_.callback_rows = callback_rows_.data();
  if (single) {
    factor32_.resize(static_cast<size_t>(from.most() * m));
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(all.factor32 + which[i] * m, m, factor32_.data() + i * m);
    }
    columns_.factor32 = factor32_.data();
  } else {
    factor_.resize(static_cast<size_t>(from.most() * m));
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(all.factor + which[i] * m, m, factor_.data() + i * m);
    }
    columns_.factor = factor_.data();
  }
  const auto gather = [&](const double* values, double* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = values[which[i]];
    std::fill(out + count, out + columns_.width, 0.0);
  };
  const int64_t stride = RoundUp(from.most()) + kColumnUnit;
  columns_.stride = stride;
  coordinates_.resize(static_cast<size_t>(stride * dimensions) + kColumnUnit);
  for (int64_t c = 0; c < dimensions; ++c) {
    gather(all.coordinates + c * all.stride, coordinates_.data() + c * stride);
  }
  values_.resize(static_cast<size_t>(4 * stride));
  double* at = values_.data();
  gather(all.scales, at);
  gather(all.totals, at + stride);
  gather(all.squared_errors32, at + 2 * stride);
  gather(all.squared_errors64, at + 3 * stride);
  columns_.coordinates = coordinates_.data();
  columns_.scales = at;
  columns_.totals = at + stride;
  columns_.squared_errors32 = at + 2 * stride;
  columns_.squared_errors64 = at + 3 * stride;
  return columns_;
}

}  // namespace residual_knn
