// Numbers in memory of their own, or in a file that is mapped into memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/aligned_vector.h"
#include "base/assert.h"

namespace residual_knn {

// A vector, whose numbers own() changes, or a read-only view of numbers elsewhere. resize() and assign() make a vector
// of a view.
template <class T, class Vector = AlignedVectorOf<T>>
class StoredArray {
 public:
  using value_type = T;

  StoredArray() = default;
  StoredArray(Vector values) : own_(std::move(values)) {
    LookAtOwn();
  }  // NOLINT(google-explicit-constructor)
  explicit StoredArray(size_t size) : StoredArray(Vector(size)) {}
  // A view. The numbers must stay where they are until `keeper`, which is not null, is destroyed.
  StoredArray(std::span<const T> values, std::shared_ptr<const void> keeper)
      : values_(values), keeper_(std::move(keeper)) {}

  StoredArray(const StoredArray& other)
      : own_(other.own_), values_(other.values_), keeper_(other.keeper_) {
    if (keeper_ == nullptr) LookAtOwn();
  }
  StoredArray(StoredArray&& other) noexcept { Swap(other); }
  StoredArray& operator=(const StoredArray& other) {  // NOLINT(bugprone-unhandled-self-assignment)
    StoredArray copy(other);
    Swap(copy);
    return *this;
  }
  StoredArray& operator=(StoredArray&& other) noexcept {
    StoredArray taken(std::move(other));
    Swap(taken);
    return *this;
  }
  ~StoredArray() = default;

  [[nodiscard]] size_t size() const { return values_.size(); }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] const T* data() const { return values_.data(); }
  [[nodiscard]] const T& operator[](size_t i) const { return values_.data()[i]; }
  [[nodiscard]] const T* begin() const { return values_.data(); }
  [[nodiscard]] const T* end() const { return values_.data() + values_.size(); }
  [[nodiscard]] std::span<const T> view() const { return values_; }

  // The numbers of a vector, to be changed. A view has none.
  [[nodiscard]] T* own() {
    RESIDUAL_KNN_ASSERT(keeper_ == nullptr);
    return own_.data();
  }

  // As those of the vector. The numbers of a view are lost.
  void resize(size_t size) {
    keeper_.reset();
    own_.resize(size);
    LookAtOwn();
  }
  void assign(size_t size, const T& value) {
    keeper_.reset();
    own_.assign(size, value);
    LookAtOwn();
  }

 private:
  void LookAtOwn() { values_ = std::span<const T>(own_.data(), own_.size()); }
  // Moved vectors keep their memory, so the views stay right.
  void Swap(StoredArray& other) noexcept {
    own_.swap(other.own_);
    std::swap(values_, other.values_);
    keeper_.swap(other.keeper_);
  }

  Vector own_;
  std::span<const T> values_;
  std::shared_ptr<const void> keeper_;  // null for a vector
};

using StoredDoubles = StoredArray<double>;
using StoredFloats = StoredArray<float>;

}  // namespace residual_knn
