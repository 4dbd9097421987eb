// Writes items of .npy files.
#pragma once

#include <bit>
#include <cstdint>

#include "tools/npy_format.h"
#include "tools/output_file.h"

namespace residual_knn::cli {

constexpr int64_t kNpyItemBytes = 8;

// A number of that size: int64_t or double.
template <typename Number>
void WriteNpyItem(Number value, OutputFile* file) {
  StoreLittleEndian(std::bit_cast<uint64_t>(value), file->Room(sizeof value));
  file->Wrote(sizeof value);
}

}  // namespace residual_knn::cli
