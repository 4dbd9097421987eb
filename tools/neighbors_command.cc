#include "tools/neighbors_command.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/library.h"
#include "tools/messages.h"
#include "tools/neighbors_output.h"
#include "tools/output_check.h"
#include "tools/output_format.h"
#include "tools/output_set.h"
#include "tools/point_order.h"
#include "tools/points_output.h"
#include "tools/progress_bar.h"
#include "tools/question.h"
#include "tools/row_lists.h"
#include "tools/statistics_json.h"
#include "tools/statistics_text.h"

namespace residual_knn::cli {
namespace {

// The result, in the row numbers of the library.
struct Answer {
  int64_t num_queries = 0;
  int64_t places = 0;
  std::unique_ptr<int64_t[]> neighbors;
  std::unique_ptr<double[]> distances;
  std::vector<int64_t> offsets;   // of --threshold, see NeighborsAnswer
  std::vector<double> weights;    // places as the neighbors; empty unless wanted
  std::vector<double> variances;  // one for each query; empty unless wanted
  // Places as the neighbors; empty unless wanted.
  std::vector<double> pick_variances;
  residual_knn_info info{};
  residual_knn_statistics statistics{};
};

IndexHandle BuildIndex(const NeighborsOptions& options, const Question& question,
                       ProgressBar* progress) {
  progress->StartStage("building the index");
  const Coordinates& points = question.points;
  const std::vector<double> ordered =
      question.order.empty() ? std::vector<double>{} : InOrder(points.values, question.order);
  residual_knn_model_options model;
  residual_knn_model_options_init(&model, sizeof model);
  model.kernel = options.kernel;
  model.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
  model.variance = options.variance;
  model.nu = options.nu;
  model.alpha = options.alpha;
  model.nugget = options.nugget;
  model.jitter = options.jitter;
  model.max_jitter = options.max_jitter;
  model.threads = static_cast<int32_t>(options.threads);
  model.message_base = options.base;
  model.progress = progress->callback();
  model.progress_user = progress;
  residual_knn_index* index = nullptr;
  const residual_knn_status status = residual_knn_index_create(
      ordered.empty() ? points.values.data() : ordered.data(), points.n, points.d(),
      options.lengthscales.data(), static_cast<int64_t>(options.lengthscales.size()),
      question.inducing.m > 0 ? question.inducing.values.data() : nullptr, question.inducing.m,
      &model, &index);
  const bool inducing_to_blame =
      status == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE && !options.inducing_points.empty();
  try {
    CheckStatus(status, inducing_to_blame ? options.inducing_points : points.path);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(InFileRows(error.what(), question.order, options.base));
  }
  return IndexHandle(index);
}

// Row numbers of the queries in the index. Empty: all rows in the order of the index.
std::vector<int64_t> IndexRows(const Question& question) {
  std::vector<int64_t> rows = question.rows;
  if (!question.positions.empty()) {
    for (int64_t& row : rows) row = question.positions[static_cast<size_t>(row)];
  }
  return rows;
}

// The candidate lists of the queries, in row numbers of the index; without lists if there are none.
RowLists IndexLists(const NeighborsOptions& options, const Question& question,
                    int64_t num_queries) {
  if (options.candidate_lists.empty()) return {};
  std::vector<int64_t> numbers = options.queries.empty() ? question.order : question.rows;
  if (options.queries.empty() && numbers.empty()) {
    numbers.resize(static_cast<size_t>(num_queries));
    std::iota(numbers.begin(), numbers.end(), int64_t{0});
  }
  return SelectLists(question.candidates, numbers, question.positions);
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

int64_t NumQueries(const NeighborsOptions& options, const Question& question) {
  if (!options.groups.empty()) return question.groups.size();
  if (!options.new_points.empty()) return question.new_points.n;
  if (!options.queries.empty()) return static_cast<int64_t>(question.rows.size());
  return question.points.n;
}

// All neighbors above the threshold. If the room for them is too small, the library says how much it needs.
void SearchAbove(const NeighborsOptions& options, const Question& question,
                 const residual_knn_index* index, const residual_knn_search_options& search,
                 Answer* answer) {
  constexpr int64_t kLeastRoom = 1 << 20;
  constexpr int64_t kRoomOfQuery = 32;
  const bool new_points = !options.new_points.empty();
  const std::vector<double> queries =
      new_points ? question.new_points.PointMajor() : std::vector<double>{};
  const std::vector<int64_t> rows = IndexRows(question);
  const auto find =
      options.predecessors ? &residual_knn_predecessors_above : &residual_knn_neighbors_above;
  answer->offsets.assign(static_cast<size_t>(answer->num_queries) + 1, 0);
  int64_t room = std::max(kRoomOfQuery * answer->num_queries, kLeastRoom);
  const auto run = [&] {
    answer->neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(room));
    answer->distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(room));
    int64_t* const offsets = answer->offsets.data();
    int64_t* const neighbors = answer->neighbors.get();
    double* const distances = answer->distances.get();
    if (new_points) {
      return residual_knn_neighbors_of_new_points_above(index, queries.data(), answer->num_queries,
                                                        &search, *options.threshold, room, offsets,
                                                        neighbors, distances, &answer->statistics);
    }
    return find(index, options.queries.empty() ? nullptr : rows.data(), answer->num_queries,
                &search, *options.threshold, room, offsets, neighbors, distances,
                &answer->statistics);
  };
  residual_knn_status status = run();
  if (answer->offsets.back() > room) {
    room = answer->offsets.back();
    status = run();
  }
  CheckStatus(status, new_points ? question.new_points.path : question.points.path);
}

void SearchGroups(const NeighborsOptions& options, const Question& question,
                  const residual_knn_index* index, const residual_knn_search_options& search,
                  Answer* answer) {
  std::vector<int64_t> rows = question.groups.rows;
  if (!question.positions.empty()) {
    for (int64_t& row : rows) row = question.positions[static_cast<size_t>(row)];
  }
  const auto find =
      options.predecessors ? &residual_knn_group_predecessors : &residual_knn_group_neighbors;
  CheckStatus(find(index, question.groups.offsets.data(), answer->num_queries, rows.data(), &search,
                   static_cast<int32_t>(answer->places), answer->neighbors.get(),
                   answer->distances.get(), &answer->statistics),
              question.points.path);
}

Answer Search(const NeighborsOptions& options, const Question& question,
              const residual_knn_index* index, ProgressBar* progress) {
  progress->StartStage("searching");
  Answer answer;
  const bool new_points = !options.new_points.empty();
  const bool some_rows = !options.queries.empty();
  answer.num_queries = NumQueries(options, question);
  // More places than candidates would stay empty. The library needs at least one place.
  const int64_t candidates = new_points ? question.points.n : question.points.n - 1;
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
  const RowLists lists = IndexLists(options, question, answer.num_queries);
  if (!lists.offsets.empty()) {
    search.candidate_offsets = lists.offsets.data();
    search.candidate_rows = lists.rows.data();
  }
  residual_knn_info_init(&answer.info, sizeof answer.info);
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  CheckStatus(residual_knn_index_info(index, &answer.info), question.points.path);
  if (options.threshold) {
    SearchAbove(options, question, index, search, &answer);
    return answer;
  }
  int64_t size = 0;
  if (__builtin_mul_overflow(answer.num_queries, answer.places, &size)) throw std::bad_alloc();
  answer.neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(size));
  answer.distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(size));
  if (!options.pick_variances.empty()) {
    answer.pick_variances.resize(static_cast<size_t>(size));
    search.conditional_variances = answer.pick_variances.data();
  }
  if (!options.groups.empty()) {
    SearchGroups(options, question, index, search, &answer);
    return answer;
  }
  const auto k = static_cast<int32_t>(answer.places);
  if (new_points) {
    const std::vector<double> queries = question.new_points.PointMajor();
    CheckStatus(residual_knn_neighbors_of_new_points(index, queries.data(), answer.num_queries,
                                                     &search, k, answer.neighbors.get(),
                                                     answer.distances.get(), &answer.statistics),
                question.new_points.path);
    return answer;
  }
  const std::vector<int64_t> rows = IndexRows(question);
  const auto find = options.predecessors ? &residual_knn_predecessors : &residual_knn_neighbors;
  CheckStatus(find(index, some_rows ? rows.data() : nullptr, answer.num_queries, &search, k,
                   answer.neighbors.get(), answer.distances.get(), &answer.statistics),
              question.points.path);
  return answer;
}

// Weights and conditional variances, if a file is wanted. Returns a warning, or "".
std::string AddWeights(const NeighborsOptions& options, const Question& question,
                       const residual_knn_index* index, Answer* answer, ProgressBar* progress) {
  if (options.weights.empty() && options.variances.empty()) return "";
  progress->StartStage("computing weights");
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
    answer->weights.resize(static_cast<size_t>(answer->num_queries * answer->places));
  }
  answer->variances.resize(static_cast<size_t>(answer->num_queries));
  double* const values = answer->weights.empty() ? nullptr : answer->weights.data();
  const auto k = static_cast<int32_t>(answer->places);
  residual_knn_status status = RESIDUAL_KNN_OK;
  if (!options.new_points.empty()) {
    const std::vector<double> queries = question.new_points.PointMajor();
    status = residual_knn_weights_of_new_points(index, queries.data(), answer->num_queries,
                                                &weights, k, answer->neighbors.get(), values,
                                                answer->variances.data(), &report);
  } else {
    const std::vector<int64_t> rows = IndexRows(question);
    status = residual_knn_weights(index, options.queries.empty() ? nullptr : rows.data(),
                                  answer->num_queries, &weights, k, answer->neighbors.get(), values,
                                  answer->variances.data(), &report);
  }
  try {
    CheckStatus(status, options.weights.empty() ? "--variances" : "--weights");
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(SetInFileRows(error.what(), question.order, options.base) +
                             " (--weights-jitter)");
  }
  if (report.jittered_sets == 0) return "";
  return "--weights-jitter was added for " + std::to_string(report.jittered_sets) + " of " +
         std::to_string(answer->num_queries) + " queries";
}

void WriteAnswer(const NeighborsOptions& options, const Question& question, const Answer& answer,
                 ProgressBar* progress, OutputSet* outputs) {
  const auto size = static_cast<size_t>(options.threshold ? answer.offsets.back()
                                                          : answer.num_queries * answer.places);
  // A group has its number in the file.
  std::vector<int64_t> groups = question.groups.numbers;
  for (int64_t& number : groups) number -= options.base;
  NeighborsAnswer named;
  named.num_queries = answer.num_queries;
  named.k = options.k;
  named.places = answer.places;
  named.neighbors = std::span(answer.neighbors.get(), size);
  named.distances = std::span(answer.distances.get(), size);
  named.offsets = answer.offsets;
  named.query_rows = options.groups.empty() ? question.rows : groups;
  named.file_rows = question.order;
  // Without --queries and --groups, all rows were searched in the order of the index.
  if (options.queries.empty() && options.groups.empty()) named.result_rows = question.positions;
  WriteNeighbors(named, options.base, options.output, outputs, progress);
  if (!options.weights.empty()) {
    WriteWeights(named, answer.weights, options.base, options.weights, outputs);
  }
  if (!options.pick_variances.empty()) {
    WritePickVariances(named, answer.pick_variances, options.base, options.pick_variances, outputs);
  }
  if (!options.variances.empty()) {
    WriteVariances(named, answer.variances, options.base, options.variances, outputs);
  }
}

void WriteFiles(const NeighborsOptions& options, const Question& question, const Answer& answer,
                ProgressBar* progress) {
  // The bar and the output would mix on the same terminal.
  const bool stats_mix = !options.stats.empty() && !IsStaged(options.stats);
  if (stats_mix || isatty(STDOUT_FILENO) == 1) {
    progress->Pause();
  } else {
    progress->StartStage("writing");
  }
  OutputSet outputs;
  WriteAnswer(options, question, answer, progress, &outputs);
  if (!options.write_inducing.empty()) {
    WriteInducing(question, options.write_inducing, &outputs);
  }
  if (!options.write_order.empty()) {
    WriteOrder(question, options.base, options.write_order, &outputs);
  }
  if (!options.stats.empty()) {
    const auto text = IsJsonName(options.stats) ? StatisticsJson : StatisticsText;
    outputs.Open(options.stats)
        .Write(text(options, question.points.names, answer.info, answer.statistics));
  }
  outputs.Publish();
}

}  // namespace

void RunNeighbors(NeighborsOptions options) {
  ProgressBar progress(STDERR_FILENO, !options.quiet && !HasReader(STDOUT_FILENO));
  Messages messages(options.quiet, &progress);
  CheckFiles(options);
  const Question question = ReadQuestion(&options, &progress, &messages);
  const IndexHandle index = BuildIndex(options, question, &progress);
  messages.Warn(InFileRows(residual_knn_index_warning(index.get()), question.order, options.base));
  Answer answer = Search(options, question, index.get(), &progress);
  messages.Warn(residual_knn_search_warning(index.get(), &answer.statistics));
  messages.Warn(AddWeights(options, question, index.get(), &answer, &progress));
  WriteFiles(options, question, answer, &progress);
}

}  // namespace residual_knn::cli
