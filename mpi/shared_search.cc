#include "mpi/shared_search.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/fingerprint.h"
#include "mpi/dealt_lots.h"
#include "mpi/failure.h"
#include "mpi/lot_arrays.h"
#include "mpi/lot_plan.h"
#include "mpi/lot_statistics.h"
#include "mpi/queries_for_scan.h"

namespace residual_knn::mpi {
namespace {

// The progress callback of the searches of lots: serves the other processes, and reports the share of all queries.
struct Relay {
  DealtLots& lots;
  const residual_knn_search_options& options;  // of the caller
  int64_t all_queries;

  static int32_t Report(void* user, int64_t done, int64_t total) {
    auto& self = *static_cast<Relay*>(user);
    if (!self.lots.Serve()) return 1;
    if (self.options.progress == nullptr) return 0;
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const auto in_lot = static_cast<double>(self.lots.queries().size());
    return self.options.progress(self.options.progress_user,
                                 self.lots.first() + static_cast<int64_t>(share * in_lot),
                                 self.all_queries);
  }
};

residual_knn_info InfoOf(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index, &info));
  return info;
}

// The question, except for what the library itself refuses.
uint64_t FingerprintOf(const SearchCall& call, const residual_knn_search_options& options) {
  Fingerprint fingerprint;
  fingerprint.Add(call.num_queries);
  fingerprint.Add(call.predecessors);
  fingerprint.Add(call.k);
  fingerprint.Add(call.new_points != nullptr);
  const auto count = static_cast<size_t>(std::max<int64_t>(call.num_queries, 0));
  if (call.rows != nullptr) fingerprint.AddBytes(call.rows, count * sizeof(int64_t));
  if (call.new_points != nullptr && call.index != nullptr) {
    fingerprint.AddBytes(call.new_points,
                         count * static_cast<size_t>(InfoOf(call.index).d) * sizeof(double));
  }
  for (const int32_t option :
       {options.layout, options.ranking, options.strategy, options.selection}) {
    fingerprint.Add(option);
  }
  for (const int64_t option : {options.residual_candidates, options.scaled_candidates,
                               options.tile_queries, options.tile_candidates, options.start_k}) {
    fingerprint.Add(option);
  }
  fingerprint.Add(options.candidate_offsets != nullptr);
  fingerprint.Add(options.conditional_variances != nullptr);
  return fingerprint.get();
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

LotPlan MakePlan(CommTeam& team, const SearchCall& call,
                 const residual_knn_search_options& options) {
  RequireLists(call, options);
  team.RequireSame(FingerprintOf(call, options), "the queries or the search options differ");
  if (options.candidate_offsets == nullptr) {
    const residual_knn_team_question question{call.rows, call.new_points, call.num_queries,
                                              static_cast<int32_t>(call.predecessors ? 1 : 0),
                                              call.k};
    return PlanByTree(team, {call.index, question, call.options, options.threads});
  }
  LotPlan plan = PlanInOrder(team, call.num_queries, options.threads);
  plan.strategy = options.strategy;
  plan.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  return plan;
}

// The searches of this process: of lots, and of queries that lots have left.
class MySearches {
 public:
  MySearches(const SearchCall& call, const residual_knn_search_options& options,
             bool wants_distances)
      : k_(call.k),
        options_(options),
        wants_distances_(wants_distances),
        arrays_(call, options, InfoOf(call.index).d) {
    residual_knn_statistics_init(&statistics_, sizeof statistics_);
  }

  residual_knn_statistics SearchLot(std::span<const int64_t> queries, int32_t strategy) {
    const residual_knn_statistics lot = Append(queries, strategy);
    AddLot(lot, queries, options_.message_base, &statistics_);
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

  [[nodiscard]] bool selects() const { return options_.conditional_variances != nullptr; }

  int32_t k_;
  const residual_knn_search_options& options_;
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
  const residual_knn_search_options caller = ReadSearchOptions(call.options);
  const LotPlan plan = MakePlan(team, call, caller);
  DealtLots lots(team, plan);
  Relay relay{lots, caller, std::max<int64_t>(call.num_queries, 1)};
  residual_knn_search_options options = caller;
  if (team.rank() == 0 || caller.progress != nullptr) {
    options.progress = Relay::Report;
    options.progress_user = &relay;
  }
  std::optional<MySearches> mine;
  lots.Run([&] {
    mine.emplace(call, options, wants_distances);
    while (lots.Next()) lots.Learn(mine->SearchLot(lots.queries(), lots.strategy()));
  });
  mine->SearchLeft(mine->left().ShareOut(team, InfoOf(call.index).m));
  *statistics = SumOf(team, mine->statistics(), lots.reason());
  return mine->TakeFound();
}

}  // namespace residual_knn::mpi
