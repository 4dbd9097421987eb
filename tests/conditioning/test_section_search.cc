// A search by sections gives the bytes and the statistics of a search of all queries at once: for any size of the
// sections, both orders, all kinds of queries, rankings, selections, lists, strategies and numbers of threads. Progress
// counts the whole.
#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "conditioning/section_search.h"
#include "query/query_part.h"
#include "search/prepared.h"
#include "support/engine_model.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CandidateJob;
using residual_knn::Monitor;
using residual_knn::Neighbor;
using residual_knn::Prepared;
using residual_knn::QueryBlock;
using residual_knn::QuerySet;
using residual_knn::Ranking;
using residual_knn::ResidualModel;
using residual_knn::RowLists;
using residual_knn::SearchSettings;
using residual_knn::SearchStatistics;
using residual_knn::SectionOrder;
using residual_knn::SectionPlan;
using residual_knn::Selection;
using residual_knn::SetRequest;

constexpr int64_t kUsualCases = 60;

// k places for each query: rows, -1 for none, and distances.
struct Table {
  int64_t k = 0;
  std::vector<int64_t> rows;
  std::vector<double> distances;
  std::vector<double> variances;

  Table(int64_t queries, int64_t places)
      : k(places),
        rows(static_cast<size_t>(queries * places), -1),
        distances(rows.size(), -1.0),
        variances(rows.size(), -1.0) {}
  friend bool operator==(const Table&, const Table&) = default;
};

class TableSink : public residual_knn::ResultSink {
 public:
  explicit TableSink(Table& table) : table_(table) {}
  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    int64_t at = block.slot[query] * table_.k;
    for (const Neighbor& neighbor : neighbors) {
      table_.rows[at] = neighbor.row;
      table_.distances[at++] = neighbor.distance;
    }
  }

 private:
  Table& table_;
};

// Puts the sections together, and checks them.
class Sections : public residual_knn::SectionSink {
 public:
  Sections(int64_t queries, int64_t k, const SectionPlan& plan)
      : plan_(plan), whole_(queries, k), section_(0, k), got_(static_cast<size_t>(queries)) {}

  Target Begin(int64_t num_queries) override {
    section_ = Table(num_queries, whole_.k);
    sink_ = std::make_unique<TableSink>(section_);
    open_ = true;
    if (num_queries > plan_.most) problem_ = "a section is too large";
    return {*sink_, section_.variances.data()};
  }

  void End(std::span<const int64_t> slots) override {
    if (!std::exchange(open_, false)) problem_ = "a section ended twice";
    if (std::ssize(slots) * whole_.k != std::ssize(section_.rows)) problem_ = "a section's size";
    if (!std::is_sorted(slots.begin(), slots.end())) problem_ = "the slots are not sorted";
    for (int64_t i = 0; i < std::ssize(slots); ++i) {
      const int64_t slot = slots[static_cast<size_t>(i)];
      if (got_[slot]) problem_ = "a query came twice";
      got_[slot] = true;
      if (plan_.order == SectionOrder::kByQuery && slot != next_++) problem_ = "not in order";
      const auto from = i * whole_.k;
      const auto to = slot * whole_.k;
      std::copy_n(section_.rows.begin() + from, whole_.k, whole_.rows.begin() + to);
      std::copy_n(section_.distances.begin() + from, whole_.k, whole_.distances.begin() + to);
      std::copy_n(section_.variances.begin() + from, whole_.k, whole_.variances.begin() + to);
    }
  }

  [[nodiscard]] const Table& whole() const { return whole_; }
  [[nodiscard]] std::string Problem() const {
    if (!problem_.empty()) return problem_;
    return std::find(got_.begin(), got_.end(), false) == got_.end() ? "" : "a query is missing";
  }

 private:
  const SectionPlan plan_;
  Table whole_;
  Table section_;
  std::unique_ptr<TableSink> sink_;
  std::vector<bool> got_;
  bool open_ = false;
  int64_t next_ = 0;
  std::string problem_;
};

class GivenLists : public RowLists {
 public:
  GivenLists(Random& random, int64_t queries, int64_t n) {
    for (int64_t i = 0; i < queries; ++i) {
      lists_.push_back(RandomRowNumbers(random, n, random.Integer(0, 30)));
    }
  }
  void Read(int64_t slot, std::vector<int64_t>& rows) const override {
    rows = lists_[static_cast<size_t>(slot)];
  }

 private:
  std::vector<std::vector<int64_t>> lists_;
};

// What the progress callback gets must ascend to one total.
struct Progress {
  int64_t last = 0;
  int64_t total = -1;
  std::string problem;

  static int32_t Report(void* user, int64_t done, int64_t total) {
    auto& self = *static_cast<Progress*>(user);
    if (self.total >= 0 && total != self.total) self.problem = "another total";
    if (done < self.last || done > total) self.problem = "progress went back, or too far";
    self.last = done;
    self.total = total;
    return 0;
  }
};

std::string Difference(const SearchStatistics& a, const SearchStatistics& b) {
  if (a.pairs != b.pairs) return "pairs";
  if (a.uninformative_queries != b.uninformative_queries) return "uninformative queries";
  if (a.uninformative_picks != b.uninformative_picks) return "uninformative picks";
  if (a.candidates != b.candidates) return "candidates";
  if (a.nearest_lengthscales != b.nearest_lengthscales) return "nearest_lengthscales";
  if (a.coarse_queries.count != b.coarse_queries.count) return "coarse queries";
  return "";
}

// One random question, asked at once and by sections.
class Case {
 public:
  explicit Case(uint64_t seed) : random_(seed), model_(DrawModel()), prepared_(model_) {
    const int64_t n = model_.n();
    count_ = random_.Chance(0.3) ? n : random_.LogInteger(1, 2 * n);
    DrawQueries();
    settings_.k = random_.LogInteger(1, 40);
    settings_.threads = random_.Chance(0.5) ? 1 : 3;
    settings_.strategy = static_cast<int32_t>(random_.Integer(0, RESIDUAL_KNN_DUAL_TREE));
    const auto ranking = random_.Integer(0, 2);
    settings_.ranking = ranking == 0   ? Ranking::kAbsolute
                        : ranking == 1 ? Ranking::kSigned
                                       : Ranking::kScaledDistance;
    if (random_.Chance(0.3)) {
      lists_ = std::make_unique<GivenLists>(random_, count_, n);
      request_.lists = lists_.get();
    }
    if (random_.Chance(0.4)) {
      settings_.ranking = Ranking::kAbsolute;
      request_.selection = Selection::kConditional;
      const int64_t kind = random_.Integer(0, 2);
      if (kind != 0) request_.counts.residual = std::min(2 * settings_.k, n);
      if (kind != 1) request_.counts.scaled = std::min(2 * settings_.k, n);
    }
    if (lists_ == nullptr && random_.Chance(0.2)) {
      start_ = std::make_unique<GivenLists>(random_, count_, n);
    }
  }

  bool Holds() {
    const Table expected = AtOnce();
    const SectionPlan plans[] = {{1, SectionOrder::kByQuery},
                                 {7, SectionOrder::kBySpace},
                                 {std::max<int64_t>(count_ / 3, 1), SectionOrder::kByQuery},
                                 {std::max<int64_t>(count_ / 2, 1), SectionOrder::kBySpace},
                                 {count_, SectionOrder::kByQuery},
                                 {count_ + 1, SectionOrder::kBySpace}};
    return std::all_of(std::begin(plans), std::end(plans), [&](const SectionPlan& plan) {
      // Tiny sections only for few queries: each is a search.
      return (plan.most <= 7 && count_ > 200) || PlanHolds(plan, expected);
    });
  }

 private:
  ResidualModel DrawModel() {
    EngineSpec spec;
    spec.kernel = RESIDUAL_KNN_MATERN32;
    spec.points = RandomPoints(random_, random_.Chance(0.5) ? Shape::kUniform : Shape::kClustered,
                               random_.LogInteger(2, 3000), random_.Integer(1, 3));
    // Far apart, nothing is informative.
    const double extent = random_.Chance(0.2) ? 1e4 : 5;
    for (double& x : spec.points.values) x *= extent;
    spec.inducing = RandomRowsOf(random_, spec.points, std::min<int64_t>(spec.points.n, 20));
    return MakeEngineModel(spec);
  }

  void DrawQueries() {
    const int64_t kind = random_.Integer(0, 3);
    if (kind == 3) {
      new_points_ = RandomPoints(random_, Shape::kUniform, count_, model_.d());
      for (double& x : new_points_.values) x *= 5;
      queries_ = residual_knn::MakeNewPointQueries(model_, ViewOf(new_points_));
      return;
    }
    const bool predecessors = kind != 0;
    if (count_ == model_.n()) {
      queries_ = residual_knn::MakeRowQueries(model_, nullptr, count_, predecessors);
      return;
    }
    rows_ = RandomRowNumbers(random_, model_.n(), count_);
    if (kind == 2) std::sort(rows_.begin(), rows_.end());
    queries_ = residual_knn::MakeRowQueries(model_, rows_.data(), count_, predecessors);
  }

  Table AtOnce() {
    Table table(count_, settings_.k);
    TableSink sink(table);
    Monitor monitor;
    SetRequest request = request_;
    request.variances = {table.variances.data(), false};
    statistics_ = residual_knn::SelectSets(
        {model_, *queries_, settings_, sink, monitor, start_.get()}, request, prepared_);
    return table;
  }

  bool PlanHolds(const SectionPlan& plan, const Table& expected) {
    Progress progress;
    Monitor monitor(Progress::Report, &progress);
    Sections sections(count_, settings_.k, plan);
    // A new store, so that the choice is made anew.
    Prepared prepared(model_);
    const CandidateJob job{model_, *queries_, settings_, monitor, start_.get()};
    const SearchStatistics statistics =
        residual_knn::SelectSetsBySections(job, request_, plan, sections, prepared);
    const std::string name = "sections of " + std::to_string(plan.most) + " of " +
                             std::to_string(count_) + " queries, n " + std::to_string(model_.n()) +
                             ", k " + std::to_string(settings_.k) + ", strategy " +
                             std::to_string(settings_.strategy) + ": ";
    if (!sections.Problem().empty()) return Fail(name + sections.Problem());
    if (!(sections.whole() == expected)) return Fail(name + "another answer");
    if (plan.most < count_ && !progress.problem.empty()) return Fail(name + progress.problem);
    const std::string difference = Difference(statistics, statistics_);
    return difference.empty() || Fail(name + difference);
  }

  Random random_;
  ResidualModel model_;
  Prepared prepared_;
  int64_t count_ = 0;
  std::vector<int64_t> rows_;
  Points new_points_;
  std::unique_ptr<QuerySet> queries_;
  SearchSettings settings_;
  std::unique_ptr<GivenLists> lists_;
  std::unique_ptr<GivenLists> start_;
  SetRequest request_;
  SearchStatistics statistics_;
};

// A part has the queries of the whole, by its own numbers and places.
bool PartHolds(uint64_t seed) {
  Random random(seed);
  EngineSpec spec;
  spec.points = RandomPoints(random, Shape::kUniform, 200, 2);
  spec.inducing = RandomRowsOf(random, spec.points, 10);
  const ResidualModel model = MakeEngineModel(spec);
  const std::vector<int64_t> rows = RandomRowNumbers(random, 200, 150);
  const auto whole = residual_knn::MakeRowQueries(model, rows.data(), 150, true);
  std::vector<int64_t> chosen = RandomPermutation(random, 150);
  chosen.resize(40);
  const residual_knn::QueryPart part(*whole, chosen);
  if (part.size() != 40) return Fail(seed, "the size");
  std::vector<int64_t> all(40);
  std::iota(all.begin(), all.end(), int64_t{0});
  QueryBlock block;
  Monitor monitor;
  part.Load(all, block, monitor);
  for (int64_t q = 0; q < 40; ++q) {
    const int64_t slot = part.whole_slots()[static_cast<size_t>(part.SlotOf(q))];
    if (block.slot[q] != part.SlotOf(q) || block.self[q] != rows[slot] ||
        part.RowOf(q) != rows[slot] || part.Limit(q) != rows[slot] || part.Pairs(q) != rows[slot] ||
        block.limit[q] != rows[slot]) {
      return Fail(seed, "query " + std::to_string(q));
    }
    if (q > 0 && part.Limit(q) < part.Limit(q - 1)) return Fail(seed, "limits do not ascend");
  }
  return true;
}

void TestSections(void** state) {
  assert_true(SeedsHold(*static_cast<const TestRun*>(*state), kUsualCases, [](uint64_t seed) {
    return Case(seed).Holds() || Fail(seed, "see above");
  }));
}
void TestParts(void** state) {
  assert_true(SeedsHold(*static_cast<const TestRun*>(*state), kUsualCases, PartHolds));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSections, &run),
      cmocka_unit_test_prestate(TestParts, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
