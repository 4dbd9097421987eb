// Some queries of a chunk, copied into adjacent columns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "descent/columns.h"
#include "descent/query_columns.h"

namespace residual_knn {

class SelectedColumns {
 public:
  // `which` lists queries of the chunk, ascending. It must not change while the selection is in use.
  const Columns& Select(const QueryColumns& from, int64_t m, int64_t dimensions,
                        std::span<const int64_t> which, bool single);

 private:
  AlignedVector v_;
  AlignedFloats v32_;
  AlignedVector coordinates_;
  AlignedVector values_;
  std::vector<int64_t> callback_rows_;
  Columns columns_;
};

}  // namespace residual_knn
