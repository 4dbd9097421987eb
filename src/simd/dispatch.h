// Dispatch to the SIMD target of this library.
//
// Highway's own, HWY_DYNAMIC_DISPATCH, asks libhwy each time, which belongs to the whole process: another user of it
// may switch the target while an index lives. Ours is chosen once, when the library is loaded.
#pragma once

#include <cstddef>

namespace residual_knn {

// Place of the target in the tables that HWY_EXPORT makes.
size_t SimdTargetIndex();

// The function of a table, HWY_DISPATCH_TABLE(name). Where one target alone is compiled the table holds nothing else.
template <class Function, size_t kSize>
Function Chosen(Function const (&table)[kSize]) {
  if constexpr (kSize == 1) return table[0];
  return table[SimdTargetIndex()];
}

}  // namespace residual_knn
