// The boundary of the C interface: every failure of a collective call becomes a status on all processes.
#pragma once

#include <mpi.h>

#include <exception>
#include <new>

#include "mpi/comm_team.h"
#include "mpi/failure.h"

namespace residual_knn::mpi {

// Outputs that the contract leaves untouched if the call fails are written by commit(), which is called when call(team)
// has succeeded on all processes.
template <class Call, class Commit>
residual_knn_status Collective(const char* function, MPI_Comm comm, const Call& call,
                               const Commit& commit) noexcept {
  const auto failed = [function](residual_knn_status status, const char* text) {
    residual_knn_team_set_error(function, text);
    return status;
  };
  try {
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized == 0 || finalized != 0) {
      throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "MPI is not initialized");
    }
    CommTeam team(comm);
    try {
      call(team);
      team.Agree();
    } catch (const Failure& failure) {
      team.Fail(failure.status(), failure.what());
      throw;
    } catch (const std::bad_alloc&) {
      team.Fail(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY, "out of memory");
      throw;
    } catch (const std::exception& error) {
      team.Fail(RESIDUAL_KNN_ERROR_INTERNAL, error.what());
      throw;
    }
    commit();
    return RESIDUAL_KNN_OK;
  } catch (const Failure& failure) {
    return failed(failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return failed(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return failed(RESIDUAL_KNN_ERROR_INTERNAL, error.what());
  }
}

}  // namespace residual_knn::mpi
