// Sentences of errors and warnings, for people who count from 0 and for people who count from 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace residual_knn {

// The number, from 0, of a row, a coordinate, a column, or a place in an array. A message shows it the way the caller
// counts. Sizes and values that the caller gave are plain numbers, not ordinals.
struct Ordinal {
  int64_t number;

  // The number for callers whose first row is row `base`, 0 or 1. It may be any number that a caller gave, even the
  // largest of int64_t.
  [[nodiscard]] std::string Text(int64_t base) const {
    return number < 0 ? std::to_string(number + base)
                      : std::to_string(static_cast<uint64_t>(number) + static_cast<uint64_t>(base));
  }
};

// Text with ordinals in it. `text + Ordinal{i} + text` makes one.
class Message {
 public:
  Message(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Message(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)

  Message& operator+=(std::string_view text) {
    text_ += text;
    return *this;
  }
  Message& operator+=(Ordinal ordinal) {
    places_.push_back({text_.size(), ordinal});
    return *this;
  }

  // The sentence for callers whose first row is row `base`.
  [[nodiscard]] std::string Text(int64_t base) const {
    std::string result;
    size_t done = 0;
    for (const Place& place : places_) {
      result.append(text_, done, place.at - done);
      result += place.ordinal.Text(base);
      done = place.at;
    }
    return result.append(text_, done);
  }

 private:
  // An ordinal stands before the character `at` of the text.
  struct Place {
    size_t at;
    Ordinal ordinal;
  };

  std::string text_;
  std::vector<Place> places_;
};

inline Message operator+(Message message, std::string_view text) {
  message += text;
  return message;
}
inline Message operator+(Message message, Ordinal ordinal) {
  message += ordinal;
  return message;
}

}  // namespace residual_knn
