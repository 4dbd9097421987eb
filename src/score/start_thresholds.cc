#include "score/start_thresholds.h"

namespace residual_knn {
namespace {

// Elements of a list that are scored, in multiples of k.
constexpr int64_t kMostOfK = 4;

}  // namespace

StartThresholds::StartThresholds(const SearchJob& job)
    : job_(job),
      any_(job.start != nullptr && job.model.covariance() != nullptr &&
           !job.settings.least_correlation),
      group_(job.model) {}

bool StartThresholds::Raise(const QueryBlock& block, int64_t q, const CanonicalScorer& scorer,
                            CandidateList& list, SearchCounts& counts) {
  if (!any_) return false;
  job_.start->Read(block.slot[q], rows_);
  if (std::ssize(rows_) > kMostOfK * job_.settings.k) {
    rows_.resize(static_cast<size_t>(kMostOfK * job_.settings.k));
  }
  // The k-th largest score of a list with a row in it twice would be too high for a proof.
  KeepCandidates(block, q, rows_);
  if (std::ssize(rows_) < job_.settings.k) return false;
  rho_.resize(rows_.size() + RowGroup::kSlack);
  group_.Load(rows_);
  group_.Correlations(block.View(q, job_.model.m(), job_.model.d()), rho_.data());
  list.RaiseThreshold({rho_.data(), rows_.size()}, scorer);
  counts.AddCanonical(std::ssize(rows_));
  return true;
}

}  // namespace residual_knn
