#include "search/nearest_point.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "search/informative_neighbors.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

constexpr int64_t kMostQueries = 16;
// Points between two polls.
constexpr int64_t kBlock = 4096;

// Infinite if there is no candidate.
double NearestDistance(const ResidualModel& model, const QuerySet& queries, int64_t query,
                       Monitor& monitor) {
  const ScaledPoints& points = model.points();
  std::vector<double> location(static_cast<size_t>(points.dimensions()));
  queries.CopyPoint(query, location.data());
  std::vector<double> squares(static_cast<size_t>(kBlock));
  double nearest = std::numeric_limits<double>::infinity();
  const int64_t limit = queries.Limit(query);
  for (int64_t begin = 0; begin < limit; begin += kBlock) {
    monitor.Look();
    const int64_t count = std::min(kBlock, limit - begin);
    squares.assign(static_cast<size_t>(count), std::numeric_limits<double>::infinity());
    LowerSquaredDistances(
        {points.coordinate(0) + begin, points.stride(), points.dimensions(), count},
        location.data(), squares.data());
    for (int64_t j = 0; j < count; ++j) {
      if (begin + j != queries.RowOf(query)) nearest = std::min(nearest, squares[j]);
    }
  }
  return std::sqrt(nearest);
}

}  // namespace

double MedianNearestDistance(const ResidualModel& model, const QuerySet& queries,
                             Monitor& monitor) {
  if (model.covariance() == nullptr) return 0;
  const int64_t count = std::min(queries.size(), kMostQueries);
  std::vector<double> distances;
  for (int64_t i = 0; i < count; ++i) {
    // The query in the middle of each of `count` equal parts.
    const int64_t query = (2 * i + 1) * queries.size() / (2 * count);
    const double distance = NearestDistance(model, queries, query, monitor);
    if (std::isfinite(distance)) distances.push_back(distance);
  }
  if (distances.empty()) return 0;
  std::sort(distances.begin(), distances.end());
  return distances[distances.size() / 2];
}

void MeasureNearest(const SearchJob& job, SearchStatistics& statistics) {
  if (job.settings.part_of != nullptr) return;
  if (!AreMany(statistics.uninformative_queries, job.queries.size()) || job.monitor.Stopped()) {
    return;
  }
  statistics.nearest_lengthscales = MedianNearestDistance(job.model, job.queries, job.monitor);
}

}  // namespace residual_knn
