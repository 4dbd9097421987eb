#include "scan/quantized_v.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "model/product_error.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "scan/hadamard_rotation.h"
#include "simd/quantized_product.h"
#include "simd/screen_quantized.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

constexpr double kLargestByte = 127;
constexpr double kLargestWord = 32767;
// Below 46340 by more than the length of half a step in each of kMostColumns entries.
constexpr double kLargestNorm = 46000;
// 255 x 127 x m stays below 2^31.
constexpr int64_t kMostColumns = 66'000;
constexpr double kLargestCoordinate = 1e4;
// 1 / sqrt(p) is between this and its inverse, so that scores neither overflow nor underflow in single precision.
constexpr double kLeastScale = 1e-15;

// |D| / |V| of rows with similar entries, the largest of which is about 3.2 times their standard deviation. Rounding
// errors have the standard deviation step / sqrt(12).
constexpr double kDeviation = 3.46;  // sqrt(12)
constexpr double kCoarseness8 = 3.2 / kLargestByte / kDeviation;
constexpr double kCoarseness16 = 3.2 / kLargestWord / kDeviation;
// Largest margins in terms of rho: of a row of 16 bits with a typical query, of a query of 8 bits with a typical row,
// and of two typical rows of 8 bits.
constexpr double kMostMargin16 = 0.02;
constexpr double kMostMargin8 = 0.35;
constexpr double kTypicalMargin8 = 0.15;
// Integers are not used if more than one row in this many is outside the integers.
constexpr int64_t kOneIn = 16;
// Up to one row in this many may be outside the integers because it is far from the origin: the others still gain.
constexpr int64_t kFarOneIn = 2;
// If 8 bits leave more than one query in this many to 16 bits, preparing 16 bits as well is worthwhile.
constexpr int64_t kFewLeftOneIn = 128;

double Ratio(const ResidualModel& model, int64_t row) {
  const double inverse_deviation = model.inverse_deviation()[row];
  const double variance = model.covariance()->variance() + model.nugget();
  // |V|^2 = K - p. If the caller gives V and p, this need not hold, and the result is an estimate.
  return std::sqrt(std::max(variance * inverse_deviation * inverse_deviation - 1, 0.0));
}

// Whether single precision would round a coordinate of the row by too much of a lengthscale.
bool IsFar(const ResidualModel& model, int64_t row) {
  for (int64_t c = 0; c < model.d(); ++c) {
    if (std::abs(model.points()(row, c)) > kLargestCoordinate) return true;
  }
  return false;
}

// The largest slope of -log K in the distance while K is above exp(-87) variance. A general Matern is not screened
// here.
double LargestLogSlope(const CovarianceFunction& covariance) {
  constexpr double kFar = 16;  // no slope of a Gaussian or a rational quadratic is above this
  const CovarianceView view = covariance.view();
  switch (view.family) {
    case CovarianceFamily::kMatern12:
      return 1;
    case CovarianceFamily::kMatern32:
      return std::sqrt(3.0);
    case CovarianceFamily::kMatern52:
      return std::sqrt(5.0);
    case CovarianceFamily::kRationalQuadratic:
      return std::min(std::sqrt(view.alpha / 2), kFar);
    case CovarianceFamily::kSquaredExponential:
    case CovarianceFamily::kMaternTable:
      break;
  }
  return kFar;
}

// A bound in single precision. It exceeds x by more than 2^-23 of x, which also covers the rounding of a norm: the root
// of a sum of up to kMostColumns squares is off by less than 2^-37 of itself. Norms and rests are bounds only after this.
float RoundedUp(double x) { return static_cast<float>(x * (1 + 0x1p-22)); }

double Norm(const double* v, int64_t m) {
  double square = 0;
  for (int64_t e = 0; e < m; ++e) square += v[e] * v[e];
  return std::sqrt(square);
}

struct RowSteps {
  float step = 1;
  double rest = 0;  // |D| but for the rounding of the sum, plus the rounding of the rotation
};

// Rounds v to integers of at most `largest_integer`, times a step.
RowSteps RoundToSteps(const double* v, int64_t m, double norm, double largest_integer,
                      double* integers) {
  double largest = 0;
  for (int64_t e = 0; e < m; ++e) largest = std::max(largest, std::abs(v[e]));
  double least = largest / largest_integer;
  if (largest_integer > kLargestByte) least = std::max(least, norm / kLargestNorm);
  RowSteps steps;
  // The step is a little above the least one, so that no quotient rounds to more than the largest integer.
  steps.step = std::max(RoundedUp(least), std::numeric_limits<float>::min());
  const auto step = static_cast<double>(steps.step);
  const double inverse = 1 / step;
  constexpr double kMagic = 0x1.8p52;  // adding it rounds a number to an integer
  double square = 0;
  for (int64_t e = 0; e < m; ++e) {
    const double q = (v[e] * inverse + kMagic) - kMagic;
    const double rest = v[e] - q * step;
    square += rest * rest;
    integers[e] = q;
  }
  steps.rest = std::sqrt(square) + kRotationError * norm;
  return steps;
}

// Packs words of two integers each.
template <class Put>
void PackPairs(const double* integers, int64_t m, const Put& put) {
  for (int64_t e = 0; e < m; e += 2) {
    put(e / 2, PairOf(static_cast<int16_t>(integers[e]),
                      e + 1 < m ? static_cast<int16_t>(integers[e + 1]) : int16_t{0}));
  }
}

// Packs words of four integers each. `move` is added to each integer.
template <class Put>
void PackQuads(const double* integers, int64_t m, int32_t move, const Put& put) {
  for (int64_t e = 0; e < m; e += 4) {
    std::array<int32_t, 4> bytes{};
    for (int64_t i = 0; i < 4; ++i) {
      bytes[static_cast<size_t>(i)] =
          move + (e + i < m ? static_cast<int32_t>(integers[e + i]) : 0);
    }
    put(e / 4, QuadOf(bytes));
  }
}

void Pack16(const double* integers, int64_t m, int64_t stride, int16_t* out) {
  for (int64_t e = 0; e < m; ++e) out[e] = static_cast<int16_t>(integers[e]);
  std::fill(out + m, out + stride, int16_t{0});
}

}  // namespace

QuantizedFit::QuantizedFit(const ResidualModel& model, Monitor& monitor) {
  if (model.covariance() == nullptr || !CanScreenQuantized(model.covariance()->view())) return;
  const double variance = model.covariance()->variance();
  if (model.m() < 16 || model.m() > kMostColumns || !(variance > 1e-12 && variance < 1e12) ||
      !FitsSinglePrecision(model.largest_norm()) ||
      model.n() > std::numeric_limits<int32_t>::max() - 64) {
    return;
  }
  Pace pace(monitor);
  std::vector<double> ratios(static_cast<size_t>(model.n()));
  int64_t far = 0;
  for (int64_t i = 0; i < model.n(); ++i) {
    const double inverse_deviation = model.inverse_deviation()[i];
    if (inverse_deviation != 0 &&
        !(inverse_deviation > kLeastScale && inverse_deviation < 1 / kLeastScale))
      return;
    ratios[i] = Ratio(model, i);
    pace.Spend(model.d() + 4);
    far += IsFar(model, i) ? 1 : 0;
  }
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end(), [&](double a, double b) {
    pace.Spend(1);
    return a < b;
  });
  median_ratio = *middle;
  const auto outside = std::count_if(ratios.begin(), ratios.end(), [&](double ratio) {
    return 2 * kCoarseness16 * median_ratio * ratio > kMostMargin16;
  });
  bits16 = outside <= model.n() / kOneIn && far <= model.n() / kFarOneIn;
  bits8 = bits16 && MultipliesBytesFast() &&
          2 * kCoarseness8 * median_ratio * median_ratio < kTypicalMargin8;
  const auto left = std::count_if(ratios.begin(), ratios.end(), [&](double ratio) {
    return 2 * kCoarseness8 * median_ratio * ratio > kMostMargin8;
  });
  leaves_to_16 = left > model.n() / kFewLeftOneIn;  // far queries suit neither 8 bits nor 16
}

QuantizedV::QuantizedV(const ResidualModel& model, ElementBits bits)
    : bits_(bits),
      words_(bits == ElementBits::k8 ? (model.m() + 3) / 4 : (model.m() + 1) / 2),
      groups_((model.n() + kPackedGroup - 1) / kPackedGroup),
      stride_(model.n() + kQuantizedSlack) {
  if (bits == ElementBits::k8) stride16_ = (model.m() + kRow16Unit - 1) / kRow16Unit * kRow16Unit;
}

QuantizedV::QuantizedV(const ResidualModel& model, const QuantizedFit& fit, ElementBits bits,
                       int threads, Monitor& monitor)
    : QuantizedV(model, bits) {
  median_ratio_ = fit.median_ratio;
  const int64_t n = model.n();
  const auto room = static_cast<size_t>(stride_);
  packed_.resize(static_cast<size_t>(groups_ * kPackedGroup * words_));
  for (StoredFloats* each : {&steps_, &rests_, &norm_bounds_, &inverse_deviations_})
    each->assign(room, 0.0F);
  coordinates_.assign(room * static_cast<size_t>(model.d()) + kQuantizedSlack, 0.0F);
  if (bits == ElementBits::k8) {
    rows16_.resize(static_cast<size_t>(n * stride16_));
    steps16_.assign(room, 0.0F);
    rests16_.assign(room, 0.0F);
  }
  constexpr int64_t kGroupsAtOnce = 32;
  std::vector<std::vector<double>> scratch(static_cast<size_t>(threads),
                                           std::vector<double>(static_cast<size_t>(2 * model.m())));
  std::vector<FactorRows> factor_rows(static_cast<size_t>(threads), FactorRows(model));
  ParallelFor(threads, (groups_ + kGroupsAtOnce - 1) / kGroupsAtOnce, monitor,
              [&](int64_t task, int worker) {
                const int64_t end = std::min((task + 1) * kGroupsAtOnce, groups_);
                for (int64_t g = task * kGroupsAtOnce; g < end; ++g) {
                  std::fill_n(packed_.own() + g * kPackedGroup * words_, kPackedGroup * words_, 0);
                  const int64_t first = g * kPackedGroup;
                  const int64_t count = std::min(n - first, kPackedGroup);
                  const double* v = factor_rows[worker].Range(first, count);
                  for (int64_t j = 0; j < count; ++j) {
                    SetRow(model, first + j, v + j * model.m(), scratch[worker].data());
                  }
                }
              });
  for (int64_t row = 0; row < n; ++row) {
    if (std::isnan(inverse_deviations_[row])) outside_integers_.push_back(row);
  }
  for (const float x : coordinates_) {
    largest_coordinate_ = std::max(largest_coordinate_, static_cast<double>(std::abs(x)));
  }
}

double QuantizedV::BytesFor(const ResidualModel& model, ElementBits bits) {
  const auto m = static_cast<double>(model.m());
  // Packed integers; those of 8 bits have rows of 16 bits beside them, with steps and rests of their own.
  const double of_row = bits == ElementBits::k8 ? m + 2 * m + 2 * sizeof(float) : 2 * m;
  return static_cast<double>(model.n()) *
         (of_row + sizeof(float) * (4 + static_cast<double>(model.d())));
}

const int32_t* QuantizedV::group(int64_t g) const {
  return packed_.data() + g * kPackedGroup * words_;
}

void QuantizedV::SetRow(const ResidualModel& model, int64_t row, const double* v, double* scratch) {
  const int64_t m = model.m();
  std::copy_n(v, m, scratch);
  RotateByHadamard(scratch, m);
  const double norm = Norm(scratch, m);
  double* integers = scratch + m;
  int32_t* words = packed_.own() + row / kPackedGroup * kPackedGroup * words_ + row % kPackedGroup;
  const auto put = [&](int64_t at, int32_t word) { words[at * kPackedGroup] = word; };
  const bool bytes = bits_ == ElementBits::k8;
  const RowSteps steps =
      RoundToSteps(scratch, m, norm, bytes ? kLargestByte : kLargestWord, integers);
  steps_.own()[row] = steps.step;
  rests_.own()[row] = RoundedUp(steps.rest);
  norm_bounds_.own()[row] = RoundedUp(norm + steps.rest);
  if (bytes) {
    PackQuads(integers, m, kByteMove, put);
    const RowSteps steps16 = RoundToSteps(scratch, m, norm, kLargestWord, integers);
    Pack16(integers, m, stride16_, rows16_.own() + row * stride16_);
    steps16_.own()[row] = steps16.step;
    rests16_.own()[row] = RoundedUp(steps16.rest);
    // A row whose entries all have one magnitude may fit 8 bits better than 16.
    norm_bounds_.own()[row] = RoundedUp(norm + std::max(steps.rest, steps16.rest));
  } else {
    PackPairs(integers, m, put);
  }
  const double inverse_deviation = model.inverse_deviation()[row];
  const bool far = IsFar(model, row);
  const bool outside = far || 2 * kCoarseness16 * median_ratio_ * Ratio(model, row) > kMostMargin16;
  inverse_deviations_.own()[row] =
      outside ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(inverse_deviation);
  // Coordinates of far rows stay 0. They are not used, and would widen the margins of the other rows.
  for (int64_t c = 0; c < model.d() && !far; ++c) {
    coordinates_.own()[c * stride_ + row] = static_cast<float>(model.points()(row, c));
  }
}

bool QuantizedV::Quantize(const ResidualModel& model, const PointView& query, double norm,
                          double* scratch, QueryIntegers& integers) const {
  const int64_t m = model.m();
  const double margin =
      bits_ == ElementBits::k8 ? kMostMargin8 / kCoarseness8 : kMostMargin16 / kCoarseness16;
  // V of a new point may have any size. The index was checked for single precision.
  if (!(norm <= 2 * std::max(model.largest_norm(), std::sqrt(model.covariance()->variance()))) ||
      2 * median_ratio_ * norm * query.inverse_deviation > margin) {
    return false;
  }
  const std::span<const double> point(query.point, static_cast<size_t>(model.d()));
  for (const double x : point) {
    if (!(std::abs(x) <= 2 * kLargestCoordinate)) return false;
  }
  std::copy_n(query.v, m, scratch);
  RotateByHadamard(scratch, m);
  const auto put = [&](int64_t at, int32_t word) { integers.words[at] = word; };
  double* elements = scratch + m;
  const bool bytes = bits_ == ElementBits::k8;
  const RowSteps steps =
      RoundToSteps(scratch, m, norm, bytes ? kLargestByte : kLargestWord, elements);
  integers.step = steps.step;
  integers.norm = RoundedUp(norm);
  // The integer is converted to a float, multiplied by the product of two steps and subtracted: four roundings.
  integers.rest = RoundedUp(steps.rest + 0x1p-22 * norm);
  SetCovarianceError(model, point, integers);
  // Of the canonical product and of the computations here. Up to some 100 columns, the rotation errors in the rests are
  // larger than necessary by more than this.
  const double rounding = ProductError(m) * norm;
  if (bytes) {
    PackQuads(elements, m, 0, put);
    integers.offset =
        -kByteMove * static_cast<int32_t>(std::accumulate(elements, elements + m, 0.0));
    const RowSteps steps16 = RoundToSteps(scratch, m, norm, kLargestWord, elements);
    Pack16(elements, m, stride16_, integers.v16);
    integers.step16 = static_cast<double>(steps16.step);
    integers.rest16 = static_cast<double>(RoundedUp(steps16.rest)) + rounding;
  } else {
    PackPairs(elements, m, put);
    integers.step16 = static_cast<double>(integers.step);
    integers.rest16 = static_cast<double>(RoundedUp(steps.rest)) + rounding;
  }
  return true;
}

void QuantizedV::SetCovarianceError(const ResidualModel& model, std::span<const double> point,
                                    QueryIntegers& query) const {
  double magnitude = largest_coordinate_;
  for (const double x : point) magnitude = std::max(magnitude, std::abs(x));
  const double variance = model.covariance()->variance();
  const auto d = static_cast<double>(model.d());
  const double shift = 0x1p-22 * std::sqrt(d) * magnitude;  // of a distance
  query.covariance_error = RoundedUp(variance * (0x1p-24 * (d + 24) + shift));
  // The 40 are for the evaluation after the exponential. At exponents below 88, the other term has room for them.
  const double change =
      std::expm1(LargestLogSlope(*model.covariance()) * shift) + 0x1p-24 * (88 * (d + 8) + 40);
  if (change < 0.5) {
    // Of K as it is computed, which may be less than K by `change`.
    query.covariance_rate = RoundedUp(change / (1 - change));
    // A correlation below exp(-87) is computed as at most exp(-87) times a polynomial of the distance.
    query.covariance_floor = RoundedUp(1e-28 * (d + 1) * variance);
  } else {
    query.covariance_rate = 0;
    query.covariance_floor = query.covariance_error;
  }
}

int64_t QuantizedV::bytes() const {
  const size_t floats = steps_.size() + rests_.size() + norm_bounds_.size() + steps16_.size() +
                        rests16_.size() + coordinates_.size() + inverse_deviations_.size();
  return static_cast<int64_t>(packed_.size() * sizeof(int32_t) + rows16_.size() * sizeof(int16_t) +
                              floats * sizeof(float) + outside_integers_.size() * sizeof(int64_t));
}

template <class Self, class Archive>
void QuantizedV::NameMembers(Self& self, const ResidualModel& model, const Archive& archive) {
  const int64_t stride = self.stride_;
  const int64_t stride16 = self.bits_ == ElementBits::k8 ? stride : 0;
  archive.Values("numbers", self.median_ratio_, self.largest_coordinate_);
  archive.ManyNumbers("packed", self.packed_, CountOf(self.groups_, kPackedGroup, self.words_));
  archive.ManyNumbers("rows16", self.rows16_, CountOf(model.n(), self.stride16_));
  archive.ManyNumbers("steps", self.steps_, stride);
  archive.ManyNumbers("rests", self.rests_, stride);
  archive.ManyNumbers("norm_bounds", self.norm_bounds_, stride);
  archive.ManyNumbers("steps16", self.steps16_, stride16);
  archive.ManyNumbers("rests16", self.rests16_, stride16);
  archive.ManyNumbers("coordinates", self.coordinates_,
                      CountOf(stride, model.d()) + kQuantizedSlack);
  archive.ManyNumbers("inverse_deviations", self.inverse_deviations_, stride);
  archive.Numbers("outside", self.outside_integers_, Archive::kAnyCount);
}

void QuantizedV::Save(const IndexWriter& writer, const ResidualModel& model) const {
  NameMembers(*this, model, writer);
}

QuantizedV::QuantizedV(const IndexReader& reader, const ResidualModel& model, ElementBits bits)
    : QuantizedV(model, bits) {
  NameMembers(*this, model, reader);
  reader.RequireRows(outside_integers_, model.n(), true, "a row number");
}

}  // namespace residual_knn
