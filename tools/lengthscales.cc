#include "tools/lengthscales.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>

#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr size_t kSphereCoordinates = 3;
constexpr size_t kMostShown = 20;

// a - b of finite numbers, limited to finite numbers.
double Difference(double a, double b) {
  return std::min(a - b, std::numeric_limits<double>::max() / 4);
}

// The width of the middle half of the values, which a few outliers do not change; 0 if all values are equal.
double Spread(std::span<const double> column) {
  std::vector<double> values(column.begin(), column.end());
  const size_t quarter = values.size() / 4;
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(quarter);
  const auto upper = values.end() - 1 - static_cast<std::ptrdiff_t>(quarter);
  std::nth_element(values.begin(), lower, values.end());
  const double low = *lower;
  std::nth_element(values.begin(), upper, values.end());
  const double width = Difference(*upper, low);
  if (width > 0) return width;
  const auto [least, most] = std::minmax_element(column.begin(), column.end());
  return Difference(*most, *least);
}

double InThreeDigits(double value) {
  char text[kLongestNumber];
  const auto written =
      std::to_chars(text, text + kLongestNumber, value, std::chars_format::scientific, 2);
  return ParseReal({text, written.ptr}).value;
}

}  // namespace

void CheckLengthscales(const std::vector<double>& given, const Coordinates& points) {
  const auto count = static_cast<int64_t>(given.size());
  if (count == 1 || count == points.d()) return;
  std::string names;
  for (size_t i = 0; i < points.names.size() && i < kMostShown; ++i) {
    names += (i == 0 ? "" : ", ") + points.names[i];
  }
  if (points.names.size() > kMostShown) names += ", ...";
  throw std::runtime_error("--lengthscale: " + Counted(count, "value", "values") + " for the " +
                           Counted(points.d(), "coordinate", "coordinates") + " of " + points.path +
                           " (" + names + "); give 1 or " + std::to_string(points.d()));
}

std::vector<double> AutomaticLengthscales(const Coordinates& points, bool sphere) {
  const auto n = static_cast<size_t>(points.n);
  std::vector<double> scales;
  for (size_t start = 0; start < points.values.size(); start += n) {
    scales.push_back(Spread(std::span(points.values).subspan(start, n)));
  }
  if (sphere) {
    const auto end = scales.begin() + kSphereCoordinates;
    std::fill(scales.begin(), end, *std::max_element(scales.begin(), end));
  }
  const double factor = std::sqrt(static_cast<double>(scales.size())) / 4;
  for (double& scale : scales) {
    // Subnormal doubles do not have three digits.
    const double rounded = InThreeDigits(factor * scale);
    scale = std::isnormal(rounded) ? rounded : 1;
  }
  return scales;
}

std::string DescribeLengthscales(const std::vector<double>& lengthscales,
                                 const Coordinates& points) {
  std::string text;
  for (size_t i = 0; i < lengthscales.size() && i < kMostShown; ++i) {
    text += (i == 0 ? "" : ", ") + RealToText(lengthscales[i]) + " (" + points.names[i] + ")";
  }
  if (lengthscales.size() > kMostShown) text += ", ...";
  return text;
}

}  // namespace residual_knn::cli
