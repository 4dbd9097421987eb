// The candidates of one query that may still be among its k nearest, or above its threshold.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "query/result_sink.h"
#include "query/search_settings.h"
#include "score/canonical_score.h"

namespace residual_knn {

// Candidates that a screen has not dismissed.
struct ScreenedRows {
  std::span<const int64_t> rows;
  std::span<const double> scores;
  std::span<const double> covariances;
  std::span<const double> errors = {};  // of R, one for each row; empty: the error of the list
};

// Scores arrive from matrix products, whose rounding depends on the shape of the block. Each
// candidate therefore stands for an interval: its score (|R| / sqrt(p_j), or R / sqrt(p_j) in
// signed ranking) plus or minus a slack that bounds the difference to the canonical score. A
// candidate is dropped only when k others are certainly nearer; the rest is scored canonically at
// the end.
//
// In a search above a threshold, a candidate is dropped only when its |rho| is certainly below. The others are scored
// canonically some hundreds at a time, and those at or above the threshold go to the results at once. So the list stays
// short, however many there are.
class CandidateList {
 public:
  // The number of lists that one worker may hold: fewer if k is large.
  [[nodiscard]] static int64_t MostAtOnce(int64_t k);
  // The number of candidates to append at once, of `left` that remain. While there is no threshold, every candidate
  // stays; a few candidates first give a threshold.
  [[nodiscard]] int64_t AtOnce(int64_t left, int64_t at_first = 128) const {
    return std::isfinite(threshold_) ? left : std::min(left, at_first);
  }

  // A query of a block, and where its neighbors go.
  struct Query {
    const QueryBlock& block;
    int64_t q;
    ResultSink& results;
  };
  // Starts the list of another query, as the settings say. `error` as in Reset. The query must outlive the list.
  void Start(const SearchSettings& settings, const Query& query, double error);

  // Starts the list of another query, for its k nearest. error: a bound on the difference of R from its canonical value,
  // without rounding relative to R. It must be larger than necessary by a few ulp, because sums with it are rounded too.
  void Reset(int64_t k, double query_inverse_deviation, double error);

  // Sets the error of candidates that are appended from now on. It changes with the precision of products.
  void SetError(double error) { error_ = error; }

  // Candidates with (|R| + error) / sqrt(p_j) below this need not be appended. (R, not |R|, in signed ranking.)
  [[nodiscard]] double threshold() const { return threshold_; }

  // Appends candidates in any order; inverse_deviation is that of all rows. scorer is set to the query. Returns how
  // many candidates were scored canonically now, because too many were too close to be dropped.
  int64_t Append(const ScreenedRows& screened, const double* inverse_deviation,
                 const CanonicalScorer& scorer);

  // The same for candidates whose canonical correlation is known.
  int64_t AppendScored(std::span<const int64_t> rows, std::span<const double> rho,
                       const CanonicalScorer& scorer);

  // Raises the threshold to what k candidates prove that are not in the list. `rho` has their canonical correlations.
  // The search must append these candidates like all others.
  void RaiseThreshold(std::span<const double> rho, const CanonicalScorer& scorer);

  // A bound on the k-th largest score of the list; if the list has fewer than k candidates, of those that have raised the
  // threshold; infinite without either.
  [[nodiscard]] double LargestKthScore();

  // True if the list does not prove that all k neighbors are at a distance below 1. Then most candidates may tie at
  // distance 1, where the smallest rows are nearest: the list should be given the first rows, unless it has them.
  [[nodiscard]] bool NeedsFirstRows() const { return first_rows_ == 0 && threshold_ < floor_; }

  // Appends all candidates below row `end`, with their canonical correlations. Other entries of these rows are
  // dropped, both earlier and later ones. From then on, candidates that are certainly at distance 1 are not added, if
  // k others are before them.
  void AppendFirstRows(std::span<const int64_t> rows, std::span<const double> rho, int64_t end,
                       const CanonicalScorer& scorer);

  // Raises the threshold as far as the candidates of the list prove it, and drops candidates below.
  void Prune();

  // The k nearest, or all if fewer, in order. In a search above a threshold: those that have not gone to the results
  // yet. Adds to `rescored` how many were scored canonically.
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
  [[nodiscard]] double ThresholdOf(double proved) const;
  // The k-th largest of bounds_, which has at least k values.
  [[nodiscard]] double KthBound();
  // k candidates have at least the score `kth`.
  void Prove(double kth);
  void Push(const Candidate& candidate, const CanonicalScorer& scorer, int64_t& rescored);
  void PruneIfGrown();
  [[nodiscard]] Candidate Scored(int64_t row, double rho, double covariance,
                                 const CanonicalScorer& scorer) const;
  int64_t Resolve(const CanonicalScorer& scorer);
  void KeepNearest();
  // In a search above a threshold: passes the candidates on whose canonical |rho| reaches it.
  int64_t PassOn(const CanonicalScorer& scorer);
  void WriteIfMany();
  int64_t ScoreOpen(const CanonicalScorer& scorer);
  [[nodiscard]] bool Reaches(double rho, const CanonicalScorer& scorer) const;

  size_t k_ = 0;
  size_t capacity_ = 0;
  double error_ = 0;
  double unit_ = 0;  // the score at which |rho| is 1
  double proved_ = 0;
  double threshold_ = 0;
  double start_score_ = 0;    // the k-th largest score given to RaiseThreshold
  double floor_ = 0;          // scores below have distance 1
  bool floor_holds_ = false;  // candidates with such scores cannot be among the k nearest
  int64_t first_rows_ = 0;    // rows below were given by AppendFirstRows
  size_t size_at_prune_ = 0;
  // In a search above a threshold only.
  std::optional<double> least_correlation_;
  const QueryBlock* block_ = nullptr;
  int64_t query_ = 0;
  ResultSink* results_ = nullptr;
  std::vector<Candidate> candidates_;
  std::vector<double> bounds_;
  std::vector<int64_t> open_rows_;
  std::vector<double> open_covariances_;
  std::vector<double> open_rho_;
  std::vector<Neighbor> neighbors_;
};

}  // namespace residual_knn
