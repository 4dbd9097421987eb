// Numbers to and from text, the same in every locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace residual_knn {

struct RealText {
  double value = 0;
  // NULL if `value` is the finite number that the text says, else what is wrong: "is empty", ...
  const char* fault = nullptr;
};

// Reads a decimal number that fills the whole text; a leading '+' is allowed.
RealText ParseReal(std::string_view text);

// Reads a decimal whole number that fills the whole text; nothing if it is not one or does not fit.
std::optional<int64_t> ParseWhole(std::string_view text);
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// Longest text that the functions below write.
inline constexpr int kLongestNumber = 32;

// Write at `to` and return the end. Reals are the shortest text that reads back as the same number.
char* WriteReal(double value, char* to);
char* WriteWhole(int64_t value, char* to);

// The same as a string.
std::string RealToText(double value);

}  // namespace residual_knn
