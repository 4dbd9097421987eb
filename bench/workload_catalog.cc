#include "workload_catalog.h"

#include <residual_knn.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "point_sources.h"

namespace residual_knn::bench {
namespace {

constexpr int64_t kOriginPoints = 32768;
constexpr int64_t kOriginQueries = 1024;
constexpr int64_t kOriginInducing = 512;
constexpr int64_t kVifPoints = 100000;
constexpr int64_t kInducing = 200;
constexpr uint64_t kPointSeed = 20250701;
constexpr uint64_t kRowSeed = 20250702;
constexpr uint64_t kInducingSeed = 20250703;

int64_t NumPoints(const WorkloadRequest& request, int64_t standard) {
  return request.n > 0 ? request.n : standard;
}

void RequirePoints(const Workload& workload, int64_t least, const char* what) {
  if (workload.n < least) {
    throw std::invalid_argument(workload.name + " needs n >= " + std::to_string(least) + " (" +
                                what + "), not " + std::to_string(workload.n));
  }
}

Workload MakeOriginAll(const WorkloadRequest& request) {
  Workload workload;
  workload.name = "origin-all";
  workload.data = "synthetic, N(0, 1)";
  workload.n = NumPoints(request, kOriginPoints);
  workload.d = 3;
  workload.m = kOriginInducing;
  workload.k = 50;
  workload.kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  workload.lengthscales = {1.0};
  workload.jitter = 1e-6;
  workload.recall_rows = 100;
  RequirePoints(workload, kOriginInducing, "its inducing points are rows");
  workload.points = NormalPoints(workload.n, workload.d, kPointSeed);
  for (const int64_t row : RandomRows(workload.n, workload.m, kInducingSeed)) {
    const double* const point = &workload.points[row * workload.d];
    workload.inducing.insert(workload.inducing.end(), point, point + workload.d);
  }
  return workload;
}

Workload MakeOrigin(const WorkloadRequest& request) {
  Workload workload = MakeOriginAll(request);
  workload.name = "origin";
  workload.rows = RandomRows(workload.n, std::min(workload.n, kOriginQueries), kRowSeed);
  workload.index_serves_many = true;
  if (workload.n == kOriginPoints) {
    workload.published = {Published::Measure::kRowsPerSecond, 39000,
                          "Numba on 16 cores, of a search without residuals"};
  }
  return workload;
}

// Sets the common properties of predecessor jobs with Matern 3/2 and k-means++ inducing points. The points must be set
// before.
void CompleteMaternPredecessors(const WorkloadRequest& request, Workload* workload) {
  workload->n = static_cast<int64_t>(workload->points.size()) / workload->d;
  workload->m = kInducing;
  workload->k = 30;
  workload->kernel = RESIDUAL_KNN_MATERN32;
  workload->jitter = 1e-8;
  workload->predecessors = true;
  if (workload->recall_rows == 0) workload->recall_rows = 100;
  RequirePoints(*workload, kInducing, "its number of inducing points");
  if (workload->inducing.empty()) ChooseInducing(kInducingSeed, request.threads, workload);
}

Workload MakeUniform(const WorkloadRequest& request, const char* name, int64_t n, int64_t d,
                     std::vector<double> lengthscales, int64_t recall_rows) {
  Workload workload;
  workload.name = name;
  workload.data = "synthetic, U(0, 1)";
  workload.d = d;
  workload.lengthscales = std::move(lengthscales);
  workload.recall_rows = recall_rows;
  workload.points = UniformPoints(NumPoints(request, n), d, kPointSeed);
  CompleteMaternPredecessors(request, &workload);
  return workload;
}

Workload MakeVif(const WorkloadRequest& request) {
  constexpr int64_t kDimensions = 5;
  std::vector<double> lengthscales;
  for (int64_t c = 0; c < kDimensions; ++c) {
    lengthscales.push_back(std::lerp(0.13, 1.5, static_cast<double>(c) / (kDimensions - 1)));
  }
  Workload workload =
      MakeUniform(request, "vif", kVifPoints, kDimensions, std::move(lengthscales), 100);
  if (workload.n == kVifPoints) {
    workload.published = {Published::Measure::kWholeSeconds, 19,
                          "GPBoost on 64 cores, arXiv 2507.05064, Fig. 7"};
  }
  return workload;
}

Workload MakeMillion(const WorkloadRequest& request) {
  return MakeUniform(request, "million", 1000000, 2, {0.1}, 20);
}

Workload MakeGrowth(const WorkloadRequest& request) {
  return MakeUniform(request, "growth", 32000, 2, {0.1}, 20);
}

Workload MakeRough10(const WorkloadRequest& request) {
  return MakeUniform(request, "rough10", 32768, 10, {1.0}, 100);
}

Workload MakeRough20(const WorkloadRequest& request) {
  return MakeUniform(request, "rough20", 32768, 20, {1.0}, 100);
}

Workload MakeArgo(const WorkloadRequest& request) {
  const std::array<std::string_view, 4> columns = {"x", "y", "z", "t"};
  const std::string points = request.shared_directory + "/reference/argo2016_points.csv";
  const std::string inducing = request.shared_directory + "/reference/argo2016_inducing.csv";
  Workload workload;
  workload.name = "argo";
  workload.d = 4;
  workload.lengthscales = {0.1, 0.1, 0.1, 60.0};
  if (FileExists(points) && FileExists(inducing)) {
    workload.data = "argo2016_points.csv";
    workload.points = ReadPoints(points, columns);
    CutPoints(request.n, points, &workload);
    workload.inducing = ReadPoints(inducing, columns);
  } else {
    workload.data = "SYNTHETIC TWIN (no " + points + ")";
    workload.points = FloatTracks(NumPoints(request, 32436), kPointSeed);
  }
  CompleteMaternPredecessors(request, &workload);
  return workload;
}

Workload MakeCanopy(const WorkloadRequest& request) {
  const std::array<std::string_view, 2> columns = {"x", "y"};
  const std::string points = request.shared_directory + "/data/bcef.csv.gz";
  if (!FileExists(points)) throw MissingData("no " + points);
  Workload workload;
  workload.name = "canopy";
  workload.data = "bcef.csv.gz in random order";
  workload.d = 2;
  workload.lengthscales = {2.0};
  workload.points = ReadPoints(points, columns);
  ShufflePoints(workload.d, kRowSeed, &workload.points);
  CutPoints(request.n, points, &workload);
  CompleteMaternPredecessors(request, &workload);
  return workload;
}

// Points in a special order, or the same points shuffled. The ratio of the two times is the cost of the order.
Workload MakeRows(const WorkloadRequest& request, const char* name, std::vector<double> points,
                  bool shuffled) {
  Workload workload;
  workload.name = name;
  workload.d = 2;
  workload.lengthscales = {0.2};
  workload.points = std::move(points);
  workload.data = "synthetic";
  if (shuffled) {
    ShufflePoints(workload.d, kRowSeed, &workload.points);
    workload.data += ", in random order";
  }
  CompleteMaternPredecessors(request, &workload);
  workload.kernel = RESIDUAL_KNN_MATERN12;
  return workload;
}

constexpr int64_t kRasterCells = 105'625;
constexpr int64_t kSortedRows = 32'768;

Workload MakeRaster(const WorkloadRequest& request) {
  return MakeRows(request, "raster", RasterPoints(NumPoints(request, kRasterCells)), false);
}

Workload MakeRasterShuffled(const WorkloadRequest& request) {
  return MakeRows(request, "raster-shuffled", RasterPoints(NumPoints(request, kRasterCells)), true);
}

Workload MakeSorted(const WorkloadRequest& request) {
  return MakeRows(request, "sorted", SortedPoints(NumPoints(request, kSortedRows), kPointSeed),
                  false);
}

Workload MakeSortedShuffled(const WorkloadRequest& request) {
  return MakeRows(request, "sorted-shuffled",
                  SortedPoints(NumPoints(request, kSortedRows), kPointSeed), true);
}

Workload MakeRepeated(const WorkloadRequest& request) {
  Workload workload = MakeRows(
      request, "repeated",
      RepeatSome(UniformPoints(NumPoints(request, kSortedRows), 2, kPointSeed), 2, 10, kRowSeed),
      false);
  workload.data += ", every tenth row a copy of another";
  return workload;
}

// A lengthscale in wrong units: all points are uncorrelated.
Workload MakeUncorrelated(const WorkloadRequest& request) {
  Workload workload =
      MakeRows(request, "uncorrelated",
               UniformPoints(NumPoints(request, kSortedRows), 2, kPointSeed), false);
  workload.lengthscales = {1e-6};
  return workload;
}

Workload MakeSmooth3(const WorkloadRequest& request) {
  Workload workload = MakeOriginAll(request);
  workload.name = "smooth3";
  workload.kernel = RESIDUAL_KNN_MATERN52;
  workload.predecessors = true;
  return workload;
}

constexpr std::array<WorkloadEntry, 16> kEntries = {{
    {"origin",
     "n=32,768 d=3 N(0,1), squared exponential l=1, 512 random inducing rows, jitter 1e-6, k=50; "
     "1,024 random rows against all",
     true, MakeOrigin},
    {"origin-all", "the points and model of origin; every row against all", true, MakeOriginAll},
    {"argo",
     "n=32,436 ocean profiles on the sphere plus days, Matern 3/2 l=.1 .1 .1 60, m=200, k=30; "
     "predecessors (a synthetic twin where the file is absent)",
     true, MakeArgo},
    {"vif", "n=100,000 d=5 uniform, Matern 3/2 l=.13 ... 1.5, m=200 k-means++, k=30; predecessors",
     true, MakeVif},
    {"canopy",
     "n=188,717 canopy heights in random order, Matern 3/2 l=2 km, m=200 k-means++, k=30; "
     "predecessors (needs the file)",
     true, MakeCanopy},
    {"million", "n=1,000,000 d=2 uniform, Matern 3/2 l=.1, m=200 k-means++, k=30; predecessors",
     true, MakeMillion},
    {"growth", "million with n=32,000, and the sizes of --growth", false, MakeGrowth},
    {"rough10",
     "n=32,768 d=10 uniform, Matern 3/2 l=1, m=200 k-means++, k=30; predecessors (pruning cannot "
     "pay)",
     false, MakeRough10},
    {"rough20", "rough10 with d=20", false, MakeRough20},
    {"raster",
     "n=105,625 cells of a square raster, row after row, Matern 1/2 l=.2 of its side, m=200 "
     "k-means++, "
     "k=30; predecessors",
     false, MakeRaster},
    {"raster-shuffled", "raster with its cells in random order", false, MakeRasterShuffled},
    {"sorted", "n=32,768 d=2 uniform, sorted by x, the model of raster", false, MakeSorted},
    {"sorted-shuffled", "the points of sorted in random order", false, MakeSortedShuffled},
    {"repeated", "n=32,768 d=2 uniform, every tenth row a copy of another, the model of raster",
     false, MakeRepeated},
    {"uncorrelated", "n=32,768 d=2 uniform, lengthscale 1e-6: far below the spacing", false,
     MakeUncorrelated},
    {"smooth3", "the points of origin, Matern 5/2; predecessors", false, MakeSmooth3},
}};

}  // namespace

std::span<const WorkloadEntry> WorkloadEntries() { return kEntries; }

const WorkloadEntry* FindWorkload(std::string_view name) {
  const auto entry = std::find_if(kEntries.begin(), kEntries.end(),
                                  [name](const WorkloadEntry& e) { return e.name == name; });
  return entry == kEntries.end() ? nullptr : &*entry;
}

}  // namespace residual_knn::bench
