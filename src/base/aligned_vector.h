// Numbers aligned for SIMD loads and stores of any width.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace residual_knn {

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  explicit AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* pointer, size_t) { ::operator delete(pointer, kAlignment); }
  // resize() leaves new numbers uninitialized, because they are about to be overwritten.
  template <class U>
  void construct(U* pointer) {
    ::new (static_cast<void*>(pointer)) U;
  }
  template <class U, class... Args>
  void construct(U* pointer, Args&&... args) {
    ::new (static_cast<void*>(pointer)) U(static_cast<Args&&>(args)...);
  }
  bool operator==(const AlignedAllocator&) const { return true; }
};

template <class T>
using AlignedVectorOf = std::vector<T, AlignedAllocator<T>>;
using AlignedVector = AlignedVectorOf<double>;
using AlignedFloats = AlignedVectorOf<float>;

}  // namespace residual_knn
