#include "scan/hadamard_rotation.h"

#include <bit>
#include <cmath>

namespace residual_knn {
namespace {

void Transform(double* v, int64_t size) {
  for (int64_t half = 1; half < size; half *= 2) {
    for (int64_t begin = 0; begin < size; begin += 2 * half) {
      double* low = v + begin;
      double* high = low + half;
      for (int64_t i = 0; i < half; ++i) {
        const double a = low[i];
        const double b = high[i];
        low[i] = a + b;
        high[i] = a - b;
      }
    }
  }
  const double inverse_deviation = 1 / std::sqrt(static_cast<double>(size));
  for (int64_t i = 0; i < size; ++i) v[i] *= inverse_deviation;
}

}  // namespace

void RotateByHadamard(double* v, int64_t m) {
  const auto size = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(m)));
  Transform(v, size);
  if (size == m) return;
  for (int64_t e = 0; e < m; ++e) v[e] *= RotationSign(e);
  Transform(v + (m - size), size);
}

}  // namespace residual_knn
