// The queries of a lot, taken from those of a range.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tools/neighbors_options.h"
#include "tools/queries.h"
#include "tools/question.h"

namespace residual_knn::cli {

// Takes lots of queries from a range.
class LotQueries {
 public:
  // `whole` is the range; both it and the question must outlive this object.
  LotQueries(const Queries& whole, const NeighborsOptions& options, const Question& question);

  // Queries `which` of the range, in the order in which the library would get them all.
  [[nodiscard]] Queries Take(std::span<const int64_t> which) const;

 private:
  const Queries& whole_;
  bool has_groups_;
  // Of the queries of the range, if they have lists; see NumbersOf.
  std::vector<int64_t> numbers_;
};

}  // namespace residual_knn::cli
