// The bytes of a saved index. docs/index-format.md describes them; both change together.
//
//     FileHead, FileOrigin, a SectionEntry for each section
//     for each section: its bytes, zeros up to a multiple of 64
//
// All numbers are little-endian.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace residual_knn {

inline constexpr int64_t kFileUnit = 64;

// Not text, so that programs that convert line ends or drop the eighth bit are noticed.
inline constexpr std::array<char, 8> kFileMagic = {'\x89', 'R', 'K', 'N', 'N', '\r', '\n', '\x1a'};
inline constexpr uint64_t kByteOrder = 0x0102030405060708;
inline constexpr uint64_t kOtherByteOrder = 0x0807060504030201;

// A file has the version of the format that its writer wrote, and the least version that a reader must know. New
// sections that old readers may leave out raise the first only.
inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint32_t kLeastReader = 1;

// This struct is the same in all versions of the format.
struct FileHead {
  std::array<char, 8> magic;
  uint64_t byte_order;
  uint32_t format_version;
  uint32_t least_reader;
  uint64_t file_bytes;
  uint64_t sections;
  uint64_t table_checksum;  // of the origin and of the entries
  uint64_t reserved;        // 0
  uint64_t head_checksum;   // of the members above
};

// Who wrote the file. Texts end with zeros.
struct FileOrigin {
  std::array<char, 24> library;  // residual_knn_version
  std::array<char, 24> target;   // residual_knn_simd_target
  std::array<char, 16> reserved;
};

struct SectionEntry {
  std::array<char, 36> name;  // ends with zeros, at least one
  uint32_t type;              // TypeOf
  uint64_t offset;
  uint64_t bytes;
  uint64_t checksum;
};

static_assert(sizeof(FileHead) == kFileUnit && std::has_unique_object_representations_v<FileHead>);
static_assert(sizeof(FileOrigin) == kFileUnit);
static_assert(sizeof(SectionEntry) == kFileUnit &&
              std::has_unique_object_representations_v<SectionEntry>);

// The bytes of an element, and 256 times its kind: 1 for an integer, 2 for a floating-point number, 3 for a record of
// numbers of 8 bytes each.
template <class T>
constexpr uint32_t TypeOf() {
  static_assert(sizeof(T) < 256);
  constexpr uint32_t kSize = sizeof(T);
  if constexpr (std::integral<T>) return 1 * 256 + kSize;
  if constexpr (std::floating_point<T>) return 2 * 256 + kSize;
  return 3 * 256 + kSize;
}

// Rounded up to kFileUnit.
constexpr uint64_t WholeUnits(uint64_t bytes) {
  constexpr uint64_t kUnit = kFileUnit;
  return (bytes + kUnit - 1) / kUnit * kUnit;
}

}  // namespace residual_knn
