// Which parts of a saved index are used if its memory is limited.
#pragma once

#include <cstdint>

#include "storage/index_reader.h"

namespace residual_knn {

// Leaves out parts of the file that have no room in `max_bytes`; 0: no limit. In this order: V, if it can be computed
// from inducing points; V in integers; V in single precision of trees; trees. Parts that are mapped count as memory.
// Returns the bytes of trees and integers that are used, couplings included, which searches make for a tree. Throws
// ERROR_OUT_OF_MEMORY if the rest has no room. `kernel_bytes` are the tables of the kernel, which no file has.
int64_t FitFileWithinLimit(int64_t max_bytes, int64_t kernel_bytes, IndexFile& file);

}  // namespace residual_knn
