// The tables of the files of an answer: CSV, plain or gzipped, or .npy files: two matrices, or three vectors if the numbers
// of neighbors vary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/answer_files.h"
#include "tools/output_file.h"
#include "tools/progress_bar.h"
#include "tools/written_answer.h"

namespace residual_knn::cli {

class AnswerTable {
 public:
  AnswerTable() = default;
  AnswerTable(const AnswerTable&) = delete;
  AnswerTable& operator=(const AnswerTable&) = delete;
  virtual ~AnswerTable() = default;

  // Writes the headers.
  virtual void Begin() = 0;
  // Goes on with files that have the headers and some parts.
  virtual void Continue() {}
  // `progress` may be null.
  virtual void Write(const WrittenAnswer& part, ProgressBar* progress) = 0;
  virtual void Finish() {}
  // In a file of which all queries have the same number; otherwise 0.
  [[nodiscard]] virtual int64_t BytesOfQuery() const { return 0; }
};

using OpenFile = std::function<OutputFile*(const std::string& path)>;

// Opens the files in the order of AllFiles. The files must outlive the tables.
std::vector<std::unique_ptr<AnswerTable>> MakeTables(const AnswerFiles& files,
                                                     const OpenFile& open);

}  // namespace residual_knn::cli
