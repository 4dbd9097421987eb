#include "simd/dot.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/dot.cc"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE T Dot(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t m) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d);
  auto s1 = hn::Zero(d);
  auto s2 = hn::Zero(d);
  auto s3 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 4 * lanes <= m; i += 4 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), s3);
  }
  for (; i + lanes <= m; i += lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
  }
  T sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < m; ++i) sum += a[i] * b[i];
  return sum;
}

template <class T>
HWY_INLINE void DotEach(const T* a, const T* rows, int64_t m, const int64_t* candidates,
                        int64_t count, T* out) {
  constexpr int64_t kAhead = 2;  // rows are scattered in memory: prefetch them
  constexpr auto kLine = static_cast<int64_t>(64 / sizeof(T));
  for (int64_t c = 0; c < count; ++c) {
    if (c + kAhead < count) {
      const T* next = rows + candidates[c + kAhead] * m;
      for (int64_t i = 0; i < m; i += kLine) hwy::Prefetch(next + i);
    }
    out[c] = Dot(a, rows + candidates[c] * m, m);
  }
}

// Products of kLeft rows with kRight rows, with one vector of sums for each.
template <int kLeft, int kRight>
HWY_INLINE void DotTile(const double* const* left, const double* const* right, int64_t m,
                        double* out, int64_t stride) {
  const hn::ScalableTag<double> d;
  using Vector = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  Vector sums[kLeft][kRight];
  for (int a = 0; a < kLeft; ++a) {
    for (int c = 0; c < kRight; ++c) sums[a][c] = hn::Zero(d);
  }
  int64_t whole = 0;
  for (; whole + lanes <= m; whole += lanes) {
    Vector l[kLeft];
    for (int a = 0; a < kLeft; ++a) l[a] = hn::LoadU(d, left[a] + whole);
    for (int c = 0; c < kRight; ++c) {
      const Vector r = hn::LoadU(d, right[c] + whole);
      for (int a = 0; a < kLeft; ++a) sums[a][c] = hn::MulAdd(l[a], r, sums[a][c]);
    }
  }
  for (int a = 0; a < kLeft; ++a) {
    for (int c = 0; c < kRight; ++c) {
      double sum = hn::GetLane(hn::SumOfLanes(d, sums[a][c]));
      for (int64_t i = whole; i < m; ++i) sum += left[a][i] * right[c][i];
      out[a * stride + c] = sum;
    }
  }
}

// A tile keeps all its sums in registers: AVX-512 has 32 of them, older targets 16.
constexpr int kTileLeft = HWY_TARGET <= HWY_AVX3 ? 4 : 3;
constexpr int kTileRight = 4;

template <int kLeft, int kRight>
HWY_INLINE void DotTileAt(const double* const* left, const double* rows, int64_t m,
                          const int64_t* candidates, double* out, int64_t stride) {
  const double* right[kRight];
  for (int j = 0; j < kRight; ++j) right[j] = rows + candidates[j] * m;
  DotTile<kLeft, kRight>(left, right, m, out, stride);
}

template <int kLeft>
HWY_INLINE void DotStrip(const double* const* left, const double* rows, int64_t m,
                         std::span<const int64_t> candidates, double* out, int64_t stride) {
  const auto count = static_cast<int64_t>(candidates.size());
  int64_t c = 0;
  for (; c + kTileRight <= count; c += kTileRight) {
    DotTileAt<kLeft, kTileRight>(left, rows, m, candidates.data() + c, out + c, stride);
  }
  if (c < count && count >= kTileRight) {
    // A last tile that overlaps the one before takes less time than single products.
    c = count - kTileRight;
    DotTileAt<kLeft, kTileRight>(left, rows, m, candidates.data() + c, out + c, stride);
    return;
  }
  for (; c < count; ++c) {
    DotTileAt<kLeft, 1>(left, rows, m, candidates.data() + c, out + c, stride);
  }
}

}  // namespace

void DotRowsWithEachTarget(std::span<const double* const> left, const double* rows, int64_t m,
                           std::span<const int64_t> candidates, double* out, int64_t stride) {
  const auto num_left = static_cast<int64_t>(left.size());
  int64_t a = 0;
  for (; a + kTileLeft <= num_left; a += kTileLeft) {
    DotStrip<kTileLeft>(left.data() + a, rows, m, candidates, out + a * stride, stride);
  }
  for (; a < num_left; ++a) {
    DotStrip<1>(left.data() + a, rows, m, candidates, out + a * stride, stride);
  }
}

void DotTriangleTarget(std::span<const double* const> left, const double* rows, int64_t m,
                       std::span<const int64_t> candidates, double* out, int64_t stride) {
  const auto num_left = static_cast<int64_t>(left.size());
  int64_t a = 0;
  for (; a + kTileLeft <= num_left; a += kTileLeft) {
    DotStrip<kTileLeft>(left.data() + a, rows, m, candidates.subspan(static_cast<size_t>(a)),
                        out + a * stride + a, stride);
  }
  for (; a < num_left; ++a) {
    DotStrip<1>(left.data() + a, rows, m, candidates.subspan(static_cast<size_t>(a)),
                out + a * stride + a, stride);
  }
}

void DotRowsTarget(const double* a, const double* rows, int64_t m, const int64_t* candidates,
                   int64_t count, double* out) {
  DotEach(a, rows, m, candidates, count, out);
}

void DotRows32Target(const float* a, const float* rows, int64_t m, const int64_t* candidates,
                     int64_t count, float* out) {
  DotEach(a, rows, m, candidates, count, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(DotRowsTarget);
HWY_EXPORT(DotRows32Target);
HWY_EXPORT(DotRowsWithEachTarget);
HWY_EXPORT(DotTriangleTarget);

void DotRows(const double* a, const double* rows, int64_t m, const int64_t* candidates,
             int64_t count, double* out) {
  Chosen(HWY_DISPATCH_TABLE(DotRowsTarget))(a, rows, m, candidates, count, out);
}

void DotRows(const float* a, const float* rows, int64_t m, const int64_t* candidates, int64_t count,
             float* out) {
  Chosen(HWY_DISPATCH_TABLE(DotRows32Target))(a, rows, m, candidates, count, out);
}

void DotRowsWithEach(std::span<const double* const> left, const double* rows, int64_t m,
                     std::span<const int64_t> candidates, double* out, int64_t stride) {
  Chosen(HWY_DISPATCH_TABLE(DotRowsWithEachTarget))(left, rows, m, candidates, out, stride);
}

void DotTriangle(std::span<const double* const> left, const double* rows, int64_t m,
                 std::span<const int64_t> candidates, double* out, int64_t stride) {
  Chosen(HWY_DISPATCH_TABLE(DotTriangleTarget))(left, rows, m, candidates, out, stride);
}
}  // namespace residual_knn
#endif
