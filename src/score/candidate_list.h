// The candidates of one query that may still be among its k nearest.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "score/canonical_score.h"

namespace residual_knn {

// Candidates as a screen hands them over.
struct ScreenedRows {
  std::span<const int64_t> rows;
  std::span<const double> scores;
  std::span<const double> covariances;
  std::span<const double> errors = {};  // of R, for each; none: the error of the list
};

// Scores arrive from matrix products, whose rounding depends on the shape of the block. Each
// candidate therefore stands for an interval: its score (|R| / sqrt(p_j), or R / sqrt(p_j) in
// signed ranking) plus or minus a slack that bounds the difference to the canonical score. A
// candidate is dropped only when k others are certainly nearer; the rest is scored canonically at
// the end.
class CandidateList {
 public:
  // How many lists one worker may hold: fewer where k is large.
  [[nodiscard]] static int64_t MostAtOnce(int64_t k);
  // Of `left` candidates, how many to give at once: while nothing is proved everything stays, and a few first give
  // a threshold.
  [[nodiscard]] int64_t AtOnce(int64_t left, int64_t at_first = 128) const {
    return std::isfinite(threshold_) ? left : std::min(left, at_first);
  }

  // error: bound on the difference of R to its canonical value, not counting rounding relative to
  // R; generous by a few ulp of itself, since sums with it round too.
  void Reset(int64_t k, double query_inverse_deviation, double error);

  // The error of what is appended from now on; another one where products are of another precision.
  void SetError(double error) { error_ = error; }

  // Candidates with (|R| + error) / sqrt(p_j) below this need not be appended. (R, not |R|, in signed ranking.)
  [[nodiscard]] double threshold() const { return threshold_; }

  // Appends candidates in any order; inverse_deviation is that of all rows. scorer is set to the
  // query. Returns how many were scored canonically on the way because too many stood too close.
  int64_t Append(const ScreenedRows& screened, const double* inverse_deviation,
                 const CanonicalScorer& scorer);

  // The same for candidates whose canonical correlation is known.
  int64_t AppendScored(std::span<const int64_t> rows, std::span<const double> rho,
                       const CanonicalScorer& scorer);

  // The k-th largest score at hand is at most this; infinite if there are fewer.
  [[nodiscard]] double LargestKthScore();

  // Whether nothing at hand proves more than that a neighbor is at a distance below 1. Then most candidates may tie at
  // distance 1, where the smallest rows win: the list should be given the first rows.
  [[nodiscard]] bool NeedsFirstRows() const { return first_rows_ == 0 && threshold_ < floor_; }

  // The candidates below row `end`, with their canonical correlations. Whatever was appended of them, or will be, is
  // dropped. From then on candidates that are certainly at distance 1 stay out, if k others are before them.
  void AppendFirstRows(std::span<const int64_t> rows, std::span<const double> rho, int64_t end,
                       const CanonicalScorer& scorer);

  // Raises the threshold to what the candidates at hand prove.
  void Prune();

  // The k nearest, or all if fewer, in order. Adds to `rescored` how many were scored canonically.
  std::span<const Neighbor> Finish(const CanonicalScorer& scorer, int64_t& rescored);

 private:
  struct Candidate {
    double score;
    double slack;
    double covariance;
    int64_t row;
    double distance;  // canonical, or negative if not yet known
  };

  [[nodiscard]] double Lower(const Candidate& c) const { return c.score - c.slack; }
  [[nodiscard]] double ClampScore(double score) const;
  void Push(const Candidate& candidate, const CanonicalScorer& scorer, int64_t& rescored);
  void PruneIfGrown();
  [[nodiscard]] Candidate Scored(int64_t row, double rho, double covariance,
                                 const CanonicalScorer& scorer) const;
  int64_t Resolve(const CanonicalScorer& scorer);
  void KeepNearest();

  size_t k_ = 0;
  size_t capacity_ = 0;
  double error_ = 0;
  double unit_ = 0;  // the score at which |rho| is 1
  double proved_ = 0;
  double threshold_ = 0;
  double floor_ = 0;          // scores below have distance 1
  bool floor_holds_ = false;  // candidates with such scores cannot be among the k nearest
  int64_t first_rows_ = 0;    // rows below are met
  size_t size_at_prune_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<double> bounds_;
  std::vector<int64_t> open_rows_;
  std::vector<double> open_covariances_;
  std::vector<double> open_rho_;
  std::vector<Neighbor> neighbors_;
};

}  // namespace residual_knn
