#include "c_api/set_arguments.h"

#include <algorithm>

namespace residual_knn {
namespace {

int64_t CheckedCount(int64_t given, int64_t usual, const char* name) {
  RequireAtLeast(given, -1, name);
  if (given == -1) return 0;
  return given == 0 ? usual : given;
}

}  // namespace

CandidateCounts CheckedCounts(const residual_knn_search_options& options,
                              const ResidualModel& model, int64_t k) {
  const bool has_coordinates = model.covariance() != nullptr;
  if (!has_coordinates && options.scaled_candidates > 0) {
    throw Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
                "scaled_candidates is " + std::to_string(options.scaled_candidates) +
                    ", but an index with a covariance callback has no coordinates; use 0 or -1");
  }
  // Without inducing points and with one variance for all points, both kinds of candidates are the same points.
  const bool are_the_same = model.inducing() != nullptr && model.m() == 0;
  const bool choose = options.residual_candidates == 0 && options.scaled_candidates == 0;
  CandidateCounts usual{2 * k, 2 * k};
  if (choose && are_the_same) usual = {0, 4 * k};
  if (!has_coordinates) usual = {choose ? 4 * k : 2 * k, 0};
  CandidateCounts counts{
      CheckedCount(options.residual_candidates, usual.residual, "residual_candidates"),
      CheckedCount(options.scaled_candidates, usual.scaled, "scaled_candidates")};
  if (std::max(counts.residual, counts.scaled) < k) {
    ThrowInvalid("residual_candidates and scaled_candidates are " +
                 std::to_string(options.residual_candidates) + " and " +
                 std::to_string(options.scaled_candidates) + ", which stand for " +
                 std::to_string(counts.residual) + " and " + std::to_string(counts.scaled) +
                 " candidates; one of them must be at least k = " + std::to_string(k));
  }
  counts.residual = std::min(counts.residual, model.n());
  counts.scaled = std::min(counts.scaled, model.n());
  return counts;
}

}  // namespace residual_knn
