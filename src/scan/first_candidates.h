// The candidates that a scan scores before its tiles, so that a query's list has a threshold early. A scan takes rows
// in their order, and files are often sorted. The first rows are then far from most queries. They raise the threshold
// little, and too many of them stay in the list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "query/query_set.h"
#include "scan/neighborhoods.h"
#include "score/candidate_list.h"

namespace residual_knn {

class FirstCandidates {
 public:
  // Without neighborhoods, rows whose numbers are close to a query's own are taken to be near it.
  FirstCandidates(const ResidualModel& model, const Neighborhoods* neighborhoods)
      : model_(model), neighborhoods_(neighborhoods) {}

  // Number of rows around a query that are scored for a threshold. It is above k, because of only k rows the farthest
  // would give the threshold.
  [[nodiscard]] static int64_t Least(int64_t k) {
    return k + std::clamp<int64_t>(k, kLeastSpare, kMostSpare);
  }
  // Number of rows whose canonical scores are worth their cost before a scan of `candidates` candidates.
  [[nodiscard]] static int64_t Wanted(int64_t k, int64_t candidates);

  // Appends up to `wanted` candidates near query q with their canonical scores, which give the list a threshold.
  // `scorer` is set to the query. `met` receives the rows, ascending. Returns how many were scored. Covariances of a
  // callback are not supported, because each query would take a call.
  int64_t AppendAround(const QueryBlock& block, int64_t q, int64_t wanted,
                       const CanonicalScorer& scorer, CandidateList& list,
                       std::vector<int64_t>& met);

  // Asks the model's callback for the covariances of all queries with the first rows, in one call. With a callback,
  // AppendFirstRows uses these values.
  void AskFirstRows(const QueryBlock& block, int64_t k);

  // Appends the first rows, if the list needs them (see CandidateList::NeedsFirstRows). Returns how many were scored.
  int64_t AppendFirstRows(const QueryBlock& block, int64_t q, int64_t k,
                          const CanonicalScorer& scorer, CandidateList& list);

 private:
  static constexpr int64_t kLeastSpare = 32;
  static constexpr int64_t kMostSpare = 128;

  void FindAround(const QueryBlock& block, int64_t q, int64_t wanted, std::vector<int64_t>& rows);
  void ComputeCovariances(const QueryBlock& block, int64_t q, std::span<const int64_t> rows);
  std::span<const double> Score(std::span<const int64_t> rows, const CanonicalScorer& scorer);

  const ResidualModel& model_;
  const Neighborhoods* neighborhoods_;
  std::vector<int32_t> region_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> asked_rows_;  // 0, 1, 2 ...
  std::vector<double> asked_;        // their covariances with each query of a block
  std::vector<double> coordinates_;
  std::vector<double> covariances_;
  std::vector<double> rho_;
};

}  // namespace residual_knn
