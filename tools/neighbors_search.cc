#include "tools/neighbors_search.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "tools/library.h"
#include "tools/point_order.h"
#include "tools/row_lists.h"

namespace residual_knn::cli {
namespace {

// Calls the function of the library for the kind of queries. `others` are the arguments that follow the queries.
template <typename OfRows, typename OfNewPoints, typename... Others>
residual_knn_status CallForQueries(OfRows* of_rows, OfNewPoints* of_new_points,
                                   const residual_knn_index* index, const Queries& queries,
                                   Others... others) {
  return queries.are_new_points
             ? of_new_points(index, queries.new_points.data(), queries.count, others...)
             : of_rows(index, queries.RowNumbers(), queries.count, others...);
}

// The lists of the queries, in row numbers of the index; without lists if there are none. `lists` is a part of the
// question.
RowLists IndexLists(const NeighborsOptions& options, const Question& question,
                    const RowLists& lists, const Queries& queries) {
  if (lists.offsets.empty()) return {};
  return SelectLists(lists, NumbersOf(queries, options, question), question.positions);
}

// The start lists of all queries as an array, which `search` then points to.
std::vector<int64_t> SetStart(const NeighborsOptions& options, const RowLists& lists,
                              residual_knn_search_options* search) {
  // The library reads 4 k elements of a list. In a search for candidates, k is their number, 2 k by default.
  const int64_t most = 4 * std::max(2 * options.k, options.candidates);
  search->start_k = std::min(LongestList(lists), most);
  std::vector<int64_t> rows = PaddedLists(lists, search->start_k);
  if (search->start_k > 0) search->start = rows.data();
  return rows;
}

// The numbers of candidates of both kinds for --candidates, in the values of the library.
void SetCounts(const NeighborsOptions& options, const Question& question,
               residual_knn_search_options* search) {
  constexpr int64_t kNone = -1;
  if (options.candidates == kUsualCandidates) return;
  search->scaled_candidates = options.candidates;
  search->residual_candidates = kNone;
  if (question.inducing.m == 0) return;
  search->residual_candidates = std::max((options.candidates + 1) / 2, options.k);
  const int64_t rest = options.candidates - search->residual_candidates;
  search->scaled_candidates = rest == 0 ? kNone : rest;
}

// All neighbors above the threshold. If the room for them is too small, the library says how much it needs.
void SearchAbove(const NeighborsOptions& options, const Queries& queries,
                 const residual_knn_index* index, const residual_knn_search_options& search,
                 Answer* answer) {
  constexpr int64_t kLeastRoom = 1 << 20;
  constexpr int64_t kRoomOfQuery = 32;
  const auto of_rows =
      options.predecessors ? residual_knn_predecessors_above : residual_knn_neighbors_above;
  answer->offsets.assign(static_cast<size_t>(queries.count) + 1, 0);
  int64_t room = std::max(kRoomOfQuery * queries.count, kLeastRoom);
  const auto run = [&] {
    answer->neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(room));
    answer->distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(room));
    return CallForQueries(of_rows, residual_knn_neighbors_of_new_points_above, index, queries,
                          &search, *options.threshold, room, answer->offsets.data(),
                          answer->neighbors.get(), answer->distances.get(), &answer->statistics);
  };
  residual_knn_status status = run();
  if (answer->offsets.back() > room) {
    room = answer->offsets.back();
    status = run();
  }
  CheckStatus(status, queries.path);
}

// The k nearest neighbors, for which the answer has places.
residual_knn_status SearchNearest(const NeighborsOptions& options, const Queries& queries,
                                  const residual_knn_index* index,
                                  const residual_knn_search_options& search, Answer* answer) {
  const auto k = static_cast<int32_t>(answer->places);
  int64_t* const neighbors = answer->neighbors.get();
  double* const distances = answer->distances.get();
  if (!options.groups.empty()) {
    const auto find =
        options.predecessors ? residual_knn_group_predecessors : residual_knn_group_neighbors;
    return find(index, queries.group_offsets.data(), queries.count, queries.rows.data(), &search, k,
                neighbors, distances, &answer->statistics);
  }
  const auto of_rows = options.predecessors ? residual_knn_predecessors : residual_knn_neighbors;
  return CallForQueries(of_rows, residual_knn_neighbors_of_new_points, index, queries, &search, k,
                        neighbors, distances, &answer->statistics);
}

}  // namespace

Answer Search(const NeighborsOptions& options, const Question& question, const Queries& queries,
              const residual_knn_index* index, ProgressBar* progress) {
  Answer answer;
  answer.num_queries = queries.count;
  // More places than candidates would stay empty. The library needs at least one place.
  const int64_t candidates = queries.are_new_points ? question.points.n : question.points.n - 1;
  answer.places = std::max<int64_t>(std::min(options.k, candidates), 1);
  residual_knn_search_options search;
  residual_knn_search_options_init(&search, sizeof search);
  search.ranking = options.ranking;
  search.strategy = options.strategy;
  search.threads = static_cast<int32_t>(options.threads);
  search.message_base = options.base;
  search.progress = progress->callback();
  search.progress_user = progress;
  search.selection = options.selection;
  SetCounts(options, question, &search);
  const RowLists lists = IndexLists(options, question, question.candidates, queries);
  if (!lists.offsets.empty()) {
    search.candidate_offsets = lists.offsets.data();
    search.candidate_rows = lists.rows.data();
  }
  const std::vector<int64_t> start =
      SetStart(options, IndexLists(options, question, question.start, queries), &search);
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  if (options.threshold) {
    SearchAbove(options, queries, index, search, &answer);
    return answer;
  }
  int64_t size = 0;
  if (__builtin_mul_overflow(queries.count, answer.places, &size)) throw std::bad_alloc();
  answer.neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(size));
  answer.distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(size));
  if (!options.pick_variances.empty()) {
    answer.pick_variances.resize(static_cast<size_t>(size));
    search.conditional_variances = answer.pick_variances.data();
  }
  CheckStatus(SearchNearest(options, queries, index, search, &answer), queries.path);
  return answer;
}

int64_t AddWeights(const NeighborsOptions& options, const Question& question,
                   const Queries& queries, const residual_knn_index* index, Answer* answer,
                   ProgressBar* progress) {
  residual_knn_weights_options weights;
  residual_knn_weights_options_init(&weights, sizeof weights);
  weights.threads = static_cast<int32_t>(options.threads);
  weights.jitter = options.weights_jitter;
  weights.message_base = options.base;
  weights.progress = progress->callback();
  weights.progress_user = progress;
  residual_knn_weights_report report;
  residual_knn_weights_report_init(&report, sizeof report);
  if (!options.weights.empty()) {
    answer->weights.resize(static_cast<size_t>(queries.count * answer->places));
  }
  answer->variances.resize(static_cast<size_t>(queries.count));
  double* const values = answer->weights.empty() ? nullptr : answer->weights.data();
  try {
    CheckStatus(CallForQueries(residual_knn_weights, residual_knn_weights_of_new_points, index,
                               queries, &weights, static_cast<int32_t>(answer->places),
                               answer->neighbors.get(), values, answer->variances.data(), &report),
                options.weights.empty() ? "--variances" : "--weights");
  } catch (const std::runtime_error& error) {
    const std::string text = queries.are_new_points
                                 ? WithQueryNumber(error.what(), queries.range.begin)
                                 : SetInFileRows(error.what(), question.order, options.base);
    throw std::runtime_error(text + " (--weights-jitter)");
  }
  return report.jittered_sets;
}

}  // namespace residual_knn::cli
