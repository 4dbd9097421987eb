#include "tools/lot_search.h"

#include <utility>
#include <vector>

#include "c_api/team.h"
#include "mpi/lot_statistics.h"
#include "tools/library.h"
#include "tools/neighbors_search.h"
#include "tools/search_arguments.h"

namespace residual_knn::cli {
namespace {

// Whether the searches of lots leave queries to brute force. Only searches for the k nearest do. With weights of new
// points, each search must have consecutive queries, because messages count from the first of them.
bool MayLeave(const NeighborsOptions& options, const Queries& whole) {
  return !options.threshold && options.groups.empty() &&
         !(whole.are_new_points && options.HasWeights());
}

}  // namespace

LotSearch::LotSearch(const NeighborsOptions& options, const Question& question,
                     const Queries& whole, const residual_knn_index* index, ProgressBar* progress)
    : options_(options),
      question_(question),
      whole_(whole),
      index_(index),
      progress_(progress),
      lots_(whole, options, question),
      leaves_(MayLeave(options, whole)) {
  residual_knn_statistics_init(&statistics_, sizeof statistics_);
}

residual_knn_statistics LotSearch::Search(std::span<const int64_t> which, int32_t strategy) {
  const residual_knn_statistics lot = SearchSome(which, strategy);
  mpi::AddLot(lot, which, options_.base, &statistics_);
  return lot;
}

void LotSearch::SearchLeft(std::span<const int64_t> which) {
  if (which.empty()) return;
  mpi::AddLeft(SearchSome(which, RESIDUAL_KNN_BRUTE_FORCE), &statistics_);
}

residual_knn_statistics LotSearch::SearchSome(std::span<const int64_t> which, int32_t strategy) {
  NeighborsOptions options = options_;
  options.strategy = strategy;
  if (leaves_) {
    Answer answer = SearchAndLeave(options, which);
    const residual_knn_statistics statistics = answer.statistics;
    Keep(left_.Divide(which), std::move(answer));
    return statistics;
  }
  Answer answer = cli::Search(options, question_, lots_.Take(which), index_, progress_);
  const residual_knn_statistics statistics = answer.statistics;
  Keep(which, std::move(answer));
  return statistics;
}

// The answer has the queries that are not left.
Answer LotSearch::SearchAndLeave(const NeighborsOptions& options, std::span<const int64_t> which) {
  const Queries queries = lots_.Take(which);
  SearchArguments arguments(options, question_, queries, progress_);
  Answer answer = arguments.RoomForNearest();
  const residual_knn_team_question part{
      queries.are_new_points ? nullptr : queries.RowNumbers(),
      queries.are_new_points ? queries.new_points.data() : nullptr, queries.count,
      static_cast<int32_t>(options.predecessors ? 1 : 0), static_cast<int32_t>(answer.places)};
  CheckStatus(residual_knn_team_search(index_, &part, &arguments.search(), answer.neighbors.get(),
                                       answer.distances.get(), &answer.statistics,
                                       left_.Marks(which.size())),
              queries.path);
  left_.RemoveFrom(answer.places, answer.neighbors.get());
  left_.RemoveFrom(answer.places, answer.distances.get());
  if (!answer.pick_variances.empty()) {
    left_.RemoveFrom(answer.places, answer.pick_variances.data());
  }
  return answer;
}

// Appends an answer for queries `which` to the letters.
void LotSearch::Keep(std::span<const int64_t> which, Answer answer) {
  answer.num_queries = std::ssize(which);
  if (!answer.pick_variances.empty()) {
    answer.pick_variances.resize(static_cast<size_t>(answer.num_queries * answer.places));
  }
  if (options_.HasWeights()) {
    jittered_ += AddWeights(options_, question_, lots_.Take(which), index_, &answer, progress_);
  }
  letters_.Put(which, answer);
}

}  // namespace residual_knn::cli
