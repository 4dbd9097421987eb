// Outputs that show whether a call touched them, and options structs with bytes behind their end.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

namespace residual_knn_test {

constexpr unsigned char kPoison = 0xA5;

// An array of T that holds poison until something is written to it.
template <class T>
class Poisoned {
 public:
  explicit Poisoned(size_t size) : values_(size) {
    std::memset(values_.data(), kPoison, size * sizeof(T));
  }
  [[nodiscard]] T* data() { return values_.data(); }
  [[nodiscard]] bool untouched() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values_.data());
    for (size_t i = 0; i < values_.size() * sizeof(T); ++i) {
      if (bytes[i] != kPoison) return false;
    }
    return true;
  }

 private:
  std::vector<T> values_;
};

// A struct as a newer version of the header would have it: the known fields and 64 more bytes.
template <class Options>
struct Extended {
  Options options;
  unsigned char tail[64] = {};

  explicit Extended(void (*initialize)(Options*, size_t)) { initialize(&options, sizeof options); }
  [[nodiscard]] static size_t full_size() { return sizeof(Options) + 64; }
};

// Is `word` in the text as a whole word?
inline bool ContainsWord(const std::string& text, const std::string& word) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_part(text[at - 1]);
    const size_t end = at + word.size();
    if (starts && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

}  // namespace residual_knn_test
