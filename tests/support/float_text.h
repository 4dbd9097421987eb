// Doubles in failure messages, and their comparison bit by bit.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace residual_knn_test {

// Readable and exact.
inline std::string Text(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.17g (%a)", value, value);
  return text;
}

inline bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

inline bool SameBits(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!SameBits(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace residual_knn_test
