// Checks of arguments that several entry points share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/checked_size.h"
#include "base/dense_matrix_view.h"
#include "base/describe.h"
#include "base/error.h"
#include "parallel/threads.h"
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

// Checks a variance that is added to a diagonal; NaN fails too.
inline void RequireNotNegative(double value, const char* name) {
  if (!(value >= 0) || !(value <= 1e140)) {
    ThrowInvalid(std::string(name) + " is " + Describe(value) + ", must be between 0 and 1e140");
  }
}

// Check the offsets of lists that follow each other in an array: the first is 0, and none is below the one before.
inline void RequireFirstOffset(const int64_t* offsets, const char* name) {
  if (offsets[0] == 0) return;
  ThrowInvalid(Message(name) + "[" + Ordinal{0} + "] is " + std::to_string(offsets[0]) +
               ", must be 0");
}
inline void RequireNextOffset(const int64_t* offsets, int64_t i, const char* name) {
  if (offsets[i + 1] >= offsets[i]) return;
  ThrowInvalid(Message(name) + "[" + Ordinal{i + 1} + "] is " + std::to_string(offsets[i + 1]) +
               ", less than the one before, " + std::to_string(offsets[i]));
}

// Checks a value of an enum with `count` values from 0 on.
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

// Returns a view of a caller's matrix after checks of its sizes and pointer. NULL is allowed if the matrix is empty.
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

}  // namespace residual_knn
