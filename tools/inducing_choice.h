// The inducing points of a run: chosen among the points, or read from a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/coordinates.h"
#include "tools/index_options.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

struct InducingPoints {
  int64_t m = 0;
  std::vector<double> values;  // m x d, dimension-major
};

InducingPoints ReadInducingPoints(const std::string& path, const CoordinateReader& reader);

// Throws a std::runtime_error if the requested number exceeds the number of points.
void CheckInducingCount(const IndexOptions& options, const Coordinates& points);

InducingPoints ChooseInducingPoints(const IndexOptions& options, const Coordinates& points,
                                    ProgressBar* progress);

}  // namespace residual_knn::cli
