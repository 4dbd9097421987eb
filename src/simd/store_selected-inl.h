// Appends the selected lanes of a vector to an array. Highway's CompressStore compresses into memory if the processor
// can, which takes over a hundred cycles on some processors. Compressing into a register never takes that long.
#if defined(RESIDUAL_KNN_SIMD_STORE_SELECTED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_KNN_SIMD_STORE_SELECTED_INL_H_
#undef RESIDUAL_KNN_SIMD_STORE_SELECTED_INL_H_
#else
#define RESIDUAL_KNN_SIMD_STORE_SELECTED_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

// Writes a whole vector at `to`. Its first lanes are the selected ones; the others are arbitrary.
template <class D, class V, class M, class T>
HWY_INLINE void StoreSelected(D d, V v, M selected, T* to) {
  namespace hn = hwy::HWY_NAMESPACE;
  hn::StoreU(hn::Compress(v, selected), d, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#endif  // toggle
