#include "tools/index_command.h"

#include <unistd.h>

#include "tools/coordinates.h"
#include "tools/helper_options.h"
#include "tools/index_building.h"
#include "tools/index_file.h"
#include "tools/index_question.h"
#include "tools/index_saving.h"
#include "tools/messages.h"
#include "tools/output_check.h"
#include "tools/output_set.h"
#include "tools/points_output.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {
namespace {

double NoAnswer(int64_t /*memory_limit*/) { return 0; }

void Prepare(const SavingOptions& options, const residual_knn_index* index, ProgressBar* progress) {
  progress->StartStage("preparing searches");
  const residual_knn_helper_options helper = HelperOptions(options, progress);
  CheckStatus(residual_knn_index_prepare(index, &helper), options.points);
}

}  // namespace

void RunIndex(SavingOptions options) {
  ProgressBar progress(STDERR_FILENO, !options.quiet && !HasReader(STDOUT_FILENO));
  Messages messages(options.quiet, &progress);
  CheckFiles(options);
  for (const std::string& file : LeftIndexFiles(options.output)) {
    messages.Warn(file + " is left of a run that was killed, and can be deleted");
  }
  progress.StartStage("reading");
  IndexQuestion question;
  CoordinateReader reader(options.columns, options.lonlat, CsvFormatOf(options.csv));
  ReadIndexPoints(options, &reader, &question);
  SettleModel(&options, reader, &messages, &question);
  ChooseInducingAndOrder(options, reader, &progress, &question);
  const IndexMemory memory = MemoryForIndex(options, question, NoAnswer);
  IndexHandle index = BuildIndex(options, question, memory, &progress);
  OrderByIndex(options, memory, &progress, &question, &index);
  messages.Warn(IndexWarning(options, question, index.get()));
  if (options.prepare) Prepare(options, index.get(), &progress);
  progress.StartStage("saving");
  OutputSet outputs;
  WriteChoices(options, question, &outputs);
  outputs.Finish();
  SetNote(question, reader.settled(), index.get());
  SaveIndexFile(options.output, outputs, index.get());
  outputs.Publish();
}

}  // namespace residual_knn::cli
