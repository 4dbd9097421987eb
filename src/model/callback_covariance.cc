#include "model/callback_covariance.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "parallel/making.h"

namespace residual_knn {

void AskCovariances(const CovarianceCallback& callback, std::span<const int64_t> rows,
                    std::span<const int64_t> columns, double* out) {
  if (rows.empty() || columns.empty()) return;
  const auto num_rows = static_cast<int64_t>(rows.size());
  const auto num_columns = static_cast<int64_t>(columns.size());
  const int32_t status = [&] {
    const CallbackScope scope;
    return callback.function(callback.user, rows.data(), num_rows, columns.data(), num_columns,
                             out);
  }();
  if (status != 0) {
    throw Error(RESIDUAL_KNN_ERROR_CALLBACK,
                "the covariance callback returned " + std::to_string(status));
  }
  for (int64_t i = 0; i < num_rows * num_columns; ++i) {
    if (!std::isfinite(out[i])) {
      throw Error(RESIDUAL_KNN_ERROR_CALLBACK,
                  "the covariance callback returned a value that is not finite for rows " +
                      Ordinal{rows[i / num_columns]} + " and " + Ordinal{columns[i % num_columns]});
    }
  }
}

}  // namespace residual_knn
