// Checks of arguments that several entry points share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/checked_size.h"
#include "base/dense_matrix_view.h"
#include "base/error.h"
#include "parallel/parallel_for.h"
#include "residual_knn.h"

namespace residual_knn {

inline void RequirePointer(const void* pointer, const char* name) {
  if (pointer == nullptr) ThrowInvalid(std::string(name) + " is NULL");
}

inline void RequireAtLeast(int64_t value, int64_t least, const char* name) {
  if (value < least) {
    ThrowInvalid(std::string(name) + " is " + std::to_string(value) + ", must be at least " +
                 std::to_string(least));
  }
}

// Values of an enum that counts from 0.
inline void RequireEnum(int32_t value, int32_t count, const char* name, const char* type) {
  if (value < 0 || value >= count) {
    ThrowInvalid(std::string(name) + " is " + std::to_string(value) + ", not one of enum " + type);
  }
}

inline bool IsDimensionMajor(int32_t layout) {
  RequireEnum(layout, 2, "layout", "residual_knn_layout");
  return layout == RESIDUAL_KNN_DIMENSION_MAJOR;
}

inline int CheckedThreads(int32_t threads) {
  RequireAtLeast(threads, 0, "threads");
  if (threads > 1024)
    ThrowInvalid("threads is " + std::to_string(threads) + ", must be at most 1024");
  return ResolveThreads(threads);
}

// A caller's matrix after checks of its sizes and pointer; NULL is fine where it holds nothing.
inline DenseMatrixView CheckedMatrix(const double* data, int64_t rows, int64_t columns,
                                     int32_t layout, const char* name) {
  if (CheckedSize(rows, columns, name) > 0) RequirePointer(data, name);
  return {data, rows, columns, IsDimensionMajor(layout)};
}

inline std::span<const double> CheckedLengthscales(const double* lengthscales, int64_t count,
                                                   int64_t d) {
  RequirePointer(lengthscales, "lengthscales");
  if (count != 1 && count != d) {
    ThrowInvalid("num_lengthscales is " + std::to_string(count) +
                 ", must be 1 or d = " + std::to_string(d));
  }
  return {lengthscales, static_cast<size_t>(count)};
}

// Fields of our structs come in pairs or units of 8 bytes, so a size between is never a field's
// end.
inline void CheckStructSize(size_t size, const char* type) {
  if (size < sizeof(size_t) || size > 4096 || size % 8 != 0) {
    ThrowInvalid(std::string(type) + ".struct_size is " + std::to_string(size) +
                 "; initialize it with " + type + "_init");
  }
}

// The caller's options over the defaults, as far as its struct_size reaches.
template <class Options>
Options ReadOptions(const Options* given, void (*initialize)(Options*), const char* type) {
  Options options;
  initialize(&options);
  if (given == nullptr) return options;
  const size_t size = given->struct_size;
  CheckStructSize(size, type);
  std::memcpy(&options, given, std::min(size, sizeof options));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof options; i < size; ++i) {
    if (bytes[i] != 0) {
      ThrowInvalid(std::string(type) + " has a non-zero byte at " + std::to_string(i) +
                   ", beyond what this version (" + std::to_string(sizeof options) +
                   " bytes) knows");
    }
  }
  return options;
}

// Fills the caller's struct as far as its struct_size reaches.
template <class Record>
void WriteRecord(const Record& record, Record* out) {
  const size_t size = out->struct_size;
  std::memcpy(out, &record, std::min(size, sizeof record));
  out->struct_size = size;
}

}  // namespace residual_knn
