#include "conditioning/section_search.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "conditioning/order_in_space.h"
#include "model/callback_covariance.h"
#include "query/query_part.h"
#include "search/nearest_point.h"
#include "search/search.h"
#include "search/tree_search.h"

namespace residual_knn {
namespace {

// Queries that lie together in space, if no tree orders them.
constexpr int64_t kQueriesTogether = 64;

// Some queries of a job, as a job of their own.
class JobPart {
 public:
  JobPart(const CandidateJob& whole, std::span<const int64_t> queries)
      : whole_(whole), queries_(whole.queries, queries) {
    if (whole.start != nullptr) start_.emplace(*whole.start, queries_);
  }
  JobPart(const JobPart&) = delete;
  JobPart& operator=(const JobPart&) = delete;

  [[nodiscard]] const QueryPart& queries() const { return queries_; }
  [[nodiscard]] SearchJob With(const SearchSettings& settings, ResultSink& results) const {
    return {whole_.model, queries_, settings, results, whole_.monitor, start_ ? &*start_ : nullptr};
  }

 private:
  const CandidateJob& whole_;
  QueryPart queries_;
  std::optional<PartLists> start_;
};

class SectionSearch {
 public:
  SectionSearch(const CandidateJob& job, const SetRequest& request, const SectionPlan& plan,
                Prepared& prepared)
      : job_(job), request_(request), plan_(plan), prepared_(prepared) {}

  SearchStatistics Run(SectionSink& sink) {
    const int64_t pairs = std::max<int64_t>(CountPairs(job_.queries), 1);
    job_.monitor.BeginPart({0, 0, pairs, 1});
    job_.monitor.Start(1);
    if (plan_.order == SectionOrder::kByQuery) SetOrderOfSlots();
    Choose();
    if (plan_.order == SectionOrder::kBySpace) SetOrderInSpace();
    for (int64_t begin = 0; begin < job_.queries.size(); begin += plan_.most) {
      const std::vector<int64_t> queries = QueriesFrom(begin);
      int64_t of_section = 0;
      for (const int64_t query : queries) of_section += job_.queries.Pairs(query);
      job_.monitor.BeginPart({pairs_done_, pairs_done_ + of_section, pairs, Stages()});
      pairs_done_ += of_section;
      SearchSection(queries, begin == 0, sink);
    }
    job_.monitor.BeginPart({pairs, pairs, pairs, 1});
    sum_.coarse_queries = job_.queries.coarse();
    MeasureNearest(WholeJob(job_.settings), sum_);
    return sum_;
  }

 private:
  [[nodiscard]] bool IsConditional() const { return request_.selection == Selection::kConditional; }
  [[nodiscard]] SearchJob WholeJob(const SearchSettings& settings) {
    return {job_.model, job_.queries, settings, no_results_, job_.monitor, job_.start};
  }
  // The searches of a section, and the selection from lists.
  [[nodiscard]] int Stages() const {
    if (request_.lists != nullptr || !IsConditional()) return 1;
    return 1 + (request_.counts.residual > 0 ? 1 : 0) + (request_.counts.scaled > 0 ? 1 : 0);
  }

  // Chooses how to search, once for all sections.
  void Choose() {
    if (request_.lists != nullptr) return;
    if (!IsConditional()) {
      ChooseFor(job_.settings.ranking, job_.settings.k);
      return;
    }
    if (request_.counts.scaled > 0) ChooseFor(Ranking::kScaledDistance, request_.counts.scaled);
    if (request_.counts.residual > 0) ChooseFor(Ranking::kAbsolute, request_.counts.residual);
  }

  void ChooseFor(Ranking ranking, int64_t k) {
    SearchSettings settings = job_.settings;
    settings.ranking = ranking;
    settings.k = k;
    const SearchJob whole = WholeJob(settings);
    SearchChoice& choice =
        ranking == Ranking::kScaledDistance ? choices_.by_scaled_distance : choices_.by_correlation;
    if (plan_.order == SectionOrder::kBySpace || ranking == Ranking::kScaledDistance) {
      choice = ChooseForParts(whole, whole, prepared_, sum_);
      return;
    }
    // Sections in the order of the queries need no plan for all queries.
    const JobPart part(job_, QueriesFrom(LargestSection()));
    choice = ChooseForParts(whole, part.With(settings, no_results_), prepared_, sum_);
  }

  // The first query of the section with the most pairs.
  [[nodiscard]] int64_t LargestSection() {
    int64_t largest = 0;
    int64_t most_pairs = -1;
    for (int64_t begin = 0; begin < job_.queries.size(); begin += plan_.most) {
      int64_t pairs = 0;
      for (const int64_t query : QueriesFrom(begin)) pairs += job_.queries.Pairs(query);
      if (pairs > most_pairs) {
        most_pairs = pairs;
        largest = begin;
      }
    }
    return largest;
  }

  void SetOrderInSpace() {
    const bool by_correlation =
        request_.lists == nullptr &&
        (IsConditional() ? request_.counts.residual > 0
                         : job_.settings.ranking != Ranking::kScaledDistance);
    if (!by_correlation) {
      order_ = OrderInSpace(WholeJob(job_.settings), kQueriesTogether);
    } else if (choices_.by_correlation.strategy != RESIDUAL_KNN_BRUTE_FORCE) {
      SearchSettings settings = job_.settings;
      settings.strategy = choices_.by_correlation.strategy;
      settings.threads = UsableThreads(job_.model.callback(), settings.threads);
      order_ = OrderOfTree(WholeJob(settings), prepared_, sum_);
    }
  }

  void SetOrderOfSlots() {
    const QuerySet& queries = job_.queries;
    bool same = true;
    for (int64_t i = 0; same && i < queries.size(); ++i) same = queries.SlotOf(i) == i;
    if (same) return;
    order_.resize(static_cast<size_t>(queries.size()));
    for (int64_t i = 0; i < queries.size(); ++i) order_[queries.SlotOf(i)] = i;
  }

  // The queries of the section from this place of the order on.
  [[nodiscard]] std::vector<int64_t> QueriesFrom(int64_t begin) const {
    const int64_t count = std::min(plan_.most, job_.queries.size() - begin);
    std::vector<int64_t> queries(static_cast<size_t>(count));
    if (order_.empty()) {
      std::iota(queries.begin(), queries.end(), begin);
    } else {
      std::copy_n(order_.begin() + begin, count, queries.begin());
    }
    return queries;
  }

  void SearchSection(const std::vector<int64_t>& queries, bool is_first, SectionSink& sink) {
    const JobPart part(job_, queries);
    SearchSettings settings = job_.settings;
    settings.part_of = &choices_;
    const SectionSink::Target target = sink.Begin(std::ssize(queries));
    SetRequest request = request_;
    request.variances = {target.variances, false};
    std::optional<PartLists> lists;
    if (request_.lists != nullptr) request.lists = &lists.emplace(*request_.lists, part.queries());
    const SearchStatistics done =
        SelectSets(part.With(settings, target.results), request, prepared_);
    Add(done, is_first);
    sink.End(part.queries().whole_slots());
  }

  void Add(const SearchStatistics& part, bool is_first) {
    if (is_first) {
      sum_.strategy = part.strategy;
      sum_.reason = part.reason;
    }
    sum_.AddScan(part);
    sum_.threads = std::max(sum_.threads, part.threads);
    sum_.pairs += part.pairs;
    sum_.coarse_blocks = std::max(sum_.coarse_blocks, part.coarse_blocks);
    sum_.tree_seconds += part.tree_seconds;
    sum_.uninformative_queries += part.uninformative_queries;
    sum_.candidates += part.candidates;
    sum_.uninformative_picks += part.uninformative_picks;
  }

  const CandidateJob& job_;
  const SetRequest& request_;
  const SectionPlan plan_;
  Prepared& prepared_;
  LargerSearch choices_;
  std::vector<int64_t>
      order_;  // in which the queries are dealt to sections; empty: that of the set
  int64_t pairs_done_ = 0;
  SearchStatistics sum_;
  NoResults no_results_;
};

// All queries at once.
SearchStatistics SelectAllSets(const CandidateJob& job, const SetRequest& given, SectionSink& sink,
                               Prepared& prepared) {
  const int64_t size = job.queries.size();
  const SectionSink::Target target = sink.Begin(size);
  SetRequest request = given;
  request.variances = {target.variances, false};
  const SearchStatistics statistics =
      SelectSets({job.model, job.queries, job.settings, target.results, job.monitor, job.start},
                 request, prepared);
  std::vector<int64_t> slots(static_cast<size_t>(size));
  std::iota(slots.begin(), slots.end(), int64_t{0});
  if (size > 0) sink.End(slots);
  return statistics;
}

}  // namespace

SearchStatistics SelectSetsBySections(const CandidateJob& job, const SetRequest& request,
                                      const SectionPlan& plan, SectionSink& sink,
                                      Prepared& prepared) {
  if (job.queries.size() <= plan.most) return SelectAllSets(job, request, sink, prepared);
  return SectionSearch(job, request, plan, prepared).Run(sink);
}

}  // namespace residual_knn
