#include "tools/file_bytes.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>

namespace residual_knn::cli {

int WriteAt(int descriptor, std::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno != EINTR) return errno;
    if (count <= 0) continue;
    offset += count;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

uint32_t Crc32(std::string_view bytes, uint32_t before) {
  return static_cast<uint32_t>(
      crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t JoinedCrc32(uint32_t first, uint32_t second, int64_t count) {
  return static_cast<uint32_t>(crc32_combine64(first, second, count));
}

}  // namespace residual_knn::cli
