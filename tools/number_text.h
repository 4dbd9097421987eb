// Converts numbers to and from text, in the same way in every locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace residual_knn {

struct RealText {
  double value = 0;
  // NULL if the text is the finite number `value`; otherwise the fault, for example "is empty".
  const char* fault = nullptr;
};

// Reads a decimal number; the text must contain nothing else. A leading '+' is allowed.
RealText ParseReal(std::string_view text);

// Reads a decimal whole number; the text must contain nothing else. Nothing if it is not a whole number or does not
// fit.
std::optional<int64_t> ParseWhole(std::string_view text);
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// The length of the longest text that the functions below write.
inline constexpr int kLongestNumber = 32;

// Write to `to` and return the end. Reals are written as the shortest text that reads back as the same number.
char* WriteReal(double value, char* to);
char* WriteWhole(int64_t value, char* to);

// The same as a string.
std::string RealToText(double value);

// A count with its noun, as "1 point" or "2 points".
std::string Counted(int64_t count, std::string_view one, std::string_view several);

// The last `digits` hexadecimal digits, with leading zeros.
std::string Hexadecimal(uint64_t value, size_t digits);

}  // namespace residual_knn
