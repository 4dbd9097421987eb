// The recall of a search, measured with an independent reference: plain float64 loops over all candidates, from the
// definition of the distance.
//
// The plain sums have rounding errors too. If p/K is near 1e-7, as on `origin`, they differ by up to 3e-8 from a
// __float128 evaluation with the same V and p, and the library differs by 3e-9. There, distance_error is the error of
// the reference.
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
  // Number of true neighbors of the sampled rows, and how many of them were found.
  int64_t expected = 0;
  int64_t right = 0;
  // Largest difference between a returned distance and the reference distance of the same pair.
  double distance_error = 0;

  double Share() const {
    return expected == 0 ? 1.0 : static_cast<double>(right) / static_cast<double>(expected);
  }
};

class RecallReference {
 public:
  // Both must outlive the reference.
  RecallReference(const Workload& workload, const Factor& factor);

  // Checks the answers for `rows` (empty: every row) at `sample` random places of that list. A neighbor is right if it
  // is an allowed candidate, occurs only once, and its reference distance is at most the k-th smallest plus 1e-9.
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
  // The k-th smallest distances computed so far, by row.
  std::unordered_map<int64_t, double> worst_;
};

}  // namespace residual_knn::bench
