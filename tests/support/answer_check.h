// Checks whether an answer is exact, up to the rounding errors of two float64 evaluations.
#pragma once

#include <cstdint>
#include <string>

#include "support/api_objects.h"
#include "support/reference_search.h"

namespace residual_knn_test {

// Counts how sharp the checks were, because a huge tolerance would check nothing.
struct CheckCounts {
  int64_t distances = 0;        // returned distances compared
  int64_t sharp_distances = 0;  // of these, with a tolerance on d^2 below 1e-6
};

// Compares an answer with the definition. `index` has the factor of the index points, `queries` that of new points
// (ignored for rows). Returns "" or a sentence about the fault.
//
// Neighbors must be valid, distinct and sorted, with equal distances ordered by row. Each distance must agree with the
// reference within the tolerance of the pair (RhoTolerance). No omitted candidate may be nearer than the last returned
// one by more than its tolerance. If the distance is certain (degenerate points, correlations that are clamped or
// vanish), the tie rule must hold exactly.
std::string CheckAnswer(const Kernel& kernel, const Side<double>& index,
                        const Side<double>& queries, const Question& question, int32_t ranking,
                        const Answer& answer, CheckCounts& counts);

}  // namespace residual_knn_test
