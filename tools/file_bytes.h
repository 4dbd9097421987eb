// Bytes at a place of an open file, and their checksum.
#pragma once

#include <cstdint>
#include <string_view>

namespace residual_knn::cli {

// Writes all bytes from `offset` on, whatever the position of the descriptor is. Returns 0, or errno if that failed.
int WriteAt(int descriptor, std::string_view bytes, int64_t offset);

// The CRC-32 of bytes that follow those with the CRC-32 `before`.
uint32_t Crc32(std::string_view bytes, uint32_t before = 0);

// The CRC-32 of bytes with the CRC-32 `first` and of `count` bytes with the CRC-32 `second` behind them.
uint32_t JoinedCrc32(uint32_t first, uint32_t second, int64_t count);

}  // namespace residual_knn::cli
