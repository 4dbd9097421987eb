// The option max_bytes: a limit on the memory of an index.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "model/preparation_room.h"
#include "model/residual_model.h"

namespace residual_knn {

struct IndexSizes {
  int64_t n;
  int64_t d;
  int64_t m;
  int64_t kernel_bytes;  // tables of the covariance function

  // Of an index and of the little that every search adds.
  [[nodiscard]] double LeastBytes(bool stores_factor) const {
    return ResidualModel::BytesFor(static_cast<double>(n), static_cast<double>(d),
                                   static_cast<double>(m), stores_factor) +
           static_cast<double>(kernel_bytes) + static_cast<double>(n) * kSmallPreparations;
  }
};

// `max_bytes` 0 is no limit.
inline void RequireWithinLimit(int64_t max_bytes, const IndexSizes& sizes, bool stores_factor) {
  const double needed = sizes.LeastBytes(stores_factor);
  if (max_bytes == 0 || needed <= static_cast<double>(max_bytes)) return;
  throw Error(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY,
              "max_bytes is " + std::to_string(max_bytes) + ", but the index needs " +
                  std::to_string(static_cast<int64_t>(needed)) + " bytes" +
                  (stores_factor ? " with V" : " without V"));
}

// Bytes of each thread's cache of computed rows.
inline int64_t CacheBytesWithin(int64_t max_bytes) {
  constexpr int64_t kCacheOneIn = 16;
  const int64_t usual = FactorStorage().cache_bytes;
  return max_bytes == 0 ? usual : std::min(usual, max_bytes / kCacheOneIn);
}

}  // namespace residual_knn
