#include "tools/query_range.h"

#include <algorithm>

namespace residual_knn::cli {

std::string SliceText(const Slice& slice) {
  return std::to_string(slice.number) + "/" + std::to_string(slice.count);
}

QueryRange RangeOfSlice(const Slice& slice, int64_t num_queries) {
  const int64_t size = num_queries / slice.count;
  const int64_t larger_slices = num_queries % slice.count;
  const auto begin_of = [=](int64_t earlier) {
    return size * earlier + std::min(earlier, larger_slices);
  };
  return {begin_of(slice.number - 1), begin_of(slice.number)};
}

}  // namespace residual_knn::cli
