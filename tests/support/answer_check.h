// Is an answer the exact one, as far as the rounding of two float64 evaluations lets anyone tell?
#pragma once

#include <cstdint>
#include <string>

#include "support/api_objects.h"
#include "support/reference_search.h"

namespace residual_knn_test {

// Counts how sharp the checks were: a tolerance beyond any difference would check nothing.
struct CheckCounts {
  int64_t distances = 0;        // returned distances compared
  int64_t sharp_distances = 0;  // of these, with a tolerance on d^2 below 1e-6
};

// Compares an answer with the definition. `index` holds the factor of the index points, `queries`
// that of new points (ignored for rows). Returns "" or what is wrong, in one sentence.
//
// Neighbors must be legal, distinct and sorted, equal distances by row. Each distance must be the
// reference's within the tolerance of that pair (RhoTolerance), and no candidate left out may be
// nearer than the last one returned by more than its tolerance. Where the distance is beyond doubt
// (degenerate points, correlations that cannot but be clamped or vanish) the tie rule must hold to
// the letter.
std::string CheckAnswer(const Kernel& kernel, const Side<double>& index,
                        const Side<double>& queries, const Question& question, int32_t ranking,
                        const Answer& answer, CheckCounts& counts);

}  // namespace residual_knn_test
