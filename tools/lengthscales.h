// The lengthscales of a run: given, or by a rule from the points.
#pragma once

#include <string>
#include <vector>

#include "tools/coordinates.h"

namespace residual_knn::cli {

// One of `given` for all coordinates or one for each. Throws a std::runtime_error if their number
// is another.
void CheckLengthscales(const std::vector<double>& given, const Coordinates& points);

// One for each coordinate: sqrt(d) / 4 times its interquartile range, where that is 0 its range, 1
// where all its values are the same; in three digits. The first three coordinates share the largest
// of theirs if they are places on a sphere. Two points of a normal cloud are then some four
// lengthscales apart, for any number d of coordinates.
std::vector<double> AutomaticLengthscales(const Coordinates& points, bool sphere);

// "0.2 (x), 3.5 (y)", for people.
std::string DescribeLengthscales(const std::vector<double>& lengthscales,
                                 const Coordinates& points);

}  // namespace residual_knn::cli
