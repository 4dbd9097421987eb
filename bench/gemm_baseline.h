// The baseline: the time of bare cblas_dgemm calls over all pairs of a job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gemm_job.h"

namespace residual_knn::bench {

struct GemmTime {
  // For the whole job, extrapolated or not.
  double seconds;
  // Billions of multiplications and additions per second, over all threads.
  double gflops;
};

class GemmBaseline {
 public:
  // Tries several tile shapes and keeps the fastest. Each of `threads` workers calls single-threaded BLAS on its own
  // tiles. A job of more than `full_seconds` is timed on random blocks of queries with about `sample_seconds` of work,
  // and extrapolated.
  GemmBaseline(GemmJob job, int32_t threads, double full_seconds, double sample_seconds);

  GemmTime Run();

  TileShape shape() const { return shape_; }
  bool extrapolated() const { return extrapolated_; }

 private:
  struct Progress {
    int64_t pairs = 0;
    double seconds = 0;
  };

  // Multiplies the tiles on all threads. Stops early after `limit_seconds`.
  Progress Multiply(const std::vector<GemmTile>& tiles, double limit_seconds);
  // Sets the shape with which the job takes the least time; returns its pairs per second.
  double ChooseShape();
  int64_t PairsOfAllTiles(TileShape shape) const;

  GemmJob job_;
  TileShape shape_;
  bool extrapolated_ = false;
  // The tiles that are timed, and their share of the job.
  std::vector<GemmTile> tiles_;
  double share_ = 1;
  // One product for each worker.
  std::vector<std::vector<double>> products_;
};

// The name of the processor in the OpenBLAS that is linked into this program.
std::string GemmCore();

// Restarts the program with OPENBLAS_CORETYPE set if the kernels for the bare products differ from those of the
// library. An OpenBLAS that does not know the processor uses slow kernels; the library avoids this for its own
// OpenBLAS.
void UseKernelsOfLibrary(char** argv);

}  // namespace residual_knn::bench
