#include "figures.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace residual_knn::bench {
namespace {

std::string Spaces(const std::string& text, int width) {
  const auto wanted = static_cast<size_t>(width);
  return std::string(wanted - std::min(wanted, text.size()), ' ');
}

}  // namespace

std::string Fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string Short(double value) {
  std::ostringstream out;
  out << std::setprecision(3) << value;
  return out.str();
}

std::string Figure(double value) {
  if (value == 0) return "0";
  if (value >= 100) return Fixed(value, 0);
  if (value >= 10) return Fixed(value, 1);
  return Fixed(value, value >= 0.1 ? 2 : 4);
}

std::string Percent(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  return Short(100.0 * static_cast<double>(part) / static_cast<double>(whole)) + "%";
}

std::string PadLeft(const std::string& text, int width) { return Spaces(text, width) + text; }

std::string PadRight(const std::string& text, int width) { return text + Spaces(text, width); }

}  // namespace residual_knn::bench
