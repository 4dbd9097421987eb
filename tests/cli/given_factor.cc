// For saved_index_test.py: saves an index of V and p that the caller gives.
//
// given_factor FILE

#include <cstdint>
#include <cstdio>
#include <vector>

#include "residual_knn.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  constexpr int64_t kPoints = 40;
  constexpr int64_t kColumns = 2;
  const double lengthscale = 1;
  std::vector<double> points;
  std::vector<double> factor;
  for (int64_t i = 0; i < kPoints; ++i) {
    points.push_back(0.1 * static_cast<double>(i));
    factor.insert(factor.end(), {0.5, 0.1});
  }
  const std::vector<double> residual_variance(points.size(), 0.74);
  residual_knn_index* index = nullptr;
  const bool saved = residual_knn_index_create_from_factor(
                         factor.data(), kColumns, residual_variance.data(), points.data(), kPoints,
                         1, &lengthscale, 1, nullptr, &index) == RESIDUAL_KNN_OK &&
                     residual_knn_index_save(index, argv[1]) == RESIDUAL_KNN_OK;
  if (!saved) std::fprintf(stderr, "%s\n", residual_knn_last_error());
  residual_knn_index_free(index);
  return saved ? 0 : 1;
}
