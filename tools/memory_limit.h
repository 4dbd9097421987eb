// The share of --memory-limit that is left for the index.
#pragma once

#include <cstdint>

#include "tools/index_options.h"

namespace residual_knn::cli {

// What a run holds in memory apart from the index and the points.
struct RunBytes {
  double answer = 0;  // of a chunk of queries
  double factor = 0;  // V, of which each thread keeps some rows
};

// The bytes of V.
double FactorBytes(int64_t n, int64_t m);

// Bytes for max_bytes of residual_knn_model_options or residual_knn_load_options; 0 without --memory-limit. Throws if the limit is too small for what
// the program holds apart from the index.
int64_t BytesForIndex(const IndexOptions& options, const RunBytes& run);

}  // namespace residual_knn::cli
