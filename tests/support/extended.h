// Options structs with additional bytes at the end.
#pragma once

#include <cstddef>

namespace residual_knn_test {

// A struct as in a newer version of the header: the known fields and 64 more bytes.
template <class Options>
struct Extended {
  Options options;
  unsigned char tail[64] = {};

  explicit Extended(void (*initialize)(Options*, size_t)) { initialize(&options, sizeof options); }
  [[nodiscard]] static size_t full_size() { return sizeof(Options) + 64; }
};

}  // namespace residual_knn_test
