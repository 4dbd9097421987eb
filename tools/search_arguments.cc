#include "tools/search_arguments.h"

#include <algorithm>
#include <memory>
#include <new>

namespace residual_knn::cli {
namespace {

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

}  // namespace

SearchArguments::SearchArguments(const NeighborsOptions& options, const Question& question,
                                 const Queries& queries, ProgressBar* progress)
    : queries_(queries.count), wants_variances_(!options.pick_variances.empty()) {
  const int64_t others = queries.are_new_points ? question.points.n : question.points.n - 1;
  // The library needs at least one place.
  places_ = std::max<int64_t>(std::min(options.k, others), 1);
  residual_knn_search_options_init(&search_, sizeof search_);
  search_.ranking = options.ranking;
  search_.strategy = options.strategy;
  search_.threads = static_cast<int32_t>(options.threads);
  search_.message_base = options.base;
  search_.progress = progress->callback();
  search_.progress_user = progress;
  search_.selection = options.selection;
  SetCounts(options, question, &search_);
  candidates_ = IndexLists(options, question, question.candidates, queries);
  if (!candidates_.offsets.empty()) {
    search_.candidate_offsets = candidates_.offsets.data();
    search_.candidate_rows = candidates_.rows.data();
  }
  start_ = SetStart(options, IndexLists(options, question, question.start, queries), &search_);
}

Answer SearchArguments::EmptyAnswer() const {
  Answer answer;
  answer.num_queries = queries_;
  answer.places = places_;
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  return answer;
}

Answer SearchArguments::RoomForNearest() {
  Answer answer = EmptyAnswer();
  int64_t size = 0;
  if (__builtin_mul_overflow(queries_, places_, &size)) throw std::bad_alloc();
  answer.neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(size));
  answer.distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(size));
  if (wants_variances_) {
    answer.pick_variances.resize(static_cast<size_t>(size));
    search_.conditional_variances = answer.pick_variances.data();
  }
  return answer;
}

}  // namespace residual_knn::cli
