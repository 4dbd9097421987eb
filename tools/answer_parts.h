// Answers of processes as letters: AnswerLetters writes them, and AnswerParts puts the answer for a range of queries
// together.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "mpi/bytes.h"
#include "tools/answer.h"
#include "tools/queries.h"
#include "tools/query_range.h"

namespace residual_knn::cli {

// Letters with the answers that this process has found.
class AnswerLetters {
 public:
  // One letter.
  AnswerLetters() : letters_(1) {}
  // A letter for each process, with the answers of its part of the output (PartOf), which are not in compressed rows.
  AnswerLetters(const Queries& whole, int processes);

  // Adds the answer for queries `which` of the range.
  void Put(std::span<const int64_t> which, const Answer& answer);

  std::vector<mpi::Bytes> Take() { return std::move(letters_); }

 private:
  int64_t queries_ = 0;
  std::vector<int64_t> outputs_;  // for each query its place in the output; empty: the same
  std::vector<mpi::Bytes> letters_;
};

// The part of a range that a process writes.
QueryRange PartOf(const QueryRange& range, int processes, int process);

// The answer for a range of queries, from the letters of all processes.
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
