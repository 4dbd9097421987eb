#include "mpi/bytes.h"

namespace residual_knn::mpi {

// Not in the header: inlined, it makes GCC warn of an overflow that cannot be.
void Append(const void* data, size_t size, Bytes* bytes) {
  const auto* const first = static_cast<const unsigned char*>(data);
  bytes->insert(bytes->end(), first, first + size);
}

}  // namespace residual_knn::mpi
