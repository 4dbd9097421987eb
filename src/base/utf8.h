// Whether bytes are text in UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace residual_knn {

// The number of bytes of the first character of a text that is not empty; 0 if it is not UTF-8.
size_t FirstCharacterSize(std::string_view text);

// The number of bytes at the beginning of a text that are whole characters in UTF-8; all of them if it is UTF-8.
size_t CountUtf8Bytes(std::string_view text);

inline bool IsUtf8(std::string_view text) { return CountUtf8Bytes(text) == text.size(); }

}  // namespace residual_knn
