// Whether the processes of a team have the same input.
#pragma once

#include <cstdint>

#include "mpi/comm_team.h"
#include "mpi/search_call.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

// Throws on all processes unless all have this version of the library and the same SIMD target.
void RequireSameLibrary(CommTeam& team);

// The arguments of residual_knn_index_create.
struct IndexCall {
  const double* points;
  int64_t n;
  int64_t d;
  const double* lengthscales;
  int64_t num_lengthscales;
  const double* inducing;
  int64_t m;
  residual_knn_model_options options;
};

// Throws on all processes unless all make the same index.
void RequireSameIndex(CommTeam& team, const IndexCall& call);

// Throws on all processes unless all ask the same about the same index. `options` are those of the call with all fields.
// RequireReadable must have passed.
void RequireSameSearch(CommTeam& team, const SearchCall& call,
                       const residual_knn_search_options& options);

}  // namespace residual_knn::mpi
