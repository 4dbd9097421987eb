#include "descent/query_columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "simd/forward_substitution.h"

namespace residual_knn {
QueryColumns::QueryColumns(const SearchJob& job, int64_t most)
    : model_(job.model),
      settings_(job.settings),
      results_(job.results),
      most_(most),
      stride_(ColumnWidth(most) + kColumnUnit),
      scorer_(job.model, job.settings.ranking),
      start_(job),
      lists_(static_cast<size_t>(most)),
      error32_(static_cast<size_t>(most)),
      error64_(static_cast<size_t>(most)),
      slack_(static_cast<size_t>(most)),
      home_leaf_(static_cast<size_t>(most)),
      queries_(static_cast<size_t>(most)) {
  const auto room = static_cast<size_t>(stride_);
  coordinates_.assign(room * static_cast<size_t>(model_.d()), 0.0);
  inverse_deviations_.assign(room, 0.0);
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
    if (!degenerate(q)) lists_[q].Start(settings_, {block_, q, results_}, error64_[q]);
  }
  if (single_) {
    v32_.resize(static_cast<size_t>(count() * model_.m()));
    std::copy_n(block_.v, count() * model_.m(), v32_.data());
  }
  all_ = {count(),
          ColumnWidth(count()),
          block_.v,
          single_ ? v32_.data() : nullptr,
          stride_,
          coordinates_.data(),
          inverse_deviations_.data(),
          totals_.data(),
          squared_errors32_.data(),
          squared_errors64_.data(),
          queries_.data(),
          block_.callback_row.data()};
}

void QueryColumns::PrepareErrors(const ResidualTree& tree) {
  const Margins& margins = tree.margins();
  single_ = tree.v32() != nullptr;
  const double canonical = ProductError(model_.m()) * model_.largest_norm();
  for (int64_t q = 0; q < count(); ++q) {
    const double inverse_deviation = block_.inverse_deviation[q];
    const double norm = block_.norm[q];
    // The error is the difference from the canonical score, whose products are rounded too.
    error64_[q] = margins.Error(false, norm) + canonical * norm;
    error32_[q] = margins.Error(true, norm) + canonical * norm;
    single_ = single_ && margins.FitsSingle(inverse_deviation) && norm <= 2 * model_.largest_norm();
    slack_[q] = error64_[q] * inverse_deviation * tree.largest_inverse_deviation() + kBoundRounding;
    inverse_deviations_[q] = inverse_deviation;
    totals_[q] = 1 + margins.Deficit(inverse_deviation, norm);
    squared_errors32_[q] = error32_[q] * error32_[q] * inverse_deviation * inverse_deviation;
    squared_errors64_[q] = error64_[q] * error64_[q] * inverse_deviation * inverse_deviation;
  }
  for (AlignedVector* values :
       {&inverse_deviations_, &totals_, &squared_errors32_, &squared_errors64_}) {
    std::fill(values->begin() + count(), values->end(), 0.0);
  }
}

int64_t QueryColumns::Valid(std::span<const int64_t> rows, int64_t q) const {
  RESIDUAL_KNN_ASSERT(std::is_sorted(rows.begin(), rows.end()));
  const int64_t limit = block_.limit[q];
  if (rows.empty() || rows.back() < limit) return static_cast<int64_t>(rows.size());
  return std::lower_bound(rows.begin(), rows.end(), limit) - rows.begin();
}

void QueryColumns::Start(int64_t q, SearchCounts& counts) {
  scorer_.SetQuery(block_, q);
  start_.Raise(block_, q, scorer_, lists_[q], counts);
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

void QueryColumns::Write(int64_t q, int64_t& rescored) {
  scorer_.SetQuery(block_, q);
  results_.Write(block_, q, lists_[q].Finish(scorer_, rescored));
}

}  // namespace residual_knn
