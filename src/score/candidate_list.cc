#include "score/candidate_list.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/assert.h"

namespace residual_knn {
namespace {

// Proof that no neighbor is lost. u = 2^-53, and |rho| = 1 corresponds to the score `unit`.
//
// The screened and the canonical score of a pair differ by at most error / sqrt(p_j), for the two sums of products,
// plus roundings: those of the subtraction, of the product of the two 1 / sqrt(p) (three on either side), and of the
// multiplications by them. These are at most 7 u |score| together, so that 16 u |score| is twice what is needed.
constexpr double kUnit = 0x1p-53;
constexpr double kRelativeSlack = 16 * kUnit;
// Two correlations may round to the same distance, and then the smaller row is nearer. 1 - |rho| is exact or within
// u. The square root multiplies a gap by at least 0.5 up to distance 1 and by at least 0.35 up to distance sqrt 2,
// and the roundings of two roots are at most 2 u together. So correlations that differ by more than 8 u beyond their
// errors have different distances. Both intervals of a comparison are widened by this much, which is twice what ties
// need. The other 8 u pay for the roundings of canonical scores and of the sums that are compared.
//
// So a canonical candidate, whose score is |rho| times `unit`, needs no other slack: two such scores round by at most 6 u
// together, and beside a screened score the roundings are among the 16 u of that score.
constexpr double kTieSlack = 8 * kUnit;
// Beyond |rho| = 1 all distances are 0 (or sqrt 2), and the smaller row is nearer. So the proved score never excludes
// a candidate that would tie there: it is less than `unit` by kTieSlack, where `unit` itself would do, because candidates
// have slacks of their own. Scores are clamped at 2 units, so that none is infinite.
//
// For |x| < 2^-54, 1 - x rounds to 1. So correlations below kNoCorrelation, errors included, give a distance of 1 (of
// 1 or more in signed ranking). Of candidates at distance 1 the smallest rows are nearest.
constexpr double kNoCorrelation = 0x1p-55;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr size_t kLeastCapacity = 256;

size_t CapacityFor(int64_t k) { return std::max(4 * static_cast<size_t>(k), kLeastCapacity); }

}  // namespace

int64_t CandidateList::MostAtOnce(int64_t k) {
  constexpr size_t kBytesOfAll = 16 << 20;
  // Bytes of a candidate and of the scratch memory for it.
  constexpr size_t kBytesOfOne = sizeof(Candidate) + 24;
  return std::max(static_cast<int64_t>(kBytesOfAll / (CapacityFor(k) * kBytesOfOne)), int64_t{1});
}

void CandidateList::Start(const SearchSettings& settings, const Query& query, double error) {
  const double inverse_deviation = query.block.inverse_deviation[query.q];
  if (!settings.least_correlation) {
    Reset(settings.k, inverse_deviation, error);
    return;
  }
  Reset(1, inverse_deviation, error);
  k_ = 0;
  least_correlation_ = settings.least_correlation;
  block_ = &query.block;
  query_ = query.q;
  results_ = &query.results;
  neighbors_.clear();
  // The tie slack of a candidate covers the roundings of this product and of the sums that are compared with it.
  proved_ = *settings.least_correlation * unit_;
  threshold_ = ThresholdOf(proved_);
  floor_ = -kInfinity;
}

void CandidateList::Reset(int64_t k, double query_inverse_deviation, double error) {
  RESIDUAL_KNN_ASSERT(k >= 1);
  RESIDUAL_KNN_ASSERT(query_inverse_deviation > 0);
  RESIDUAL_KNN_ASSERT(error >= 0);
  k_ = static_cast<size_t>(k);
  capacity_ = CapacityFor(k);
  error_ = error;
  unit_ = 1 / query_inverse_deviation;
  proved_ = -kInfinity;
  threshold_ = -kInfinity;
  start_score_ = kInfinity;
  floor_ = kNoCorrelation * unit_;
  floor_holds_ = false;
  first_rows_ = 0;
  size_at_prune_ = 0;
  least_correlation_.reset();
  candidates_.clear();
  // Memory is reserved once, so that a search allocates nothing for a query. If k is large, the lists grow as needed.
  constexpr size_t kReserved = 1024;
  if (capacity_ <= kReserved && candidates_.capacity() < capacity_ + k_ + 1) {
    candidates_.reserve(capacity_ + k_ + 1);
    bounds_.reserve(capacity_ + k_ + 1);
    open_rows_.reserve(capacity_ + k_ + 1);
    open_covariances_.reserve(capacity_ + k_ + 1);
    open_rho_.reserve(capacity_ + k_ + 1);
    neighbors_.reserve(capacity_ + k_ + 1);
  }
}

// The screen compares without the small slacks of the candidate. The sum below has them twice, which also covers slacks
// relative to its error. `proved` has its own slack for ties already, so that this is about twice what is needed.
double CandidateList::ThresholdOf(double proved) const {
  return proved - 2 * (kRelativeSlack * std::abs(proved) + kTieSlack * unit_);
}

double CandidateList::ClampScore(double score) const {
  return std::clamp(score, -2 * unit_, 2 * unit_);
}

int64_t CandidateList::Append(const ScreenedRows& screened, const double* inverse_deviation,
                              const CanonicalScorer& scorer) {
  RESIDUAL_KNN_ASSERT(screened.scores.size() == screened.rows.size());
  RESIDUAL_KNN_ASSERT(screened.covariances.size() == screened.rows.size());
  RESIDUAL_KNN_ASSERT(screened.errors.empty() || screened.errors.size() == screened.rows.size());
  int64_t rescored = 0;
  for (size_t i = 0; i < screened.rows.size(); ++i) {
    const int64_t row = screened.rows[i];
    if (row < first_rows_) continue;
    const double score = ClampScore(screened.scores[i]);
    const double error =
        (screened.errors.empty() ? error_ : screened.errors[i]) * inverse_deviation[row];
    const double slack = error + kRelativeSlack * std::abs(score) + kTieSlack * unit_;
    if (score + slack < proved_) continue;
    if (floor_holds_ && score + error < floor_) continue;
    Push({score, slack, screened.covariances[i], row, -1}, scorer, rescored);
  }
  PruneIfGrown();
  return rescored;
}

int64_t CandidateList::AppendScored(std::span<const int64_t> rows, std::span<const double> rho,
                                    const CanonicalScorer& scorer) {
  RESIDUAL_KNN_ASSERT(rho.size() == rows.size());
  int64_t rescored = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < first_rows_) continue;
    if (least_correlation_) {
      if (Reaches(rho[i], scorer)) neighbors_.push_back({scorer.Distance(rho[i]), rows[i]});
      continue;
    }
    const Candidate candidate = Scored(rows[i], rho[i], 0, scorer);
    if (candidate.score + candidate.slack >= proved_) Push(candidate, scorer, rescored);
  }
  if (least_correlation_) WriteIfMany();
  PruneIfGrown();
  return rescored;
}

double CandidateList::LargestKthScore() {
  if (candidates_.size() < k_) return start_score_;
  bounds_.resize(candidates_.size());
  std::transform(candidates_.begin(), candidates_.end(), bounds_.begin(),
                 [](const Candidate& c) { return c.score + c.slack; });
  return KthBound();
}

double CandidateList::KthBound() {
  const auto kth = bounds_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
  std::nth_element(bounds_.begin(), kth, bounds_.end(), std::greater<>());
  return *kth;
}

void CandidateList::Prove(double kth) {
  const double certain = unit_ * (1 - kTieSlack);
  const double proved = std::min(kth, certain);
  if (proved > proved_ && proved > -certain) {
    proved_ = proved;
    threshold_ = ThresholdOf(proved_);
  }
}

void CandidateList::RaiseThreshold(std::span<const double> rho, const CanonicalScorer& scorer) {
  if (least_correlation_ || rho.size() < k_) return;
  bounds_.resize(rho.size());
  std::transform(rho.begin(), rho.end(), bounds_.begin(),
                 [&](double value) { return Lower(Scored(0, value, 0, scorer)); });
  start_score_ = KthBound();
  Prove(start_score_);
}

void CandidateList::AppendFirstRows(std::span<const int64_t> rows, std::span<const double> rho,
                                    int64_t end, const CanonicalScorer& scorer) {
  RESIDUAL_KNN_ASSERT(rho.size() == rows.size());
  RESIDUAL_KNN_ASSERT(
      std::all_of(rows.begin(), rows.end(), [end](int64_t row) { return row < end; }));
  std::erase_if(candidates_, [end](const Candidate& c) { return c.row < end; });
  for (size_t i = 0; i < rows.size(); ++i) {
    candidates_.push_back(Scored(rows[i], rho[i], 0, scorer));
  }
  first_rows_ = end;
  const auto before_others = [end](const Candidate& c) {
    return c.distance >= 0 && (c.distance < 1 || (c.distance == 1 && c.row < end));
  };
  const auto before = std::count_if(candidates_.begin(), candidates_.end(), before_others);
  floor_holds_ = static_cast<size_t>(before) >= k_;
  if (floor_holds_) {
    // Half the floor covers the roundings of slacks.
    std::erase_if(candidates_, [this](const Candidate& c) {
      return c.distance < 0 && c.score + (c.slack - kTieSlack * unit_) < floor_ / 2;
    });
  }
  Prune();
}

void CandidateList::Push(const Candidate& candidate, const CanonicalScorer& scorer,
                         int64_t& rescored) {
  candidates_.push_back(candidate);
  if (candidates_.size() < capacity_) return;
  if (least_correlation_) {
    rescored += PassOn(scorer);
    return;
  }
  Prune();
  // Ties and near-ties could keep the list full: they are decided by canonical scores now.
  if (candidates_.size() > capacity_ / 2) rescored += Resolve(scorer);
}

bool CandidateList::Reaches(double rho, const CanonicalScorer& scorer) const {
  return (scorer.ranking() == Ranking::kAbsolute ? std::abs(rho) : rho) >= *least_correlation_;
}

int64_t CandidateList::PassOn(const CanonicalScorer& scorer) {
  const int64_t scored = ScoreOpen(scorer);
  for (size_t i = 0; i < open_rows_.size(); ++i) {
    if (!Reaches(open_rho_[i], scorer)) continue;
    neighbors_.push_back({scorer.Distance(open_rho_[i]), open_rows_[i]});
  }
  candidates_.clear();
  WriteIfMany();
  return scored;
}

void CandidateList::WriteIfMany() {
  if (neighbors_.size() < kLeastCapacity) return;
  results_->Write(*block_, query_, neighbors_);
  neighbors_.clear();
}

void CandidateList::PruneIfGrown() {
  if (least_correlation_) return;
  if (candidates_.size() > std::max(k_, size_at_prune_ + size_at_prune_ / 4)) Prune();
}

CandidateList::Candidate CandidateList::Scored(int64_t row, double rho, double covariance,
                                               const CanonicalScorer& scorer) const {
  const double ranked = scorer.ranking() == Ranking::kAbsolute ? std::abs(rho) : rho;
  return {ClampScore(ranked * unit_), kTieSlack * unit_, covariance, row, scorer.Distance(rho)};
}

void CandidateList::Prune() {
  if (least_correlation_) return;
  if (candidates_.size() >= k_) {
    bounds_.resize(candidates_.size());
    std::transform(candidates_.begin(), candidates_.end(), bounds_.begin(),
                   [this](const Candidate& c) { return Lower(c); });
    Prove(KthBound());
    std::erase_if(candidates_, [this](const Candidate& c) { return c.score + c.slack < proved_; });
  }
  if (floor_holds_) threshold_ = std::max(threshold_, floor_);
  size_at_prune_ = candidates_.size();
}

int64_t CandidateList::ScoreOpen(const CanonicalScorer& scorer) {
  open_rows_.clear();
  open_covariances_.clear();
  for (const Candidate& c : candidates_) {
    if (c.distance >= 0) continue;
    open_rows_.push_back(c.row);
    open_covariances_.push_back(c.covariance);
  }
  open_rho_.resize(open_rows_.size());
  scorer.Score(open_rows_, open_covariances_, open_rho_);
  return static_cast<int64_t>(open_rows_.size());
}

int64_t CandidateList::Resolve(const CanonicalScorer& scorer) {
  const int64_t scored = ScoreOpen(scorer);
  size_t next = 0;
  for (Candidate& c : candidates_) {
    if (c.distance >= 0) continue;
    c = Scored(c.row, open_rho_[next++], c.covariance, scorer);
  }
  KeepNearest();
  return scored;
}

void CandidateList::KeepNearest() {
  if (candidates_.size() > k_) {
    const auto kth = candidates_.begin() + static_cast<std::ptrdiff_t>(k_);
    std::nth_element(candidates_.begin(), kth, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return Neighbor{a.distance, a.row} < Neighbor{b.distance, b.row};
                     });
    candidates_.erase(kth, candidates_.end());
  }
  Prune();
}

std::span<const Neighbor> CandidateList::Finish(const CanonicalScorer& scorer, int64_t& rescored) {
  if (least_correlation_) {
    rescored += PassOn(scorer);
    return neighbors_;
  }
  Prune();
  rescored += Resolve(scorer);
  neighbors_.clear();
  for (const Candidate& c : candidates_) neighbors_.push_back({c.distance, c.row});
  std::sort(neighbors_.begin(), neighbors_.end());
  return neighbors_;
}

}  // namespace residual_knn
