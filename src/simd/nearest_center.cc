#include "simd/nearest_center.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/nearest_center.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Lanes are points. At most 8 lanes, so that the tail reads no farther than the padding.
using Doubles = hn::CappedTag<double, 8>;
using Integers = hn::RebindToSigned<Doubles>;
using DoubleVector = hn::Vec<Doubles>;
using IntegerVector = hn::Vec<Integers>;

// Multiplication and addition are not fused, so that targets with and without FMA round in the same way.
HWY_INLINE DoubleVector AddSquare(DoubleVector sum, DoubleVector difference) {
  return hn::Add(sum, hn::Mul(difference, difference));
}

HWY_INLINE DoubleVector SquaredDistance(const PointRange& points, int64_t j, const double* center) {
  const Doubles d;
  DoubleVector sq = hn::Zero(d);
  for (int64_t c = 0; c < points.dimensions; ++c) {
    const DoubleVector x = hn::LoadU(d, points.data + c * points.stride + j);
    sq = AddSquare(sq, hn::Sub(x, hn::Set(d, center[c])));
  }
  return sq;
}

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

// Four vectors of points share each broadcast coordinate of a center. Their sums are independent, which hides the
// latency of additions.
HWY_INLINE void AssignFour(const PointRange& points, int64_t j, const Centers& centers,
                           double* min_sq, int64_t* nearest) {
  const Doubles d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t q = 0; q < centers.count; ++q) {
    const double* center = centers.coordinates + q * points.dimensions;
    DoubleVector sq0 = hn::Zero(d);
    DoubleVector sq1 = hn::Zero(d);
    DoubleVector sq2 = hn::Zero(d);
    DoubleVector sq3 = hn::Zero(d);
    for (int64_t c = 0; c < points.dimensions; ++c) {
      const double* x = points.data + c * points.stride + j;
      const DoubleVector y = hn::Set(d, center[c]);
      sq0 = AddSquare(sq0, hn::Sub(hn::LoadU(d, x), y));
      sq1 = AddSquare(sq1, hn::Sub(hn::LoadU(d, x + lanes), y));
      sq2 = AddSquare(sq2, hn::Sub(hn::LoadU(d, x + 2 * lanes), y));
      sq3 = AddSquare(sq3, hn::Sub(hn::LoadU(d, x + 3 * lanes), y));
    }
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
