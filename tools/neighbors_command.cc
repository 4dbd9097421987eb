#include "tools/neighbors_command.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/chunk_sizes.h"
#include "tools/chunked_search.h"
#include "tools/index_building.h"
#include "tools/index_file.h"
#include "tools/library.h"
#include "tools/memory_limit.h"
#include "tools/messages.h"
#include "tools/output_check.h"
#include "tools/output_format.h"
#include "tools/output_set.h"
#include "tools/partners.h"
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

// The most that k-d trees of all points and of prefixes take, which the library does not count.
double BytesOfSpaceTrees(const NeighborsOptions& options, const Question& question) {
  const bool has_trees = options.ranking == RESIDUAL_KNN_SCALED_DISTANCE ||
                         options.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  if (!has_trees || !question.candidates.offsets.empty()) return 0;
  constexpr double kOfCoordinate = 23;
  constexpr double kOfPoint = 14;
  const Coordinates& points = question.points;
  return static_cast<double>(points.n) *
         (kOfCoordinate * static_cast<double>(points.d()) + kOfPoint);
}

// What a run with this limit holds in memory for its answer, and for what the library does not count.
double BytesOfAnswer(NeighborsOptions options, int64_t memory_limit, const Question& question) {
  options.memory_limit = memory_limit;
  const QueryRange range = RangeOfSlice(options.slice, CountQueries(options, question));
  const int values =
      1 + (options.weights.empty() ? 0 : 1) + (options.pick_variances.empty() ? 0 : 1);
  const auto place = options.threshold
                         ? static_cast<double>(kBytesOfPair)
                         : static_cast<double>(sizeof(int64_t) + sizeof(double) * values);
  // Beside the answers of all partners, the answer for all that is made of them.
  const int copies = HasPartners() ? 2 : 1;
  return copies * static_cast<double>(MostNeighborsOfChunk(options, range)) * place +
         BytesOfSpaceTrees(options, question);
}

// Reads the question, and opens a saved index.
Question ReadInput(NeighborsOptions* options, ProgressBar* progress, Messages* messages,
                   IndexHandle* index) {
  if (options->index.empty()) return ReadQuestion(options, progress, messages);
  *index = OpenIndexFile(options->index, progress);
  return ReadQuestionOfIndex(ContentsOf(options->index, index->get()), options, progress, messages);
}

// Makes the index that is to be searched. A saved one is opened again if memory is limited, because the room for it depends
// on the question.
void GetReady(const NeighborsOptions& options, ProgressBar* progress, Question* question,
              IndexHandle* index) {
  const AnswerBytes answer_bytes = [&](int64_t memory_limit) {
    return BytesOfAnswer(options, memory_limit, *question);
  };
  if (options.index.empty()) {
    const IndexMemory memory = MemoryForIndex(options, *question, answer_bytes);
    *index = BuildIndex(options, *question, memory, progress);
    OrderByIndex(options, memory, progress, question, index);
  } else if (options.memory_limit > 0) {
    const double before = ResidentBytes();
    index->reset();
    const double opened = std::max(before - ResidentBytes(), 0.0);
    const double factor = FactorBytes(question->points.n, question->inducing.m);
    const IndexMemory memory(options, {answer_bytes, factor, opened});
    *index = OpenIndexFile(options.index, memory, progress);
  }
}

// Writes the files besides the answer.
void WriteOtherFiles(const NeighborsOptions& options, const Question& question,
                     const residual_knn_index* index, const SearchReport& report,
                     OutputSet* outputs) {
  WriteChoices(options, question, outputs);
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
  IndexHandle index;
  Question question = ReadInput(&options, &progress, &messages, &index);
  ShareQuestion(options, &question);
  if (record) record->Begin(FingerprintsOf(options, question));
  GetReady(options, &progress, &question, &index);
  messages.Warn(IndexWarning(options, question, index.get()));
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
  IndexHandle index;
  Question question = ReadInput(&own, &progress, &messages, &index);
  if (!options.index.empty()) static_cast<IndexOptions&>(options) = own;
  options.lengthscales = own.lengthscales;
  options.k = own.k;
  ShareQuestion(options, &question);
  GetReady(options, &progress, &question, &index);
  FollowSearches(options, question, index.get(), &progress);
}

}  // namespace residual_knn::cli
