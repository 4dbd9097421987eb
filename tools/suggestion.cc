#include "tools/suggestion.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>
#include <vector>

#include "tools/cell_location.h"

namespace residual_knn::cli {
namespace {

// Longer words are not typing errors.
constexpr size_t kLongestWord = 64;
constexpr size_t kShortestStart = 3;

std::string Simplified(std::string_view word) {
  std::string simple;
  for (const char c : word) {
    if (c != '-' && c != '_' && c != ' ' && c != '/') {
      simple += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return simple;
}

// The number of letters to insert, delete, replace or swap with their neighbor (optimal string alignment distance).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view typed, std::span<const std::string> words) {
  const std::string simple = Simplified(typed);
  if (simple.empty() || simple.size() > kLongestWord) return {};
  const std::string* nearest = nullptr;
  size_t least =
      simple.size() < 4
          ? 2
          : simple.size() / 3 + 2;  // one more than the largest distance that counts as near
  for (const std::string& word : words) {
    const std::string candidate = Simplified(word);
    if (candidate.size() > kLongestWord) continue;
    size_t distance = EditDistance(simple, candidate);
    if (simple.size() >= kShortestStart && candidate.starts_with(simple)) {
      distance = std::min(distance, size_t{1});
    }
    // If the letter of a one-letter word is replaced, nothing of the word remains.
    if (distance >= candidate.size() && distance > 0) continue;
    if (distance < least) {
      least = distance;
      nearest = &word;
    }
  }
  return nearest == nullptr ? std::string() : "; did you mean " + Quoted(*nearest) + "?";
}

}  // namespace residual_knn::cli
