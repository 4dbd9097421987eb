// The other processes of a run under mpirun, with which residual-knn-mpi shares the work of `neighbors`. Process 0 does
// what residual-knn does, and calls the functions below on the way. The others follow it (FollowNeighbors): they read
// the same files, and search and write their parts. The program residual-knn has no partners: see partners_none.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "residual_knn.h"
#include "tools/answer.h"
#include "tools/answer_place.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/query_range.h"
#include "tools/question.h"

namespace residual_knn::cli {

// The first and the last call of main. EndProcess returns the exit code.
void BeginProcess(int argc, char** argv);
int EndProcess(int exit_code);

// Whether this process should write the message of its failure: only one of several processes does.
bool ReportsFailure(std::string_view message);

bool HasPartners();
// True for process 0, and without partners.
bool IsFirstProcess();

// All processes call the following functions together, in the same order.

// Checks that the options suit a run with partners, before anything is read.
void BeginSharing(const NeighborsOptions& options);

// Process 0 gives its inducing points and its order to the others. Throws unless all have read the same.
void ShareQuestion(const NeighborsOptions& options, Question* question);

// The options with which the others read the question: they choose neither inducing points nor an order.
NeighborsOptions OptionsOfFollower(const NeighborsOptions& options);

// residual_knn_index_create.
residual_knn_status CreateIndex(const double* points, int64_t n, int64_t d,
                                const std::vector<double>& lengthscales, const double* inducing,
                                int64_t m, const residual_knn_model_options& options,
                                residual_knn_index** index);

// Process 0 gives its order to the others.
void ShareOrder(std::vector<int64_t>* order);

// look() is called now and then while this process waits for others; nullptr: nothing.
void WhileWaiting(const std::function<void()>& look);

// What is to be searched, and where every process writes its part of the answer; without a place, process 0 writes it.
struct RangeTask {
  QueryRange range;
  AnswerPlace place;
};

// The answer for a range of queries, with weights if the run has them.
struct RangeAnswer {
  Answer answer;
  int64_t jittered = 0;  // queries for which jitter was added
  // For each process, what it has written to each file. Empty if none has; otherwise `answer` has statistics only.
  std::vector<std::vector<FilePart>> written;
};

// On process 0. The others are in FollowSearches meanwhile.
RangeAnswer SearchRange(const RangeTask& task, const NeighborsOptions& options,
                        const Question& question, const residual_knn_index* index,
                        ProgressBar* progress);
// On process 0, after the last range.
void EndSearches();
// On the others.
void FollowSearches(const NeighborsOptions& options, const Question& question,
                    const residual_knn_index* index, ProgressBar* progress);

}  // namespace residual_knn::cli
