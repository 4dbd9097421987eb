#include "storage/checksum.h"

// Everything is compiled into this file: no library is linked, and no symbol is exported.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace residual_knn {

struct alignas(64) Checksum::State {
  XXH3_state_t xxh3;
};

uint64_t ChecksumOf(const void* bytes, size_t size) { return XXH3_64bits(bytes, size); }

Checksum::Checksum() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }

Checksum::~Checksum() = default;

void Checksum::Add(const void* bytes, size_t size) {
  XXH3_64bits_update(&state_->xxh3, bytes, size);
}

uint64_t Checksum::value() const { return XXH3_64bits_digest(&state_->xxh3); }

}  // namespace residual_knn
