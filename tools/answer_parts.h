// Answers for some queries of a range as letters of MPI, and the answer for the range that is made of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/bytes.h"
#include "tools/answer.h"

namespace residual_knn::cli {

// Appends the answer for queries `which` of the range.
void PutAnswer(std::span<const int64_t> which, const Answer& answer, mpi::Bytes* letter);

class AnswerParts {
 public:
  // The range has this many queries. `compressed`: the neighbors are in compressed rows.
  AnswerParts(int64_t num_queries, bool compressed);

  // Adds what a letter holds.
  void Add(mpi::Bytes letter);

  // The answer for all queries, when all letters have been added. It has no statistics.
  Answer Finish();

 private:
  void AddFixed(mpi::BytesReader* reader);

  Answer answer_;
  bool compressed_;
  std::vector<mpi::Bytes> letters_;  // kept until the sizes of all are known
};

}  // namespace residual_knn::cli
