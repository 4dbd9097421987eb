/*
 * residual_knn_mpi.h: searches of one index by several processes with MPI. The library is libresidual_knn_mpi; it works
 * with the libresidual_knn of the same version, whose header residual_knn.h says what indexes and searches are.
 *
 *   Processes     Run one process a node (or one a socket), with threads inside. Every process has the points, p and the
 *                 trees. V is not stored unless the options ask for it. The processes compute p together, build the trees
 *                 together, each block on one of them, and share the queries of a search.
 *   Collective    Every function with a communicator is called by all its processes in the same order, with the same
 *                 arguments. `threads`, `progress` and the pointers themselves may differ. Everything else that differs
 *                 is an error on all processes: the points, the index, the options, the queries, candidate lists, the
 *                 version of the library, and the SIMD target, since the bytes of the results depend on it. Only covariance
 *                 callbacks are not compared.
 *   Bytes         The results have the bytes of residual_knn.h, for any number of processes and threads.
 *   Failures      If a call fails on one process, it fails on all, with the status of the first that failed;
 *                 residual_knn_last_error() then names the process. A progress callback that cancels is such a failure.
 *                 The results of a search that fails are undefined. If a process is killed, it is up to MPI what becomes
 *                 of the others: usually, mpirun ends them.
 *   MPI           The caller initializes MPI with MPI_THREAD_FUNNELED or more, and calls these functions on the thread
 *                 that did so (or, with MPI_THREAD_SERIALIZED or more, makes sure that no other thread calls MPI
 *                 meanwhile). The functions use a duplicate of the communicator. A process that waits for others sleeps,
 *                 and does not call its progress callback.
 *   Indexes       An index made here is an ordinary index: each process may also call any function of residual_knn.h with
 *                 it, for itself, and frees it with residual_knn_index_free. An index that every process has made, loaded
 *                 or opened by itself can be searched here, too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RESIDUAL_KNN_MPI_H_
#define RESIDUAL_KNN_MPI_H_

#include <mpi.h>

#include "residual_knn.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where the results of a search go. */
enum residual_knn_mpi_results {
  /** Every process gets the results of all queries. */
  RESIDUAL_KNN_MPI_ALL = 0,
  /** Every process gets the results of consecutive queries: see residual_knn_mpi_part. */
  RESIDUAL_KNN_MPI_PART = 1
};

/**
 * The queries whose results a process gets with RESIDUAL_KNN_MPI_PART. The parts of processes 0, 1, ... follow each other,
 * and their sizes differ by one at most.
 * @param num_queries  number of all queries, at least 0
 * @param size         number of processes, at least 1
 * @param rank         the process, 0 <= rank < size
 * @param first        out: its first query
 * @param count        out: the number of its queries
 * @return RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Not collective; does not use MPI.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_mpi_part(int64_t num_queries, int32_t size,
                                                           int32_t rank, int64_t* first,
                                                           int64_t* count);

/**
 * Creates the same index on every process of a communicator: residual_knn_index_create, with p computed together.
 * @param comm     any intracommunicator
 * @param options  NULL: defaults. RESIDUAL_KNN_FACTOR_AUTOMATIC means here that V is not stored. If V is stored, every
 *                 process computes all of it.
 * The rest as residual_knn_index_create, on every process.
 * @return as residual_knn_index_create; ERROR_INVALID_ARGUMENT also if the processes disagree. Memory: that of
 *         residual_knn_index_create on every process. Every process receives the squared norms |V_i|^2 that others
 *         compute: 8 bytes a point.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_mpi_index_create(
    MPI_Comm comm, const double* points, int64_t n, int64_t d, const double* lengthscales,
    int64_t num_lengthscales, const double* inducing, int64_t m,
    const residual_knn_model_options* options, residual_knn_index** index);

/**
 * residual_knn_neighbors with its queries shared by the processes of a communicator.
 * @param comm       the processes, each of which has the same index
 * @param results    enum residual_knn_mpi_results. With RESIDUAL_KNN_MPI_PART, the arrays of results have as many queries
 *                   as the part of this process; the arrays of queries are whole on every process
 * @param options    NULL: defaults. Candidate lists, start lists and conditional_variances are as in
 *                   residual_knn_neighbors; conditional_variances are results. A sink must be NULL
 * @param neighbors  out: neighbors of all queries or of the part
 * @param distances  out: the same for the distances; NULL on all processes: not wanted
 * @param statistics out: NULL, or initialized by residual_knn_statistics_init: sums over all processes, the same on all
 *                   except `seconds` and `threads`
 * @return as residual_knn_neighbors; ERROR_INVALID_ARGUMENT also if the processes disagree about the index or the queries.
 *         Memory beside the results: 9 bytes for each query and 16 k for each query that the process has searched (24 k
 *         with conditional variances). While results are exchanged, the latter is three times as much with
 *         RESIDUAL_KNN_MPI_PART, and up to 150 MB are added with RESIDUAL_KNN_MPI_ALL.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_mpi_neighbors(
    MPI_Comm comm, int32_t results, const residual_knn_index* index, const int64_t* rows,
    int64_t num_queries, const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
    double* distances, residual_knn_statistics* statistics);

/** residual_knn_predecessors in the same way. */
RESIDUAL_KNN_API residual_knn_status residual_knn_mpi_predecessors(
    MPI_Comm comm, int32_t results, const residual_knn_index* index, const int64_t* rows,
    int64_t num_queries, const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
    double* distances, residual_knn_statistics* statistics);

/** residual_knn_neighbors_of_new_points in the same way. */
RESIDUAL_KNN_API residual_knn_status residual_knn_mpi_neighbors_of_new_points(
    MPI_Comm comm, int32_t results, const residual_knn_index* index, const double* queries,
    int64_t num_queries, const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
    double* distances, residual_knn_statistics* statistics);

#ifdef __cplusplus
}
#endif

#endif /* RESIDUAL_KNN_MPI_H_ */
