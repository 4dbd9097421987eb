#include "descent/leaf_scorer.h"

#include <algorithm>

#include "base/assert.h"
#include "blas/blas.h"
#include "model/callback_covariance.h"
#include "score/keep_others.h"
#include "simd/covariance_row.h"
#include "simd/dot.h"

namespace residual_knn {
namespace {

// Candidates of a leaf that are screened first: half a leaf. They are near the query, and raise the threshold early.
constexpr int64_t kFirstCandidates = 64;

template <class Vector>
void Reserve(Vector& values, int64_t count) {
  const auto room = static_cast<size_t>(count + kScreenSlack);
  if (values.size() < room) values.resize(room);
}

}  // namespace

void LeafScorer::ScoreLeaf(const ResidualTree& tree, int64_t leaf, QueryColumns& chunk,
                           const Columns& columns, SearchCounts& counters) {
  const PivotBlock& b = tree.leaves()[leaf];
  const int64_t m = model_.m();
  const int64_t count = b.end - b.begin;
  const auto rows = tree.order().rows().subspan(b.begin, count);
  const bool single = chunk.single() && b.single;
  if (single) {
    Reserve(products32_, columns.count * count);
    blas::MultiplyTransposed(columns.v32, columns.count, tree.v32() + b.begin * m, count, m,
                             products32_.data());
    counters.scored_in_low_precision += columns.count * count;
  } else {
    MultiplyRows(rows, chunk.factor_rows(), columns);
  }
  counters.pairs_scored += columns.count * count;
  ScreenTile tile;
  tile.inverse_deviation = tree.inverse_deviations() + b.begin;
  CovarianceView view;
  if (model_.covariance() != nullptr) {
    view = model_.covariance()->view();
    tile.covariance = &view;
    tile.points = tree.points();
    tile.points.values += b.begin;
  } else {
    AskBlock({columns.callback_rows, static_cast<size_t>(columns.count)}, rows);
  }
  ScreenColumns(tile, rows, chunk, columns, single, counters);
}

void LeafScorer::ScreenColumns(ScreenTile& tile, std::span<const int64_t> rows, QueryColumns& chunk,
                               const Columns& columns, bool single, SearchCounts& counters) {
  const auto count = static_cast<int64_t>(rows.size());
  for (int64_t i = 0; i < columns.count; ++i) {
    const int64_t q = columns.queries[i];
    if (chunk.degenerate(q)) continue;
    const int64_t valid = chunk.Valid(rows, q);
    for (int64_t done = 0; done < valid;) {
      tile.first = done;
      tile.count = chunk.list(q).AtOnce(valid - done, kFirstCandidates);
      ScreenQuery query;
      if (single) {
        query.products32 = products32_.data() + i * count + done;
      } else {
        query.products = products_.data() + i * count + done;
      }
      if (tile.covariance == nullptr) query.covariances = covariances_.data() + i * count + done;
      Screen(tile, query, rows, chunk, q, single, counters);
      done += tile.count;
    }
  }
}

void LeafScorer::ScorePoints(const ResidualTree& tree, int64_t leaf, QueryColumns& chunk, int64_t q,
                             std::span<const int32_t> points, SearchCounts& counters) {
  const PivotBlock& b = tree.leaves()[leaf];
  const bool single = chunk.single() && b.single;
  const auto count = static_cast<int64_t>(points.size());
  rows_.resize(points.size());
  positions_.resize(points.size());
  for (int64_t j = 0; j < count; ++j) {
    positions_[j] = b.begin + points[j];
    rows_[j] = tree.order().rows()[positions_[j]];
  }
  if (!single) {
    LoadLeaf(tree.order().rows().subspan(b.begin, b.end - b.begin), chunk);
    ScoreCanonically(chunk, q, counters);
    return;
  }
  Reserve(products32_, count);
  DotRows(chunk.all().v32 + q * model_.m(), tree.v32(), model_.m(), positions_.data(), count,
          products32_.data());
  ScreenInSingle(chunk, q, counters);
}

void LeafScorer::ScoreRows(std::span<const int64_t> rows, QueryColumns& chunk,
                           const Columns& columns, SearchCounts& counters) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(rows.begin(), rows.end()));
  MultiplyRows(rows, chunk.factor_rows(), columns);
  counters.pairs_scored += columns.count * static_cast<int64_t>(rows.size());
  CovarianceView view;
  ScreenTile tile =
      Gathered({columns.callback_rows, static_cast<size_t>(columns.count)}, rows, view);
  ScreenColumns(tile, rows, chunk, columns, false, counters);
}

void LeafScorer::MultiplyRows(std::span<const int64_t> rows, FactorRows& factor_rows,
                              const Columns& columns) {
  const int64_t m = model_.m();
  const auto count = static_cast<int64_t>(rows.size());
  Reserve(products_, columns.count * count);
  v_.resize(static_cast<size_t>(count * m));
  factor_rows.Copy(rows, v_.data());
  blas::MultiplyTransposed(columns.v, columns.count, v_.data(), count, m, products_.data());
}

// Computes all rows of a leaf that are candidates if some of rows_ have to be computed: others will be needed soon, and
// rows are computed in panels.
void LeafScorer::LoadLeaf(std::span<const int64_t> rows, QueryColumns& chunk) {
  if (chunk.factor_rows().Has(rows_)) return;
  const auto end = std::lower_bound(rows.begin(), rows.end(), chunk.block().largest_limit);
  chunk.factor_rows().Get(rows.first(static_cast<size_t>(end - rows.begin())));
}

void LeafScorer::AskBlock(std::span<const int64_t> queries, std::span<const int64_t> rows) {
  Reserve(covariances_, static_cast<int64_t>(queries.size() * rows.size()));
  AskCovariances(model_.callback(), queries, rows, covariances_.data());
}

// Rows that need double precision in any case are scored canonically at once, without a screen.
void LeafScorer::ScoreCanonically(QueryColumns& chunk, int64_t q, SearchCounts& counters) {
  std::erase(rows_, chunk.block().self[q]);
  const auto count = static_cast<int64_t>(rows_.size());
  counters.pairs_scored += count;
  if (model_.covariance() != nullptr) {
    Reserve(covariances_, count);
    Gather(rows_);
    CovarianceRow(model_.covariance()->view(), {coordinates_.data(), stride_, model_.d()}, 0, count,
                  chunk.block().points.data() + q * model_.d(), covariances_.data());
  } else {
    AskBlock({&chunk.block().callback_row[q], 1}, rows_);
  }
  counters.pairs_rescored +=
      chunk.AppendCanonical(q, rows_, {covariances_.data(), static_cast<size_t>(count)});
}

void LeafScorer::Gather(std::span<const int64_t> rows) {
  const auto count = static_cast<int64_t>(rows.size());
  stride_ = count + kScreenSlack;
  coordinates_.resize(static_cast<size_t>(stride_ * std::max<int64_t>(model_.d(), 1)));
  inverse_deviations_.resize(static_cast<size_t>(stride_));
  for (int64_t j = 0; j < count; ++j) inverse_deviations_[j] = model_.inverse_deviation()[rows[j]];
  model_.points().CopySelected(rows, coordinates_.data(), stride_);
}

ScreenTile LeafScorer::Gathered(std::span<const int64_t> queries, std::span<const int64_t> rows,
                                CovarianceView& view) {
  Gather(rows);
  ScreenTile tile;
  tile.inverse_deviation = inverse_deviations_.data();
  if (model_.covariance() != nullptr) {
    view = model_.covariance()->view();
    tile.covariance = &view;
    tile.points = {coordinates_.data(), stride_, model_.d()};
  } else {
    AskBlock(queries, rows);
  }
  return tile;
}

void LeafScorer::ScreenInSingle(QueryColumns& chunk, int64_t q, SearchCounts& counters) {
  const auto count = static_cast<int64_t>(rows_.size());
  counters.pairs_scored += count;
  counters.scored_in_low_precision += count;
  CovarianceView view;
  ScreenTile tile = Gathered({&chunk.block().callback_row[q], 1}, rows_, view);
  tile.first = 0;
  tile.count = count;
  ScreenQuery query;
  if (tile.covariance == nullptr) query.covariances = covariances_.data();
  query.products32 = products32_.data();
  Screen(tile, query, rows_, chunk, q, true, counters);
}

void LeafScorer::Screen(const ScreenTile& tile, ScreenQuery& query, std::span<const int64_t> rows,
                        QueryColumns& chunk, int64_t q, bool single, SearchCounts& counters) {
  Reserve(found_, tile.count);
  Reserve(scores_, tile.count);
  Reserve(found_covariances_, tile.count);
  query.point = chunk.block().points.data() + q * model_.d();
  query.signed_ranking = settings_.ranking == Ranking::kSigned;
  query.error = chunk.Error(single, q);
  query.threshold = chunk.list(q).threshold();
  const ScreenSurvivors survivors{found_.data(), scores_.data(), found_covariances_.data()};
  const size_t kept = KeepOthers(survivors, residual_knn::Screen(tile, query, survivors), rows,
                                 chunk.block().self[q]);
  if (kept == 0) return;
  counters.pairs_rescored += chunk.Append(q, {found_.data(), kept}, {scores_.data(), kept},
                                          {found_covariances_.data(), kept}, single);
}

}  // namespace residual_knn
