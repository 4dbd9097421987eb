// A chunk of queries for a search of the tree: one query per column, with the rounding errors of each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "descent/columns.h"
#include "query/search_job.h"
#include "score/candidate_list.h"
#include "score/canonical_score.h"
#include "score/start_thresholds.h"
#include "tree/residual_tree.h"

namespace residual_knn {

class QueryColumns {
 public:
  QueryColumns(const SearchJob& job, int64_t most);

  // Bound on the rounding of the sums and roots that make a bound. Where points are bounded one by one, these are in
  // single precision: sums of at most Margins::kMaxRank products of numbers whose squares sum to little more than 1.
  static constexpr double kBoundRounding =
      2 * static_cast<double>(Margins::kMaxRank + 16) * 0x1p-24;

  // Largest number of queries of one chunk.
  [[nodiscard]] int64_t most() const { return most_; }

  // Loads the listed queries for a search of `tree`. Incomplete if the monitor was stopped.
  void Load(const QuerySet& queries, std::span<const int64_t> which, const ResidualTree& tree,
            ThreadMonitor monitor);

  [[nodiscard]] int64_t count() const { return block_.count; }
  [[nodiscard]] const QueryBlock& block() const { return block_; }
  [[nodiscard]] bool degenerate(int64_t q) const { return block_.inverse_deviation[q] == 0; }
  // Whether products with blocks that allow single precision may use it.
  [[nodiscard]] bool single() const { return single_; }
  // All queries of the chunk.
  [[nodiscard]] const Columns& all() const { return all_; }
  // The leaf in whose region query q lies.
  [[nodiscard]] int64_t home_leaf(int64_t q) const { return home_leaf_[q]; }

  // A point whose |rho| with query q is below this, errors included, cannot be among the k nearest.
  [[nodiscard]] double Threshold(int64_t q) const {
    return lists_[q].threshold() * block_.inverse_deviation[q] - slack_[q];
  }
  // The rows of V of the thread that searches the chunk.
  [[nodiscard]] FactorRows& factor_rows() const { return scorer_.factor_rows(); }
  [[nodiscard]] CandidateList& list(int64_t q) { return lists_[q]; }
  // Raises the threshold of query q to what its start list proves.
  void Start(int64_t q, SearchCounts& counts);
  [[nodiscard]] double Error(bool single, int64_t q) const {
    return single ? error32_[q] : error64_[q];
  }
  // How many of a leaf's rows, which ascend, are candidates of query q.
  [[nodiscard]] int64_t Valid(std::span<const int64_t> rows, int64_t q) const;

  // Appends survivors of a screen; returns how many had to be scored canonically.
  int64_t Append(int64_t q, std::span<const int64_t> rows, std::span<const double> scores,
                 std::span<const double> covariances, bool single);
  // Scores rows canonically and appends those that may be near.
  int64_t AppendCanonical(int64_t q, std::span<const int64_t> rows,
                          std::span<const double> covariances);
  // Decides query q and passes its neighbors to the results of the job.
  void Write(int64_t q, int64_t& rescored);

 private:
  void PrepareErrors(const ResidualTree& tree);

  const ResidualModel& model_;
  const SearchSettings& settings_;
  ResultSink& results_;
  int64_t most_;
  int64_t stride_;
  bool single_ = false;
  QueryBlock block_;
  CanonicalScorer scorer_;
  StartThresholds start_;
  std::vector<CandidateList> lists_;
  AlignedFloats v32_;
  AlignedVector coordinates_;
  AlignedVector inverse_deviations_;
  AlignedVector totals_;
  AlignedVector squared_errors32_;
  AlignedVector squared_errors64_;
  std::vector<double> error32_;
  std::vector<double> error64_;
  std::vector<double> slack_;
  std::vector<int64_t> home_leaf_;
  std::vector<int64_t> queries_;
  std::vector<double> rho_;
  Columns all_;
};

}  // namespace residual_knn
