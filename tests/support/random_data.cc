#include "support/random_data.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace residual_knn_test {

double Random::Normal() {
  const double radius = std::sqrt(-2 * std::log1p(-Uniform()));
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

int64_t Random::LogInteger(int64_t low, int64_t high) {
  const double offset = std::exp(Uniform(0, std::log(static_cast<double>(high - low + 2))));
  return std::min(high, low - 1 + static_cast<int64_t>(offset));
}

const char* ShapeName(Shape shape) {
  switch (shape) {
    case Shape::kUniform:
      return "uniform";
    case Shape::kNormal:
      return "normal";
    case Shape::kClustered:
      return "clustered";
    case Shape::kDuplicates:
      return "duplicates";
    case Shape::kGrid:
      return "grid";
    case Shape::kFar:
      return "far";
  }
  return "?";
}

Points RandomPoints(Random& random, Shape shape, int64_t n, int64_t d) {
  Points points{n, d, std::vector<double>(n * d)};
  const int64_t centers = random.Integer(1, 8);
  const Points center = [&] {
    Points drawn{centers, d, std::vector<double>(centers * d)};
    for (double& value : drawn.values) value = random.Uniform();
    return drawn;
  }();
  const auto side =
      static_cast<int64_t>(std::ceil(std::pow(static_cast<double>(n), 1 / static_cast<double>(d))));
  for (int64_t i = 0; i < n; ++i) {
    const int64_t home = random.Integer(0, centers - 1);
    for (int64_t c = 0; c < d; ++c) {
      double& value = points(i, c);
      switch (shape) {
        case Shape::kUniform:
          value = random.Uniform();
          break;
        case Shape::kNormal:
          value = random.Normal();
          break;
        case Shape::kClustered:
          value = center(home, c) + 0.02 * random.Normal();
          break;
        case Shape::kDuplicates:
          value = center(home, c);
          break;
        case Shape::kGrid:
          value = static_cast<double>(random.Integer(0, side));
          break;
        case Shape::kFar:
          value = 300 * random.Normal();
          break;
      }
    }
  }
  return points;
}

Points RandomRowsOf(Random& random, const Points& points, int64_t count) {
  Points chosen{count, points.d, {}};
  const std::vector<int64_t> order = RandomPermutation(random, points.n);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = order[i % points.n];
    for (int64_t c = 0; c < points.d; ++c) chosen.values.push_back(points(row, c));
  }
  return chosen;
}

std::vector<int64_t> RandomRowNumbers(Random& random, int64_t n, int64_t count) {
  std::vector<int64_t> rows(count);
  for (int64_t& row : rows) row = random.Integer(0, n - 1);
  return rows;
}

std::vector<int64_t> RandomPermutation(Random& random, int64_t n) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.Integer(0, i)]);
  return order;
}

std::vector<double> RandomLengthscales(Random& random, int64_t d, bool one_for_each) {
  std::vector<double> lengthscales(one_for_each ? d : 1);
  const double typical = 0.3 * std::sqrt(static_cast<double>(d));
  for (double& value : lengthscales) value = typical * std::exp(random.Uniform(-0.7, 0.9));
  return lengthscales;
}

}  // namespace residual_knn_test
