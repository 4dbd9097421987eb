// Sources of the points of a workload: random draws with a fixed seed, and files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace residual_knn::bench {

// n x d draws in point-major order. A smaller n gives the first points of a larger n.
std::vector<double> UniformPoints(int64_t n, int64_t d, uint64_t seed);
std::vector<double> NormalPoints(int64_t n, int64_t d, uint64_t seed);

// The first n cells of a square raster over the unit square, row after row.
std::vector<double> RasterPoints(int64_t n);

// UniformPoints of two coordinates, sorted by the first.
std::vector<double> SortedPoints(int64_t n, uint64_t seed);

// Replaces every `one_in`-th point (d values each) by a copy of another random point.
std::vector<double> RepeatSome(std::vector<double> points, int64_t d, int64_t one_in,
                               uint64_t seed);

// n points (x, y, z, day) on the unit sphere in random order: floats drift and report every ten days for a quarter of a
// year, as the Argo floats do.
std::vector<double> FloatTracks(int64_t n, uint64_t seed);

// `count` distinct rows of n in random order.
std::vector<int64_t> RandomRows(int64_t n, int64_t count, uint64_t seed);

// Puts the points (d values each) into a random order.
void ShufflePoints(int64_t d, uint64_t seed, std::vector<double>* points);

bool FileExists(const std::string& path);

// The named columns of a table, with the values of one row contiguous.
std::vector<double> ReadPoints(const std::string& path, std::span<const std::string_view> names);

// Keeps the first n points of those read from `path`; n = 0 keeps all.
void CutPoints(int64_t n, const std::string& path, Workload* workload);

// Sets the inducing points to workload->m centers by k-means++.
void ChooseInducing(uint64_t seed, int32_t threads, Workload* workload);

}  // namespace residual_knn::bench
