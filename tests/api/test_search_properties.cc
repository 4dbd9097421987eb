// Compares random models, questions and options with the definition of the distance.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "support/answer_check.h"
#include "support/checked_callback.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

int32_t DrawLayout(Random& random) {
  return random.Chance(0.5) ? RESIDUAL_KNN_DIMENSION_MAJOR : RESIDUAL_KNN_POINT_MAJOR;
}

int32_t DrawRanking(Random& random) {
  return random.Chance(0.4) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE;
}

int64_t PairsOf(const Question& question, int64_t n) {
  int64_t pairs = 0;
  for (int64_t q = 0; q < question.count(); ++q) {
    if (question.kind == QueryKind::kNeighbors) {
      pairs += n - 1;
    } else if (question.kind == QueryKind::kPredecessors) {
      pairs += question.rows[q];
    } else {
      pairs += n;
    }
  }
  return pairs;
}

std::string CheckStatistics(const Answer& answer, const Question& question, const Manner& manner,
                            int64_t n) {
  const residual_knn_statistics& found = answer.statistics;
  if (found.strategy == RESIDUAL_KNN_AUTOMATIC) return "statistics: strategy was not told";
  const bool repeated = found.reason == RESIDUAL_KNN_REASON_REPEATED_POINTS &&
                        found.strategy == RESIDUAL_KNN_BRUTE_FORCE;
  if (manner.strategy != RESIDUAL_KNN_AUTOMATIC && found.strategy != manner.strategy && !repeated) {
    return "statistics: strategy " + std::to_string(found.strategy);
  }
  if (found.queries != question.count()) {
    return "statistics: queries " + std::to_string(found.queries);
  }
  if (found.pairs != PairsOf(question, n)) {
    return "statistics: pairs " + std::to_string(found.pairs) + " instead of " +
           std::to_string(PairsOf(question, n));
  }
  if (found.threads < 1 || (manner.threads > 0 && found.threads > manner.threads)) {
    return "statistics: threads " + std::to_string(found.threads);
  }
  if (!(found.seconds >= 0) || found.pairs_rescored < 0 || found.pairs_scored < 0) {
    return "statistics: negative";
  }
  if (found.strategy == RESIDUAL_KNN_BRUTE_FORCE && found.pairs_scored < found.pairs) {
    return "statistics: brute force scored " + std::to_string(found.pairs_scored) + " of " +
           std::to_string(found.pairs);
  }
  return "";
}

// Among identical points, the smaller rows come first: a row may be returned only if every earlier candidate with the
// same coordinates is returned.
std::string CheckIdenticalPoints(const Points& points, const Question& question,
                                 const Answer& answer) {
  std::vector<int64_t> previous(points.n, -1);  // the last row before with the same coordinates
  for (int64_t i = 0; i < points.n; ++i) {
    for (int64_t j = i - 1; j >= 0 && previous[i] < 0; --j) {
      if (std::memcmp(&points.values[i * points.d], &points.values[j * points.d],
                      points.d * sizeof(double)) == 0) {
        previous[i] = j;
      }
    }
  }
  for (int64_t q = 0; q < question.count(); ++q) {
    const int64_t* begin = answer.neighbors.data() + q * answer.k;
    const int64_t self = question.rows.empty() ? -1 : question.rows[q];
    for (int64_t rank = 0; rank < answer.k && begin[rank] >= 0; ++rank) {
      int64_t twin = previous[begin[rank]];
      if (twin >= 0 && twin == self) twin = previous[twin];
      if (twin >= 0 && std::find(begin, begin + rank, twin) == begin + rank) {
        return "query " + std::to_string(q) + " returns row " + std::to_string(begin[rank]) +
               " before its twin " + std::to_string(twin);
      }
    }
  }
  return "";
}

std::string CheckResidualShares(const residual_knn_info& info, const Kernel& kernel,
                                const Factor<double>& factor) {
  constexpr double kLevels[] = {0, 0.01, 0.05, 0.5, 0.95, 0.99, 1};
  std::vector<double> shares;
  double slack = 1e-12;
  for (int64_t i = 0; i < info.n; ++i) {
    const double total = factor.p[i] + factor.squared_norm[i];
    shares.push_back(std::max(factor.p[i], 0.0) / total);
    slack = std::max(slack, 2 * ResidualVarianceTolerance(kernel, factor, i) / total);
  }
  std::sort(shares.begin(), shares.end());
  for (int level = 0; level < 7; ++level) {
    // It must be between the order statistics around it, for any interpolation.
    const double at = kLevels[level] * static_cast<double>(info.n - 1);
    const double low = shares[static_cast<size_t>(std::floor(at))];
    const double high = shares[static_cast<size_t>(std::ceil(at))];
    const double found = info.residual_share[level];
    if (!(found >= low - slack && found <= high + slack)) {
      return "info: residual_share[" + std::to_string(level) + "] is " + std::to_string(found);
    }
  }
  return "";
}

std::string CheckInfo(const residual_knn_index* index, const RandomModel& drawn,
                      const Factor<double>& factor) {
  const Model& model = drawn.model;
  const residual_knn_info info = InfoOf(index);
  if (info.n != model.points.n || info.d != model.points.d || info.m != model.inducing.n) {
    return "info: sizes";
  }
  if (info.m > 0 && info.jitter != model.jitter) return "info: jitter";
  const int64_t stored = model.factor_storage == RESIDUAL_KNN_FACTOR_COMPUTED ? 0 : info.n * info.m;
  if (info.bytes < stored * 8 || !(info.build_seconds >= 0)) return "info: bytes, seconds";
  int64_t surely = 0;
  int64_t perhaps = 0;
  for (int64_t i = 0; i < info.n; ++i) {
    const double level = factor.DegenerateLevel(i);
    const double doubt = ResidualVarianceTolerance(model.kernel, factor, i) + 1e-3 * level;
    surely += factor.p[i] + doubt < level ? 1 : 0;
    perhaps += factor.p[i] - doubt <= level ? 1 : 0;
  }
  if (info.degenerate_points < surely || info.degenerate_points > perhaps) {
    return "info: " + std::to_string(info.degenerate_points) + " degenerate points, not " +
           std::to_string(surely) + " to " + std::to_string(perhaps);
  }
  return CheckResidualShares(info, model.kernel, factor);
}

// One index, compared with the reference, and other indexes and calls that must give the same bytes.
class PropertyCase {
 public:
  PropertyCase(uint64_t seed, CheckCounts& counts)
      : seed_(seed), counts_(counts), random_(seed), drawn_(DrawModel(random_)) {}

  bool Holds() {
    const Model& model = drawn_.model;
    CreatedIndex created = CreateIndex(model, DrawLayout(random_), random_.Chance(0.5) ? 1 : 3);
    if (created.status != RESIDUAL_KNN_OK) return Report(residual_knn_last_error());
    index_ = std::move(created.index);
    const Projection<double> projection(model.kernel, model.inducing, model.nugget, model.jitter);
    if (projection.failed_pivot() >= 0) return Report("the reference found no Cholesky factor");
    factor_ = projection.Project(model.points);
    const std::string problem = CheckInfo(index_.get(), drawn_, factor_);
    if (!problem.empty()) return Report(problem);
    for (int i = 0; i < 2; ++i) {
      const Question question = DrawQuestion(random_, drawn_);
      if (!Check(question, projection.Project(question.queries))) return false;
    }
    return true;
  }

 private:
  bool Report(const std::string& what) const {
    return Fail(seed_, drawn_.description + ": " + what);
  }

  bool Check(const Question& question, const Factor<double>& query_factor) {
    const Model& model = drawn_.model;
    const Points& points = model.points;
    const int32_t ranking = DrawRanking(random_);
    Manner plain;
    plain.ranking = ranking;
    const Answer answer = Ask(index_.get(), question, plain);
    const std::string context = Describe(question) + ", " + Describe(plain) + ": ";
    for (const std::string& problem :
         {CheckAnswer(model.kernel, {&points, &factor_}, {&question.queries, &query_factor},
                      question, ranking, answer, counts_),
          CheckStatistics(answer, question, plain, points.n),
          CheckIdenticalPoints(points, question, answer)}) {
      if (!problem.empty()) return Report(context + problem);
    }
    for (int i = 0; i < 3; ++i) {
      const Manner manner = DrawManner(random_, points.n, ranking);
      const Answer other = Ask(index_.get(), question, manner);
      if (!other.SameAs(answer)) {
        return Report(context + "another answer with " + Describe(manner) +
                      (other.status == RESIDUAL_KNN_OK ? "" : residual_knn_last_error()));
      }
      const std::string problem = CheckStatistics(other, question, manner, points.n);
      if (!problem.empty()) return Report(context + Describe(manner) + ": " + problem);
    }
    return !random_.Chance(0.5) || CheckOwnFactor(question, answer, ranking);
  }

  // As many new points as `question` has, at places of rows, with V and p of these rows. An index of other points would
  // have another origin and round differently.
  [[nodiscard]] Question AtRows(const Question& question, const FactorCopy& rows) {
    const Points& points = drawn_.model.points;
    Question same = question;
    same.queries.values.clear();
    same.query_factor.m = rows.m;
    for (int64_t q = 0; q < question.queries.n; ++q) {
      const int64_t row = random_.Integer(0, points.n - 1);
      for (int64_t c = 0; c < points.d; ++c) same.queries.values.push_back(points(row, c));
      for (int64_t e = 0; e < rows.m; ++e) {
        same.query_factor.v.push_back(rows.v[row * rows.m + e]);
      }
      same.query_factor.p.push_back(rows.p[row]);
    }
    return same;
  }

  // An index made from the copied factor must give the same bytes, also for new points.
  bool CheckOwnFactor(const Question& question, const Answer& answer, int32_t ranking) {
    const FactorCopy copy = FactorOf(index_.get(), DrawLayout(random_));
    if (copy.p.empty()) return Report("no factor");
    // These are ignored if V and p are given.
    Model model = drawn_.model;
    model.nugget = 17;
    model.jitter = 0;
    const CreatedIndex created = CreateIndexFromFactor(model, copy, DrawLayout(random_));
    if (created.status != RESIDUAL_KNN_OK) {
      return Report(std::string("from factor: ") + residual_knn_last_error());
    }
    const FactorCopy again = FactorOf(created.index.get());
    if (again.v != copy.v || again.p != copy.p) return Report("the factor does not come back");
    if (InfoOf(created.index.get()).jitter != 0) return Report("jitter of a given factor");
    Question same = question;
    const Manner manner = DrawManner(random_, model.points.n, ranking);
    Answer expected = answer;
    if (question.kind == QueryKind::kNewPoints) {
      same = AtRows(question, copy);
      expected = Ask(index_.get(), same, manner);
      same.kind = QueryKind::kNewFactor;
    }
    const Answer other = Ask(created.index.get(), same, manner);
    if (!other.SameAs(expected)) {
      return Report(Describe(question) + ": another answer from the copied factor, " +
                    Describe(manner) + " " + residual_knn_last_error());
    }
    return true;
  }

  uint64_t seed_;
  CheckCounts& counts_;
  Random random_;
  RandomModel drawn_;
  IndexHandle index_;
  Factor<double> factor_;
};

bool RandomCasesHold(const TestRun& run) {
  CheckCounts counts;
  const int64_t cases = run.Scaled(250);
  for (int64_t i = 0; i < cases; ++i) {
    if (!PropertyCase(run.seed + i, counts).Holds()) return false;
  }
  std::printf(
      "%lld cases, %lld distances, %.1f%% with a tolerance below 1e-6\n",
      static_cast<long long>(cases), static_cast<long long>(counts.distances),
      100.0 * static_cast<double>(counts.sharp_distances) / static_cast<double>(counts.distances));
  // A check that allows everything would be useless.
  return counts.sharp_distances * 2 > counts.distances ||
         Fail(run.seed, "most tolerances are too wide to check anything");
}

// Arbitrary V and p, not from any kernel, so that correlations beyond 1 occur, with degenerate points and duplicates.
FactorCopy DrawFactor(Random& random, const Kernel& kernel, int64_t n, int64_t m) {
  FactorCopy factor;
  factor.m = m;
  for (int64_t i = 0; i < n; ++i) {
    const double length = std::sqrt(kernel.variance) * random.Uniform(0, 1.2);
    double squares = 1e-300;
    std::vector<double> row(m);
    for (double& value : row) {
      value = random.Normal();
      squares += value * value;
    }
    for (double& value : row) factor.v.push_back(value * length / std::sqrt(squares));
    const int64_t kind = random.Integer(0, 19);
    if (kind == 0) {
      factor.p.push_back(0);
    } else if (kind == 1) {
      factor.p.push_back(1e-17 * kernel.variance);
    } else {
      factor.p.push_back(kernel.variance * random.Uniform(0.01, 1.1));
    }
  }
  return factor;
}

// Gives some points the coordinates, V and p of others.
void MakeTwins(Random& random, Points& points, FactorCopy& factor) {
  for (int64_t i = 1; i < points.n; ++i) {
    if (!random.Chance(0.3)) continue;
    const int64_t j = random.Integer(0, i - 1);
    for (int64_t c = 0; c < points.d; ++c) points(i, c) = points(j, c);
    for (int64_t a = 0; a < factor.m; ++a) factor.v[i * factor.m + a] = factor.v[j * factor.m + a];
    factor.p[i] = factor.p[j];
  }
}

class GivenFactorCase {
 public:
  GivenFactorCase(uint64_t seed, CheckCounts& counts)
      : seed_(seed), counts_(counts), random_(seed), drawn_(DrawModel(random_)) {
    if (drawn_.shape == Shape::kDuplicates || drawn_.shape == Shape::kGrid) {
      // Points with equal coordinates but different V are not duplicates.
      drawn_.shape = Shape::kUniform;
      drawn_.model.points =
          RandomPoints(random_, drawn_.shape, drawn_.model.points.n, drawn_.model.points.d);
    }
    m_ = random_.Chance(0.1) ? 0 : random_.Integer(1, 40);
    copy_ = DrawFactor(random_, drawn_.model.kernel, drawn_.model.points.n, m_);
    MakeTwins(random_, drawn_.model.points, copy_);
    factor_ = GivenFactor(copy_.v, copy_.p, m_);
  }

  bool Holds() {
    const Model& model = drawn_.model;
    const CreatedIndex built_in = CreateIndexFromFactor(model, copy_, DrawLayout(random_));
    if (built_in.status != RESIDUAL_KNN_OK) return Report(residual_knn_last_error());
    const int64_t degenerate = InfoOf(built_in.index.get()).degenerate_points;
    const int64_t expected = CountDegenerate();
    if (degenerate != expected) {
      return Report(std::to_string(degenerate) + " degenerate points instead of " +
                    std::to_string(expected));
    }

    CheckedCallback callback(model.kernel, model.points, nullptr);
    const bool concurrent = random_.Chance(0.5);
    const IndexHandle with_callback = CreateWithCallback(callback, concurrent);
    if (!with_callback) return Report(residual_knn_last_error());

    for (int i = 0; i < 2; ++i) {
      Question question = DrawQuestion(random_, drawn_);
      if (question.kind == QueryKind::kNewPoints) {
        question.kind = QueryKind::kNewFactor;
        question.query_factor = DrawFactor(random_, model.kernel, question.queries.n, m_);
      }
      callback.set_queries(&question.queries);
      if (!Check(built_in.index.get(), question)) return false;
      question.callback_index = true;
      if (!Check(with_callback.get(), question)) return false;
    }
    if (callback.out_of_range()) return Report("the callback was asked for rows that do not exist");
    if (!concurrent && callback.left_thread()) return Report("the callback left its thread");
    return callback.calls() > 0 || model.points.n == 1 || Report("the callback was never called");
  }

 private:
  bool Report(const std::string& what) const {
    return Fail(seed_, "given factor of " + std::to_string(m_) + " columns, " + drawn_.description +
                           ": " + what);
  }

  [[nodiscard]] int64_t CountDegenerate() const {
    int64_t count = 0;
    for (int64_t i = 0; i < drawn_.model.points.n; ++i) count += factor_.Degenerate(i) ? 1 : 0;
    return count;
  }

  IndexHandle CreateWithCallback(CheckedCallback& callback, bool concurrent) {
    const Model& model = drawn_.model;
    const int32_t layout = DrawLayout(random_);
    residual_knn_model_options options = ModelOptions();
    options.layout = layout;
    options.concurrent_callback = concurrent ? 1 : 0;
    const std::vector<double> v = ToLayout(copy_.v, model.points.n, m_, layout);
    residual_knn_index* index = nullptr;
    const residual_knn_status status = residual_knn_index_create_from_callback(
        m_ > 0 ? v.data() : nullptr, model.points.n, m_, copy_.p.data(), CheckedCallback::Evaluate,
        &callback, &options, &index);
    return status == RESIDUAL_KNN_OK ? IndexHandle(index) : nullptr;
  }

  bool Check(const residual_knn_index* index, const Question& question) {
    const Model& model = drawn_.model;
    const int32_t ranking = DrawRanking(random_);
    const Factor<double> query_factor =
        GivenFactor(question.query_factor.v, question.query_factor.p, m_);
    Manner plain;
    plain.ranking = ranking;
    const Answer answer = Ask(index, question, plain);
    const std::string context = Describe(question) +
                                (question.callback_index ? " with a callback" : "") + ", " +
                                Describe(plain) + ": ";
    for (const std::string& problem :
         {CheckAnswer(model.kernel, {&model.points, &factor_}, {&question.queries, &query_factor},
                      question, ranking, answer, counts_),
          CheckIdenticalPoints(model.points, question, answer)}) {
      if (!problem.empty()) return Report(context + problem);
    }
    for (int i = 0; i < 2; ++i) {
      const Manner manner = DrawManner(random_, model.points.n, ranking);
      if (!Ask(index, question, manner).SameAs(answer)) {
        return Report(context + "another answer with " + Describe(manner));
      }
    }
    return true;
  }

  uint64_t seed_;
  CheckCounts& counts_;
  Random random_;
  RandomModel drawn_;
  int64_t m_ = 0;
  FactorCopy copy_;
  Factor<double> factor_;
};

bool GivenFactorsHold(const TestRun& run) {
  CheckCounts counts;
  const int64_t cases = run.Scaled(100);
  for (int64_t i = 0; i < cases; ++i) {
    if (!GivenFactorCase(run.seed + 1'000'000 + i, counts).Holds()) return false;
  }
  return counts.sharp_distances * 10 > counts.distances * 9 ||
         Fail(run.seed, "most tolerances are too wide to check anything");
}

// On an integer grid without inducing points, equal distances have equal bits, and the right order is that of
// (squared distance, row).
bool GridHolds(uint64_t seed) {
  Random random(seed);
  Model model;
  model.kernel.family = static_cast<int32_t>(random.Integer(0, kNumFamilies - 1));
  model.kernel.lengthscales = {2.0};
  const int64_t d = random.Integer(1, 3);
  const int64_t n = random.LogInteger(2, 500);
  model.points = {n, d, {}};
  for (int64_t i = 0; i < n * d; ++i) {
    model.points.values.push_back(static_cast<double>(random.Integer(0, 5)));
  }
  model.inducing = {0, d, {}};
  if (random.Chance(0.5)) model.nugget = 0.25;
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  Question question;
  question.k = static_cast<int32_t>(random.LogInteger(1, 40));
  question.kind = random.Chance(0.5) ? QueryKind::kNeighbors : QueryKind::kPredecessors;
  for (int64_t i = 0; i < n; ++i) question.rows.push_back(i);
  Manner manner = DrawManner(random, n, DrawRanking(random));
  const Answer answer = Ask(created.index.get(), question, manner);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  for (int64_t i = 0; i < n; ++i) {
    std::vector<std::pair<double, int64_t>> order;
    const int64_t end = question.kind == QueryKind::kPredecessors ? i : n;
    for (int64_t j = 0; j < end; ++j) {
      double r2 = 0;
      for (int64_t c = 0; c < d; ++c) r2 += std::pow(model.points(i, c) - model.points(j, c), 2);
      if (j != i) order.emplace_back(r2, j);
    }
    std::sort(order.begin(), order.end());
    for (int64_t rank = 0; rank < question.k; ++rank) {
      const int64_t expected =
          rank < static_cast<int64_t>(order.size()) ? order[rank].second : int64_t{-1};
      if (answer.neighbors[i * question.k + rank] != expected) {
        return Fail(seed, "grid, kernel " + std::to_string(model.kernel.family) + ", row " +
                              std::to_string(i) + ", rank " + std::to_string(rank) + ": " +
                              std::to_string(answer.neighbors[i * question.k + rank]) +
                              " instead of " + std::to_string(expected));
      }
    }
  }
  return true;
}

bool GridsHold(const TestRun& run) {
  const int64_t cases = run.Scaled(60);
  for (int64_t i = 0; i < cases; ++i) {
    if (!GridHolds(run.seed + i)) return false;
  }
  return true;
}

// Changes of units by powers of 2 change no byte: of coordinates with their lengthscales, and of the variance with the
// nugget. Mirrored coordinates change no byte either.
bool UnitsHold(uint64_t seed) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {300, 6, 40});
  const CreatedIndex created = CreateIndex(drawn.model);
  Question question = DrawQuestion(random, drawn);
  const Answer answer = Ask(created.index.get(), question);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());

  Model changed = drawn.model;
  const double length =
      std::ldexp(random.Chance(0.5) ? 1 : -1, static_cast<int>(random.Integer(-20, 20)));
  for (double& value : changed.points.values) value *= length;
  for (double& value : changed.inducing.values) value *= length;
  for (double& value : question.queries.values) value *= length;
  for (double& value : changed.kernel.lengthscales) value *= std::abs(length);
  const double variance = std::ldexp(1, static_cast<int>(2 * random.Integer(-20, 20)));
  changed.kernel.variance *= variance;
  changed.nugget *= variance;
  const CreatedIndex other = CreateIndex(changed);
  return Ask(other.index.get(), question).SameAs(answer) ||
         Fail(seed, drawn.description + ": another answer with lengths times " +
                        std::to_string(length) + " and variance times " + std::to_string(variance));
}

bool AllUnitsHold(const TestRun& run) {
  const int64_t cases = run.Scaled(60);
  for (int64_t i = 0; i < cases; ++i) {
    if (!UnitsHold(run.seed + 2'000'000 + i)) return false;
  }
  return true;
}

void TestRandomCases(void** state) {
  assert_true(RandomCasesHold(*static_cast<const TestRun*>(*state)));
}
void TestGivenFactors(void** state) {
  assert_true(GivenFactorsHold(*static_cast<const TestRun*>(*state)));
}
void TestGrids(void** state) { assert_true(GridsHold(*static_cast<const TestRun*>(*state))); }
void TestUnits(void** state) { assert_true(AllUnitsHold(*static_cast<const TestRun*>(*state))); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomCases, &run),
      cmocka_unit_test_prestate(TestGivenFactors, &run),
      cmocka_unit_test_prestate(TestGrids, &run),
      cmocka_unit_test_prestate(TestUnits, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
