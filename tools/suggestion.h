// "Did you mean": the known word that is nearest to one that was typed.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace residual_knn::cli {

// "; did you mean '...'?" or, if no word is near, an empty text. Case, '-' and '_' make no
// difference, and the beginning of a word is near to it.
std::string DidYouMean(std::string_view typed, std::span<const std::string> words);

}  // namespace residual_knn::cli
