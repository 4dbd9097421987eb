#include "model/model_warning.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/describe.h"
#include "model/spread.h"

namespace residual_knn {
namespace {

// Within this many lengthscales a covariance that is smooth at 0 equals its variance to the last digit.
constexpr double kLeastSpread = 1e-8;

// Checks a sample of the points first: if they differ, the points need not be sorted.
bool MayCoincide(const ScaledPoints& points) {
  constexpr int64_t kLooks = 64;
  const int64_t n = points.size();
  const int64_t count = std::min(n, kLooks);
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    int64_t away = 0;
    for (int64_t i = 0; i < count; ++i) {
      away += std::abs(points(i * n / count, c) - points(0, c)) > 2 * kLeastSpread ? 1 : 0;
    }
    if (away > count / 4 && away < count - count / 4) return false;
  }
  return true;
}

std::string DescribeCoincidence(const ResidualModel& model) {
  const ScaledPoints& points = model.points();
  if (points.size() < 2 || !MayCoincide(points)) return "";
  const double spread = SpreadOf(points);
  if (spread > kLeastSpread) return "";
  if (spread == 0) {
    return "points: at least 90 % of them have the same coordinates, and only row numbers "
           "order them";
  }
  return "points: at least 90 % of them lie within " + DescribeRoughly(spread) +
         " lengthscales, so that they nearly coincide: is the lengthscale far too large, or in "
         "different units?";
}

}  // namespace

std::string DescribeCoarse(const char* name, const CoarsePoints& coarse, int64_t size,
                           int64_t base) {
  const double magnitude = std::abs(coarse.value);
  const double step = magnitude - std::nextafter(magnitude, 0.0);
  const double lengthscales = step / coarse.lengthscale;
  return std::string(name) + ": coordinate " + std::to_string(coarse.coordinate + base) +
         " of row " + std::to_string(coarse.row + base) + " is " + Describe(coarse.value) +
         ", where neighboring numbers of double precision are " + DescribeRoughly(lengthscales) +
         " lengthscales apart: does the value stand for a missing one, or is the lengthscale in "
         "different units? " +
         (coarse.count == 1 ? "It is the only row with such a value, of "
                            : std::to_string(coarse.count) + " rows have such values, of ") +
         std::to_string(size);
}

std::string WarningAbout(const ResidualModel& model, int64_t base) {
  const ScaledPoints& points = model.points();
  if (points.coarse().count > 0) {
    return DescribeCoarse("points", points.coarse(), points.size(), base);
  }
  if (model.inducing() != nullptr && model.inducing()->points().coarse().count > 0) {
    return DescribeCoarse("inducing", model.inducing()->points().coarse(), model.m(), base);
  }
  return DescribeCoincidence(model);
}

}  // namespace residual_knn
