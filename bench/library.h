// The library's calls as the bench makes them: errors become exceptions, handles free themselves.
#pragma once

#include <residual_knn.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "workload.h"

namespace residual_knn::bench {

class LibraryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws LibraryError with the library's detail unless status is RESIDUAL_KNN_OK.
void Check(residual_knn_status status, std::string_view what);

struct IndexDeleter {
  void operator()(residual_knn_index* index) const noexcept { residual_knn_index_free(index); }
};
using Index = std::unique_ptr<residual_knn_index, IndexDeleter>;

Index CreateIndex(const Workload& workload, int32_t threads);

// Same points and inducing points, the hyper-parameters of the workload.
void UpdateIndex(residual_knn_index* index, const Workload& workload, int32_t threads);

residual_knn_info InfoOf(const residual_knn_index* index);

// V (n x m, the values of one point side by side) and p of an index.
struct Factor {
  std::vector<double> factor;
  std::vector<double> residual_variance;
};
Factor FactorOf(const residual_knn_index* index);

// Answers of a search: `k` places for each query, those of one query side by side.
struct Answers {
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
};

struct SearchResult {
  // It was going to take longer than allowed and was cancelled; only projected_seconds counts.
  bool cancelled = false;
  double seconds = 0;
  double projected_seconds = 0;
  residual_knn_statistics statistics = {};
};

// Searches for the neighbors of `rows` (empty: every row), as the workload asks. Cancels once the
// search is expected to take longer than `limit_seconds`.
SearchResult Search(const residual_knn_index* index, const Workload& workload,
                    const std::vector<int64_t>& rows, int32_t strategy, int32_t threads,
                    double limit_seconds, Answers* answers);

}  // namespace residual_knn::bench
