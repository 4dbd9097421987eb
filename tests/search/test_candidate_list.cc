// Compares CandidateList with a selection that knows all canonical values in advance.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "model/residual_model.h"
#include "score/candidate_list.h"
#include "score/canonical_score.h"
#include "simd/screen.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CandidateList;
using residual_knn::CanonicalScorer;
using residual_knn::Neighbor;
using residual_knn::QueryBlock;
using residual_knn::Ranking;
using residual_knn::ResidualModel;

constexpr double kUnit = 0x1p-53;

// The distribution of the residual correlations of a query.
enum class Spread {
  kUniform,    // in [-1, 1]
  kFewValues,  // many exact ties
  kOneValue,   // only ties
  kNearTies,   // a few units in the last place apart
  kTiny,       // so small that distances round to 1, or nearly
  kBeyondOne,  // 1 up to rounding, and well above
  kMinusOne,   // the same with the other sign
  kNearOne,    // near 1, where small differences change the distance most
  kHeavyTail,  // few large, many small: thresholds dismiss many
  kFarTies,    // a few units apart where the signed distance changes least
  kLeast,      // mostly 0; some are about the least for which the distance is below 1
};
constexpr int kSpreads = 11;

// `center`: of the far ties of one query. Which of them round to the same distance depends on it.
double DrawRho(Random& random, Spread spread, double center) {
  const double sign = random.Chance(0.5) ? 1 : -1;
  const auto step = static_cast<double>(random.Integer(-6, 6));
  switch (spread) {
    case Spread::kUniform:
      return random.Uniform(-1, 1);
    case Spread::kFewValues:
      return sign * static_cast<double>(random.Integer(0, 3)) / 4;
    case Spread::kOneValue:
      return 0.625;
    case Spread::kNearTies:
      return sign * (0.7 + step * kUnit);
    case Spread::kTiny:
      return sign * std::pow(10, random.Uniform(-18, -15));
    case Spread::kBeyondOne:
      return random.Chance(0.5) ? 1 + step * kUnit : random.Uniform(0.99, 1.5);
    case Spread::kMinusOne:
      return random.Chance(0.5) ? -1 + step * kUnit : -random.Uniform(0.99, 1.5);
    case Spread::kNearOne:
      return sign * (1 - std::pow(10, random.Uniform(-17, -3)));
    case Spread::kHeavyTail:
      return sign * std::pow(random.Uniform(), 8);
    case Spread::kFarTies:
      return center + step * kUnit;
    case Spread::kLeast:
      return random.Chance(0.02) ? sign * random.Uniform(0.9, 2.1) * 0x1p-54 : 0;
  }
  return 0;
}

// A model with one query whose canonical correlations are known.
class Scene {
 public:
  Scene(Random& random, int64_t n, int64_t m, Spread spread, Ranking ranking)
      : model_(DrawModel(random, n, m)), scorer_(model_, ranking), ranking_(ranking) {
    for (int64_t c = 0; c < m; ++c) query_factor_.push_back(random.Normal());
    block_.count = 1;
    block_.v = query_factor_.data();
    block_.inverse_deviation.assign(1, m == 0 ? 1.0 : std::exp(random.Uniform(-5, 5)));
    scorer_.SetQuery(block_, 0);
    rows_.resize(n);
    std::iota(rows_.begin(), rows_.end(), int64_t{0});
    covariance_.assign(n, 0.0);
    std::vector<double> zero_rho(n);
    // Without covariance the correlation is minus the product in units of the deviations.
    scorer_.Score(rows_, covariance_, zero_rho);
    const double center = random.Uniform(-0.99, -0.9);
    for (int64_t row = 0; row < n; ++row) {
      const double s = Scale(row);
      const double rho = DrawRho(random, spread, center);
      covariance_[row] = s > 0 ? (rho - zero_rho[row]) / s : random.Normal();
    }
    rho_.resize(n);
    scorer_.Score(rows_, covariance_, rho_);
  }

  [[nodiscard]] int64_t n() const { return model_.n(); }
  [[nodiscard]] const CanonicalScorer& scorer() const { return scorer_; }
  [[nodiscard]] const ResidualModel& model() const { return model_; }
  [[nodiscard]] Ranking ranking() const { return ranking_; }
  [[nodiscard]] double query_inverse_deviation() const { return block_.inverse_deviation[0]; }
  [[nodiscard]] double covariance(int64_t row) const { return covariance_[row]; }
  [[nodiscard]] double rho(int64_t row) const { return rho_[row]; }
  [[nodiscard]] double Distance(int64_t row) const { return scorer_.Distance(rho_[row]); }

  // The value that ranks the row, in the list's units: |R| / sqrt(p) or R / sqrt(p), up to rounding.
  [[nodiscard]] double Score(int64_t row) const {
    const double rho = ranking_ == Ranking::kAbsolute ? std::abs(rho_[row]) : rho_[row];
    return rho / query_inverse_deviation();
  }

  // |R| or R as computed by a matrix product, with a disturbance.
  [[nodiscard]] double DisturbedResidual(int64_t row, double disturbance) const {
    if (Scale(row) == 0) return covariance_[row];
    const double residual = rho_[row] / Scale(row) + disturbance;
    return ranking_ == Ranking::kAbsolute ? std::abs(residual) : residual;
  }

  // The k nearest of the given rows by their canonical distances.
  [[nodiscard]] std::vector<Neighbor> Select(const std::vector<int64_t>& rows, int64_t k) const {
    std::vector<Neighbor> all;
    for (const int64_t row : rows) all.push_back({Distance(row), row});
    std::sort(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) {
      return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
    });
    all.resize(std::min(all.size(), static_cast<size_t>(k)));
    return all;
  }

 private:
  static ResidualModel DrawModel(Random& random, int64_t n, int64_t m) {
    std::vector<double> factor(n * m);
    for (double& x : factor) x = random.Normal();
    // Without inducing points p is 1, and correlations are exactly what was drawn.
    std::vector<double> residual_variance(n, 1.0);
    if (m > 0) {
      for (double& p : residual_variance) {
        p = random.Chance(0.03) ? 0.0 : std::exp(random.Uniform(-5, 5));
      }
    }
    residual_knn::Monitor monitor;
    return {residual_knn::CovarianceCallback{},
            {{factor.data(), n, m, false}, residual_variance, 0},
            1,
            monitor};
  }

  [[nodiscard]] double Scale(int64_t row) const {
    return query_inverse_deviation() * model_.inverse_deviation()[row];
  }

  ResidualModel model_;
  CanonicalScorer scorer_;
  Ranking ranking_;
  std::vector<double> query_factor_;
  QueryBlock block_;
  std::vector<int64_t> rows_;
  std::vector<double> covariance_;
  std::vector<double> rho_;
};

// The way in which candidates are given to the list.
struct Manner {
  int64_t k = 1;
  double error = 0;
  double extreme = 0.5;  // share of scores with the full error
  bool ascending = true;
  int64_t longest_chunk = 100;
  bool obey_threshold = true;  // candidates below the threshold are omitted, as by the screen
  double canonical = 0;        // share of chunks that are given with canonical correlations
  int64_t first_rows = 0;  // given canonically while nothing proves more than a distance below 1
  double start =
      0;  // share of candidates that raise the threshold before they are appended; 1: the nearest k
};

Manner DrawManner(Random& random) {
  const double errors[] = {0.0, 1e-16, 1e-12, 1e-6, 0.02, 10};
  return {.k = random.LogInteger(1, 120),
          .error = errors[random.Integer(0, 5)],
          .extreme = random.Uniform(),
          .ascending = random.Chance(0.5),
          .longest_chunk = random.LogInteger(1, 700),
          .obey_threshold = random.Chance(0.7),
          .canonical = random.Chance(0.5) ? 0 : random.Uniform(),
          .first_rows = random.Chance(0.5) ? 0 : random.LogInteger(1, 400),
          .start = random.Chance(0.5)   ? 0
                   : random.Chance(0.3) ? 1
                                        : random.Uniform()};
}

std::vector<int64_t> DrawCandidates(Random& random, int64_t n, bool ascending) {
  std::vector<int64_t> rows = RandomPermutation(random, n);
  if (random.Chance(0.5)) rows.resize(random.Integer(0, n));
  if (ascending) std::sort(rows.begin(), rows.end());
  return rows;
}

// Totals that show that the tests cover the intended cases.
struct Totals {
  int64_t appended = 0;
  int64_t kept_away = 0;
  int64_t scored = 0;
  int64_t rescored_on_the_way = 0;
  int64_t first_rows = 0;
  int64_t started = 0;
};

class Feeder {
 public:
  Feeder(const Scene& scene, const Manner& manner, CandidateList& list, Random& random)
      : scene_(scene), manner_(manner), list_(list), random_(random) {}

  // Appends all candidates; false if the threshold excludes one of the nearest.
  bool Feed(const std::vector<int64_t>& candidates, const std::vector<Neighbor>& nearest) {
    list_.Reset(manner_.k, scene_.query_inverse_deviation(), manner_.error);
    double before = list_.threshold();
    if (before != -std::numeric_limits<double>::infinity())
      return Fail("a threshold to begin with");
    Start(candidates, nearest);
    before = list_.threshold();
    for (size_t next = 0; next < candidates.size();) {
      const auto room = static_cast<int64_t>(candidates.size() - next);
      const int64_t count = std::min(random_.Integer(1, manner_.longest_chunk), room);
      if (random_.Chance(manner_.canonical)) {
        AppendScored({candidates.data() + next, static_cast<size_t>(count)});
      } else {
        AppendChunk(candidates.data() + next, count);
      }
      next += static_cast<size_t>(count);
      if (random_.Chance(0.1)) list_.Prune();
      if (manner_.first_rows > 0 && list_.NeedsFirstRows() && random_.Chance(0.5)) {
        AppendFirstRows(candidates);
      }
      if (list_.threshold() < before) return Fail("the threshold went down");
      before = list_.threshold();
    }
    return ThresholdIsSound(nearest);
  }

  [[nodiscard]] int64_t appended() const { return appended_; }
  [[nodiscard]] int64_t kept_away() const { return kept_away_; }
  [[nodiscard]] int64_t scored() const { return scored_; }
  [[nodiscard]] int64_t rescored() const { return rescored_; }
  [[nodiscard]] int64_t first_rows() const { return first_rows_; }
  [[nodiscard]] int64_t started() const { return started_; }

 private:
  void Start(const std::vector<int64_t>& candidates, const std::vector<Neighbor>& nearest) {
    std::vector<double> rho;
    for (const int64_t row : candidates) {
      if (manner_.start < 1 && random_.Chance(manner_.start)) rho.push_back(scene_.rho(row));
    }
    if (manner_.start >= 1) {
      for (const Neighbor& neighbor : nearest) rho.push_back(scene_.rho(neighbor.row));
    }
    if (!rho.empty()) list_.RaiseThreshold(rho, scene_.scorer());
    started_ = std::isfinite(list_.threshold()) ? 1 : 0;
  }

  // All candidates below a row, whether they have been appended or not.
  void AppendFirstRows(const std::vector<int64_t>& candidates) {
    std::vector<int64_t> rows;
    std::vector<double> rho;
    for (const int64_t row : candidates) {
      if (row >= manner_.first_rows) continue;
      rows.push_back(row);
      rho.push_back(scene_.rho(row));
    }
    first_rows_ += static_cast<int64_t>(rows.size());
    has_first_rows_ = true;
    list_.AppendFirstRows(rows, rho, manner_.first_rows, scene_.scorer());
  }

  void AppendScored(std::span<const int64_t> candidates) {
    std::vector<double> rho;
    for (const int64_t row : candidates) rho.push_back(scene_.rho(row));
    appended_ += std::ssize(candidates);
    scored_ += std::ssize(candidates);
    rescored_ += list_.AppendScored(candidates, rho, scene_.scorer());
  }

  void AppendChunk(const int64_t* candidates, int64_t count) {
    rows_.clear();
    scores_.clear();
    covariances_.clear();
    // A screen has one threshold for all candidates of a tile.
    const double threshold = list_.threshold();
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = candidates[i];
      const double residual = scene_.DisturbedResidual(row, Disturbance()) * (1 + Rounding());
      const double s = scene_.model().inverse_deviation()[row];
      if (manner_.obey_threshold && (residual + manner_.error) * s < threshold) {
        ++kept_away_;
        continue;
      }
      rows_.push_back(row);
      scores_.push_back(residual * s);
      covariances_.push_back(scene_.covariance(row));
    }
    appended_ += static_cast<int64_t>(rows_.size());
    rescored_ += list_.Append({rows_, scores_, covariances_}, scene_.model().inverse_deviation(),
                              scene_.scorer());
  }

  // The error bounds what the sum of a disturbance and a residual is off by, its rounding included.
  double Disturbance() {
    const double most = manner_.error * (1 - 0x1p-48);
    if (random_.Chance(manner_.extreme)) return random_.Chance(0.5) ? most : -most;
    return random_.Uniform(-most, most);
  }

  // Of what the list grants the roundings of a score, 16 u, as much as the arithmetic of this test leaves.
  double Rounding() {
    constexpr int64_t kMost = 5;
    return 2 * kUnit * static_cast<double>(random_.Integer(-kMost, kMost));
  }

  // The score in the screen may be below the true score by the error that the screen adds.
  bool ThresholdIsSound(const std::vector<Neighbor>& nearest) {
    for (const Neighbor& neighbor : nearest) {
      if (has_first_rows_ && neighbor.row < manner_.first_rows) continue;  // at hand for good
      if (scene_.Score(neighbor.row) < list_.threshold()) {
        return Fail("the threshold excludes row " + std::to_string(neighbor.row));
      }
    }
    return true;
  }

  const Scene& scene_;
  const Manner& manner_;
  CandidateList& list_;
  Random& random_;
  std::vector<int64_t> rows_;
  std::vector<double> scores_;
  std::vector<double> covariances_;
  int64_t appended_ = 0;
  int64_t kept_away_ = 0;
  int64_t scored_ = 0;
  int64_t rescored_ = 0;
  int64_t first_rows_ = 0;
  int64_t started_ = 0;
  bool has_first_rows_ = false;
};

bool SameNeighbors(std::span<const Neighbor> found, const std::vector<Neighbor>& expected) {
  if (found.size() != expected.size()) {
    return Fail(std::to_string(found.size()) + " neighbors instead of " +
                std::to_string(expected.size()));
  }
  for (size_t rank = 0; rank < found.size(); ++rank) {
    if (found[rank].row != expected[rank].row || found[rank].distance != expected[rank].distance) {
      return Fail("rank " + std::to_string(rank) + ": row " + std::to_string(found[rank].row) +
                  " at " + std::to_string(found[rank].distance) + " instead of row " +
                  std::to_string(expected[rank].row) + " at " +
                  std::to_string(expected[rank].distance));
    }
  }
  return true;
}

bool SelectionHolds(Random& random, const Scene& scene, const Manner& manner, CandidateList& list,
                    Totals& totals) {
  const std::vector<int64_t> candidates = DrawCandidates(random, scene.n(), manner.ascending);
  const std::vector<Neighbor> expected = scene.Select(candidates, manner.k);
  Feeder feeder(scene, manner, list, random);
  if (!feeder.Feed(candidates, expected)) return false;
  int64_t rescored = feeder.scored() + feeder.rescored() + feeder.first_rows();
  if (!SameNeighbors(list.Finish(scene.scorer(), rescored), expected)) return false;
  // The returned candidates were scored canonically, and no candidate twice.
  if (rescored < static_cast<int64_t>(expected.size()) ||
      rescored > feeder.appended() + feeder.first_rows()) {
    return Fail(std::to_string(rescored) + " of " + std::to_string(feeder.appended()) +
                " candidates were rescored");
  }
  totals.appended += feeder.appended();
  totals.kept_away += feeder.kept_away();
  totals.scored += feeder.scored();
  totals.rescored_on_the_way += feeder.rescored();
  totals.first_rows += feeder.first_rows();
  totals.started += feeder.started();
  return true;
}

std::string Describe(Spread spread, Ranking ranking, const Manner& manner, int64_t n, int64_t m) {
  return "spread " + std::to_string(static_cast<int>(spread)) +
         (ranking == Ranking::kSigned ? " signed" : " absolute") + ", n = " + std::to_string(n) +
         ", m = " + std::to_string(m) + ", k = " + std::to_string(manner.k) + ", error " +
         std::to_string(manner.error);
}

bool RandomSelectionsHold(const TestRun& run) {
  Totals totals;
  CandidateList list;  // reused, as in a search
  for (int64_t i = 0; i < run.Scaled(4000); ++i) {
    const uint64_t seed = run.seed + i;
    Random random(seed);
    const auto spread = static_cast<Spread>(seed % kSpreads);
    const Ranking ranking = random.Chance(0.5) ? Ranking::kSigned : Ranking::kAbsolute;
    const int64_t n = random.LogInteger(1, 2500);
    const int64_t sizes[] = {0, 0, 1, 5, 33};
    const int64_t m = sizes[random.Integer(0, 4)];
    const Scene scene(random, n, m, spread, ranking);
    const Manner manner = DrawManner(random);
    if (!SelectionHolds(random, scene, manner, list, totals)) {
      return Fail(seed, Describe(spread, ranking, manner, n, m));
    }
  }
  std::printf(
      "candidates appended %lld, of these with canonical correlations %lld, below the threshold "
      "%lld, rescored on the way %lld, first rows %lld, lists with a threshold to begin with "
      "%lld\n",
      static_cast<long long>(totals.appended), static_cast<long long>(totals.scored),
      static_cast<long long>(totals.kept_away), static_cast<long long>(totals.rescored_on_the_way),
      static_cast<long long>(totals.first_rows), static_cast<long long>(totals.started));
  return (totals.scored > 0 && totals.first_rows > 0 && totals.started > 0 &&
          totals.kept_away > 0 && totals.rescored_on_the_way > 0) ||
         Fail("the thresholds or the crowded lists were never tested");
}

// Many more ties than the list has space for, in descending order of rows. The smallest rows must remain.
bool CrowdsHold() {
  for (const Ranking ranking : {Ranking::kAbsolute, Ranking::kSigned}) {
    for (const int64_t k : {1, 10, 64, 65, 300}) {
      Random random(1);
      constexpr int64_t kRows = 5000;
      const Scene scene(random, kRows, 0, Spread::kOneValue, ranking);
      CandidateList list;
      list.Reset(k, 1, 1e-9);
      int64_t rescored = 0;
      for (int64_t row = kRows - 1; row >= 0; --row) {
        const double score = scene.DisturbedResidual(row, 0);  // p is 1
        const double covariance = scene.covariance(row);
        rescored += list.Append({{&row, 1}, {&score, 1}, {&covariance, 1}},
                                scene.model().inverse_deviation(), scene.scorer());
      }
      if (rescored == 0) return Fail("ties were never decided on the way");
      std::vector<int64_t> rows(kRows);
      std::iota(rows.begin(), rows.end(), int64_t{0});
      if (!SameNeighbors(list.Finish(scene.scorer(), rescored), scene.Select(rows, k))) {
        return Fail("k = " + std::to_string(k));
      }
    }
  }
  return true;
}

// With exact scores, the threshold comes close to the k-th best score, and few candidates are scored twice.
bool ThresholdsAreSharp() {
  Random random(1);
  constexpr int64_t kRows = 4000;
  constexpr int64_t kNeighbors = 20;
  const Scene scene(random, kRows, 5, Spread::kUniform, Ranking::kAbsolute);
  const Manner manner{.k = kNeighbors, .longest_chunk = 500};
  CandidateList list;
  std::vector<int64_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), int64_t{0});
  const std::vector<Neighbor> expected = scene.Select(rows, kNeighbors);
  Feeder feeder(scene, manner, list, random);
  if (!feeder.Feed(rows, expected)) return false;
  list.Prune();
  const double kth = scene.Score(expected.back().row);
  if (!(list.threshold() <= kth && list.threshold() >= kth * (1 - 1e-12))) {
    return Fail("the threshold is " + std::to_string(list.threshold() / kth) +
                " of the k-th score");
  }
  int64_t rescored = 0;
  list.Finish(scene.scorer(), rescored);
  return (rescored == kNeighbors && feeder.rescored() == 0) ||
         Fail(std::to_string(rescored) + " candidates were rescored for " +
              std::to_string(kNeighbors) + " neighbors");
}

// Screened and canonical scores of the same products differ by less than a third of the 16 u that the list grants them:
// one rounding of the screened score, and of the canonical one those of the product of two 1 / sqrt(p), of two products
// with that, and of the unit.
bool RoundingsHold(const TestRun& run) {
  constexpr int64_t kRows = 1000;
  constexpr int64_t kSlack = residual_knn::kScreenSlack;
  double largest = 0;
  for (int64_t i = 0; i < run.Scaled(100); ++i) {
    Random random(run.seed + static_cast<uint64_t>(i));
    std::vector<double> factor(kRows);
    std::vector<double> p(kRows);
    for (double& x : factor) x = random.Normal();
    for (double& x : p) x = std::pow(10, random.Uniform(-10, 1));
    residual_knn::Monitor monitor;
    const ResidualModel model(residual_knn::CovarianceCallback{}, {{factor.data(), kRows, 1}, p, 0},
                              1, monitor);
    // V of the query is 1: products are the rows' own V, in the screen and in the canonical score.
    const double one = 1;
    QueryBlock block;
    block.count = 1;
    block.v = &one;
    block.inverse_deviation.assign(1, std::exp(random.Uniform(-5, 5)));
    CanonicalScorer scorer(model, Ranking::kSigned);
    scorer.SetQuery(block, 0);
    std::vector<int64_t> rows(kRows + kSlack);
    std::iota(rows.begin(), rows.end(), int64_t{0});
    std::vector<double> covariances(kRows + kSlack);
    for (double& x : covariances) x = random.Normal();
    std::vector<double> rho(kRows);
    scorer.Score({rows.data(), kRows}, {covariances.data(), kRows}, rho);
    factor.resize(kRows + kSlack);
    residual_knn::ScreenTile tile;
    tile.inverse_deviation = model.inverse_deviation();
    tile.count = kRows;
    residual_knn::ScreenQuery query;
    query.products = factor.data();
    query.covariances = covariances.data();
    query.signed_ranking = true;
    query.threshold = -std::numeric_limits<double>::infinity();
    std::vector<double> scores(rows.size());
    std::vector<double> found_covariances(rows.size());
    const residual_knn::ScreenSurvivors survivors{rows.data(), scores.data(),
                                                  found_covariances.data()};
    const int64_t found = Screen(tile, query, survivors);
    const double unit = 1 / block.inverse_deviation[0];
    for (int64_t s = 0; s < found; ++s) {
      const double canonical = rho[rows[s]] * unit;
      if (canonical == 0) continue;
      largest = std::max(largest, std::abs(scores[s] - canonical) / std::abs(canonical) / kUnit);
    }
  }
  std::printf("screened and canonical scores differ by up to %.2f u\n", largest);
  return (largest > 1 && largest < 16.0 / 3) || Fail(run.seed, "roundings of scores");
}

// Candidates that are in the list when the first rows come. A correlation of 2^-54 or a little more is the least for
// which the distance is below 1: such a candidate is nearer than all first rows, which have correlation 0.
bool LeastCorrelationsStay() {
  for (const Ranking ranking : {Ranking::kAbsolute, Ranking::kSigned}) {
    Random random(1);
    constexpr int64_t kRows = 200;
    constexpr int64_t kFirstRows = 60;
    const Scene scene(random, kRows, 0, Spread::kLeast, ranking);
    std::vector<int64_t> first;
    std::vector<double> rho;
    std::vector<int64_t> rows;
    int64_t nearer = 0;  // than distance 1, apart from the first rows
    for (int64_t row = 0; row < kRows; ++row) {
      if (row >= kFirstRows) nearer += scene.Distance(row) < 1 ? 1 : 0;
      if (row < kFirstRows) rho.push_back(scene.rho(row));
      (row < kFirstRows ? first : rows).push_back(row);
    }
    const int64_t k = nearer + 10;
    if (nearer == 0) return Fail("no row with a distance below 1");
    CandidateList list;
    list.Reset(k, 1, 0);
    std::vector<double> scores;
    std::vector<double> covariances;
    for (const int64_t row : rows) {
      scores.push_back(scene.DisturbedResidual(row, 0));  // p is 1
      covariances.push_back(scene.covariance(row));
    }
    int64_t rescored =
        list.Append({rows, scores, covariances}, scene.model().inverse_deviation(), scene.scorer());
    if (rescored != 0 || !list.NeedsFirstRows()) return Fail("first rows are not wanted");
    list.AppendFirstRows(first, rho, kFirstRows, scene.scorer());
    std::vector<int64_t> all(kRows);
    std::iota(all.begin(), all.end(), int64_t{0});
    if (!SameNeighbors(list.Finish(scene.scorer(), rescored), scene.Select(all, k))) return false;
  }
  return true;
}

bool NothingHolds() {
  Random random(1);
  const Scene scene(random, 10, 3, Spread::kUniform, Ranking::kAbsolute);
  CandidateList list;
  list.Reset(5, 1, 0);
  int64_t rescored = 7;
  return (list.Finish(scene.scorer(), rescored).empty() && rescored == 7) ||
         Fail("neighbors from an empty list");
}

void TestRandomSelections(void** state) {
  assert_true(RandomSelectionsHold(*static_cast<const TestRun*>(*state)));
}
void TestRoundings(void** state) {
  assert_true(RoundingsHold(*static_cast<const TestRun*>(*state)));
}
void TestLeastCorrelations(void**) { assert_true(LeastCorrelationsStay()); }
void TestCrowds(void**) { assert_true(CrowdsHold()); }
void TestThresholds(void**) { assert_true(ThresholdsAreSharp()); }
void TestNothing(void**) { assert_true(NothingHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomSelections, &run),
      cmocka_unit_test_prestate(TestRoundings, &run),
      cmocka_unit_test(TestLeastCorrelations),
      cmocka_unit_test(TestCrowds),
      cmocka_unit_test(TestThresholds),
      cmocka_unit_test(TestNothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
