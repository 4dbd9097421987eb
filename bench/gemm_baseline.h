// The yardstick: how long bare cblas_dgemm calls over all pairs of a job take.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gemm_job.h"

namespace residual_knn::bench {

struct GemmTime {
  // Of the whole job, extrapolated or not.
  double seconds;
  // Billions of multiplications and additions a second, all threads together.
  double gflops;
};

class GemmBaseline {
 public:
  // Tries several tile shapes and keeps the fastest. `threads` workers, each of which calls
  // single-threaded BLAS on tiles of its own. A job of more than `full_seconds` is timed on random
  // blocks of queries, about `sample_seconds` of work, and extrapolated.
  GemmBaseline(GemmJob job, int32_t threads, double full_seconds, double sample_seconds);

  GemmTime Run();

  TileShape shape() const { return shape_; }
  bool extrapolated() const { return extrapolated_; }

 private:
  struct Progress {
    int64_t pairs = 0;
    double seconds = 0;
  };

  // Multiplies the tiles on all threads; stops early when `limit_seconds` have passed.
  Progress Multiply(const std::vector<GemmTile>& tiles, double limit_seconds);
  // Sets the shape with which the job is done soonest; returns its pairs a second.
  double ChooseShape();
  int64_t PairsOfAllTiles(TileShape shape) const;

  GemmJob job_;
  TileShape shape_;
  bool extrapolated_ = false;
  // The tiles that are timed, and their share of the job.
  std::vector<GemmTile> tiles_;
  double share_ = 1;
  // One product a worker.
  std::vector<std::vector<double>> products_;
};

// OpenBLAS's name for the processor, as linked into this program.
std::string GemmCore();

// Starts the program again, with OPENBLAS_CORETYPE set, where the kernels for the bare products are not those that the
// library uses. An OpenBLAS that does not know the processor takes slow ones; the library helps itself.
void UseKernelsOfLibrary(char** argv);

}  // namespace residual_knn::bench
