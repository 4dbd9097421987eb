#include "tools/written_answer.h"

#include <cstddef>

namespace residual_knn::cli {

WrittenAnswer WithoutFile(const Answer& answer) {
  const auto size = static_cast<size_t>(answer.offsets.empty() ? answer.num_queries * answer.places
                                                               : answer.offsets.back());
  WrittenAnswer written;
  written.num_queries = answer.num_queries;
  written.places = answer.places;
  written.neighbors = std::span(answer.neighbors.get(), size);
  written.distances = std::span(answer.distances.get(), size);
  written.offsets = answer.offsets;
  written.weights = answer.weights;
  written.pick_variances = answer.pick_variances;
  written.variances = answer.variances;
  return written;
}

}  // namespace residual_knn::cli
