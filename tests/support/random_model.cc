#include "support/random_model.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <sstream>

namespace residual_knn_test {
namespace {

// A typical distance of points of the shape, so that correlations are neither all 0 nor all 1.
double SpreadOf(Shape shape, int64_t n, int64_t d) {
  switch (shape) {
    case Shape::kNormal:
      return 3;
    case Shape::kGrid:
      return 1 + std::pow(static_cast<double>(n), 1 / static_cast<double>(d)) / 2;
    default:
      return 1;
  }
}

// Far from the origin, as projected coordinates are.
void Translate(Points& points, double offset) {
  for (double& value : points.values) value += offset;
}

}  // namespace

RandomModel DrawModel(Random& random, const ModelLimits& limits) {
  RandomModel drawn;
  Model& model = drawn.model;
  Kernel& kernel = model.kernel;
  kernel.family = static_cast<int32_t>(random.Integer(0, kNumFamilies - 1));
  const bool is_bessel = kernel.family == RESIDUAL_KNN_MATERN;
  // The Bessel functions of the reference are slow.
  const int64_t n =
      random.LogInteger(1, std::min<int64_t>(limits.largest_n, is_bessel ? 150 : limits.largest_n));
  const int64_t d = random.Integer(1, limits.largest_d);
  drawn.shape = static_cast<Shape>(random.Integer(0, kNumShapes - 1));
  model.points = RandomPoints(random, drawn.shape, n, d);
  if (random.Chance(0.5)) kernel.variance = std::exp(random.Uniform(-3, 3));
  kernel.nu = random.Chance(0.2) ? 0.5 + static_cast<double>(random.Integer(0, 3))
                                 : std::exp(random.Uniform(-1.2, 2.5));
  kernel.alpha = std::exp(random.Uniform(-2, 3));
  kernel.lengthscales = RandomLengthscales(random, d, random.Chance(0.5));
  const double spread = SpreadOf(drawn.shape, n, d);
  for (double& lengthscale : kernel.lengthscales) lengthscale *= spread;
  if (random.Chance(0.3)) model.nugget = kernel.variance * std::pow(10, random.Uniform(-4, 0));
  model.jitter = std::pow(10, random.Uniform(-9, -4));
  if (random.Chance(0.3)) model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;

  const int64_t m = random.Chance(0.2)
                        ? 0
                        : random.Integer(1, is_bessel ? std::min<int64_t>(limits.largest_m, 25)
                                                      : limits.largest_m);
  if (m == 0) {
    model.inducing = {0, d, {}};
  } else if (random.Chance(0.6)) {
    model.inducing = RandomRowsOf(random, model.points, m);
  } else {
    model.inducing = RandomPoints(random, drawn.shape, m, d);
  }

  drawn.offset = random.Chance(0.2) ? std::round(random.Uniform(-1e7, 1e7)) : 0;
  Translate(model.points, drawn.offset);
  Translate(model.inducing, drawn.offset);

  std::ostringstream text;
  text << "n=" << n << " d=" << d << " m=" << m << " kernel=" << kernel.family << " "
       << ShapeName(drawn.shape) << " variance=" << kernel.variance << " nu=" << kernel.nu
       << " alpha=" << kernel.alpha << " nugget=" << model.nugget << " jitter=" << model.jitter
       << " lengthscales=" << kernel.lengthscales.size() << " offset=" << drawn.offset;
  drawn.description = text.str();
  return drawn;
}

Model PlainModel(Random& random, int64_t n, int64_t m) {
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomPoints(random, Shape::kUniform, m, 2);
  model.kernel.lengthscales = {0.2};
  return model;
}

Question DrawQuestion(Random& random, const RandomModel& model) {
  const int64_t n = model.model.points.n;
  Question question;
  question.k = static_cast<int32_t>(random.Chance(0.1) ? n + random.Integer(0, 5)
                                                       : random.LogInteger(1, 40));
  const int64_t kind = random.Integer(0, 4);
  if (kind == 4) {
    question.kind = QueryKind::kNewPoints;
    const int64_t count = random.LogInteger(1, 80);
    question.queries = RandomPoints(random, model.shape, count, model.model.points.d);
    Translate(question.queries, model.offset);
    // Some of them at an index point.
    for (int64_t q = 0; q < count; q += 5) {
      const int64_t row = random.Integer(0, n - 1);
      for (int64_t c = 0; c < question.queries.d; ++c) {
        question.queries(q, c) = model.model.points(row, c);
      }
    }
    return question;
  }
  question.kind = kind < 2 ? QueryKind::kNeighbors : QueryKind::kPredecessors;
  question.all_rows = kind % 2 == 0;
  if (question.all_rows) {
    question.rows.resize(n);
    std::iota(question.rows.begin(), question.rows.end(), int64_t{0});
  } else {
    question.rows = RandomRowNumbers(random, n, random.LogInteger(1, 200));
  }
  return question;
}

Manner DrawManner(Random& random, int64_t n, int32_t ranking) {
  Manner manner;
  manner.ranking = ranking;
  manner.layout = random.Chance(0.5) ? RESIDUAL_KNN_DIMENSION_MAJOR : RESIDUAL_KNN_POINT_MAJOR;
  manner.strategy = kAllStrategies[random.Integer(0, std::ssize(kAllStrategies) - 1)];
  constexpr int32_t kThreads[] = {0, 1, 2, 5};
  manner.threads = kThreads[random.Integer(0, 3)];
  if (random.Chance(0.7)) manner.tile_queries = random.LogInteger(1, n + 10);
  if (random.Chance(0.7)) manner.tile_candidates = random.LogInteger(1, n + 10);
  manner.int32_rows = random.Chance(0.5);
  manner.base = static_cast<int32_t>(random.Integer(0, 1));
  constexpr int32_t kMissing[] = {-1, std::numeric_limits<int32_t>::min(),
                                  std::numeric_limits<int32_t>::max()};
  const int64_t choice = random.Integer(0, 3);
  manner.missing = choice < 3 ? kMissing[choice] : manner.base - 1;
  return manner;
}

std::string Describe(const Question& question) {
  constexpr const char* kNames[] = {"neighbors", "predecessors", "new points", "new factor"};
  return std::string(kNames[static_cast<int>(question.kind)]) +
         (question.all_rows ? " of all rows" : " of " + std::to_string(question.count())) +
         ", k=" + std::to_string(question.k);
}

std::string Describe(const Manner& manner) {
  std::ostringstream text;
  text << "ranking=" << manner.ranking << " layout=" << manner.layout
       << " strategy=" << manner.strategy << " threads=" << manner.threads
       << " tile=" << manner.tile_queries << "x" << manner.tile_candidates;
  if (manner.int32_rows) text << " int32 base=" << manner.base << " missing=" << manner.missing;
  return text.str();
}

}  // namespace residual_knn_test
