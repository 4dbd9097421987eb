#include "simd/nearest_center.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/nearest_center.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"
#include "simd/squared_distance-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = PointLanes;
using Integers = hn::RebindToSigned<Doubles>;
using DoubleVector = PointVector;
using IntegerVector = hn::Vec<Integers>;

// A copy of the results of the last points, which do not fill a vector. WriteBack copies them to memory.
template <typename T>
class Tail {
 public:
  Tail(T* memory, int64_t count) : memory_(memory), count_(count) {
    std::copy_n(memory, count, values_);
  }
  T* values() { return values_; }
  void WriteBack() const { std::copy_n(values_, count_, memory_); }

 private:
  T values_[8] = {};
  T* memory_;
  int64_t count_;
};

HWY_INLINE void LowerOne(const PointRange& points, int64_t j, const double* center,
                         double* min_sq) {
  const Doubles d;
  hn::StoreU(hn::Min(hn::LoadU(d, min_sq), SquaredDistance(points, j, center)), d, min_sq);
}

void LowerSquaredDistances(const PointRange& points, const double* center, double* min_sq) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Doubles()));
  int64_t j = 0;
  for (; j + lanes <= points.count; j += lanes) LowerOne(points, j, center, min_sq + j);
  if (j < points.count) {
    Tail<double> tail(min_sq + j, points.count - j);
    LowerOne(points, j, center, tail.values());
    tail.WriteBack();
  }
}

struct Centers {
  const double* coordinates;
  int64_t first;
  int64_t count;
};

HWY_INLINE void KeepNearer(DoubleVector sq, IntegerVector number, double* min_sq,
                           int64_t* nearest) {
  const Doubles d;
  const Integers di;
  const DoubleVector old_sq = hn::LoadU(d, min_sq);
  const auto nearer = hn::Lt(sq, old_sq);
  hn::StoreU(hn::IfThenElse(nearer, sq, old_sq), d, min_sq);
  hn::StoreU(hn::IfThenElse(hn::RebindMask(di, nearer), number, hn::LoadU(di, nearest)), di,
             nearest);
}

HWY_INLINE void AssignOne(const PointRange& points, int64_t j, const Centers& centers,
                          double* min_sq, int64_t* nearest) {
  for (int64_t q = 0; q < centers.count; ++q) {
    const DoubleVector sq = SquaredDistance(points, j, centers.coordinates + q * points.dimensions);
    KeepNearer(sq, hn::Set(Integers(), centers.first + q), min_sq, nearest);
  }
}

HWY_INLINE void AssignFour(const PointRange& points, int64_t j, const Centers& centers,
                           double* min_sq, int64_t* nearest) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Doubles()));
  for (int64_t q = 0; q < centers.count; ++q) {
    DoubleVector sq0;
    DoubleVector sq1;
    DoubleVector sq2;
    DoubleVector sq3;
    FourSquaredDistances(points, j, centers.coordinates + q * points.dimensions, sq0, sq1, sq2,
                         sq3);
    const IntegerVector number = hn::Set(Integers(), centers.first + q);
    KeepNearer(sq0, number, min_sq, nearest);
    KeepNearer(sq1, number, min_sq + lanes, nearest + lanes);
    KeepNearer(sq2, number, min_sq + 2 * lanes, nearest + 2 * lanes);
    KeepNearer(sq3, number, min_sq + 3 * lanes, nearest + 3 * lanes);
  }
}

void AssignNearestCenters(const PointRange& points, const double* coordinates, int64_t first_center,
                          int64_t num_centers, double* min_sq, int64_t* nearest) {
  const Centers centers{coordinates, first_center, num_centers};
  const auto lanes = static_cast<int64_t>(hn::Lanes(Doubles()));
  int64_t j = 0;
  for (; j + 4 * lanes <= points.count; j += 4 * lanes) {
    AssignFour(points, j, centers, min_sq + j, nearest + j);
  }
  for (; j + lanes <= points.count; j += lanes) {
    AssignOne(points, j, centers, min_sq + j, nearest + j);
  }
  if (j < points.count) {
    Tail<double> tail_sq(min_sq + j, points.count - j);
    Tail<int64_t> tail_nearest(nearest + j, points.count - j);
    AssignOne(points, j, centers, tail_sq.values(), tail_nearest.values());
    tail_sq.WriteBack();
    tail_nearest.WriteBack();
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
namespace {

HWY_EXPORT(LowerSquaredDistances);
HWY_EXPORT(AssignNearestCenters);

}  // namespace

void LowerSquaredDistances(const PointRange& points, const double* center, double* min_sq) {
  Chosen(HWY_DISPATCH_TABLE(LowerSquaredDistances))(points, center, min_sq);
}

void AssignNearestCenters(const PointRange& points, const double* centers, int64_t first_center,
                          int64_t num_centers, double* min_sq, int64_t* nearest) {
  Chosen(HWY_DISPATCH_TABLE(AssignNearestCenters))(points, centers, first_center, num_centers,
                                                   min_sq, nearest);
}

}  // namespace residual_knn
#endif  // HWY_ONCE
