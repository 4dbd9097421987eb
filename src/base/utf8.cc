#include "base/utf8.h"

namespace residual_knn {
namespace {

// The range of the second byte of a character. It leaves out overlong forms, surrogates, and what is above U+10FFFF.
struct Range {
  unsigned char least;
  unsigned char most;
};

Range SecondByteAfter(unsigned char first) {
  switch (first) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

}  // namespace

size_t FirstCharacterSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  const Range second = SecondByteAfter(first);
  for (size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const Range range = i == 1 ? second : Range{0x80, 0xBF};
    if (byte < range.least || byte > range.most) return 0;
  }
  return size;
}

size_t CountUtf8Bytes(std::string_view text) {
  size_t count = 0;
  while (count < text.size()) {
    const size_t size = FirstCharacterSize(text.substr(count));
    if (size == 0) break;
    count += size;
  }
  return count;
}

}  // namespace residual_knn
