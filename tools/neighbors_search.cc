#include "tools/neighbors_search.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tools/chunk_sizes.h"
#include "tools/library.h"
#include "tools/point_order.h"
#include "tools/search_arguments.h"

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
  if (options.memory_limit > 0) {
    room = std::min(room, MostNeighborsOfChunk(options, queries.range));
  }
  const auto run = [&] {
    answer->neighbors.reset();  // before there is more
    answer->distances.reset();
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
  SearchArguments arguments(options, question, queries, progress);
  if (!options.threshold) {
    Answer answer = arguments.RoomForNearest();
    CheckStatus(SearchNearest(options, queries, index, arguments.search(), &answer), queries.path);
    return answer;
  }
  Answer answer = arguments.EmptyAnswer();
  SearchAbove(options, queries, index, arguments.search(), &answer);
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
