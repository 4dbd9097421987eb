#include "gemm_baseline.h"

#include <cblas.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "random_numbers.h"
#include "residual_knn.h"
#include "stopwatch.h"

namespace residual_knn::bench {
namespace {

// From a product that fits the second-level cache to one that amortizes packing best.
constexpr auto kShapes = std::to_array<TileShape>(
    {{256, 512}, {256, 2048}, {512, 1024}, {512, 2048}, {1024, 1024}, {1024, 4096}});
constexpr int kTrials = 2;
constexpr double kTrialSeconds = 0.3;
constexpr uint64_t kBlockSeed = 20250704;

int64_t CountPairs(const std::vector<GemmTile>& tiles) {
  return std::transform_reduce(tiles.begin(), tiles.end(), int64_t{0}, std::plus<>(),
                               [](const GemmTile& tile) { return tile.Pairs(); });
}

}  // namespace

GemmBaseline::GemmBaseline(GemmJob job, int32_t threads, double full_seconds, double sample_seconds)
    : job_(std::move(job)), shape_(kShapes.front()), products_(static_cast<size_t>(threads)) {
  openblas_set_num_threads(1);
  const double pairs_a_second = ChooseShape();

  const int64_t num_blocks = job_.NumBlocks(shape_);
  const int64_t all_pairs = PairsOfAllTiles(shape_);
  extrapolated_ = static_cast<double>(all_pairs) > pairs_a_second * full_seconds;

  std::vector<int64_t> blocks(static_cast<size_t>(num_blocks));
  std::iota(blocks.begin(), blocks.end(), int64_t{0});
  if (extrapolated_) blocks = RandomNumbers(kBlockSeed).DistinctRows(num_blocks, num_blocks);
  int64_t pairs = 0;
  for (const int64_t block : blocks) {
    if (extrapolated_ && static_cast<double>(pairs) >= pairs_a_second * sample_seconds) break;
    job_.AppendTiles(shape_, block, &tiles_);
    pairs = CountPairs(tiles_);
  }
  // A job without pairs, such as the predecessors of row 0 only, takes no time.
  share_ = all_pairs == 0 ? 1.0 : static_cast<double>(pairs) / static_cast<double>(all_pairs);
}

int64_t GemmBaseline::PairsOfAllTiles(TileShape shape) const {
  int64_t pairs = 0;
  std::vector<GemmTile> tiles;
  for (int64_t block = 0; block < job_.NumBlocks(shape); ++block) {
    tiles.clear();
    job_.AppendTiles(shape, block, &tiles);
    pairs += CountPairs(tiles);
  }
  return pairs;
}

GemmBaseline::Progress GemmBaseline::Multiply(const std::vector<GemmTile>& tiles,
                                              double limit_seconds) {
  std::atomic<size_t> next = 0;
  std::atomic<int64_t> pairs = 0;
  const Stopwatch stopwatch;
  const auto work = [&](double* product) {
    while (stopwatch.Seconds() < limit_seconds) {
      const size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= tiles.size()) break;
      job_.Multiply(tiles[i], product);
      pairs.fetch_add(tiles[i].Pairs(), std::memory_order_relaxed);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (size_t t = 1; t < products_.size(); ++t) workers.emplace_back(work, products_[t].data());
    work(products_[0].data());
  }
  return {pairs.load(), stopwatch.Seconds()};
}

double GemmBaseline::ChooseShape() {
  int64_t largest = 0;
  for (const TileShape shape : kShapes) {
    largest = std::max(largest, shape.queries * shape.candidates);
  }
  for (std::vector<double>& product : products_) product.assign(static_cast<size_t>(largest), 0.0);

  // The criterion is the time of the whole job, not pairs per second, because shapes differ in the number of pairs
  // outside the triangle that they compute.
  double soonest = std::numeric_limits<double>::infinity();
  double rate_of_soonest = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    for (const TileShape shape : kShapes) {
      // Random blocks, until there is enough work for the trial on any current processor.
      const double enough = kTrialSeconds * 5e11 / (2.0 * static_cast<double>(job_.m())) *
                            static_cast<double>(products_.size());
      const int64_t num_blocks = job_.NumBlocks(shape);
      std::vector<GemmTile> tiles;
      int64_t pairs = 0;
      for (const int64_t block : RandomNumbers(kBlockSeed).DistinctRows(num_blocks, num_blocks)) {
        if (static_cast<double>(pairs) >= enough) break;
        job_.AppendTiles(shape, block, &tiles);
        pairs = CountPairs(tiles);
      }
      const Progress progress = Multiply(tiles, kTrialSeconds);
      const double rate = static_cast<double>(progress.pairs) / progress.seconds;
      const double seconds = static_cast<double>(PairsOfAllTiles(shape)) / rate;
      if (seconds < soonest) {
        soonest = seconds;
        rate_of_soonest = rate;
        shape_ = shape;
      }
    }
  }
  return rate_of_soonest;
}

GemmTime GemmBaseline::Run() {
  const Progress progress = Multiply(tiles_, std::numeric_limits<double>::infinity());
  const double flop = 2.0 * static_cast<double>(job_.m()) * static_cast<double>(progress.pairs);
  return {progress.seconds / share_, flop / progress.seconds * 1e-9};
}

std::string GemmCore() { return openblas_get_corename(); }

void UseKernelsOfLibrary(char** argv) {
  constexpr const char* kVariable = "OPENBLAS_CORETYPE";
  const std::string library = residual_knn_blas();  // its end is "core NAME"
  const std::string core = library.substr(library.find_last_of(' ') + 1);
  if (core == GemmCore() || getenv(kVariable) != nullptr) return;
  setenv(kVariable, core.c_str(), 1);
  execv("/proc/self/exe", argv);
  // Continues with the present kernels; the report names both.
}

}  // namespace residual_knn::bench
