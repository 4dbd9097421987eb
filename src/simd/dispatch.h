// Dispatch to the SIMD target of this library.
//
// Highway's own dispatch, HWY_DYNAMIC_DISPATCH, asks libhwy at each call. The whole process shares libhwy, and
// another user of libhwy may switch the target while an index lives. This library chooses its target once, when it is
// loaded.
#pragma once

#include <cstddef>

namespace residual_knn {

// Index of the target in the tables that HWY_EXPORT makes.
size_t SimdTargetIndex();

// The function for the target in a table, HWY_DISPATCH_TABLE(name). If only one target is compiled, the table has a
// single function.
template <class Function, size_t kSize>
Function Chosen(Function const (&table)[kSize]) {
  if constexpr (kSize == 1) return table[0];
  return table[SimdTargetIndex()];
}

}  // namespace residual_knn
