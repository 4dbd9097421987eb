#include "model/quantized_factor.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "model/product_error.h"
#include "parallel/parallel_for.h"
#include "simd/quantized_product.h"
#include "simd/screen_quantized.h"

namespace residual_knn {
namespace {

constexpr double kLargestWord = 32767;
constexpr double kLargestNorm = 46340;
// The margin of two points of this p may be so much in terms of rho, or the point is exceptional.
constexpr double kLargestMargin = 0.02;
// More exceptional points than one in so many are too many.
constexpr int64_t kOneIn = 16;
constexpr double kLargestCoordinate = 1e4;

// A little above what rounding to steps makes of |D| for entries without pattern.
double ExpectedMargin(const ResidualModel& model) {
  const double step = model.largest_norm() / kLargestWord;
  return 2 * model.largest_norm() * step * std::sqrt(static_cast<double>(model.m()) / 12);
}

bool IsExceptional(const ResidualModel& model, double scale) {
  return ExpectedMargin(model) * scale * scale > kLargestMargin;
}

}  // namespace

bool QuantizedFactor::Fits(const ResidualModel& model) {
  if (model.covariance() == nullptr || !CanScreenQuantized(model.covariance()->view())) {
    return false;
  }
  const double variance = model.covariance()->variance();
  if (model.m() < 16 || !(variance > 1e-12 && variance < 1e12) ||
      !FitsSinglePrecision(model.largest_norm()) ||
      model.n() > std::numeric_limits<int32_t>::max() - 64) {
    return false;
  }
  int64_t exceptional = 0;
  for (int64_t i = 0; i < model.n(); ++i) {
    exceptional += IsExceptional(model, model.inverse_deviation()[i]) ? 1 : 0;
    for (int64_t c = 0; c < model.d(); ++c) {
      if (std::abs(model.points()(i, c)) > kLargestCoordinate) return false;
    }
  }
  return exceptional <= model.n() / kOneIn;
}

QuantizedFactor::QuantizedFactor(const ResidualModel& model, int threads, Monitor& monitor)
    : pairs_((model.m() + 1) / 2), groups_((model.n() + kPackedGroup - 1) / kPackedGroup) {
  const int64_t n = model.n();
  const int64_t m = model.m();
  const int64_t d = model.d();
  stride_ = n + kPackedGroup;
  packed_.resize(static_cast<size_t>(groups_ * kPackedGroup * pairs_));
  coordinates_.assign(static_cast<size_t>(stride_ * d) + 16, 0.0F);
  scales_.assign(static_cast<size_t>(stride_), 0.0F);
  // Entries and norms of new points may be a little larger than those of the index.
  const double largest = std::max(model.largest_norm(), std::sqrt(model.covariance()->variance()));
  step_ = 1.001 * largest / kLargestWord;
  std::vector<double> rests(static_cast<size_t>(threads));
  std::vector<double> magnitudes(static_cast<size_t>(threads));
  constexpr int64_t kGroupsAtOnce = 32;
  ParallelFor(threads, (groups_ + kGroupsAtOnce - 1) / kGroupsAtOnce, monitor,
              [&](int64_t task, int worker) {
                const int64_t end = std::min((task + 1) * kGroupsAtOnce, groups_);
                for (int64_t g = task * kGroupsAtOnce; g < end; ++g) {
                  int32_t* words = packed_.data() + g * kPackedGroup * pairs_;
                  std::fill_n(words, kPackedGroup * pairs_, 0);
                  for (int64_t i = 0; i < std::min(kPackedGroup, n - g * kPackedGroup); ++i) {
                    const int64_t row = g * kPackedGroup + i;
                    const double rest = QuantizeRow(model.factor(row), m, words + i, kPackedGroup);
                    const double scale = model.inverse_deviation()[row];
                    const bool exceptional = IsExceptional(model, scale);
                    scales_[row] = exceptional ? std::numeric_limits<float>::quiet_NaN()
                                               : static_cast<float>(scale);
                    // The score of a degenerate point is 0 whatever its V.
                    if (!exceptional && scale > 0) rests[worker] = std::max(rests[worker], rest);
                    for (int64_t c = 0; c < d; ++c) {
                      const double x = model.points()(row, c);
                      coordinates_[c * stride_ + row] = static_cast<float>(x);
                      magnitudes[worker] = std::max(magnitudes[worker], std::abs(x));
                    }
                  }
                }
              });
  largest_rest_ = *std::max_element(rests.begin(), rests.end());
  largest_coordinate_ = *std::max_element(magnitudes.begin(), magnitudes.end());
  for (int64_t row = 0; row < n; ++row) {
    if (std::isnan(scales_[row])) exceptional_.push_back(row);
  }
}

double QuantizedFactor::QuantizeRow(const double* v, int64_t m, int32_t* words,
                                    int64_t word_stride) const {
  double square = 0;
  const double inverse = 1 / step_;
  const auto quantize = [&](double value) {
    const double q = std::clamp(std::nearbyint(value * inverse), -kLargestWord, kLargestWord);
    const double rest = value - q * step_;
    square += rest * rest;
    return static_cast<int16_t>(q);
  };
  for (int64_t e = 0; e < m / 2; ++e) {
    const int16_t first = quantize(v[2 * e]);
    words[e * word_stride] = PairOf(first, quantize(v[2 * e + 1]));
  }
  if (m % 2 == 1) words[m / 2 * word_stride] = PairOf(quantize(v[m - 1]), 0);
  // The sum of squares itself rounds.
  return std::sqrt(square) * (1 + 1e-9);
}

bool QuantizedFactor::Quantize(const ResidualModel& model, const double* v, double norm,
                               double inverse_deviation, std::span<const double> point,
                               int32_t* words, double& error) const {
  const double rest = QuantizeRow(v, model.m(), words, 1);
  const double root = std::sqrt(static_cast<double>(model.m()));
  if ((norm + rest) / step_ + root > kLargestNorm || IsExceptional(model, inverse_deviation)) {
    return false;
  }
  double magnitude = largest_coordinate_;
  for (const double x : point) magnitude = std::max(magnitude, std::abs(x));
  if (!(magnitude <= 2 * kLargestCoordinate)) return false;
  const double largest = model.largest_norm();
  const double variance = model.covariance()->variance();
  const auto d = static_cast<double>(model.d());
  const double total = variance + largest * std::max(norm, largest);
  error = norm * largest_rest_ + rest * (largest + largest_rest_) +
          ProductError(model.m()) * norm * largest +
          0x1p-24 * ((d + 24) * total + 4 * std::sqrt(d) * magnitude * variance);
  return true;
}

int64_t QuantizedFactor::bytes() const {
  return static_cast<int64_t>(packed_.size() * sizeof(int32_t) +
                              (coordinates_.size() + scales_.size()) * sizeof(float) +
                              exceptional_.size() * sizeof(int64_t));
}

}  // namespace residual_knn
