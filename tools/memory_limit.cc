#include "tools/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tools/processors.h"

namespace residual_knn::cli {
namespace {

constexpr double kMegabyte = 1 << 20;
// What one thread of a search needs while it runs, rows of V not counted.
constexpr double kThreadBytes = 24 * kMegabyte;
// Rows of V that one thread keeps: see max_bytes of residual_knn_model_options.
constexpr double kMostRowBytes = 64 * kMegabyte;
constexpr double kRowsOneIn = 16;

// The most memory that this process has had so far.
double PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

int64_t Threads(const IndexOptions& options) {
  if (options.threads > 0) return options.threads;
  return AvailableProcessors();
}

}  // namespace

double FactorBytes(int64_t n, int64_t m) {
  return sizeof(double) * static_cast<double>(n) * static_cast<double>(m);
}

int64_t BytesForIndex(const IndexOptions& options, const RunBytes& run) {
  if (options.memory_limit == 0) return 0;
  const auto limit = static_cast<double>(options.memory_limit);
  const auto threads = static_cast<double>(Threads(options));
  const double rows = std::min({kMostRowBytes, limit / kRowsOneIn, run.factor});
  const double others = PeakBytes() + run.answer + threads * (kThreadBytes + rows);
  if (others + kMegabyte > limit) {
    throw std::runtime_error(
        "--memory-limit: " + std::to_string(options.memory_limit) +
        " bytes are too few: " + std::to_string(static_cast<int64_t>(others)) +
        " are needed for the points, the answer and the threads, and the index comes on top");
  }
  return static_cast<int64_t>(limit - others);
}

}  // namespace residual_knn::cli
