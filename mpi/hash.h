// A number by which processes compare data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace residual_knn::mpi {

// A number that most likely differs for different bytes (FNV-1a over words of 8 bytes).
class Hash {
 public:
  template <class T>
  void Add(const T& value) {
    AddBytes(&value, sizeof value);
  }
  void AddBytes(const void* data, size_t size) {
    const auto* at = static_cast<const unsigned char*>(data);
    while (size > 0) {
      uint64_t word = 0;
      const size_t count = size < sizeof word ? size : sizeof word;
      std::memcpy(&word, at, count);
      value_ = (value_ ^ word) * 0x100000001b3U;
      value_ ^= value_ >> 29U;
      at += count;
      size -= count;
    }
  }
  [[nodiscard]] uint64_t get() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace residual_knn::mpi
