#include "tools/part_writer.h"

#include <stdexcept>

#include "tools/answer_files.h"
#include "tools/written_answer.h"

namespace residual_knn::cli {

PartWriter::PartWriter(const RangeTask& task, const NeighborsOptions& options,
                       const QueryRange& part) {
  if (task.place.files.empty()) return;
  try {
    writer_ = std::make_unique<AnswerWriter>(FilesOf(options, part), task.place,
                                             part.begin - task.range.begin);
  } catch (const std::runtime_error&) {
    // A folder of another machine, for example. Process 0 writes the answer then.
    writer_.reset();
  }
}

std::vector<FilePart> PartWriter::Write(const Answer& answer, const Question& question) {
  WrittenAnswer named = WithoutFile(answer);
  named.file_rows = question.order;
  writer_->Write(named, nullptr);
  return writer_->Sync();
}

}  // namespace residual_knn::cli
