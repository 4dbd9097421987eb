// The search of a range of queries that the processes of a run under mpirun share.
#pragma once

#include "mpi/comm_team.h"
#include "residual_knn.h"
#include "tools/neighbors_options.h"
#include "tools/partners.h"
#include "tools/progress_bar.h"
#include "tools/question.h"

namespace residual_knn::cli {

// What is the same for all ranges of a run.
struct SearchInput {
  const NeighborsOptions& options;
  const Question& question;
  const residual_knn_index* index;
  ProgressBar* progress;
};

// All processes call it together. Process 0 gets the answer, unless all have written it.
RangeAnswer SearchTogether(mpi::CommTeam& team, const RangeTask& task, const SearchInput& input);

}  // namespace residual_knn::cli
