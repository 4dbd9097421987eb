// The searches of this process in a run under mpirun: of lots of queries, and of queries that lots have left.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/bytes.h"
#include "mpi/queries_for_scan.h"
#include "residual_knn.h"
#include "tools/answer.h"
#include "tools/answer_parts.h"
#include "tools/lot_queries.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/queries.h"
#include "tools/question.h"

namespace residual_knn::cli {

class LotSearch {
 public:
  // All must outlive this object. `whole` are the queries that are dealt in lots.
  LotSearch(const NeighborsOptions& options, const Question& question, const Queries& whole,
            const residual_knn_index* index, ProgressBar* progress);

  // Before the first search: the answers go to so many processes, each of which writes a part of the output.
  void DivideAmong(int processes) { letters_ = AnswerLetters(whole_, processes); }

  // Searches queries `which` of the whole. Returns the statistics of this search.
  residual_knn_statistics Search(std::span<const int64_t> which, int32_t strategy);

  // Those that all searches have left to brute force.
  [[nodiscard]] const mpi::QueriesForScan& left() const { return left_; }
  // Searches these, by brute force.
  void SearchLeft(std::span<const int64_t> which);

  // Of all searches so far.
  [[nodiscard]] const residual_knn_statistics& statistics() const { return statistics_; }
  [[nodiscard]] int64_t jittered() const { return jittered_; }
  // The answers, for each process or all in one letter.
  std::vector<mpi::Bytes> TakeLetters() { return letters_.Take(); }

 private:
  residual_knn_statistics SearchSome(std::span<const int64_t> which, int32_t strategy);
  Answer SearchAndLeave(const NeighborsOptions& options, std::span<const int64_t> which);
  void Keep(std::span<const int64_t> which, Answer answer);

  const NeighborsOptions& options_;
  const Question& question_;
  const Queries& whole_;
  const residual_knn_index* index_;
  ProgressBar* progress_;
  LotQueries lots_;
  bool leaves_;
  mpi::QueriesForScan left_;
  residual_knn_statistics statistics_{};
  int64_t jittered_ = 0;
  AnswerLetters letters_;
};

}  // namespace residual_knn::cli
