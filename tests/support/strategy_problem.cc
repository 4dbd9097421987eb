#include "support/strategy_problem.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <sstream>

namespace residual_knn_test {
namespace {

constexpr double kMostJitter = 1e-2;

constexpr const char* kEntranceNames[] = {"inducing points", "own V", "callback"};
constexpr const char* kCloudNames[] = {"uniform",   "clusters",        "line",  "grid",
                                       "identical", "near duplicates", "sorted"};

// Sizes at which the tree gets one more leaf, one more block or one more stage.
constexpr int64_t kEdges[] = {128, 256, 1024, 1026, 2048, 2051, 4096};

// The covariances from the callback agree with those in V only up to rounding. A factor_error of at least this covers
// the difference.
constexpr double kLeastFactorJitter = 1e-8;

Points SortedByFirst(const Points& points) {
  std::vector<int64_t> order(points.n);
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return points(a, 0) < points(b, 0); });
  Points sorted{points.n, points.d, {}};
  for (const int64_t row : order) {
    for (int64_t c = 0; c < points.d; ++c) sorted.values.push_back(points(row, c));
  }
  return sorted;
}

}  // namespace

StrategyProblem::StrategyProblem(uint64_t seed) {
  Random random(seed);
  // Most indexes are made from inducing points.
  entrance_ = random.Chance(0.5) ? Entrance::kInducing
                                 : static_cast<Entrance>(random.Integer(0, kNumEntrances - 1));
  cloud_ = static_cast<Cloud>(random.Integer(0, kNumClouds - 1));
  spoiled_ = random.Chance(0.25);
  model_.points.n = DrawSize(random);
  model_.points.d = random.Integer(1, random.Chance(0.7) ? 3 : 6);
  DrawPoints(random);
  DrawKernel(random);
  DrawInducing(random);
  if (entrance_ == Entrance::kInducing) {
    index_ = CreateFromInducing(model_.points, kMostJitter);
  } else {
    CreateFromFactor(random);
  }
  if (index_) DrawQuestions(random);
  Describe();
}

int64_t StrategyProblem::DrawSize(Random& random) {
  // Small indexes are searched without a tree, but most should have one.
  if (random.Chance(0.1)) return random.LogInteger(1, 300);
  if (random.Chance(0.25)) {
    const int64_t edge = kEdges[random.Integer(0, std::ssize(kEdges) - 1)];
    return edge + random.Integer(-2, 2);
  }
  // Only at these sizes do predecessors use more than one tree.
  if (random.Chance(0.015)) return random.Integer(16380, 20000);
  return random.LogInteger(1030, 3000);
}

Points StrategyProblem::DrawCloud(Random& random, int64_t n) const {
  const int64_t d = model_.points.d;
  switch (cloud_) {
    case Cloud::kUniform:
      return RandomPoints(random, Shape::kUniform, n, d);
    case Cloud::kClusters:
      return RandomPoints(random, Shape::kClustered, n, d);
    case Cloud::kGrid: {
      Points points{n, d, {}};
      const auto side = static_cast<int64_t>(
          std::ceil(std::pow(static_cast<double>(n), 1 / static_cast<double>(d)) * 0.9));
      for (int64_t i = 0; i < n * d; ++i) {
        // Binary fractions, so that equal distances are equal to the last bit.
        points.values.push_back(static_cast<double>(random.Integer(0, side)) / 64);
      }
      return points;
    }
    case Cloud::kLine: {
      Points points{n, d, {}};
      for (int64_t i = 0; i < n; ++i)
        points.values.insert(points.values.end(), d, random.Uniform());
      return points;
    }
    case Cloud::kIdentical:
      return {n, d, std::vector<double>(n * d, 0.25)};
    case Cloud::kNearDuplicates: {
      Points points = RandomPoints(random, Shape::kUniform, n, d);
      const double spread = std::pow(10, random.Uniform(-12, -3));
      for (int64_t i = 0; i < n; ++i) {
        if (!random.Chance(0.3)) continue;
        for (int64_t c = 0; c < d; ++c) points(i, c) = 0.5 + spread * random.Normal();
      }
      return points;
    }
    case Cloud::kSorted:
      return SortedByFirst(RandomPoints(random, Shape::kUniform, n, d));
  }
  return {};
}

void StrategyProblem::DrawPoints(Random& random) {
  model_.points = DrawCloud(random, model_.points.n);
  // Some exact duplicates.
  if (!random.Chance(0.2)) return;
  for (int64_t i = 0; i < n(); ++i) {
    if (!random.Chance(0.1)) continue;
    const int64_t twin = random.Integer(0, n() - 1);
    for (int64_t c = 0; c < model_.points.d; ++c) model_.points(i, c) = model_.points(twin, c);
  }
}

void StrategyProblem::DrawKernel(Random& random) {
  Kernel& kernel = model_.kernel;
  constexpr int32_t kFamilies[] = {RESIDUAL_KNN_SQUARED_EXPONENTIAL,
                                   RESIDUAL_KNN_MATERN12,
                                   RESIDUAL_KNN_MATERN32,
                                   RESIDUAL_KNN_MATERN52,
                                   RESIDUAL_KNN_RATIONAL_QUADRATIC,
                                   RESIDUAL_KNN_MATERN};
  // The Bessel functions of the test's own callback are slow.
  const int last = entrance_ == Entrance::kCallback ? 4 : 5;
  kernel.family = kFamilies[random.Integer(0, last)];
  if (random.Chance(0.4)) kernel.variance = std::exp(random.Uniform(-3, 3));
  kernel.nu = std::exp(random.Uniform(-1, 1.2));
  kernel.alpha = std::exp(random.Uniform(-1, 3));
  kernel.lengthscales.assign(random.Chance(0.5) ? 1 : model_.points.d, 0.0);
  const double side = std::pow(static_cast<double>(n()), 1 / static_cast<double>(model_.points.d));
  const double extent = cloud_ == Cloud::kGrid ? side / 64 : 1;
  // Sometimes almost no points are correlated, and row numbers decide.
  const double smallest = random.Chance(0.12) ? -16 : -3.5;
  const double typical = extent * std::exp(random.Uniform(smallest, 0.7));
  for (double& value : kernel.lengthscales) value = typical * std::exp(random.Uniform(-0.4, 0.4));
}

void StrategyProblem::DrawInducing(Random& random) {
  const Kernel& kernel = model_.kernel;
  const bool given = entrance_ != Entrance::kInducing;
  int64_t m = random.Chance(0.15) ? 0 : random.LogInteger(1, 80);
  if (spoiled_) m = random.Integer(20, 100);
  model_.jitter = std::pow(10, random.Uniform(-10, -4));
  if (spoiled_) model_.jitter = random.Chance(0.3) ? 0 : std::pow(10, random.Uniform(-16, -9));
  if (given) model_.jitter = std::max(model_.jitter, kLeastFactorJitter);
  if (random.Chance(spoiled_ ? 0.2 : 0.3)) {
    model_.nugget = kernel.variance * std::pow(10, random.Uniform(-12, 0));
  }
  if (spoiled_ && random.Chance(0.5)) {
    // A kernel so smooth that the inducing points explain all of it.
    model_.kernel.family = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
    for (double& value : model_.kernel.lengthscales) value *= 4;
  }
  if (m == 0) {
    model_.inducing = {0, model_.points.d, {}};
    return;
  }
  // Inducing points among the points, where the residual variance is almost 0.
  model_.inducing = random.Chance(spoiled_ ? 0.8 : 0.4) ? RandomRowsOf(random, model_.points, m)
                                                        : DrawCloud(random, m);
}

IndexHandle StrategyProblem::CreateComputing() const {
  if (entrance_ != Entrance::kInducing) return nullptr;
  return CreateFromInducing(model_.points, kMostJitter, RESIDUAL_KNN_FACTOR_COMPUTED);
}

IndexHandle StrategyProblem::CreateFromInducing(const Points& points, double max_jitter,
                                                int32_t storage) const {
  residual_knn_model_options options = ModelOptions(model_, RESIDUAL_KNN_POINT_MAJOR, 1);
  options.factor_storage = storage;
  options.max_jitter = max_jitter;
  residual_knn_index* index = nullptr;
  residual_knn_index_create(points.values.data(), points.n, points.d,
                            model_.kernel.lengthscales.data(),
                            static_cast<int64_t>(model_.kernel.lengthscales.size()),
                            model_.inducing.n > 0 ? model_.inducing.values.data() : nullptr,
                            model_.inducing.n, &options, &index);
  return IndexHandle(index);
}

void StrategyProblem::CreateFromFactor(Random& random) {
  const IndexHandle inducing = CreateFromInducing(model_.points, kMostJitter);
  if (!inducing) return;
  // New points get their V with the same jitter.
  model_.jitter = std::max(model_.jitter, InfoOf(inducing.get()).jitter);
  factor_ = FactorOf(inducing.get());
  factor_error_ = std::pow(10, random.Uniform(-9, -7));
  residual_knn_model_options options = ModelOptions(model_, RESIDUAL_KNN_POINT_MAJOR, 1);
  options.factor_error = factor_error_;
  options.concurrent_callback = random.Chance(0.5) ? 1 : 0;
  if (entrance_ == Entrance::kCallback) {
    callback_ = std::make_unique<CheckedCallback>(model_.kernel, model_.points, nullptr);
    index_ = CreateIndexFromCallback(factor_, *callback_, &options).index;
    return;
  }
  const double* v = factor_.m > 0 ? factor_.v.data() : nullptr;
  residual_knn_index* index = nullptr;
  residual_knn_index_create_from_factor(v, factor_.m, factor_.p.data(), model_.points.values.data(),
                                        n(), model_.points.d, model_.kernel.lengthscales.data(),
                                        static_cast<int64_t>(model_.kernel.lengthscales.size()),
                                        &options, &index);
  index_.reset(index);
}

void StrategyProblem::DrawQuestions(Random& random) {
  questions_.push_back(DrawRows(random, QueryKind::kNeighbors));
  questions_.push_back(DrawRows(random, QueryKind::kPredecessors));
  questions_.push_back(DrawNew(random));
}

int32_t StrategyProblem::DrawNeighbors(Random& random, const Question& question) const {
  const bool few = question.count() * n() < 500'000;
  if (few && random.Chance(0.15)) {
    return static_cast<int32_t>(std::max<int64_t>(n() - 1 + random.Integer(-1, 4), 1));
  }
  return static_cast<int32_t>(random.LogInteger(1, 50));
}

Question StrategyProblem::DrawRows(Random& random, QueryKind kind) const {
  Question question;
  question.kind = kind;
  question.all_rows = n() < 5000 && random.Chance(0.35);
  if (question.all_rows) {
    question.rows.resize(n());
    std::iota(question.rows.begin(), question.rows.end(), int64_t{0});
  } else {
    question.rows = RandomRowNumbers(random, n(), random.LogInteger(1, 300));
  }
  question.k = DrawNeighbors(random, question);
  return question;
}

Question StrategyProblem::DrawNew(Random& random) const {
  Question question;
  question.kind = entrance_ == Entrance::kInducing ? QueryKind::kNewPoints : QueryKind::kNewFactor;
  const int64_t count = random.LogInteger(1, 200);
  question.queries = DrawCloud(random, count);
  // Some at a point or an inducing point, some far from all.
  for (int64_t q = 0; q < count; ++q) {
    const int64_t kind = random.Integer(0, 7);
    for (int64_t c = 0; c < question.queries.d; ++c) {
      if (kind == 0) question.queries(q, c) = model_.points(q % n(), c);
      if (kind == 1 && model_.inducing.n > 0) {
        question.queries(q, c) = model_.inducing(q % model_.inducing.n, c);
      }
      if (kind == 2) question.queries(q, c) += 3;
    }
  }
  if (question.kind == QueryKind::kNewFactor) {
    question.callback_index = entrance_ == Entrance::kCallback;
    question.query_factor = FactorOf(CreateFromInducing(question.queries, 0).get());
  }
  question.k = DrawNeighbors(random, question);
  return question;
}

void StrategyProblem::Describe() {
  std::ostringstream text;
  const Kernel& kernel = model_.kernel;
  text << kEntranceNames[static_cast<int>(entrance_)] << ", "
       << kCloudNames[static_cast<int>(cloud_)] << (spoiled_ ? ", spoiled" : "") << ": n=" << n()
       << " d=" << model_.points.d << " m=" << model_.inducing.n << " kernel=" << kernel.family
       << " variance=" << kernel.variance << " lengthscale=" << kernel.lengthscales[0]
       << " nugget=" << model_.nugget << " jitter=" << model_.jitter
       << " factor_error=" << factor_error_;
  description_ = text.str();
}

}  // namespace residual_knn_test
