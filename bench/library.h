// Calls of the library for the bench. Errors become exceptions, and handles free their index.
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

// Throws LibraryError with the library's message unless status is RESIDUAL_KNN_OK.
void Check(residual_knn_status status, std::string_view what);

struct IndexDeleter {
  void operator()(residual_knn_index* index) const noexcept { residual_knn_index_free(index); }
};
using Index = std::unique_ptr<residual_knn_index, IndexDeleter>;

Index CreateIndex(const Workload& workload, int32_t threads);

// Updates the index to the hyperparameters of the workload, with the same points and inducing points.
void UpdateIndex(residual_knn_index* index, const Workload& workload, int32_t threads);

residual_knn_info InfoOf(const residual_knn_index* index);

// V (n x m, point-major) and p of an index.
struct Factor {
  std::vector<double> factor;
  std::vector<double> residual_variance;
};
Factor FactorOf(const residual_knn_index* index);

// Results of a search: `k` places for each query; the places of one query are contiguous.
struct Answers {
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
};

struct SearchResult {
  // True if the search was cancelled because it would take too long. Then only projected_seconds is valid.
  bool cancelled = false;
  double seconds = 0;
  double projected_seconds = 0;
  residual_knn_statistics statistics = {};
};

struct SearchRequest {
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t threads = 0;
  // A search that is expected to take longer is cancelled.
  double limit_seconds = 0;
  // Start lists: null, or neighbors of an earlier search for the same rows.
  const int64_t* start = nullptr;
};

// Searches for the neighbors of `rows` (empty: every row) as the workload specifies.
SearchResult Search(const residual_knn_index* index, const Workload& workload,
                    const std::vector<int64_t>& rows, const SearchRequest& request,
                    Answers* answers);

}  // namespace residual_knn::bench
