#include "tools/number_text.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace residual_knn {
namespace {

// std::from_chars does not accept a leading '+', but users write it.
std::string_view WithoutPlus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return plus ? text.substr(1) : text;
}

template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  const std::string_view digits = WithoutPlus(text);
  Integer value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

RealText ParseReal(std::string_view text) {
  if (text.empty()) return {0, "is empty"};
  const std::string_view digits = WithoutPlus(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return {0, "is not a number"};
  }
  if (error == std::errc::result_out_of_range) return {0, "is outside the range of a double"};
  if (std::isnan(value)) return {0, "is NaN"};
  if (std::isinf(value)) return {0, "is infinite"};
  return {value, nullptr};
}

std::optional<int64_t> ParseWhole(std::string_view text) { return ParseInteger<int64_t>(text); }

std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  return ParseInteger<uint64_t>(text);
}

char* WriteReal(double value, char* to) {
  return std::to_chars(to, to + kLongestNumber, value).ptr;
}

char* WriteWhole(int64_t value, char* to) {
  return std::to_chars(to, to + kLongestNumber, value).ptr;
}

std::string RealToText(double value) {
  char text[kLongestNumber];
  return {text, WriteReal(value, text)};
}

std::string Counted(int64_t count, std::string_view one, std::string_view several) {
  std::string text = std::to_string(count) + " ";
  return text += count == 1 ? one : several;
}

std::string Hexadecimal(uint64_t value, size_t digits) {
  std::string text(digits, '0');
  for (size_t i = digits; i > 0; --i, value >>= 4) text[i - 1] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace residual_knn
