// The part of the answer for a range that a process of several writes.
#pragma once

#include <memory>
#include <vector>

#include "tools/answer.h"
#include "tools/answer_writer.h"
#include "tools/partners.h"
#include "tools/question.h"

namespace residual_knn::cli {

class PartWriter {
 public:
  // `part` are queries of the range of the task. Opens the files, if the task has a place for them.
  PartWriter(const RangeTask& task, const NeighborsOptions& options, const QueryRange& part);

  // False if there is no place, or if this process does not see the files.
  [[nodiscard]] bool IsOpen() const { return writer_ != nullptr; }

  // The answer for the queries of the part, in the order of the output. Returns what was written to each file.
  std::vector<FilePart> Write(const Answer& answer, const Question& question);

 private:
  std::unique_ptr<AnswerWriter> writer_;
};

}  // namespace residual_knn::cli
