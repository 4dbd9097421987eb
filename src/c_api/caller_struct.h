// Structs of callers, which may have fewer or more fields than this version knows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/error.h"

namespace residual_knn {

// Fields of these structs fill units of 8 bytes, alone or in pairs. So the size in any version is a multiple of 8.
inline bool IsStructSize(size_t size) {
  return size >= sizeof(size_t) && size <= 4096 && size % 8 == 0;
}

inline void CheckStructSize(size_t size, const char* type) {
  if (!IsStructSize(size)) {
    ThrowInvalid(std::string(type) + ".struct_size is " + std::to_string(size) + "; call " + type +
                 "_init with the size of your struct");
  }
}

// Returns the default options, overwritten by those of the caller as far as its struct_size reaches.
template <class Options>
Options ReadOptions(const Options* given, Options options, const char* type) {
  if (given == nullptr) return options;
  const size_t size = given->struct_size;
  CheckStructSize(size, type);
  std::memcpy(&options, given, std::min(size, sizeof options));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof options; i < size; ++i) {
    if (bytes[i] != 0) {
      ThrowInvalid(std::string(type) + " has a non-zero byte at offset " + std::to_string(i) +
                   ", but this version of the library knows only " +
                   std::to_string(sizeof options) + " bytes");
    }
  }
  if (options.message_base != 0 && options.message_base != 1) {
    ThrowInvalid("message_base is " + std::to_string(options.message_base) + ", must be 0 or 1");
  }
  return options;
}

// The number from which messages about a call with these options count, 0 or 1. Never fails: the number is 0 for
// options that ReadOptions refuses.
template <class Options>
int64_t MessageBaseOf(const Options* given) noexcept {
  if (given == nullptr || !IsStructSize(given->struct_size)) return 0;
  if (given->struct_size < offsetof(Options, message_base) + sizeof given->message_base) return 0;
  return given->message_base == 1 ? 1 : 0;
}

// Fills the `size` bytes of a caller's struct with `start`. Fields that this version does not know become zero.
template <class Struct>
void InitializeStruct(const Struct& start, Struct* out, size_t size) {
  if (out == nullptr || size < sizeof out->struct_size) return;
  std::memset(out, 0, size);
  std::memcpy(out, &start, std::min(size, sizeof start));
  out->struct_size = size;
}

// Fills the caller's struct as far as its struct_size reaches.
template <class Record>
void WriteRecord(const Record& record, Record* out) {
  const size_t size = out->struct_size;
  std::memcpy(out, &record, std::min(size, sizeof record));
  out->struct_size = size;
}

}  // namespace residual_knn
