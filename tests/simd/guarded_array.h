// Arrays that detect every access beyond their end, in any build.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

namespace residual_knn_test {

// `size` values, then `shift` guard values, which move the start of the array off its alignment, then a page that can
// be neither read nor written. There are guard values before the array too.
template <class T>
class GuardedArray {
 public:
  explicit GuardedArray(int64_t size, int64_t shift = 0) : size_(size), shift_(shift) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t used = static_cast<size_t>(kFront + size + shift) * sizeof(T);
    readable_ = (used + page - 1) / page * page;
    mapped_ = readable_ + page;
    void* memory =
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<std::byte*>(memory);
    if (mprotect(memory_ + readable_, page, PROT_NONE) != 0) throw std::bad_alloc();
    std::fill_n(memory_, readable_, kGuard);
  }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;
  ~GuardedArray() { munmap(memory_, mapped_); }

  [[nodiscard]] T* data() { return reinterpret_cast<T*>(memory_ + readable_) - shift_ - size_; }
  [[nodiscard]] T& operator[](int64_t i) { return data()[i]; }
  [[nodiscard]] std::span<T> values() { return {data(), static_cast<size_t>(size_)}; }
  [[nodiscard]] int64_t size() const { return size_; }

  // Whether all guard values are unchanged.
  [[nodiscard]] bool Intact() const { return IntactBeyond(size_); }
  // The same, but the values from `used` on count as guard values too.
  [[nodiscard]] bool IntactBeyond(int64_t used) const {
    const std::byte* end = memory_ + readable_;
    const std::byte* begin = end - static_cast<size_t>(size_ + shift_) * sizeof(T);
    const auto is_guard = [](std::byte b) { return b == kGuard; };
    return std::all_of(begin - kFront * sizeof(T), begin, is_guard) &&
           std::all_of(begin + static_cast<size_t>(used) * sizeof(T), end, is_guard);
  }

 private:
  static constexpr int64_t kFront = 16;
  static constexpr std::byte kGuard{0xA5};

  int64_t size_;
  int64_t shift_;
  size_t readable_ = 0;
  size_t mapped_ = 0;
  std::byte* memory_ = nullptr;
};

}  // namespace residual_knn_test
