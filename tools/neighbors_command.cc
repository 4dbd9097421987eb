#include "tools/neighbors_command.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tools/coordinates.h"
#include "tools/inducing_choice.h"
#include "tools/library.h"
#include "tools/neighbors_output.h"
#include "tools/output_set.h"
#include "tools/point_order.h"
#include "tools/progress_bar.h"
#include "tools/row_numbers.h"
#include "tools/statistics_json.h"
#include "tools/statistics_text.h"

namespace residual_knn::cli {
namespace {

// What the search is asked for.
struct Question {
  Coordinates points;  // in the order of the file
  InducingPoints inducing;
  std::vector<int64_t> order;      // rows of the file in search order; empty: the file's
  std::vector<int64_t> positions;  // the inverse of order
  std::vector<int64_t> rows;       // --queries, as in the file
  Coordinates new_points;
};

// What came out, in the library's numbers.
struct Answer {
  int64_t num_queries = 0;
  int64_t places = 0;
  std::unique_ptr<int64_t[]> neighbors;
  std::unique_ptr<double[]> distances;
  residual_knn_info info{};
  residual_knn_statistics statistics{};
};

// One name for the spellings of one file: other folders, links, the standard output.
std::string FileKey(const std::string& path) {
  if (path.empty() || path == "-" || path == "/dev/stdout" || path == "/dev/fd/1" ||
      path == "/proc/self/fd/1") {
    return "-";
  }
  std::error_code ignored;
  const std::filesystem::path key =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
  return key.empty() ? path : key.string();
}

// Before hours of work: everything that is to be written can be, and replaces no input.
void CheckOutputs(const NeighborsOptions& options) {
  std::vector<std::string> outputs = NeighborsFiles(options.output);
  if (!options.stats.empty()) outputs.push_back(options.stats);
  std::vector<std::string> keys;
  for (const std::string& output : outputs) keys.push_back(FileKey(output));
  for (const std::string& output : outputs) {
    if (std::count(keys.begin(), keys.end(), FileKey(output)) > 1) {
      throw std::runtime_error("--stats: " + output + " is taken by the neighbors");
    }
    if (!IsStaged(output)) continue;
    for (const std::string& input :
         {options.points, options.inducing_points, options.queries, options.new_points}) {
      std::error_code ignored;
      if (!input.empty() && std::filesystem::equivalent(input, output, ignored)) {
        throw std::runtime_error(output + ": is read and cannot be written too");
      }
    }
    CheckWritable(output);
  }
}

void CheckLengthscales(const NeighborsOptions& options, const Coordinates& points) {
  const auto count = static_cast<int64_t>(options.lengthscales.size());
  if (count == 1 || count == points.d()) return;
  std::string names;
  for (const std::string& name : points.names) names += (names.empty() ? "" : ", ") + name;
  throw std::runtime_error("--lengthscale: " + std::to_string(count) + " values for the " +
                           std::to_string(points.d()) + " coordinates of " + points.path + " (" +
                           names + "); give 1 or " + std::to_string(points.d()));
}

void OrderPoints(const NeighborsOptions& options, ProgressBar* progress, Question* question) {
  // Without --predecessors an order could change nothing but which of two tied rows comes first.
  if (!options.predecessors || options.order == RESIDUAL_KNN_ORDER_GIVEN) return;
  progress->StartStage("ordering the points");
  const Coordinates& points = question->points;
  question->order.resize(static_cast<size_t>(points.n));
  residual_knn_helper_options helper;
  residual_knn_helper_options_init(&helper, sizeof helper);
  helper.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
  helper.threads = static_cast<int32_t>(options.threads);
  helper.seed = options.seed;
  helper.progress = progress->callback();
  helper.progress_user = progress;
  CheckStatus(residual_knn_order_points(points.values.data(), points.n, points.d(),
                                        options.lengthscales.data(),
                                        static_cast<int64_t>(options.lengthscales.size()),
                                        options.order, &helper, question->order.data()),
              points.path + ": --order");
  question->positions = InverseOrder(question->order);
}

Question ReadQuestion(const NeighborsOptions& options, ProgressBar* progress) {
  Question question;
  progress->StartStage("reading");
  CoordinateReader reader(options.columns, options.lonlat);
  question.points = reader.ReadPoints(options.points);
  if (question.points.n == 0) throw std::runtime_error(options.points + ": has no rows of points");
  if (question.points.d() == 0) throw std::runtime_error(options.points + ": has no columns");
  CheckLengthscales(options, question.points);
  if (!options.queries.empty()) {
    question.rows = ReadRowNumbers(options.queries, options.base, question.points.n);
  }
  if (!options.new_points.empty()) question.new_points = reader.ReadMatching(options.new_points);
  progress->StartStage("choosing inducing points");
  question.inducing = FindInducingPoints(options, reader, question.points, progress);
  OrderPoints(options, progress, &question);
  return question;
}

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
  CheckStatus(status, inducing_to_blame ? options.inducing_points : options.points);
  return IndexHandle(index);
}

// Row numbers of the queries as the index counts them; empty: all rows in the index's order.
std::vector<int64_t> IndexRows(const Question& question) {
  std::vector<int64_t> rows = question.rows;
  if (!question.positions.empty()) {
    for (int64_t& row : rows) row = question.positions[static_cast<size_t>(row)];
  }
  return rows;
}

Answer Search(const NeighborsOptions& options, const Question& question,
              const residual_knn_index* index, ProgressBar* progress) {
  progress->StartStage("searching");
  Answer answer;
  const bool new_points = !options.new_points.empty();
  const bool some_rows = !options.queries.empty();
  answer.num_queries = question.points.n;
  if (new_points) answer.num_queries = question.new_points.n;
  if (some_rows) answer.num_queries = static_cast<int64_t>(question.rows.size());
  // More places than points would only hold "none".
  answer.places = std::min(options.k, question.points.n);
  int64_t size = 0;
  if (__builtin_mul_overflow(answer.num_queries, answer.places, &size)) throw std::bad_alloc();
  answer.neighbors = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(size));
  answer.distances = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(size));

  residual_knn_search_options search;
  residual_knn_search_options_init(&search, sizeof search);
  search.ranking = options.signed_ranking ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE;
  search.strategy = options.strategy;
  search.threads = static_cast<int32_t>(options.threads);
  search.progress = progress->callback();
  search.progress_user = progress;
  residual_knn_info_init(&answer.info, sizeof answer.info);
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  CheckStatus(residual_knn_index_info(index, &answer.info), options.points);

  const auto k = static_cast<int32_t>(answer.places);
  if (new_points) {
    const std::vector<double> queries = question.new_points.PointMajor();
    CheckStatus(residual_knn_neighbors_of_new_points(index, queries.data(), answer.num_queries,
                                                     &search, k, answer.neighbors.get(),
                                                     answer.distances.get(), &answer.statistics),
                options.new_points);
    return answer;
  }
  const std::vector<int64_t> rows = IndexRows(question);
  const auto find = options.predecessors ? &residual_knn_predecessors : &residual_knn_neighbors;
  CheckStatus(find(index, some_rows ? rows.data() : nullptr, answer.num_queries, &search, k,
                   answer.neighbors.get(), answer.distances.get(), &answer.statistics),
              options.points);
  return answer;
}

void WriteAnswer(const NeighborsOptions& options, const Question& question, const Answer& answer,
                 ProgressBar* progress) {
  // A bar and the answer, or the statistics, on one terminal would mix.
  const bool stats_mix = !options.stats.empty() && !IsStaged(options.stats);
  if (stats_mix || (options.output == "-" && isatty(STDOUT_FILENO) == 1)) {
    progress->Pause();
  } else {
    progress->StartStage("writing");
  }
  const auto size = static_cast<size_t>(answer.num_queries * answer.places);
  NeighborsAnswer named;
  named.num_queries = answer.num_queries;
  named.k = options.k;
  named.places = answer.places;
  named.neighbors = std::span(answer.neighbors.get(), size);
  named.distances = std::span(answer.distances.get(), size);
  named.query_rows = question.rows;
  named.file_rows = question.order;
  // All rows were searched in the index's order; rows from --queries in theirs.
  if (options.queries.empty()) named.result_rows = question.positions;
  OutputSet outputs;
  WriteNeighbors(named, options.base, options.output, &outputs, progress);
  if (!options.stats.empty()) {
    const auto text = options.stats.ends_with(".json") ? StatisticsJson : StatisticsText;
    outputs.Open(options.stats)
        .Write(text(options, question.points.names, answer.info, answer.statistics));
  }
  outputs.Publish();
}

}  // namespace

void RunNeighbors(const NeighborsOptions& options) {
  ProgressBar progress(STDERR_FILENO);
  CheckOutputs(options);
  const Question question = ReadQuestion(options, &progress);
  const IndexHandle index = BuildIndex(options, question, &progress);
  const Answer answer = Search(options, question, index.get(), &progress);
  WriteAnswer(options, question, answer, &progress);
}

}  // namespace residual_knn::cli
