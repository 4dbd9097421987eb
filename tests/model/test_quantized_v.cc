// The margins of a quantized V as theorems, in quadruple precision from the stored V and p: the errors of integer
// products, and of R with single-precision covariances, are at most the margin of the query and the row. For some
// queries, a slightly smaller margin is too small. Otherwise the test would accept margins that are merely large.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/query_set.h"
#include "scan/hadamard_rotation.h"
#include "scan/quantized_v.h"
#include "simd/quantized_product.h"
#include "simd/screen_quantized.h"
#include "support/engine_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ElementBits;
using residual_knn::kPackedGroup;
using residual_knn::QuantizedFit;
using residual_knn::QuantizedV;
using residual_knn::QueryIntegers;
using residual_knn::ResidualModel;

constexpr int64_t kUsualModels = 90;
constexpr int64_t kQueriesOfAKind = 8;

enum Kind {
  kProduct8,
  kProduct16,
  kFine,
  kFine16,
  kResidual8,
  kResidual16,
  kCovariance,
  kRest,
  kNorm,
  kNumKinds
};
constexpr std::array<const char*, kNumKinds> kKindNames = {
    "product of 8 bits",          "product of 16 bits", "R from fine rows",
    "R from rows of 16 bits",     "R from 8 bits",      "R from 16 bits",
    "covariance far from others", "rest of a row",      "norm and rest of a row"};
// Shares of a margin that must be too small for some pair.
constexpr std::array<double, kNumKinds> kMutations = {0.85, 0.8,  0.6,  0.6, 0.85,
                                                      0.7,  0.01, 0.99, 0.99};

struct Tally {
  int64_t models = 0;
  int64_t refused = 0;
  int64_t unfit_models = 0;
  int64_t unfit_queries = 0;
  int64_t exceptional = 0;
  int64_t degenerate = 0;
  int64_t zeros = 0;
  std::array<int64_t, kNumKinds> pairs{};
  std::array<double, kNumKinds> shares{};  // largest error divided by its margin

  // Rows that are almost zero round to zero, so they do not show how sharp a margin is.
  bool Count(Kind kind, Quad error, double margin, bool next_to_zero) {
    ++pairs[kind];
    const auto share = static_cast<double>(Abs(error) / margin);
    if (!next_to_zero) shares[kind] = std::max(shares[kind], share);
    return share <= 1 || Fail(std::string(kKindNames[kind]) + " is off by " +
                              std::to_string(share) + " of its margin");
  }

  void Print() const {
    std::printf(
        "%lld models, %lld refused, %lld unfit; %lld unfit queries; rows: %lld "
        "exceptional, %lld degenerate, %lld of zeros\n",
        static_cast<long long>(models), static_cast<long long>(refused),
        static_cast<long long>(unfit_models), static_cast<long long>(unfit_queries),
        static_cast<long long>(exceptional), static_cast<long long>(degenerate),
        static_cast<long long>(zeros));
    for (int kind = 0; kind < kNumKinds; ++kind) {
      std::printf("%s: %lld pairs, smallest margin / error %.3f\n", kKindNames[kind],
                  static_cast<long long>(pairs[kind]), 1 / shares[kind]);
    }
  }
};

// One query: a row or a new point.
struct Query {
  std::vector<double> v;
  std::vector<double> point;
  double norm = 0;
  double inverse_deviation = 0;
};

double NormOf(const std::vector<double>& v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}

using QuadRow = std::vector<Quad>;

Quad NormOf(const QuadRow& v) {
  Quad square = 0;
  for (const Quad x : v) square += x * x;
  return Sqrt(square);
}

// A normalized Hadamard transform, its own inverse.
void Transform(Quad* v, size_t size) {
  for (size_t half = 1; half < size; half *= 2) {
    for (size_t i = 0; i < size; ++i) {
      if ((i & half) != 0) continue;
      const Quad low = v[i];
      const Quad high = v[i + half];
      v[i] = low + high;
      v[i + half] = low - high;
    }
  }
  const Quad scale = 1 / Sqrt(static_cast<Quad>(size));
  for (size_t i = 0; i < size; ++i) v[i] *= scale;
}

// What hadamard_rotation.h defines, or its inverse, in quadruple precision.
QuadRow Rotated(QuadRow v, bool inverse) {
  const size_t size = std::bit_floor(v.size());
  const size_t second = v.size() - size;  // first entry of the second transform, if there is one
  const auto change_signs = [&] {
    for (size_t e = 0; e < v.size(); ++e) {
      v[e] *= residual_knn::RotationSign(static_cast<int64_t>(e));
    }
  };
  if (second == 0) {
    Transform(v.data(), size);
  } else if (inverse) {
    Transform(v.data() + second, size);
    change_signs();
    Transform(v.data(), size);
  } else {
    Transform(v.data(), size);
    change_signs();
    Transform(v.data() + second, size);
  }
  return v;
}

// A model and its variance, which is not 1 where V is given.
class Case {
 public:
  Case(const ResidualModel& model, int32_t kernel, ElementBits bits, Tally& tally)
      : model_(model),
        kernel_(kernel),
        view_(model.covariance()->view()),
        fit_(model, monitor_),
        factor_(model, fit_, bits, 1, monitor_),
        tally_(tally) {}

  // The data stored with the rows.
  bool RowsHold() {
    std::vector<int64_t> exceptional;
    for (int64_t j = 0; j < model_.n(); ++j) {
      const double s = model_.inverse_deviation()[j];
      const float scale = factor_.inverse_deviations()[j];
      if (std::isnan(scale)) {
        exceptional.push_back(j);
      } else if (scale != static_cast<float>(s)) {
        return Fail("a scale is not 1 / sqrt(p)");
      }
      if (s == 0) ++tally_.degenerate;
      if (NormOf(Row(j)) == 0) ++tally_.zeros;
      bool far = false;
      for (int64_t c = 0; c < model_.d(); ++c) far = far || std::abs(model_.points()(j, c)) > 1e4;
      if (far && !std::isnan(scale)) return Fail("a far row is not exceptional");
      for (int64_t c = 0; c < model_.d(); ++c) {
        if (factor_.coordinates()[c * factor_.stride() + j] !=
            (far ? 0 : static_cast<float>(model_.points()(j, c)))) {
          return Fail("a coordinate is not that of the point");
        }
      }
    }
    tally_.exceptional += std::ssize(exceptional);
    return std::equal(exceptional.begin(), exceptional.end(), factor_.outside_integers().begin(),
                      factor_.outside_integers().end()) ||
           Fail("rows outside the tree are not those without a scale");
  }

  // |D| and |V| + |D| of the first `count` rows are at most what is stored, with D the difference of the rotated row,
  // without any rounding, from its integers.
  bool RestsHold(int64_t count) {
    for (int64_t j = 0; j < std::min(count, model_.n()); ++j) {
      const std::vector<double> v = Row(j);
      const QuadRow rotated = Rotated({v.begin(), v.end()}, false);
      for (const bool is_fine : {false, true}) {
        if (is_fine && factor_.bits() != ElementBits::k8) continue;
        const float step = is_fine ? factor_.steps16()[j] : factor_.steps()[j];
        QuadRow rest(rotated);
        for (size_t e = 0; e < rest.size(); ++e) {
          rest[e] -= static_cast<Quad>(step) * Element(j, static_cast<int64_t>(e), is_fine);
        }
        const float granted = is_fine ? factor_.rests16()[j] : factor_.rests()[j];
        if (!tally_.Count(kRest, NormOf(rest), static_cast<double>(granted) + LostEntries(),
                          NextToZero(j)) ||
            !tally_.Count(kNorm, NormOf(rotated) + NormOf(rest),
                          static_cast<double>(factor_.norm_bounds()[j]) + LostEntries(),
                          NextToZero(j))) {
          return Fail("row " + std::to_string(j));
        }
      }
    }
    return true;
  }

  bool QueryHolds(const Query& query) {
    const int64_t m = model_.m();
    std::vector<double> scratch(static_cast<size_t>(2 * m));
    std::vector<int32_t> words(static_cast<size_t>(factor_.words()));
    std::vector<int16_t> fine(static_cast<size_t>(factor_.stride16()));
    QueryIntegers row;
    row.words = words.data();
    row.v16 = fine.data();
    const residual_knn::PointView view{query.v.data(), query.point.data(), query.inverse_deviation};
    if (!factor_.Quantize(model_, view, query.norm, scratch.data(), row)) {
      ++tally_.unfit_queries;
      return true;
    }
    std::vector<Quad> exact(static_cast<size_t>(model_.n()));
    for (int64_t j = 0; j < model_.n(); ++j) {
      for (int64_t e = 0; e < m; ++e) {
        exact[j] += static_cast<Quad>(query.v[e]) * static_cast<Quad>(model_.v(j)[e]);
      }
    }
    const std::vector<int32_t> products = Products(words, row);
    return ProductsHold(row, exact, products) && ResidualsHold(query, row, exact, products) &&
           FineHold(row, exact, fine, products);
  }

  // The worst query for a row: after the rotation, all entries have the same magnitude, so that the query has almost no
  // rounding error, and the signs of the rounding errors of the row. `is_fine` selects rows of 16 bits instead of 8.
  [[nodiscard]] Query WorstFor(int64_t row, bool is_fine) const {
    const int64_t m = model_.m();
    std::vector<double> rotated = Row(row);
    residual_knn::RotateByHadamard(rotated.data(), m);
    std::vector<double> signs(rotated.size());
    for (int64_t e = 0; e < m; ++e) {
      const double step =
          static_cast<double>(is_fine ? factor_.steps16()[row] : factor_.steps()[row]);
      signs[e] = rotated[e] < step * Element(row, e, is_fine) ? -1 : 1;
    }
    // The transpose of the rotation, entry by entry.
    Query query;
    std::vector<double> basis(signs.size());
    for (int64_t e = 0; e < m; ++e) {
      std::fill(basis.begin(), basis.end(), 0.0);
      basis[e] = 1;
      residual_knn::RotateByHadamard(basis.data(), m);
      query.v.push_back(std::inner_product(basis.begin(), basis.end(), signs.begin(), 0.0));
    }
    const double scale = model_.largest_norm() / NormOf(query.v);
    for (double& x : query.v) x *= scale;
    query.norm = NormOf(query.v);
    query.inverse_deviation = std::sqrt(1 / view_.variance);
    query.point.resize(static_cast<size_t>(model_.d()));
    model_.points().CopyPoint(row, query.point.data());
    return query;
  }

  // The row with the largest rounding error, among the rows that count.
  [[nodiscard]] int64_t CoarsestRow() const {
    int64_t coarsest = -1;
    for (int64_t j = 0; j < model_.n(); ++j) {
      if (!Counts(j)) continue;
      if (coarsest < 0 || factor_.rests()[j] > factor_.rests()[coarsest]) coarsest = j;
    }
    return coarsest;
  }

 private:
  // Not exceptional, not degenerate.
  [[nodiscard]] bool Counts(int64_t j) const { return factor_.inverse_deviations()[j] > 0; }

  [[nodiscard]] bool NextToZero(int64_t j) const {
    return static_cast<double>(factor_.norm_bounds()[j]) < 1e-6 * model_.largest_norm();
  }

  [[nodiscard]] std::vector<double> Row(int64_t j) const {
    return {model_.v(j), model_.v(j) + model_.m()};
  }

  [[nodiscard]] int32_t Element(int64_t j, int64_t e, bool is_fine) const {
    if (is_fine) return factor_.rows16()[j * factor_.stride16() + e];
    const int64_t in_word = factor_.bits() == ElementBits::k8 ? 4 : 2;
    const auto word = static_cast<uint32_t>(
        factor_.group(j / kPackedGroup)[e / in_word * kPackedGroup + j % kPackedGroup]);
    if (in_word == 4) {
      return static_cast<int32_t>(word >> (8 * (e % 4)) & 0xFF) - residual_knn::kByteMove;
    }
    return static_cast<int16_t>(word >> (16 * (e % 2)));
  }

  // With 16 more values, which screens read.
  [[nodiscard]] std::vector<int32_t> Products(const std::vector<int32_t>& words,
                                              const QueryIntegers& row) const {
    const int64_t groups = (model_.n() + kPackedGroup - 1) / kPackedGroup;
    std::vector<int32_t> out(static_cast<size_t>((groups + 1) * kPackedGroup));
    const auto stride = static_cast<int64_t>(out.size());
    const auto multiply = factor_.bits() == ElementBits::k8 ? residual_knn::MultiplyBytes
                                                            : residual_knn::MultiplyPairs;
    multiply({words.data(), &row.offset, 1}, {factor_.group(0), groups, factor_.words()},
             out.data(), stride);
    return out;
  }

  // Norms below the range of single precision count as zeros.
  [[nodiscard]] double LostNorms(const QueryIntegers& row) const {
    return static_cast<double>(std::numeric_limits<float>::min()) *
           (static_cast<double>(row.norm) + model_.largest_norm());
  }

  // So do entries, in |D|.
  [[nodiscard]] double LostEntries() const {
    return static_cast<double>(std::numeric_limits<float>::min()) *
           std::sqrt(static_cast<double>(model_.m()));
  }

  // The error of a product.
  [[nodiscard]] double Margin(const QueryIntegers& row, int64_t j) const {
    return static_cast<double>(row.norm) * static_cast<double>(factor_.rests()[j]) +
           static_cast<double>(row.rest) * static_cast<double>(factor_.norm_bounds()[j]) +
           LostNorms(row);
  }

  bool ProductsHold(const QueryIntegers& row, const std::vector<Quad>& exact,
                    const std::vector<int32_t>& products) {
    const Kind kind = factor_.bits() == ElementBits::k8 ? kProduct8 : kProduct16;
    for (int64_t j = 0; j < model_.n(); ++j) {
      const Quad product = static_cast<Quad>(row.step) * factor_.steps()[j] * products[j];
      if (!tally_.Count(kind, product - exact[j], Margin(row, j), NextToZero(j))) {
        return Fail("row " + std::to_string(j));
      }
    }
    return true;
  }

  [[nodiscard]] Quad Covariance(const Query& query, int64_t j) const {
    std::vector<double> point(static_cast<size_t>(model_.d()));
    model_.points().CopyPoint(j, point.data());
    return static_cast<Quad>(view_.variance) *
           ExactCovariance(kernel_, query.point.data(), point.data(), model_.d());
  }

  // R as the screen computes it, from its scores.
  bool ResidualsHold(const Query& query, const QueryIntegers& row, const std::vector<Quad>& exact,
                     const std::vector<int32_t>& products) {
    const Kind kind = factor_.bits() == ElementBits::k8 ? kResidual8 : kResidual16;
    const std::vector<float> point(query.point.begin(), query.point.end());
    residual_knn::QuantizedTile tile;
    tile.covariance = &view_;
    tile.coordinates = factor_.coordinates();
    tile.stride = factor_.stride();
    tile.dimensions = model_.d();
    tile.inverse_deviations = factor_.inverse_deviations();
    tile.steps = factor_.steps();
    tile.rests = factor_.rests();
    tile.norms = factor_.norm_bounds();
    tile.count = model_.n();
    residual_knn::QuantizedQuery asked;
    asked.point = point.data();
    asked.products = products.data();
    asked.step = row.step;
    asked.norm = row.norm;
    asked.rest = row.rest;
    asked.covariance_error = row.covariance_error;
    asked.covariance_rate = row.covariance_rate;
    asked.covariance_floor = row.covariance_floor;
    asked.signed_ranking = true;
    asked.threshold = -std::numeric_limits<float>::infinity();
    std::vector<int32_t> rows(static_cast<size_t>(model_.n() + kPackedGroup));
    std::vector<float> scores(rows.size());
    const int64_t found = residual_knn::ScreenQuantized(tile, asked, rows.data(), scores.data());
    if (found != model_.n() - std::ssize(factor_.outside_integers())) {
      return Fail("not all rows but the exceptional ones passed");
    }
    for (int64_t s = 0; s < found; ++s) {
      const int64_t j = rows[s];
      if (!Counts(j)) continue;
      const Quad residual = static_cast<Quad>(scores[s]) / model_.inverse_deviation()[j];
      const Quad error = residual - (Covariance(query, j) - exact[j]);
      // Almost the covariance that the screen has computed.
      const auto product = static_cast<double>(row.step) * static_cast<double>(factor_.steps()[j]) *
                           static_cast<double>(products[j]);
      const double computed = std::max(static_cast<double>(residual) + product, 0.0);
      const double of_covariance = std::min(static_cast<double>(row.covariance_error),
                                            static_cast<double>(row.covariance_rate) * computed +
                                                static_cast<double>(row.covariance_floor));
      if (!tally_.Count(kind, error, Margin(row, j) + of_covariance, NextToZero(j)))
        return Fail("row " + std::to_string(j));
      // If V is 0, R is the covariance, and its margin is a share of it, however small it is.
      if (exact[j] == 0 && products[j] == 0 &&
          !tally_.Count(kCovariance, error, of_covariance, false)) {
        return Fail("row " + std::to_string(j));
      }
    }
    return true;
  }

  bool FineHold(const QueryIntegers& row, const std::vector<Quad>& exact,
                const std::vector<int16_t>& fine, std::vector<int32_t> products) {
    const bool has_fine = factor_.bits() == ElementBits::k8;
    if (has_fine) {
      std::vector<int32_t> candidates(static_cast<size_t>(model_.n()));
      std::iota(candidates.begin(), candidates.end(), 0);
      residual_knn::DotPairRows(fine.data(), factor_.rows16(), factor_.stride16(),
                                candidates.data(), model_.n(), products.data());
    }
    for (int64_t j = 0; j < model_.n(); ++j) {
      if (!Counts(j)) continue;
      // As the scan computes it, in double precision.
      const double product =
          static_cast<double>(products[j]) * row.step16 * static_cast<double>(factor_.steps16()[j]);
      const Quad error = exact[j] - product;  // the covariance is the same in both
      const double margin = factor_.ProductErrorWith(row, j) + LostNorms(row);
      if (!tally_.Count(has_fine ? kFine : kFine16, error, margin, NextToZero(j)))
        return Fail("row " + std::to_string(j));
    }
    return true;
  }

  const ResidualModel& model_;
  int32_t kernel_;
  residual_knn::CovarianceView view_;
  residual_knn::Monitor monitor_;
  QuantizedFit fit_;
  QuantizedV factor_;
  Tally& tally_;
};

std::vector<Query> Loaded(const residual_knn::QuerySet& queries, const ResidualModel& model) {
  residual_knn::Monitor monitor;
  residual_knn::QueryBlock block;
  std::vector<int64_t> which(static_cast<size_t>(queries.size()));
  std::iota(which.begin(), which.end(), int64_t{0});
  queries.Load(which, block, monitor);
  std::vector<Query> loaded;
  for (int64_t q = 0; q < block.count; ++q) {
    if (block.inverse_deviation[q] == 0) continue;  // never quantized
    const double* v = block.v + q * model.m();
    const double* point = block.points.data() + q * model.d();
    loaded.push_back({{v, v + model.m()},
                      {point, point + model.d()},
                      block.norm[q],
                      block.inverse_deviation[q]});
  }
  return loaded;
}

// Rows of the model and, with inducing points, also new points, near to the points and far away.
std::vector<Query> DrawQueries(Random& random, const ResidualModel& model, const Points* points) {
  const std::vector<int64_t> rows = RandomRowNumbers(random, model.n(), kQueriesOfAKind);
  std::vector<Query> queries =
      Loaded(*residual_knn::MakeRowQueries(model, rows.data(), kQueriesOfAKind, false), model);
  if (points == nullptr) return queries;
  Points drawn{kQueriesOfAKind, points->d, {}};
  for (int64_t q = 0; q < drawn.n; ++q) {
    const int64_t row = random.Integer(0, points->n - 1);
    const double nearness = q == 0 ? 1e4 : std::pow(10, random.Uniform(-6, 0.5));
    for (int64_t c = 0; c < points->d; ++c) {
      drawn.values.push_back((*points)(row, c) + nearness * random.Normal());
    }
  }
  const auto set =
      residual_knn::MakeNewPointQueries(model, {drawn.values.data(), drawn.n, drawn.d});
  for (Query& query : Loaded(*set, model)) queries.push_back(std::move(query));
  return queries;
}

bool ModelHolds(const ResidualModel& model, int32_t kernel, const Points* points, Random& random,
                Tally& tally) {
  residual_knn::Monitor monitor;
  if (!QuantizedFit(model, monitor).bits16) {
    ++tally.unfit_models;
    return true;
  }
  ++tally.models;
  const std::vector<Query> queries = DrawQueries(random, model, points);
  for (const ElementBits bits : {ElementBits::k8, ElementBits::k16}) {
    Case c(model, kernel, bits, tally);
    constexpr int64_t kFew = 10;
    if (!c.RowsHold() || !c.RestsHold(kFew)) return false;
    for (const Query& query : queries) {
      if (!c.QueryHolds(query)) return false;
    }
    const int64_t row = c.CoarsestRow();
    if (row < 0) continue;
    if (!c.QueryHolds(c.WorstFor(row, false))) return false;
    if (bits == ElementBits::k8 && !c.QueryHolds(c.WorstFor(row, true))) return false;
  }
  return true;
}

constexpr std::array<int32_t, 4> kKernels = {RESIDUAL_KNN_SQUARED_EXPONENTIAL,
                                             RESIDUAL_KNN_MATERN12, RESIDUAL_KNN_MATERN32,
                                             RESIDUAL_KNN_MATERN52};

// Few enough inducing points that there is residual variance. The points include some of them, and points far from all.
EngineSpec DrawSpec(Random& random) {
  EngineSpec spec;
  spec.kernel = kKernels[static_cast<size_t>(random.Integer(0, 3))];
  const int64_t d = random.Integer(1, 6);
  const int64_t n = random.Integer(1, 250);
  const int64_t m = random.LogInteger(16, 140);
  const double extent = std::exp(random.Uniform(0, 4)) * std::sqrt(static_cast<double>(d));
  const auto shape = random.Chance(0.3) ? Shape::kClustered : Shape::kUniform;
  spec.points = RandomPoints(random, shape, n, d);
  spec.inducing = RandomPoints(random, Shape::kUniform, m, d);
  for (double& x : spec.points.values) x *= extent;
  for (double& x : spec.inducing.values) x *= extent;
  for (int64_t i = 0; i < n / 20; ++i) {
    const int64_t row = random.Integer(0, n - 1);
    const int64_t inducing = random.Integer(0, m - 1);
    const int64_t kind = random.Integer(0, 2);
    for (int64_t c = 0; c < d; ++c) {
      if (kind == 0) spec.points(row, c) = spec.inducing(inducing, c);
      if (kind == 1) spec.points(row, c) *= 100;
      if (kind == 2) spec.points(row, c) = spec.points(i, c);
    }
  }
  spec.jitter = std::pow(10, random.Uniform(-15, -4));
  spec.nugget = random.Chance(0.2) ? std::pow(10, random.Uniform(-9, 1)) : 0;
  return spec;
}

bool EngineModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  try {
    return ModelHolds(MakeEngineModel(spec), spec.kernel, &spec.points, random, tally) ||
           Fail(seed, spec.Describe());
  } catch (const residual_knn::Error& error) {
    ++tally.refused;
    return error.status() == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE || Fail(seed, error.what());
  }
}

// V and p from a caller: zeros, spikes, equal or decaying entries, p of any size, any variance.
bool GivenModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const int64_t d = random.Integer(1, 6);
  const int64_t n = random.Integer(1, 250);
  const int64_t m = random.Integer(16, 140);
  residual_knn::CovarianceParameters parameters;
  parameters.kernel = kKernels[static_cast<size_t>(random.Integer(0, 3))];
  parameters.variance = std::pow(10, random.Uniform(-11, 11));
  Points points = RandomPoints(random, Shape::kNormal, n, d);
  for (double& x : points.values) x *= std::exp(random.Uniform(-2, 1));
  std::vector<double> factor;
  std::vector<double> p;
  for (int64_t i = 0; i < n; ++i) {
    std::vector<double> v(static_cast<size_t>(m), 0.0);
    const int64_t kind = random.Integer(0, 9);
    for (double& x : v) {
      if (kind > 1) x = random.Normal() * (kind < 5 ? std::exp(random.Uniform(-20, 0)) : 1);
      if (kind == 9) x = 1;
    }
    if (kind == 1) v[static_cast<size_t>(random.Integer(0, m - 1))] = 1;
    const double rest =
        random.Chance(0.03) ? std::pow(10, random.Uniform(-18, -4)) : random.Uniform(0.2, 1);
    const double scale = kind == 0 ? 0 : std::sqrt(parameters.variance * (1 - rest)) / NormOf(v);
    for (const double x : v) factor.push_back(x * scale);
    p.push_back(parameters.variance * (kind == 0 ? 1 : rest));
  }
  const ResidualModel model = MakeGivenModel(parameters, points, factor, m, p, 1e-10);
  return ModelHolds(model, parameters.kernel, nullptr, random, tally) ||
         Fail(seed, "given V, n = " + std::to_string(n) + ", d = " + std::to_string(d) + ", m = " +
                        std::to_string(m) + ", kernel " + std::to_string(parameters.kernel));
}

void TestMargins(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const int64_t models = run.Cases(kUsualModels);
  Tally tally;
  bool holds = true;
  for (int64_t i = 0; i < models && holds; ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    holds = i % 3 == 2 ? GivenModelHolds(seed, tally) : EngineModelHolds(seed, tally);
  }
  tally.Print();
  assert_true(holds);
  if (models < 20) {
    print_message("not checked: that mutated margins are too little; fewer than 20 models\n");
    return;
  }
  assert_true(tally.models * 2 > models && tally.exceptional > 0 && tally.degenerate > 0);
  assert_true(tally.zeros > 0 && tally.unfit_queries > 0);
  for (int kind = 0; kind < kNumKinds; ++kind) {
    holds = tally.shares[kind] > kMutations[kind] ||
            Fail(std::string("a mutated margin is never too little: ") + kKindNames[kind]);
    assert_true(holds);
  }
}

// ------------------------------------------------------------------------- what uses one term of a margin

// Models in which one part of a margin is next to nothing, and errors are what another part is for.

using residual_knn::CovarianceParameters;

// A query at a point, with this V.
Query MakeQuery(const ResidualModel& model, std::vector<double> v, std::vector<double> point) {
  Query query;
  query.norm = NormOf(v);
  query.v = std::move(v);
  query.point = std::move(point);
  query.inverse_deviation = 1 / std::sqrt(model.covariance()->variance());
  return query;
}

// Whether the margins hold in scans with either kind of integers.
bool QueriesHold(const ResidualModel& model, int32_t kernel, const std::vector<Query>& queries,
                 Tally& tally) {
  ++tally.models;
  residual_knn::Monitor monitor;
  if (!QuantizedFit(model, monitor).bits16) return Fail("integers do not suit the model");
  for (const ElementBits bits : {ElementBits::k8, ElementBits::k16}) {
    Case c(model, kernel, bits, tally);
    if (!c.RowsHold() || !c.RestsHold(model.n())) return false;
    for (const Query& query : queries) {
      if (!c.QueryHolds(query)) return false;
    }
  }
  return tally.unfit_queries == 0 || Fail("integers do not suit a query");
}

constexpr int64_t kLeastColumns = 16;  // fewer are not screened in integers

// Rows with V = 0 at some points, so that R is K. There are as many rows at 0, which is then the origin of all
// coordinates. One of them has a V, without which there are no integers.
ResidualModel CovarianceModel(int32_t kernel, double variance, const Points& points) {
  CovarianceParameters parameters;
  parameters.kernel = kernel;
  parameters.variance = variance;
  Points all(points);
  all.n = 2 * points.n;
  all.values.resize(static_cast<size_t>(all.n * all.d), 0.0);
  std::vector<double> factor(static_cast<size_t>((all.n - 1) * kLeastColumns), 0.0);
  factor.insert(factor.end(), kLeastColumns, 0.02);
  const std::vector<double> p(static_cast<size_t>(all.n), variance);
  return MakeGivenModel(parameters, all, factor, kLeastColumns, p, 1e-10);
}

// Queries with V = 0.
bool CovariancesHold(int32_t kernel, double variance, const Points& points, const Points& queries,
                     Tally& tally) {
  const ResidualModel model = CovarianceModel(kernel, variance, points);
  std::vector<Query> asked;
  for (int64_t q = 0; q < queries.n; ++q) {
    const auto begin = queries.values.begin() + static_cast<std::ptrdiff_t>(q * queries.d);
    asked.push_back(MakeQuery(model, std::vector<double>(kLeastColumns, 0.0),
                              {begin, begin + static_cast<std::ptrdiff_t>(queries.d)}));
  }
  return QueriesHold(model, kernel, asked, tally);
}

// Prints how much of the margin for covariances was used; false if enough models used less than `least`.
bool Used(const char* term, const Tally& tally, bool enough, double least) {
  const double share = tally.shares[kCovariance];
  std::printf("%s: up to %.4f of the margin used\n", term, share);
  return !enough || share > least || Fail("the test is too weak");
}

// Points so near to 0 that coordinates are exact to much less than 2^-24: what remains are the roundings of the
// evaluation, which are some units and not d + 24.
bool EvaluationHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const int64_t d = random.Integer(1, 6);
  const int32_t kernel = kKernels[static_cast<size_t>(random.Integer(0, 3))];
  Points points = RandomPoints(random, Shape::kNormal, 60, d);
  for (double& x : points.values) x *= 0.01;
  return CovariancesHold(kernel, random.Uniform(1, 1.4), points, RandomRowsOf(random, points, 4),
                         tally) ||
         Fail(seed, "d = " + std::to_string(d) + ", kernel " + std::to_string(kernel));
}

// Points near to each other and far from 0, just above a power of two: there single precision rounds coordinates most.
bool ShiftHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const int64_t d = random.Integer(1, 6);
  Points points = RandomPoints(random, Shape::kUniform, 60, d);
  for (double& x : points.values) x = 4096 + 0.01 * x;
  return CovariancesHold(RESIDUAL_KNN_MATERN12, 1, points, RandomRowsOf(random, points, 4),
                         tally) ||
         Fail(seed, "d = " + std::to_string(d));
}

// The same, but points and queries are far from each other, so that the margin is a share of K. Points are rounded down, and
// queries up, by nearly half the spacing of single precision.
bool FarShiftHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const auto family = static_cast<size_t>(random.Integer(0, 3));
  constexpr std::array<double, 4> kDistances = {9, 40, 25, 20};  // K is about 1e-18
  constexpr double kSpacing = 0x1p-11;                           // from 4096 to 8192
  constexpr double kRounded = 0.499;
  Points points{0, 1, {}};
  Points queries(points);
  for (; points.n < 4; ++points.n, ++queries.n) {
    const auto step = static_cast<double>(random.Integer(0, 20));
    points.values.push_back(4096 + (step + kRounded) * kSpacing);
    queries.values.push_back(4096 + kDistances[family] - (step + kRounded) * kSpacing);
  }
  return CovariancesHold(kKernels[family], 1, points, queries, tally) ||
         Fail(seed, "kernel " + std::to_string(kKernels[family]));
}

// Coordinates x, exact in single precision, such that each of the sums of (x - (-x))^2 rounds upwards by nearly as much
// as it can, with and without fused multiply-adds. The squared distance of x and -x is about `square`.
std::vector<double> RoundedUpwards(Random& random, int64_t d, double square) {
  constexpr int kTries = 200;
  const double typical = std::sqrt(square / static_cast<double>(d)) / 2;
  float fused = 0;
  float plain = 0;
  std::vector<double> coordinates;
  for (int64_t c = 0; c < d; ++c) {
    float best = 0;
    double most = -1;
    for (int i = 0; i < kTries; ++i) {
      const auto x = static_cast<float>(typical * random.Uniform(0.95, 1.05));
      const double difference = 2 * static_cast<double>(x);
      const double exact = difference * difference;
      const auto up = [&](float sum, float next) {
        return static_cast<double>(next) - static_cast<double>(sum) - exact;
      };
      const double least = std::min(up(fused, std::fma(2 * x, 2 * x, fused)),
                                    up(plain, plain + static_cast<float>(exact)));
      if (least > most || i == 0) {
        most = least;
        best = x;
      }
    }
    fused = std::fma(2 * best, 2 * best, fused);
    plain += 2 * best * (2 * best);
    coordinates.push_back(static_cast<double>(best));
  }
  return coordinates;
}

// Points of many coordinates at exponents of 80, and of 20 or 40 from the rows at 0, which are at half the distance: the
// relative rounding of the squared distance, some d / 3 units, is multiplied by the exponent. At 80, covariance_floor is
// most of the margin.
bool ExponentHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  constexpr int64_t kDimensions = 100;
  constexpr double kExponent = 80;
  const int32_t kernel =
      random.Chance(0.5) ? RESIDUAL_KNN_SQUARED_EXPONENTIAL : RESIDUAL_KNN_MATERN12;
  const double square = kernel == RESIDUAL_KNN_MATERN12 ? kExponent * kExponent : 2 * kExponent;
  Points points{0, kDimensions, {}};
  Points queries(points);
  for (; points.n < 4; ++points.n, ++queries.n) {
    for (const double x : RoundedUpwards(random, kDimensions, square)) {
      points.values.push_back(x);
      queries.values.push_back(-x);
    }
  }
  return CovariancesHold(kernel, 1, points, queries, tally) ||
         Fail(seed, "kernel " + std::to_string(kernel));
}

void TestCovarianceTerms(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  constexpr int64_t kModels = 20;
  const bool enough = run.HasUsualCases(kModels);
  Tally evaluation;
  assert_true(SeedsHold(run, kModels, [&](uint64_t s) { return EvaluationHolds(s, evaluation); }));
  assert_true(Used("evaluation", evaluation, enough, 0.05));
  Tally shift;
  assert_true(SeedsHold(run, kModels, [&](uint64_t s) { return ShiftHolds(s, shift); }));
  assert_true(Used("coordinates", shift, enough, 0.3));
  Tally far_shift;
  assert_true(SeedsHold(run, kModels, [&](uint64_t s) { return FarShiftHolds(s, far_shift); }));
  assert_true(Used("coordinates of far points", far_shift, enough, 0.4));
  Tally exponent;
  assert_true(SeedsHold(run, kModels / 4, [&](uint64_t s) { return ExponentHolds(s, exponent); }));
  assert_true(Used("exponents", exponent, enough, 0.05));
}

// Rows with one entry, and a query with one, whose products are rounded a little upwards in integers: by 2^-22 for each
// factor, to which rests amount exactly. The roundings in single precision come on top of it.
bool SpikesHold(uint64_t seed, Tally& tally) {
  Random random(seed);
  constexpr int64_t kRows = 100;
  CovarianceParameters parameters;
  parameters.kernel = RESIDUAL_KNN_MATERN12;
  const Points points = RandomPoints(random, Shape::kUniform, kRows, 2);
  std::vector<double> factor(kRows * kLeastColumns, 0.0);
  for (int64_t i = 0; i < kRows; ++i) factor[i * kLeastColumns] = random.Uniform(0.5, 0.85);
  // A quarter: 1 / sqrt(p) is exact, and its product with R, too.
  const std::vector<double> p(kRows, 0.25);
  const ResidualModel model = MakeGivenModel(parameters, points, factor, kLeastColumns, p, 1e-10);
  std::vector<Query> queries;
  for (int64_t q = 0; q < 5; ++q) {
    std::vector<double> v(kLeastColumns, 0.0);
    v[0] = random.Uniform(0.5, 0.85);
    queries.push_back(MakeQuery(model, v, {200, static_cast<double>(q)}));  // K is 0
  }
  return QueriesHold(model, parameters.kernel, queries, tally) || Fail(seed, "spikes");
}

// Rows that are multiples of their step after the rotation, but for roundings. Their norm is such that the step is 2^-16:
// 46000 steps, less the 2^-22 by which a step is rounded up. One entry of V is the next number: if m is a power of 4,
// nothing else is rounded, and sums in the rotation lose a part of that difference, so that |D| seems to be less than it
// is.
bool MultiplesHold(uint64_t seed, Tally& tally) {
  Random random(seed);
  constexpr int64_t kRows = 20;
  const int64_t m = random.Chance(0.5) ? random.Integer(kLeastColumns, 140) : 64;
  const double norm = 46000 * (1 - 0x1p-22);
  std::vector<double> factor;
  for (int64_t i = 0; i < kRows; ++i) {
    std::vector<double> integers;
    double square = 0;
    const double typical = norm / std::sqrt(static_cast<double>(m));
    for (int64_t e = 0; e + 4 < m; ++e) {
      integers.push_back(std::round(typical * random.Uniform(0.9, 1)));
      square += integers.back() * integers.back();
    }
    // What is left is a sum of four squares but for less than one.
    for (int64_t e = 0; e < 4; ++e) {
      const double left = std::max(norm * norm - square, 0.0) / (e == 0 ? 2 : 1);
      integers.push_back(std::floor(std::sqrt(left)));
      square += integers.back() * integers.back();
    }
    QuadRow rotated;
    for (const double x : integers) {
      rotated.push_back(static_cast<Quad>(random.Chance(0.5) ? x : -x) * 0x1p-16);
    }
    for (const Quad x : Rotated(rotated, true)) factor.push_back(static_cast<double>(x));
    double& moved = factor[static_cast<size_t>(i * m + random.Integer(0, m - 1))];
    moved = std::nextafter(moved, random.Chance(0.5) ? 1 : -1);
  }
  CovarianceParameters parameters;
  parameters.kernel = RESIDUAL_KNN_MATERN12;
  const Points points = RandomPoints(random, Shape::kUniform, kRows, 2);
  const std::vector<double> p(kRows, 0.5);
  const ResidualModel model = MakeGivenModel(parameters, points, factor, m, p, 1e-10);
  return QueriesHold(model, parameters.kernel, {}, tally) ||
         Fail(seed, "multiples, m = " + std::to_string(m));
}

void TestProductTerms(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally spikes;
  assert_true(SeedsHold(run, 5, [&](uint64_t seed) { return SpikesHold(seed, spikes); }));
  Tally multiples;
  assert_true(SeedsHold(run, 40, [&](uint64_t seed) { return MultiplesHold(seed, multiples); }));
  std::printf(
      "spikes: up to %.4f of the margin of R used; multiples: up to %.4f of that of a rest\n",
      spikes.shares[kResidual16], multiples.shares[kRest]);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestMargins, &run),
      cmocka_unit_test_prestate(TestCovarianceTerms, &run),
      cmocka_unit_test_prestate(TestProductTerms, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
