// "Did you mean": finds the known word nearest to a typed word.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace residual_knn::cli {

// Returns "; did you mean '...'?", or an empty text if no word is near. Case, '-' and '_' are ignored. The beginning of
// a word is near to the word.
std::string DidYouMean(std::string_view typed, std::span<const std::string> words);

}  // namespace residual_knn::cli
