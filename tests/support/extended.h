// Structs with additional bytes at the end.
#pragma once

#include <cstddef>
#include <cstring>

#include "support/poisoned.h"

namespace residual_knn_test {

// A struct as in a newer version of the header: the known fields and 64 more bytes.
template <class Struct>
struct Extended {
  Struct known;
  unsigned char tail[64] = {};

  explicit Extended(void (*initialize)(Struct*, size_t)) { initialize(&known, sizeof known); }
  [[nodiscard]] static size_t full_size() { return sizeof(Struct) + 64; }

  // Fills the struct with poison except for struct_size.
  void Poison(size_t struct_size) {
    std::memset(reinterpret_cast<unsigned char*>(this), kPoison, sizeof *this);
    known.struct_size = struct_size;
  }
  // Whether all bytes from `offset` on are poison.
  [[nodiscard]] bool PoisonedFrom(size_t offset) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(this);
    for (size_t i = offset; i < sizeof *this; ++i) {
      if (bytes[i] != kPoison) return false;
    }
    return true;
  }
  // Whether the struct is as after Poison(struct_size).
  [[nodiscard]] bool Untouched(size_t struct_size) const {
    return known.struct_size == struct_size && PoisonedFrom(sizeof(size_t));
  }
};

}  // namespace residual_knn_test
