#include "point_sources.h"

#include <residual_knn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "library.h"
#include "random_numbers.h"
#include "stopwatch.h"
#include "tools/table.h"

namespace residual_knn::bench {

std::vector<double> UniformPoints(int64_t n, int64_t d, uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<double> points(static_cast<size_t>(n * d));
  for (double& value : points) value = random.Uniform();
  return points;
}

std::vector<double> NormalPoints(int64_t n, int64_t d, uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<double> points(static_cast<size_t>(n * d));
  for (double& value : points) value = random.Normal();
  return points;
}

std::vector<double> RasterPoints(int64_t n) {
  const auto side = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  std::vector<double> points;
  points.reserve(static_cast<size_t>(2 * n));
  for (int64_t i = 0; i < n; ++i) {
    points.push_back(static_cast<double>(i % side) / static_cast<double>(side));
    points.push_back(static_cast<double>(i / side) / static_cast<double>(side));
  }
  return points;
}

std::vector<double> SortedPoints(int64_t n, uint64_t seed) {
  const std::vector<double> drawn = UniformPoints(n, 2, seed);
  std::vector<std::array<double, 2>> sorted;
  for (int64_t i = 0; i < n; ++i) sorted.push_back({drawn[2 * i], drawn[2 * i + 1]});
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> points;
  for (const auto& [x, y] : sorted) points.insert(points.end(), {x, y});
  return points;
}

std::vector<double> RepeatSome(std::vector<double> points, int64_t d, int64_t one_in,
                               uint64_t seed) {
  const int64_t n = static_cast<int64_t>(points.size()) / d;
  const std::vector<int64_t> others = RandomRows(n, n, seed);
  for (int64_t i = 0; i < n; i += one_in) {
    std::copy_n(points.begin() + others[i] * d, d, points.begin() + i * d);
  }
  return points;
}

std::vector<double> FloatTracks(int64_t n, uint64_t seed) {
  constexpr double kDays = 91.0;
  constexpr double kDaysBetweenReports = 10.0;
  constexpr double kDrift = 0.005;  // radians between two reports, about 30 km
  RandomNumbers random(seed);
  std::vector<double> points;
  points.reserve(static_cast<size_t>(4 * n));
  while (static_cast<int64_t>(points.size()) < 4 * n) {
    std::array<double, 3> place = {random.Normal(), random.Normal(), random.Normal()};
    for (double day = kDaysBetweenReports * random.Uniform();
         day < kDays && static_cast<int64_t>(points.size()) < 4 * n; day += kDaysBetweenReports) {
      const double length = std::hypot(place[0], place[1], place[2]);
      for (double& coordinate : place) coordinate /= length;
      points.insert(points.end(), {place[0], place[1], place[2], day});
      for (double& coordinate : place) coordinate += kDrift * random.Normal();
    }
  }
  ShufflePoints(4, seed + 1, &points);
  return points;
}

std::vector<int64_t> RandomRows(int64_t n, int64_t count, uint64_t seed) {
  return RandomNumbers(seed).DistinctRows(n, count);
}

void ShufflePoints(int64_t d, uint64_t seed, std::vector<double>* points) {
  const int64_t n = static_cast<int64_t>(points->size()) / d;
  std::vector<double> shuffled;
  shuffled.reserve(points->size());
  for (const int64_t row : RandomRows(n, n, seed)) {
    const auto point = points->begin() + row * d;
    shuffled.insert(shuffled.end(), point, point + d);
  }
  *points = std::move(shuffled);
}

bool FileExists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::vector<double> ReadPoints(const std::string& path, std::span<const std::string_view> names) {
  const Table table = ReadTable(path, [names](const TableHeader& header) {
    std::vector<int64_t> chosen;
    for (const std::string_view name : names) {
      const auto column = std::find(header.columns.begin(), header.columns.end(), name);
      if (column == header.columns.end()) {
        throw std::runtime_error("no column '" + std::string(name) + "'");
      }
      chosen.push_back(column - header.columns.begin());
    }
    return chosen;
  });
  const int64_t d = static_cast<int64_t>(names.size());
  std::vector<double> points(table.values.size());
  for (int64_t c = 0; c < d; ++c) {
    for (int64_t i = 0; i < table.rows; ++i) {
      points[i * d + c] = table.values[c * table.rows + i];
    }
  }
  return points;
}

void CutPoints(int64_t n, const std::string& path, Workload* workload) {
  const int64_t available = static_cast<int64_t>(workload->points.size()) / workload->d;
  if (n > available) {
    throw std::invalid_argument(path + " has " + std::to_string(available) + " points, not " +
                                std::to_string(n));
  }
  if (n > 0) workload->points.resize(static_cast<size_t>(n * workload->d));
}

void ChooseInducing(uint64_t seed, int32_t threads, Workload* workload) {
  residual_knn_helper_options options;
  residual_knn_helper_options_init(&options, sizeof options);
  options.seed = seed;
  options.threads = threads;
  workload->inducing.resize(static_cast<size_t>(workload->m * workload->d));
  const Stopwatch stopwatch;
  Check(residual_knn_choose_inducing(
            workload->points.data(), workload->n, workload->d, workload->lengthscales.data(),
            static_cast<int64_t>(workload->lengthscales.size()), RESIDUAL_KNN_KMEANS, workload->m,
            &options, workload->inducing.data()),
        "choosing inducing points");
  workload->inducing_seconds = stopwatch.Seconds();
}

}  // namespace residual_knn::bench
