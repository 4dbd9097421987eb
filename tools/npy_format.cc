#include "tools/npy_format.h"

#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "tools/cell_location.h"
#include "tools/number_text.h"

namespace residual_knn {
namespace {

// Reads the Python literals that occur in the description.
class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void Expect(char c) {
    if (!Take(c)) Fail(std::string("expected '") + c + "'");
  }

  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }

  std::string_view String() {
    SkipSpace();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') Fail("expected a string");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) Fail("a string does not end");
    const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return content;
  }

  bool Boolean() {
    SkipSpace();
    for (const auto& [word, value] :
         {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    Fail("expected True or False");
  }

  std::vector<int64_t> Tuple() {
    std::vector<int64_t> values;
    Expect('(');
    while (!Take(')')) {
      values.push_back(Size());
      if (!Take(',')) {
        Expect(')');
        break;
      }
    }
    return values;
  }

  // True if the next literal is a list, as for arrays of records.
  bool ListFollows() {
    SkipSpace();
    return at_ < text_.size() && text_[at_] == '[';
  }

  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error("the .npy header is damaged: " + what + " at byte " +
                             std::to_string(at_));
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  int64_t Size() {
    SkipSpace();
    size_t end = at_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    const std::optional<int64_t> value = ParseWhole(text_.substr(at_, end - at_));
    if (!value) Fail("expected a size");
    at_ = end;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return *value;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// The meaning of NumPy's letters for unsupported types, and the remedy.
std::string_view ForeignType(char kind) {
  switch (kind) {
    case 'b':
      return "of truth values; array.astype('int8') converts them to numbers";
    case 'f':
      return "of long doubles; array.astype('float64') rounds them";
    case 'c':
      return "of complex numbers; use array.real, or numpy.column_stack([array.real, array.imag])";
    case 'M':
      return "of dates; (array - array.min()) / numpy.timedelta64(1, 'D') converts them to days";
    case 'm':
      return "of time differences; array / numpy.timedelta64(1, 'D') converts them to days";
    case 'U':
    case 'S':
    case 'a':
      return "of text; array.astype('float64') converts it to numbers";
    case 'O':
      return "of Python objects; array.astype('float64') converts them to numbers";
    case 'V':
      return "of raw bytes";
    default:
      return "unknown";
  }
}

// For example "<f8": byte order, kind, bytes of an item.
NpyType ParseType(std::string_view name) {
  const auto refuse = [name](char kind) {
    throw std::runtime_error(
        "the array's type is " + Quoted(name) + ", " + std::string(ForeignType(kind)) +
        " (supported are integers of 8 to 64 bits and floats of 16 to 64 bits)");
  };
  constexpr std::string_view kOrders = "<>|=";
  const char kind = name.size() > 1 ? name[1] : ' ';
  if (name.size() < 3 || kOrders.find(name[0]) == std::string_view::npos) refuse(kind);
  const std::optional<int64_t> bytes = ParseWhole(name.substr(2));
  const bool is_float = kind == 'f';
  if (!is_float && kind != 'i' && kind != 'u') refuse(kind);
  const bool known_size =
      bytes && (*bytes == 2 || *bytes == 4 || *bytes == 8 || (*bytes == 1 && !is_float));
  if (!known_size) refuse(is_float ? 'f' : ' ');
  NpyType type;
  type.kind = is_float ? NpyType::Kind::kFloat
                       : (kind == 'i' ? NpyType::Kind::kSigned : NpyType::Kind::kUnsigned);
  type.bytes = *bytes;
  type.big_endian = name[0] == '>';
  return type;
}

std::string TypeName(NpyType type) {
  std::string name(1, type.big_endian ? '>' : '<');
  name += type.kind == NpyType::Kind::kFloat    ? 'f'
          : type.kind == NpyType::Kind::kSigned ? 'i'
                                                : 'u';
  return name += std::to_string(type.bytes);
}

void CheckShape(const NpyHeader& header) {
  if (header.shape.empty() || header.shape.size() > 2) {
    throw std::runtime_error("the array has " + std::to_string(header.shape.size()) +
                             " dimensions; it must have 1 or 2");
  }
  int64_t bytes = header.type.bytes;
  for (const int64_t size : header.shape) {
    // A tenth of the limit, so that sizes computed from it do not overflow.
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes > INT64_MAX / 10) {
      throw std::runtime_error("the array's shape is too large");
    }
  }
}

// IEEE 754 binary16.
double HalfToDouble(uint32_t bits) {
  const uint32_t fraction = bits & 0x3ff;
  const uint32_t exponent = bits >> 10 & 0x1f;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0x1f) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(fraction + 0x400, static_cast<int>(exponent) - 25);
}

// Checks by conversion to a double and back. A double of 2^63 or 2^64 cannot be converted back.
template <typename Integer>
double Exactly(Integer value) {
  const auto real = static_cast<double>(value);
  constexpr double kEnd = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
  if (real >= kEnd || static_cast<Integer>(real) != value) {
    throw std::runtime_error(
        std::to_string(value) +
        " is a whole number that a double cannot represent exactly (subtract the "
        "minimum of the column, or divide by 1000)");
  }
  return real;
}

}  // namespace

int64_t NpyLengthFieldBytes(int major, int minor) {
  if (minor == 0 && major == 1) return 2;
  if (minor == 0 && (major == 2 || major == 3)) return 4;
  throw std::runtime_error(".npy version " + std::to_string(major) + "." + std::to_string(minor) +
                           " is not supported; 1.0, 2.0 and 3.0 are");
}

NpyHeader ParseNpyDescription(std::string_view text) {
  LiteralReader reader(text);
  NpyHeader header;
  bool has_type = false;
  bool has_order = false;
  bool has_shape = false;
  reader.Expect('{');
  while (!reader.Take('}')) {
    const std::string_view key = reader.String();
    reader.Expect(':');
    if (key == "descr") {
      if (reader.ListFollows()) {
        throw std::runtime_error(
            "the array has records instead of plain numbers; use: "
            "numpy.lib.recfunctions.structured_to_unstructured(array)");
      }
      header.type = ParseType(reader.String());
      has_type = true;
    } else if (key == "fortran_order") {
      header.fortran_order = reader.Boolean();
      has_order = true;
    } else if (key == "shape") {
      header.shape = reader.Tuple();
      has_shape = true;
    } else {
      reader.Fail("unknown key " + Quoted(key));
    }
    if (!reader.Take(',')) {
      reader.Expect('}');
      break;
    }
  }
  if (!reader.AtEnd()) reader.Fail("text after the end");
  if (!has_type || !has_order || !has_shape) {
    reader.Fail("descr, fortran_order or shape is missing");
  }
  CheckShape(header);
  return header;
}

double LoadNpyItem(NpyType type, const char* bytes) {
  uint64_t bits = 0;  // the item, in the low bytes
  for (int64_t i = 0; i < type.bytes; ++i) {
    const int64_t place = type.big_endian ? i : type.bytes - 1 - i;
    bits = bits << 8 | static_cast<unsigned char>(bytes[place]);
  }
  switch (type.kind) {
    case NpyType::Kind::kFloat:
      if (type.bytes == 2) return HalfToDouble(static_cast<uint32_t>(bits));
      if (type.bytes == 4) return std::bit_cast<float>(static_cast<uint32_t>(bits));
      return std::bit_cast<double>(bits);
    case NpyType::Kind::kSigned: {
      const auto unused = static_cast<int>(64 - 8 * type.bytes);
      return Exactly(static_cast<int64_t>(bits << unused) >> unused);
    }
    case NpyType::Kind::kUnsigned:
      return Exactly(bits);
  }
  throw std::logic_error("unknown .npy type");
}

namespace {

// `shape` as Python writes it.
std::string PreambleOf(NpyType type, const std::string& shape) {
  constexpr size_t kAlignment = 64;
  std::string description =
      "{'descr': '" + TypeName(type) + "', 'fortran_order': False, 'shape': " + shape + ", }";
  constexpr size_t kBytesBefore = 10;  // magic, version, length
  const size_t unpadded = kBytesBefore + description.size() + 1;
  description.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  description += '\n';
  std::string preamble(kNpyMagic);
  preamble += '\x01';
  preamble += '\x00';
  preamble += static_cast<char>(description.size() & 0xff);
  preamble += static_cast<char>(description.size() >> 8);
  return preamble + description;
}

// A tuple of Python.
std::string ShapeOf(const std::string& sizes) {
  std::string shape(1, '(');
  shape += sizes;
  shape += ')';
  return shape;
}

}  // namespace

std::string NpyPreamble(NpyType type, int64_t rows, int64_t columns) {
  return PreambleOf(type, ShapeOf(std::to_string(rows) + ", " + std::to_string(columns)));
}

std::string NpyPreamble(NpyType type, int64_t size) {
  return PreambleOf(type, ShapeOf(std::to_string(size) + ","));
}

}  // namespace residual_knn
