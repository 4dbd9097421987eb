// The lengthscales of a run: given, or computed from the points by a rule.
#pragma once

#include <string>
#include <vector>

#include "tools/coordinates.h"

namespace residual_knn::cli {

// Checks that there is one lengthscale for all coordinates or one for each. Throws a std::runtime_error otherwise.
void CheckLengthscales(const std::vector<double>& given, const Coordinates& points);

// Computes one lengthscale for each coordinate: sqrt(d) / 4 times its interquartile range, rounded to three digits. If
// that range is 0, the full range is used; if all values are equal, the lengthscale is 1. If the first three
// coordinates are points on a sphere, they get the largest of their three lengthscales. Two points of a normal
// distribution are then about four lengthscales apart, for any number d of coordinates.
std::vector<double> AutomaticLengthscales(const Coordinates& points, bool sphere);

// A text for messages: "0.2 (x), 3.5 (y)".
std::string DescribeLengthscales(const std::vector<double>& lengthscales,
                                 const Coordinates& points);

}  // namespace residual_knn::cli
