// Words in the messages of errors.
#pragma once

#include <cstddef>
#include <string>

namespace residual_knn_test {

// Whether `word` is in the text as a whole word.
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
