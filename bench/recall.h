// How many of a search's answers are right, by an independent reference: plain float64 loops over
// all candidates, straight from the definition of the distance.
//
// The plain sums round too. Where p/K is near 1e-7, as on `origin`, they were found up to 3e-8 away
// from a __float128 evaluation with the same V and p (the library 3e-9), so that distance_error
// there is the reference's own.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "library.h"
#include "workload.h"

namespace residual_knn::bench {

struct Recall {
  int64_t rows = 0;
  // Neighbors that exist in the sampled rows, and how many of them were found.
  int64_t expected = 0;
  int64_t right = 0;
  // Largest difference between a returned distance and the reference's for the same pair.
  double distance_error = 0;

  double Share() const {
    return expected == 0 ? 1.0 : static_cast<double>(right) / static_cast<double>(expected);
  }
};

class RecallReference {
 public:
  // Both must outlive the reference.
  RecallReference(const Workload& workload, const Factor& factor);

  // Scores the answers for `rows` (empty: every row) at `sample` random places of that list. A
  // neighbor is right if it is another permitted row, not given twice, and its reference distance
  // is at most the k-th smallest plus 1e-9.
  Recall Score(const std::vector<int64_t>& rows, const Answers& answers, int64_t sample);

 private:
  int64_t NumCandidates(int64_t row) const;
  bool IsCandidate(int64_t row, int64_t candidate) const;
  double Distance(int64_t i, int64_t j) const;
  // The k-th smallest distance of a row (the largest, if it has fewer than k candidates).
  double WorstDistance(int64_t row);

  const Workload& workload_;
  const Factor& factor_;
  std::vector<bool> degenerate_;
  // Worst distances of the rows that were asked for so far.
  std::unordered_map<int64_t, double> worst_;
};

}  // namespace residual_knn::bench
