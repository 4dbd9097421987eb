#include "mpi/shared_search.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "mpi/deal.h"
#include "mpi/failure.h"
#include "mpi/hash.h"
#include "mpi/lot_arrays.h"
#include "mpi/lot_statistics.h"
#include "mpi/lot_strategy.h"
#include "mpi/lots.h"
#include "mpi/queries_for_scan.h"
#include "parallel/team.h"
#include "tools/processors.h"

namespace residual_knn::mpi {
namespace {

// The progress callback of the searches of lots: serves the deal, and reports the share of all queries.
struct Relay {
  Deal& deal;
  const residual_knn_search_options& options;  // of the caller
  int64_t all_queries;
  int64_t first = 0;  // of the lot
  int64_t count = 0;
  std::exception_ptr failure;

  static int32_t Report(void* user, int64_t done, int64_t total) {
    auto& self = *static_cast<Relay*>(user);
    try {
      self.deal.Serve();
    } catch (...) {
      self.failure = std::current_exception();
      return 1;
    }
    if (self.options.progress == nullptr) return 0;
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const auto queries = static_cast<int64_t>(share * static_cast<double>(self.count));
    return self.options.progress(self.options.progress_user, self.first + queries,
                                 self.all_queries);
  }
};

struct SearchPlan {
  residual_knn_search_options options;  // of all lots
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  std::vector<int64_t> order;
  std::vector<int64_t> cuts;  // of lots in `order`
};

residual_knn_info InfoOf(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index, &info));
  return info;
}

// The question, except for what the library itself refuses.
uint64_t FingerprintOf(const SearchCall& call, const residual_knn_search_options& options) {
  Hash hash;
  hash.Add(call.num_queries);
  hash.Add(call.predecessors);
  hash.Add(call.k);
  hash.Add(call.new_points != nullptr);
  const auto count = static_cast<size_t>(std::max<int64_t>(call.num_queries, 0));
  if (call.rows != nullptr) hash.AddBytes(call.rows, count * sizeof(int64_t));
  if (call.new_points != nullptr && call.index != nullptr) {
    hash.AddBytes(call.new_points,
                  count * static_cast<size_t>(InfoOf(call.index).d) * sizeof(double));
  }
  for (const int32_t option :
       {options.layout, options.ranking, options.strategy, options.selection}) {
    hash.Add(option);
  }
  for (const int64_t option : {options.residual_candidates, options.scaled_candidates,
                               options.tile_queries, options.tile_candidates, options.start_k}) {
    hash.Add(option);
  }
  hash.Add(options.candidate_offsets != nullptr);
  hash.Add(options.conditional_variances != nullptr);
  return hash.get();
}

// What the library would refuse, of arrays that are cut into lots.
void RequireLists(const SearchCall& call, const residual_knn_search_options& options) {
  const auto refuse = [](const std::string& text) {
    throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, text);
  };
  if (call.index == nullptr) refuse("index is NULL");
  if (call.k < 1) refuse("k is " + std::to_string(call.k) + ", must be at least 1");
  if (call.num_queries < 0) {
    refuse("num_queries is " + std::to_string(call.num_queries) + ", must be at least 0");
  }
  residual_knn_info info = InfoOf(call.index);
  if (call.new_points == nullptr && call.rows == nullptr && call.num_queries != 0 &&
      call.num_queries != info.n) {
    refuse("rows is NULL and num_queries is " + std::to_string(call.num_queries) +
           ", must be n = " + std::to_string(info.n));
  }
  if (options.start_k < 0) {
    refuse("start_k is " + std::to_string(options.start_k) + ", must be at least 0");
  }
  if (options.start_k > 0 && options.start == nullptr) refuse("start is NULL");
  if (options.sink != nullptr) {
    refuse("sink must be NULL: processes that share a search have the results in arrays");
  }
  if (options.candidate_offsets == nullptr) return;
  if (options.candidate_rows == nullptr) refuse("candidate_rows is NULL");
  for (int64_t i = 0; i <= call.num_queries; ++i) {
    const int64_t least = i == 0 ? 0 : options.candidate_offsets[i - 1];
    const int64_t offset = options.candidate_offsets[i];
    if (offset >= least && (i > 0 || offset == 0)) continue;
    refuse("candidate_offsets[" + std::to_string(i + options.message_base) + "] is " +
           std::to_string(offset) + ", must " +
           (i == 0 ? "be 0" : "not be less than the one before it"));
  }
}

SearchPlan MakePlan(CommTeam& team, const SearchCall& call) {
  SearchPlan plan;
  plan.options = ReadSearchOptions(call.options);
  RequireLists(call, plan.options);
  team.RequireSame(FingerprintOf(call, plan.options), "the queries or the search options differ");
  const auto count = static_cast<size_t>(std::max<int64_t>(call.num_queries, 0));
  plan.order.resize(count);
  std::vector<unsigned char> begins(count, 1);
  const residual_knn_team_question question{call.rows, call.new_points, call.num_queries,
                                            static_cast<int32_t>(call.predecessors ? 1 : 0),
                                            call.k};
  if (plan.options.candidate_offsets != nullptr) {
    std::iota(plan.order.begin(), plan.order.end(), int64_t{0});
    plan.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  } else {
    const residual_knn_status status = residual_knn_team_prepare(
        call.index, &question, call.options, &team.team(), &plan.options.strategy, &plan.reason,
        plan.order.data(), begins.data());
    team.RethrowCaught();
    CheckStatus(status);
  }
  int64_t threads = 1;
  const int64_t own = plan.options.threads > 0 ? plan.options.threads : cli::AvailableProcessors();
  for (const int64_t of_one : team.Share(own)) {
    threads = std::max(threads, of_one);
  }
  plan.cuts = CutIntoLots(begins, team.size(), LeastLot(threads));
  return plan;
}

// The searches of this process: of lots, and of queries that lots have left.
class MySearches {
 public:
  MySearches(const SearchCall& call, const SearchPlan& plan, bool wants_distances)
      : k_(call.k),
        plan_(plan),
        wants_distances_(wants_distances),
        arrays_(call, plan.options, InfoOf(call.index).d) {
    residual_knn_statistics_init(&statistics_, sizeof statistics_);
  }

  residual_knn_statistics SearchLot(std::span<const int64_t> queries, int32_t strategy) {
    const residual_knn_statistics lot = Append(queries, strategy);
    AddLot(lot, queries, plan_.options.message_base, &statistics_);
    return lot;
  }

  // By brute force, which leaves none.
  void SearchLeft(std::span<const int64_t> queries) {
    if (queries.empty()) return;
    AddLeft(Append(queries, RESIDUAL_KNN_BRUTE_FORCE), &statistics_);
  }

  [[nodiscard]] const QueriesForScan& left() const { return left_; }
  [[nodiscard]] const residual_knn_statistics& statistics() const { return statistics_; }
  FoundNeighbors TakeFound() { return std::move(found_); }

 private:
  // Appends what is found.
  residual_knn_statistics Append(std::span<const int64_t> queries, int32_t strategy) {
    const size_t before = found_.neighbors.size();
    const auto places = static_cast<size_t>(k_);
    arrays_.Take(queries);
    Resize(before + queries.size() * places);
    double* const distances = wants_distances_ ? found_.distances.data() + before : nullptr;
    double* const variances = selects() ? found_.conditional_variances.data() + before : nullptr;
    arrays_.options().strategy = strategy;
    arrays_.options().conditional_variances = variances;
    residual_knn_statistics statistics;
    residual_knn_statistics_init(&statistics, sizeof statistics);
    CheckStatus(arrays_.Search(found_.neighbors.data() + before, distances, &statistics,
                               left_.Marks(queries.size())));
    left_.RemoveFrom(k_, found_.neighbors.data() + before);
    left_.RemoveFrom(k_, distances);
    left_.RemoveFrom(k_, variances);
    const std::vector<int64_t> searched = left_.Divide(queries);
    found_.queries.insert(found_.queries.end(), searched.begin(), searched.end());
    Resize(before + searched.size() * places);
    return statistics;
  }

  void Resize(size_t places) {
    found_.neighbors.resize(places);
    if (wants_distances_) found_.distances.resize(places);
    if (selects()) found_.conditional_variances.resize(places);
  }

  [[nodiscard]] bool selects() const { return plan_.options.conditional_variances != nullptr; }

  int32_t k_;
  const SearchPlan& plan_;
  bool wants_distances_;
  LotArrays arrays_;
  QueriesForScan left_;
  FoundNeighbors found_;
  residual_knn_statistics statistics_{};
};

}  // namespace

residual_knn_search_options ReadSearchOptions(const residual_knn_search_options* options) {
  residual_knn_search_options read;
  residual_knn_search_options_init(&read, sizeof read);
  constexpr size_t kLargest = 4096;
  if (options == nullptr || options->struct_size < sizeof(size_t) ||
      options->struct_size > kLargest) {
    return read;
  }
  std::memcpy(&read, options, std::min(options->struct_size, sizeof read));
  read.struct_size = sizeof read;
  return read;
}

FoundNeighbors SearchMyLots(CommTeam& team, const SearchCall& call, bool wants_distances,
                            residual_knn_statistics* statistics) {
  SearchPlan plan = MakePlan(team, call);
  const residual_knn_search_options caller = plan.options;
  Deal deal(team, std::ssize(plan.cuts) - 1);
  Relay relay{deal, caller, std::max<int64_t>(call.num_queries, 1), 0, 0, nullptr};
  if (team.rank() == 0 || caller.progress != nullptr) {
    plan.options.progress = Relay::Report;
    plan.options.progress_user = &relay;
  }
  LotStrategy strategy(&deal, plan.options.strategy, plan.reason);
  std::optional<MySearches> mine;
  try {
    mine.emplace(call, plan, wants_distances);
    for (int64_t lot = deal.Next(); lot != Deal::kNone; lot = deal.Next()) {
      relay.first = plan.cuts[static_cast<size_t>(lot)];
      relay.count = plan.cuts[static_cast<size_t>(lot) + 1] - relay.first;
      const auto queries =
          std::span(plan.order)
              .subspan(static_cast<size_t>(relay.first), static_cast<size_t>(relay.count));
      strategy.Learn(mine->SearchLot(queries, strategy.OfLot()));
    }
  } catch (...) {
    deal.Finish();
    if (relay.failure) std::rethrow_exception(relay.failure);
    throw;
  }
  deal.Finish();
  mine->SearchLeft(mine->left().ShareOut(team, InfoOf(call.index).m));
  *statistics = SumOf(team, mine->statistics(), strategy.reason());
  return mine->TakeFound();
}

}  // namespace residual_knn::mpi
