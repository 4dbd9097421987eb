// Outputs that show whether a call touched them.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

namespace residual_knn_test {

constexpr unsigned char kPoison = 0xA5;

// An array of T that contains poison until it is written.
template <class T>
class Poisoned {
 public:
  explicit Poisoned(size_t size) : values_(size) { Poison(); }
  // Restores the poison.
  void Poison() { std::memset(values_.data(), kPoison, values_.size() * sizeof(T)); }
  [[nodiscard]] T* data() { return values_.data(); }
  [[nodiscard]] bool untouched() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values_.data());
    for (size_t i = 0; i < values_.size() * sizeof(T); ++i) {
      if (bytes[i] != kPoison) return false;
    }
    return true;
  }

 private:
  std::vector<T> values_;
};

}  // namespace residual_knn_test
