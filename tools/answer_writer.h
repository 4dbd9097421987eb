// Writes the answer of a run to its files, one part after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tools/answer_files.h"
#include "tools/answer_place.h"
#include "tools/answer_tables.h"
#include "tools/output_set.h"
#include "tools/progress_bar.h"
#include "tools/written_answer.h"

namespace residual_knn::cli {

class AnswerWriter {
 public:
  // Opens files of `outputs`, which must outlive the writer and which the caller publishes. Begin or Continue must follow.
  AnswerWriter(const AnswerFiles& files, OutputSet* outputs);
  // Writes into the files of another process, `queries` behind the place. Throws if this process does not see them. Only
  // Write and Sync may follow.
  AnswerWriter(const AnswerFiles& files, const AnswerPlace& place, int64_t queries);
  ~AnswerWriter();
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  // Writes what precedes the first part.
  void Begin();

  // For files that are kept. Goes on behind the parts of an earlier run, as Sync returned them; without parts, begins.
  void Continue(std::span<const std::vector<FilePart>> parts);

  // Writes all so far to the disk. For files that are kept or of another process, returns what was written to each file
  // since the last call.
  std::vector<FilePart> Sync();

  // For shared files: where other processes can write, behind all so far.
  AnswerPlace Place();
  // The same: another process has written the part that follows.
  void Skip(std::span<const FilePart> parts);

  // Writes the next part.
  void Write(const WrittenAnswer& part, ProgressBar* progress);

  // Must be called after the last part.
  void Finish();

 private:
  std::vector<std::unique_ptr<OutputFile>> pieces_;  // of the files of another process
  std::vector<OutputFile*> files_;
  std::vector<std::unique_ptr<AnswerTable>> tables_;
};

}  // namespace residual_knn::cli
