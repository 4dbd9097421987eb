#include "tools/npy_format.h"

#include <cctype>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tools/cell_location.h"
#include "tools/number_text.h"

namespace residual_knn {
namespace {

// Reads the few kinds of Python literals that the description consists of.
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
    return *value;
  }

  std::string_view text_;
  size_t at_ = 0;
};

NpyType ParseType(std::string_view name) {
  if (name == "<f8") return NpyType::kFloat64;
  if (name == "<f4") return NpyType::kFloat32;
  if (name == "<i8") return NpyType::kInt64;
  if (name == "<i4") return NpyType::kInt32;
  throw std::runtime_error("the array's type is " + Quoted(name) +
                           "; it must be float64, float32, int64 or int32, little-endian");
}

std::string_view TypeName(NpyType type) {
  switch (type) {
    case NpyType::kFloat64:
      return "<f8";
    case NpyType::kFloat32:
      return "<f4";
    case NpyType::kInt64:
      return "<i8";
    case NpyType::kInt32:
      return "<i4";
  }
  throw std::logic_error("unknown .npy type");
}

void CheckShape(const NpyHeader& header) {
  if (header.shape.empty() || header.shape.size() > 2) {
    throw std::runtime_error("the array has " + std::to_string(header.shape.size()) +
                             " dimensions; it must have 1 or 2");
  }
  int64_t bytes = NpyItemBytes(header.type);
  for (const int64_t size : header.shape) {
    // Ten times less than the limit: room for what is computed from it.
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes > INT64_MAX / 10) {
      throw std::runtime_error("the array's shape is too large");
    }
  }
}

}  // namespace

int64_t NpyItemBytes(NpyType type) {
  return type == NpyType::kFloat64 || type == NpyType::kInt64 ? 8 : 4;
}

int64_t NpyLengthFieldBytes(int major, int minor) {
  if (minor == 0 && major == 1) return 2;
  if (minor == 0 && (major == 2 || major == 3)) return 4;
  throw std::runtime_error(".npy version " + std::to_string(major) + "." + std::to_string(minor) +
                           " is unknown; 1.0, 2.0 and 3.0 are known");
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
        throw std::runtime_error("the array is one of records; it must be one of plain numbers");
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

std::string NpyPreamble(NpyType type, int64_t rows, int64_t columns) {
  constexpr size_t kAlignment = 64;
  std::string description = "{'descr': '" + std::string(TypeName(type)) +
                            "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                            std::to_string(columns) + "), }";
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

}  // namespace residual_knn
