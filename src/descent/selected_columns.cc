#include "descent/selected_columns.h"

#include <algorithm>

#include "base/assert.h"
#include "simd/forward_substitution.h"

namespace residual_knn {

const Columns& SelectedColumns::Select(const QueryColumns& from, int64_t m, int64_t dimensions,
                                       std::span<const int64_t> which, bool single) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(which.begin(), which.end()));
  const Columns& all = from.all();
  const auto count = static_cast<int64_t>(which.size());
  if (count == all.count) return all;
  columns_.count = count;
  columns_.width = ColumnWidth(count);
  columns_.queries = which.data();
  callback_rows_.resize(which.size());
  for (int64_t i = 0; i < count; ++i) callback_rows_[i] = all.callback_rows[which[i]];
  columns_.callback_rows = callback_rows_.data();
  if (single) {
    v32_.resize(static_cast<size_t>(from.most() * m));
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(all.v32 + which[i] * m, m, v32_.data() + i * m);
    }
    columns_.v32 = v32_.data();
  } else {
    v_.resize(static_cast<size_t>(from.most() * m));
    for (int64_t i = 0; i < count; ++i) {
      std::copy_n(all.v + which[i] * m, m, v_.data() + i * m);
    }
    columns_.v = v_.data();
  }
  const auto gather = [&](const double* values, double* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = values[which[i]];
    std::fill(out + count, out + columns_.width, 0.0);
  };
  const int64_t stride = ColumnWidth(from.most()) + kColumnUnit;
  columns_.stride = stride;
  coordinates_.resize(static_cast<size_t>(stride * dimensions) + kColumnUnit);
  for (int64_t c = 0; c < dimensions; ++c) {
    gather(all.coordinates + c * all.stride, coordinates_.data() + c * stride);
  }
  values_.resize(static_cast<size_t>(4 * stride));
  double* at = values_.data();
  gather(all.inverse_deviations, at);
  gather(all.totals, at + stride);
  gather(all.squared_errors32, at + 2 * stride);
  gather(all.squared_errors64, at + 3 * stride);
  columns_.coordinates = coordinates_.data();
  columns_.inverse_deviations = at;
  columns_.totals = at + stride;
  columns_.squared_errors32 = at + 2 * stride;
  columns_.squared_errors64 = at + 3 * stride;
  return columns_;
}

}  // namespace residual_knn
