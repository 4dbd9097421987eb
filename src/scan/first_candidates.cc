#include "scan/first_candidates.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "model/callback_covariance.h"
#include "simd/covariance_row.h"
#include "simd/screen.h"

namespace residual_knn {
namespace {

// A canonical score takes as long as some dozens of screened pairs. So one candidate in this many is scored first.
constexpr int64_t kCandidatesForOne = 128;

}  // namespace

int64_t FirstCandidates::Wanted(int64_t k, int64_t candidates) {
  const int64_t least = Least(k);
  return std::clamp(candidates / kCandidatesForOne, least,
                    std::max(Neighborhoods::kRowsAround, least));
}

int64_t FirstCandidates::AppendAround(const QueryBlock& block, int64_t q, int64_t wanted,
                                      const CanonicalScorer& scorer, CandidateList& list,
                                      std::vector<int64_t>& met) {
  RESIDUAL_KNN_ASSERT(model_.covariance() != nullptr);
  FindAround(block, q, wanted, met);
  ComputeCovariances(block, q, met);
  list.AppendScored(met, Score(met, scorer), scorer);
  list.Prune();
  return static_cast<int64_t>(met.size());
}

void FirstCandidates::AskFirstRows(const QueryBlock& block, int64_t k) {
  asked_rows_.resize(static_cast<size_t>(std::min(k + 1, block.largest_limit)));
  std::iota(asked_rows_.begin(), asked_rows_.end(), 0);
  asked_.resize(asked_rows_.size() * static_cast<size_t>(block.count));
  AskCovariances(model_.callback(), {block.callback_row.data(), static_cast<size_t>(block.count)},
                 asked_rows_, asked_.data());
}

int64_t FirstCandidates::AppendFirstRows(const QueryBlock& block, int64_t q, int64_t k,
                                         const CanonicalScorer& scorer, CandidateList& list) {
  if (!list.NeedsFirstRows()) return 0;
  const int64_t end = std::min(k + 1, block.limit[q]);
  rows_.clear();
  for (int64_t row = 0; row < end; ++row) {
    if (row != block.self[q]) rows_.push_back(row);
  }
  if (model_.covariance() != nullptr) {
    ComputeCovariances(block, q, rows_);
  } else {
    const double* asked = asked_.data() + q * static_cast<int64_t>(asked_rows_.size());
    covariances_.resize(std::max(covariances_.size(), rows_.size()));
    std::transform(rows_.begin(), rows_.end(), covariances_.begin(),
                   [asked](int64_t row) { return asked[row]; });
  }
  list.AppendFirstRows(rows_, Score(rows_, scorer), end, scorer);
  return static_cast<int64_t>(rows_.size());
}

void FirstCandidates::FindAround(const QueryBlock& block, int64_t q, int64_t wanted,
                                 std::vector<int64_t>& rows) {
  rows.clear();
  const int64_t self = block.self[q];
  const int64_t limit = block.limit[q];
  if (neighborhoods_ == nullptr) {
    if (self < 0) return;
    const int64_t end = std::min(self + wanted / 2 + 1, limit);
    for (int64_t row = std::max<int64_t>(end - wanted, 0); row < end; ++row) {
      if (row != self) rows.push_back(row);
    }
    return;
  }
  neighborhoods_->Around(self, block.points.data() + q * model_.d(), limit, wanted, region_);
  const auto found = static_cast<int64_t>(region_.size());
  const int64_t taken = std::min(found, wanted);
  for (int64_t i = 0; i < taken; ++i) {  // evenly spread over the region
    const int64_t row = region_[static_cast<size_t>(i * found / taken)];
    if (row != self) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
}

void FirstCandidates::ComputeCovariances(const QueryBlock& block, int64_t q,
                                         std::span<const int64_t> rows) {
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t stride = count + kScreenSlack;
  covariances_.resize(std::max(covariances_.size(), static_cast<size_t>(stride)));
  coordinates_.resize(std::max(coordinates_.size(), static_cast<size_t>(stride * model_.d())));
  model_.points().CopySelected(rows, coordinates_.data(), stride);
  CovarianceRow(model_.covariance()->view(), {coordinates_.data(), stride, model_.d()}, 0, count,
                block.points.data() + q * model_.d(), covariances_.data());
}

// Scores rows whose covariances are in covariances_.
std::span<const double> FirstCandidates::Score(std::span<const int64_t> rows,
                                               const CanonicalScorer& scorer) {
  rho_.resize(std::max(rho_.size(), rows.size()));
  const std::span<double> rho(rho_.data(), rows.size());
  scorer.Score(rows, {covariances_.data(), rows.size()}, rho);
  return rho;
}

}  // namespace residual_knn
