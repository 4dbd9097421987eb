#include "simd/space_blocks.h"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/space_blocks.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"
#include "simd/squared_distance-inl.h"
#include "simd/store_selected-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

void BoundBoxes(const double* boxes, int64_t dimensions, const double* query, double* bounds) {
  const PointLanes d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t b = 0; b < kBoxesAtOnce; b += lanes) {
    PointVector sum = hn::Zero(d);
    for (int64_t c = 0; c < dimensions; ++c) {
      const double* low = boxes + 2 * kBoxesAtOnce * c + b;
      const PointVector y = hn::Set(d, query[c]);
      const PointVector below = hn::Sub(hn::LoadU(d, low), y);
      const PointVector above = hn::Sub(y, hn::LoadU(d, low + kBoxesAtOnce));
      sum = AddSquare(sum, hn::Max(hn::Max(below, above), hn::Zero(d)));
    }
    hn::StoreU(sum, d, bounds + b);
  }
}

// Collects what is selected, vector by vector.
class Selection {
 public:
  Selection(double most, double* squares, int64_t* numbers)
      : most_(most), squares_(squares), numbers_(numbers) {}

  // `valid`: how many of the points from j on belong to the range, if they are fewer than lanes.
  HWY_INLINE void Add(PointVector sq, int64_t j, int64_t valid) {
    const PointLanes d;
    const hn::RebindToSigned<PointLanes> di;
    const auto within =
        hn::And(hn::Le(sq, hn::Set(d, most_)), hn::FirstN(d, static_cast<size_t>(valid)));
    if (hn::AllFalse(d, within)) return;
    StoreSelected(d, sq, within, squares_ + found_);
    StoreSelected(di, hn::Iota(di, j), hn::RebindMask(di, within), numbers_ + found_);
    found_ += hn::CountTrue(d, within);
  }

  [[nodiscard]] size_t found() const { return found_; }

 private:
  double most_;
  double* squares_;
  int64_t* numbers_;
  size_t found_ = 0;
};

size_t SelectWithin(const PointRange& points, const double* query, double most, double* squares,
                    int64_t* numbers) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(PointLanes()));
  Selection selection(most, squares, numbers);
  int64_t j = 0;
  for (; j + 4 * lanes <= points.count; j += 4 * lanes) {
    PointVector sq0;
    PointVector sq1;
    PointVector sq2;
    PointVector sq3;
    FourSquaredDistances(points, j, query, sq0, sq1, sq2, sq3);
    selection.Add(sq0, j, lanes);
    selection.Add(sq1, j + lanes, lanes);
    selection.Add(sq2, j + 2 * lanes, lanes);
    selection.Add(sq3, j + 3 * lanes, lanes);
  }
  for (; j < points.count; j += lanes) {
    const int64_t valid = points.count - j < lanes ? points.count - j : lanes;
    selection.Add(SquaredDistance(points, j, query), j, valid);
  }
  return selection.found();
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
namespace {

HWY_EXPORT(BoundBoxes);
HWY_EXPORT(SelectWithin);

}  // namespace

void BoundBoxes(const double* boxes, int64_t dimensions, const double* query, double* bounds) {
  Chosen(HWY_DISPATCH_TABLE(BoundBoxes))(boxes, dimensions, query, bounds);
}

size_t SelectWithin(const PointRange& points, const double* query, double most, double* squares,
                    int64_t* numbers) {
  return Chosen(HWY_DISPATCH_TABLE(SelectWithin))(points, query, most, squares, numbers);
}

}  // namespace residual_knn
#endif  // HWY_ONCE
