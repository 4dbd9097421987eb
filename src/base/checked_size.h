// Products of sizes. A product that cannot fit into memory is an error before anything is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.h"

namespace residual_knn {

// a * b, a number of elements of element_bytes each. Throws an Error that names `what` and both sizes if the elements
// do not fit in memory.
inline int64_t CheckedSize(int64_t a, int64_t b, const char* what, int64_t element_bytes = 8) {
  int64_t product = 0;
  int64_t bytes = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ||
      __builtin_mul_overflow(product, element_bytes, &bytes) ||
      bytes > std::numeric_limits<int64_t>::max() / 4) {
    ThrowInvalid(std::string(what) + ": " + std::to_string(a) + " x " + std::to_string(b) +
                 " elements do not fit in memory");
  }
  return product;
}

}  // namespace residual_knn
