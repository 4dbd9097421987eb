#include "tools/csv_number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace residual_knn {
namespace {

constexpr const char* kNotANumber = "is not a number";

bool SaysNoNumber(const RealText& real) {
  return real.fault != nullptr && std::string_view(real.fault) == kNotANumber;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A whole number with this many digits may be larger than 2^53.
constexpr size_t kManyDigits = 16;

// False if `text` consists of digits only, but they are not exactly `value`.
bool IsExact(std::string_view text, double value) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.size() < kManyDigits || !std::all_of(text.begin(), text.end(), IsDigit)) return true;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  constexpr size_t kMostDigits = 320;
  std::array<char, kMostDigits> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                          std::abs(value), std::chars_format::fixed, 0);
  const std::string_view exact(digits.data(), static_cast<size_t>(end - digits.data()));
  return error == std::errc{} && (text == exact || (text.empty() && value == 0));
}

// The text with the decimal mark and exponent that std::from_chars reads; empty if that is not possible.
std::string Plain(std::string_view text, char decimal) {
  std::string plain(text);
  for (size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == decimal) {
      plain[i] = '.';
    } else if (plain[i] == '.') {
      return {};
    } else if ((plain[i] == 'd' || plain[i] == 'D') && i > 0 &&
               (IsDigit(plain[i - 1]) || plain[i - 1] == '.')) {
      plain[i] = 'e';
    }
  }
  return plain;
}

// Groups of three digits after a separator: "1,234" or "1.234.567,8".
bool HasThousands(std::string_view text, char mark) {
  const size_t first = text.find(mark);
  if (first == std::string_view::npos || first == 0) return false;
  size_t digits = 0;
  for (size_t i = first + 1; i < text.size() && IsDigit(text[i]); ++i) ++digits;
  return digits == 3;
}

bool EqualsLowerCase(std::string_view text, std::string_view lower_case) {
  return std::equal(
      text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
      });
}

// The text without the minus sign U+2212 or the dash U+2013, which are not part of a number.
std::string_view WithoutTypeset(std::string_view text) {
  for (const std::string_view minus : {"\xE2\x88\x92", "\xE2\x80\x93"}) {
    if (text.starts_with(minus)) return text.substr(minus.size());
  }
  return text;
}

bool LooksLikeDate(std::string_view text) {
  constexpr std::string_view kPattern = "0000-00-00";
  if (text.size() < kPattern.size()) return false;
  for (size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] == '0' ? !IsDigit(text[i]) : text[i] != kPattern[i]) return false;
  }
  return true;
}

// Whether the text contains several numbers with possible delimiters between them.
bool SeveralNumbers(std::string_view text) {
  constexpr std::string_view kBetween = "; \t|:";
  size_t numbers = 0;
  while (!text.empty()) {
    const size_t end = text.find_first_of(kBetween);
    const std::string_view part = text.substr(0, end);
    if (!part.empty()) {
      if (ParseCsvNumber(part, '.').fault != nullptr &&
          ParseCsvNumber(part, ',').fault != nullptr) {
        return false;
      }
      ++numbers;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return numbers > 1;
}

}  // namespace

RealText ParseCsvNumber(std::string_view text, char decimal) {
  RealText real = decimal == '.' || text.empty() ? ParseReal(text) : RealText{0, kNotANumber};
  if (SaysNoNumber(real)) {
    const std::string plain = Plain(text, decimal);
    if (!plain.empty()) real = ParseReal(plain);
  }
  if (real.fault == nullptr && !IsExact(text, real.value)) {
    return {0, "is a whole number that a double cannot represent exactly"};
  }
  return real;
}

bool IsMissing(std::string_view text) {
  constexpr std::array<std::string_view, 28> kWords = {
      "na",      "n/a",     "n.a.",    "<na>",          "#n/a",      "#n/a n/a", "#na",
      "null",    "(null)",  "\\n",     "nil",           "none",      "missing",  "nodata",
      "no data", "no_data", "no-data", "not available", "undefined", "undef",    "masked",
      "#div/0!", "#num!",   "#value!", "#ref!",         "nat",       ".inf",     "\xE2\x88\x9E"};
  constexpr std::string_view kMarks = ".-+*?_ ";
  if (text.find_first_not_of(kMarks) == std::string_view::npos) return true;
  // C libraries also write nan(0x8000), -nan(ind), 1.#QNAN and 1.#INF.
  if (text.find(".#") != std::string_view::npos) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (std::any_of(kWords.begin(), kWords.end(),
                  [text](std::string_view word) { return EqualsLowerCase(text, word); })) {
    return true;
  }
  if (text.starts_with('.')) text.remove_prefix(1);
  constexpr std::string_view kNan = "nan";
  if (!EqualsLowerCase(text.substr(0, kNan.size()), kNan)) return false;
  text.remove_prefix(kNan.size());
  return text.empty() || text == "q" || text == "Q" || text == "s" || text == "S" ||
         (text.front() == '(' && text.back() == ')');
}

bool IsNumberLike(std::string_view text, char decimal) {
  text = WithoutTypeset(text);
  if (IsMissing(text)) return true;
  return !SaysNoNumber(ParseCsvNumber(text, decimal));
}

std::string CsvNumberHint(std::string_view text, const CsvFormat& format) {
  const char other = format.decimal == '.' ? ',' : '.';
  if (IsMissing(text)) {
    return " (every row needs all its values: remove rows with missing values)";
  }
  if (!text.empty() && text[0] == '#') {
    return " (--comment '#' skips lines that begin with #)";
  }
  const std::string shown(1, other);
  if (ParseCsvNumber(text, other).fault == nullptr) {
    std::string hint = " (if '" + shown + "' is its decimal mark: --decimal " + shown;
    if (HasThousands(text, other)) hint += "; thousands separators are not allowed";
    return hint + ")";
  }
  if (text.find_first_of("0123456789") != std::string_view::npos &&
      (HasThousands(text, other) || HasThousands(text, '\'') || HasThousands(text, ' ') ||
       HasThousands(text, '_') || HasThousands(text, format.decimal))) {
    return " (thousands separators are not allowed)";
  }
  if (text.starts_with("\xE2\x88\x92")) return " (its minus is the sign U+2212, not '-')";
  if (text.size() > 1 && text.front() == '\'' && text.back() == '\'') {
    return " (CSV uses double quotes)";
  }
  if (LooksLikeDate(text)) return " (dates are not allowed: convert them to days or seconds)";
  if (SeveralNumbers(text)) return " (these are several numbers: set --delimiter)";
  const bool digits = text.find_first_not_of("+-0123456789") == std::string_view::npos;
  if (digits && text.size() >= kManyDigits) {
    return " (subtract the minimum of the column, or divide by 1000)";
  }
  return {};
}

}  // namespace residual_knn
