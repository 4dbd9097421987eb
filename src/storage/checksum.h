// The checksum of saved indexes: XXH3 with 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace residual_knn {

uint64_t ChecksumOf(const void* bytes, size_t size);

// The same for bytes that come in parts.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void Add(const void* bytes, size_t size);
  [[nodiscard]] uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace residual_knn
