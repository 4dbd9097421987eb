// A number that identifies data. Other data most likely have another number; nobody should try to find data with the
// same one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace residual_knn {

class Fingerprint {
 public:
  void Add(uint64_t word) {
    state_ = (std::rotl(state_, 23) ^ word) * 0x9e3779b97f4a7c15U;
    state_ ^= state_ >> 32;
  }
  void Add(int64_t number) { Add(static_cast<uint64_t>(number)); }
  void Add(int32_t number) { Add(static_cast<int64_t>(number)); }
  void Add(bool flag) { Add(uint64_t{flag}); }
  void Add(double number) { Add(std::bit_cast<uint64_t>(number)); }
  void Add(std::string_view text) {
    Add(uint64_t{text.size()});
    for (const char c : text) Add(uint64_t{static_cast<unsigned char>(c)});
  }
  template <typename Number>
  void AddAll(std::span<const Number> numbers) {
    Add(uint64_t{numbers.size()});
    for (const Number number : numbers) Add(number);
  }
  // Does not add their number.
  void AddBytes(const void* bytes, size_t count) {
    const auto* at = static_cast<const unsigned char*>(bytes);
    while (count > 0) {
      uint64_t word = 0;
      const size_t some = count < sizeof word ? count : sizeof word;
      std::memcpy(&word, at, some);
      Add(word);
      at += some;
      count -= some;
    }
  }

  [[nodiscard]] uint64_t get() const { return state_; }

 private:
  uint64_t state_ = 0x243f6a8885a308d3U;
};

}  // namespace residual_knn
