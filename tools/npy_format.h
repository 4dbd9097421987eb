// The header of .npy files, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, and their numbers.
// Files are written in little-endian byte order.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace residual_knn {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

// A supported type of numbers: integers of 8 to 64 bits and floats of 16 to 64 bits, of either byte order. Other types
// are errors that name the type.
struct NpyType {
  enum class Kind { kFloat, kSigned, kUnsigned };
  Kind kind = Kind::kFloat;
  int64_t bytes = 8;
  bool big_endian = false;
};

inline constexpr NpyType kNpyFloat64 = {NpyType::Kind::kFloat, 8, false};
inline constexpr NpyType kNpyInt64 = {NpyType::Kind::kSigned, 8, false};

struct NpyHeader {
  NpyType type;
  bool fortran_order = false;
  std::vector<int64_t> shape;  // none negative, the product fits
};

// The size in bytes of the length field, which follows the magic string and the version (major, minor). Throws a
// std::runtime_error for versions other than 1.0, 2.0 and 3.0.
int64_t NpyLengthFieldBytes(int major, int minor);

// Reads the description after the length field, a Python dictionary. Throws a std::runtime_error if it is wrong.
NpyHeader ParseNpyDescription(std::string_view text);

// All bytes before the data of a C-ordered rows x columns array, little-endian.
std::string NpyPreamble(NpyType type, int64_t rows, int64_t columns);
// The same for an array of one dimension.
std::string NpyPreamble(NpyType type, int64_t size);

// The number of this type at `bytes`. Throws a std::runtime_error if a double cannot represent it exactly.
double LoadNpyItem(NpyType type, const char* bytes);

// A number at `bytes`, which need not be aligned.
template <typename Number>
Number LoadLittleEndian(const char* bytes) {
  static_assert(sizeof(Number) == 4 || sizeof(Number) == 8);
  using Bits = std::conditional_t<sizeof(Number) == 8, uint64_t, uint32_t>;
  Bits bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  if constexpr (std::endian::native == std::endian::big) {
    bits = sizeof bits == 8 ? static_cast<Bits>(__builtin_bswap64(bits))
                            : static_cast<Bits>(__builtin_bswap32(static_cast<uint32_t>(bits)));
  }
  return std::bit_cast<Number>(bits);
}

inline void StoreLittleEndian(uint64_t bits, char* bytes) {
  if constexpr (std::endian::native == std::endian::big) bits = __builtin_bswap64(bits);
  std::memcpy(bytes, &bits, sizeof bits);
}

}  // namespace residual_knn
