#include "tools/inducing_choice.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "tools/helper_options.h"
#include "tools/library.h"
#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr int64_t kMostByDefault = 200;
constexpr int64_t kPointsPerInducingPoint = 10;

// The number of distinct points, or `enough` if that is smaller.
int64_t CountDistinct(const Coordinates& points, int64_t enough) {
  const auto n = static_cast<size_t>(points.n);
  const auto less = [&points, n](size_t a, size_t b) {
    for (size_t start = 0; start < points.values.size(); start += n) {
      if (points.values[start + a] != points.values[start + b]) {
        return points.values[start + a] < points.values[start + b];
      }
    }
    return false;
  };
  std::set<size_t, decltype(less)> distinct(less);
  for (size_t row = 0; row < n && static_cast<int64_t>(distinct.size()) < enough; ++row) {
    distinct.insert(row);
  }
  return static_cast<int64_t>(distinct.size());
}

int64_t NumberByPoints(const Coordinates& points) {
  const int64_t wanted = std::min(kMostByDefault, points.n / kPointsPerInducingPoint);
  return CountDistinct(points, wanted);
}

}  // namespace

InducingPoints ReadInducingPoints(const std::string& path, const CoordinateReader& reader) {
  Coordinates given = reader.ReadMatching(path);
  if (given.n == 0) {
    throw std::runtime_error(given.path +
                             ": has no rows; --inducing 0 searches without inducing points");
  }
  return {given.n, std::move(given.values)};
}

void CheckInducingCount(const IndexOptions& options, const Coordinates& points) {
  if (options.inducing <= points.n) return;
  throw std::runtime_error("--inducing: " + std::to_string(options.inducing) +
                           " is more than the " + Counted(points.n, "point", "points") + " of " +
                           points.path);
}

InducingPoints ChooseInducingPoints(const IndexOptions& options, const Coordinates& points,
                                    ProgressBar* progress) {
  InducingPoints chosen;
  chosen.m = options.inducing == kInducingByPoints ? NumberByPoints(points) : options.inducing;
  if (chosen.m == 0) return chosen;
  chosen.values.resize(static_cast<size_t>(chosen.m * points.d()));
  const residual_knn_helper_options helper = HelperOptions(options, progress);
  CheckStatus(residual_knn_choose_inducing(
                  points.values.data(), points.n, points.d(), options.lengthscales.data(),
                  static_cast<int64_t>(options.lengthscales.size()), options.inducing_method,
                  chosen.m, &helper, chosen.values.data()),
              points.path + ": --inducing");
  return chosen;
}

}  // namespace residual_knn::cli
