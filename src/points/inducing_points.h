// Choice of inducing points among scaled points: distinct rows at random, or k-means.
//
// The same seed gives the same bytes on every machine and for every number of threads: draws come
// from Boost.Random, whose distributions are the same everywhere (those of the standard library are
// not), and sums run over blocks of points that depend on the sizes alone.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dense_matrix_view.h"
#include "model/scaled_points.h"
#include "parallel/monitor.h"
#include "points/k_means_options.h"

namespace residual_knn {

// m rows at random, no two of them at the same location. Throws if there are fewer than m
// locations. Locations are those of `originals`, the points before they were scaled, if given.
std::vector<int64_t> ChooseRandomRows(const ScaledPoints& points, int64_t m, uint64_t seed,
                                      Monitor& monitor, const DenseMatrixView& originals = {});

struct KMeansResult {
  // The k-means++ seeds. They are the answer if there was no Lloyd step: a caller then copies the coordinates of its
  // own rows, without rounding.
  std::vector<int64_t> rows;
  // m x d, center after center, in scaled space, after the last Lloyd step; empty if there was
  // none.
  std::vector<double> centers;
};

// k-means++ seeds, then Lloyd steps until no assignment changes. Throws if there are fewer than m locations.
KMeansResult ChooseKMeans(const ScaledPoints& points, const KMeansOptions& options,
                          Monitor& monitor, const DenseMatrixView& originals = {});

}  // namespace residual_knn
