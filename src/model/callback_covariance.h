// Covariances from the caller's callback, checked.
#pragma once

#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "parallel/pace.h"

namespace residual_knn {

// out[a * columns.size() + b] = K(rows[a], columns[b]). Throws ERROR_CALLBACK where the callback fails or
// gives a value that is not finite.
void AskCovariances(const CovarianceCallback& callback, std::span<const int64_t> rows,
                    std::span<const int64_t> columns, double* out);

// A callback that is not concurrent is called from the calling thread alone.
inline int UsableThreads(const CovarianceCallback& callback, int threads) {
  return callback.function != nullptr && !callback.concurrent ? 1 : threads;
}

// The time of a callback is not known.
inline Pace::Cost CostOf(const CovarianceCallback& callback) {
  return callback.function != nullptr ? Pace::Cost::kUnknown : Pace::Cost::kUsual;
}

}  // namespace residual_knn
