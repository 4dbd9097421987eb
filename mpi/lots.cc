#include "mpi/lots.h"

#include <algorithm>

namespace residual_knn::mpi {
namespace {

// A lot has this share of what is left for each process.
constexpr int64_t kShareOfRest = 4;
// At most this share of all, so that the first lots do not last too long.
constexpr int64_t kShareOfAll = 8;
constexpr int64_t kChunk = 1024;
constexpr int64_t kChunksOfThread = 4;

}  // namespace

int64_t LeastLot(int64_t threads) { return kChunk * kChunksOfThread * threads; }

std::vector<int64_t> CutIntoLots(std::span<const unsigned char> begins, int processes,
                                 int64_t least) {
  const auto count = static_cast<int64_t>(begins.size());
  const int64_t most = std::max(count / (kShareOfAll * processes), least);
  std::vector<int64_t> cuts = {0};
  while (cuts.back() < count) {
    const int64_t rest = count - cuts.back();
    // Small problems are dealt, too.
    const int64_t smallest =
        std::min(least, std::max<int64_t>(count / (kShareOfRest * processes), 1));
    const int64_t size = std::clamp(rest / (kShareOfRest * processes), smallest, most);
    int64_t end = std::min(cuts.back() + size, count);
    while (end < count && begins[static_cast<size_t>(end)] == 0) ++end;
    cuts.push_back(end);
  }
  return cuts;
}

}  // namespace residual_knn::mpi
