// Consecutive queries of a run: slices, which different runs search, and chunks, which one run searches one after
// another.
#pragma once

#include <cstdint>
#include <string>

namespace residual_knn::cli {

// Slice `number`, counted from 1, of `count` slices.
struct Slice {
  int64_t number = 1;
  int64_t count = 1;

  [[nodiscard]] bool IsWhole() const { return count == 1; }
};

// "2/4", as in --slice.
std::string SliceText(const Slice& slice);

// The queries from `begin` up to, but not including, `end`, in the order of the output.
struct QueryRange {
  int64_t begin = 0;
  int64_t end = 0;

  [[nodiscard]] int64_t size() const { return end - begin; }
};

// The queries of a slice. The slices together are all queries, and their sizes differ by at most one.
QueryRange RangeOfSlice(const Slice& slice, int64_t num_queries);

}  // namespace residual_knn::cli
