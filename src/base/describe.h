// Numbers in messages, the same in every locale.
#pragma once

#include <charconv>
#include <string>

namespace residual_knn {

// The fewest digits from which the same number is read back.
inline std::string Describe(double value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

// Three digits at most, for figures of which only the size matters.
inline std::string DescribeRoughly(double value) {
  char text[32];
  const auto rounded =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 2);
  double shorter = value;
  std::from_chars(text, rounded.ptr, shorter);
  return Describe(shorter);
}

}  // namespace residual_knn
