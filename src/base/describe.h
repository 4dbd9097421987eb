// Numbers in error messages, the same in every locale.
#pragma once

#include <charconv>
#include <string>

namespace residual_knn {

inline std::string Describe(double value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

}  // namespace residual_knn
