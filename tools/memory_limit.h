// The share of --memory-limit that is left for the index.
#pragma once

#include <cstdint>
#include <functional>

#include "residual_knn.h"
#include "tools/index_options.h"

namespace residual_knn::cli {

// The bytes that a run with this limit holds in memory for its answer, and for what the library does not count.
using AnswerBytes = std::function<double(int64_t memory_limit)>;

// What a run holds in memory apart from the index and the points.
struct RunBytes {
  AnswerBytes answer;
  double factor = 0;      // V, of which each thread keeps some rows
  double order = 0;       // of the points, while the index is made
  double index_file = 0;  // of an index that was opened to read the question, and is opened again
};

// The bytes of V.
double FactorBytes(int64_t n, int64_t m);

// The memory that this process has now.
double ResidentBytes();

// What --memory-limit leaves for the index.
class IndexMemory {
 public:
  IndexMemory(const IndexOptions& options, RunBytes run);

  // For max_bytes of residual_knn_model_options or residual_knn_load_options; 0 without a limit.
  [[nodiscard]] int64_t max_bytes() const { return max_bytes_; }

  // If the library has refused this number of bytes, throws a message that says what limit the run needs.
  void CheckStatus(residual_knn_status status) const;

 private:
  // Bytes of what depends on the limit.
  [[nodiscard]] double Varying(int64_t limit) const;

  int64_t limit_;
  double threads_;
  RunBytes run_;
  double fixed_ = 0;
  int64_t max_bytes_ = 0;
};

}  // namespace residual_knn::cli
