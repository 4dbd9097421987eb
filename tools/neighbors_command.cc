#include "tools/neighbors_command.h"

#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/chunked_search.h"
#include "tools/helper_options.h"
#include "tools/library.h"
#include "tools/memory_limit.h"
#include "tools/messages.h"
#include "tools/output_check.h"
#include "tools/output_format.h"
#include "tools/output_set.h"
#include "tools/partners.h"
#include "tools/point_order.h"
#include "tools/points_output.h"
#include "tools/progress_bar.h"
#include "tools/queries.h"
#include "tools/question.h"
#include "tools/resume_record.h"
#include "tools/run_fingerprint.h"
#include "tools/statistics_json.h"
#include "tools/statistics_text.h"

namespace residual_knn::cli {
namespace {

RunBytes RunBytesOf(const NeighborsOptions& options, const Question& question) {
  const int64_t queries = LargestChunk(options, question);
  const auto place =
      static_cast<double>(sizeof(int64_t) + sizeof(double) * (options.weights.empty() ? 1 : 2));
  const double answer = static_cast<double>(queries) * static_cast<double>(options.k) * place;
  const double factor = sizeof(double) * static_cast<double>(question.points.n) *
                        static_cast<double>(question.inducing.m);
  // Beside the answers of all partners, the answer for all that is made of them.
  return {HasPartners() ? 2 * answer : answer, factor};
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
  model.message_base = options.base;
  model.max_bytes = BytesForIndex(options, RunBytesOf(options, question));
  model.progress = progress->callback();
  model.progress_user = progress;
  residual_knn_index* index = nullptr;
  const residual_knn_status status = CreateIndex(
      ordered.empty() ? points.values.data() : ordered.data(), points.n, points.d(),
      options.lengthscales, question.inducing.m > 0 ? question.inducing.values.data() : nullptr,
      question.inducing.m, model, &index);
  const bool inducing_to_blame =
      status == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE && !options.inducing_points.empty();
  if (status == RESIDUAL_KNN_ERROR_OUT_OF_MEMORY && options.memory_limit > 0) {
    throw std::runtime_error("--memory-limit leaves " + std::to_string(model.max_bytes) +
                             " bytes for the index: " + residual_knn_last_error());
  }
  try {
    CheckStatus(status, inducing_to_blame ? options.inducing_points : points.path);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(InFileRows(error.what(), question.order, options.base));
  }
  return IndexHandle(index);
}

// Orders the points by an index of them, and makes the index of the ordered points if a search needs it. The inducing
// points do not depend on the order of the points.
void OrderByIndex(const NeighborsOptions& options, Question* question, IndexHandle* index,
                  ProgressBar* progress) {
  if (options.order != kResidualMaximin || !UsesOrder(options)) return;
  progress->StartStage("ordering the points");
  std::vector<int64_t> order(static_cast<size_t>(question->points.n));
  const residual_knn_helper_options helper = HelperOptions(options, progress);
  if (IsFirstProcess()) {
    CheckStatus(residual_knn_index_order(index->get(), &helper, order.data()),
                question->points.path + ": --order");
  }
  ShareOrder(&order);
  TakeOrder(options, std::move(order), question);
  if (question->order.empty()) return;
  index->reset();
  *index = BuildIndex(options, *question, progress);
}

// Writes the files besides the answer.
void WriteOtherFiles(const NeighborsOptions& options, const Question& question,
                     const residual_knn_index* index, const SearchReport& report,
                     OutputSet* outputs) {
  if (!options.write_inducing.empty()) {
    WriteInducing(question, options.write_inducing, outputs);
  }
  if (!options.write_order.empty()) {
    WriteOrder(question, options.base, options.write_order, outputs);
  }
  if (options.stats.empty()) return;
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index, &info), question.points.path);
  const auto text = IsJsonName(options.stats) ? StatisticsJson : StatisticsText;
  outputs->Open(options.stats).Write(text(options, question.points.names, info, report));
}

// Searches what the record lacks, and gives all files their names.
void ResumeAnswer(const NeighborsOptions& options, const Question& question,
                  const residual_knn_index* index, ProgressBar* progress, Messages* messages,
                  ResumeRecord* record, OutputSet* outputs) {
  SearchReport report;
  if (record->IsComplete()) {
    report.range = RangeOfSlice(options.slice, CountQueries(options, question));
    report.resumed_queries = report.range.size();
    PublishKeptAnswer(options, *record);
  } else {
    report = SearchInChunks(options, question, index, progress, messages, outputs, record);
  }
  WriteOtherFiles(options, question, index, report, outputs);
  outputs->Finish();
  if (!record->IsComplete()) record->SetComplete();
  outputs->Publish();
  record->Remove();
}

}  // namespace

void RunNeighbors(NeighborsOptions options) {
  ProgressBar progress(STDERR_FILENO, !options.quiet && !HasReader(STDOUT_FILENO));
  Messages messages(options.quiet, &progress);
  BeginSharing(options);
  CheckFiles(options);
  std::optional<ResumeRecord> record;
  if (options.resume) record.emplace(options.output);
  Question question = ReadQuestion(&options, &progress, &messages);
  ShareQuestion(options, &question);
  if (record) record->Begin(FingerprintsOf(options, question));
  IndexHandle index = BuildIndex(options, question, &progress);
  OrderByIndex(options, &question, &index, &progress);
  messages.Warn(InFileRows(residual_knn_index_warning(index.get()), question.order, options.base));
  OutputSet outputs;
  if (record) {
    ResumeAnswer(options, question, index.get(), &progress, &messages, &*record, &outputs);
    EndSearches();
    return;
  }
  const SearchReport report =
      SearchInChunks(options, question, index.get(), &progress, &messages, &outputs, nullptr);
  WriteOtherFiles(options, question, index.get(), report, &outputs);
  outputs.Publish();
  EndSearches();
}

void FollowNeighbors(NeighborsOptions options) {
  ProgressBar progress(STDERR_FILENO, false);
  Messages messages(true, &progress);
  BeginSharing(options);
  NeighborsOptions own = OptionsOfFollower(options);
  Question question = ReadQuestion(&own, &progress, &messages);
  options.lengthscales = own.lengthscales;
  options.k = own.k;
  ShareQuestion(options, &question);
  IndexHandle index = BuildIndex(options, question, &progress);
  OrderByIndex(options, &question, &index, &progress);
  FollowSearches(options, question, index.get(), &progress);
}

}  // namespace residual_knn::cli
