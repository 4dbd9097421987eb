/*
 * team.h: what libresidual_knn_mpi needs of this library beside residual_knn.h. This header is not installed, and both
 * libraries are of one version. It may change with every version.
 *
 * A team is some processes that make an index together and share the queries of a search. The library knows only the two
 * functions by which they talk. docs/decisions/0035-mpi.md tells why.
 */
#ifndef RESIDUAL_KNN_TEAM_H_
#define RESIDUAL_KNN_TEAM_H_

#include <stdint.h>

#include "residual_knn.h"

#ifdef __cplusplus
extern "C" {
#endif

// NOLINTBEGIN(modernize-use-using): C
/** All processes make the same calls of these functions in the same order, each on the thread that has called the
 * library. They return 0, or the status of a process that has failed; the call then fails with this status. */
typedef struct residual_knn_team {
  /** The number of this process, from 0 on, and of all processes. */
  int32_t rank;
  int32_t size;
  /** Passed to the functions. */
  void* user;
  /** Every process gives a number. numbers: out: those of all `size` processes. */
  residual_knn_status (*share)(void* user, int64_t number, int64_t* numbers);
  /** data[r] are bytes[r] bytes of process r, which sends them; the others receive them. `bytes` is the same on all
   * processes. */
  residual_knn_status (*exchange)(void* user, unsigned char* const* data, const int64_t* bytes);
} residual_knn_team;

/** residual_knn_index_create by all processes of a team with the same arguments. Unless V is stored, each process computes
 * p of a part of the points. */
RESIDUAL_KNN_API residual_knn_status residual_knn_team_index_create(
    const double* points, int64_t n, int64_t d, const double* lengthscales,
    int64_t num_lengthscales, const double* inducing, int64_t m,
    const residual_knn_model_options* options, const residual_knn_team* team,
    residual_knn_index** index);

/** The queries of a search: rows of the index, or new points. */
typedef struct residual_knn_team_question {
  /** NULL: all rows, or new points. */
  const int64_t* rows;
  /** NULL: rows. Otherwise num_queries x d in the layout of the search options. */
  const double* new_points;
  int64_t num_queries;
  /** Any value but 0: among the predecessors of the rows. */
  int32_t predecessors;
  int32_t k;
} residual_knn_team_question;
// NOLINTEND(modernize-use-using)

/** Fails on all processes of a team unless all have the same points, p and kernel. Covariance callbacks are not compared. */
RESIDUAL_KNN_API residual_knn_status
residual_knn_team_compare_indexes(const residual_knn_index* index, const residual_knn_team* team);

/** Decides for all processes of a team whether trees pay for a search, and builds them together.
 * @param index     the same on all processes
 * @param question  the same on all processes
 * @param options   of the search; NULL: defaults
 * @param strategy  out: for the searches of parts of the queries, in place of that of the options
 * @param reason    out: why; -1: the searches of parts know
 * @param order     out: num_queries numbers of queries, in an order whose consecutive parts suit a search
 * @param begins    out: num_queries bytes: 1 where a part should begin, otherwise 0 */
RESIDUAL_KNN_API residual_knn_status residual_knn_team_prepare(
    const residual_knn_index* index, const residual_knn_team_question* question,
    const residual_knn_search_options* options, const residual_knn_team* team, int32_t* strategy,
    int32_t* reason, int64_t* order, unsigned char* begins);

/** Searches a part of the queries of a search that several processes share. Queries that the descent of a tree leaves to
 * brute force are not answered, because each process would have to prepare brute force. With conditional selection, no
 * query is left.
 * @param part          of the queries of residual_knn_team_prepare
 * @param options       with the strategy from there
 * @param neighbors, distances, statistics  as in residual_knn_neighbors
 * @param left          out: num_queries bytes: 1 for queries that were left, whose neighbors, distances and pairs are not in
 *                      the results; otherwise 0 */
RESIDUAL_KNN_API residual_knn_status residual_knn_team_search(
    const residual_knn_index* index, const residual_knn_team_question* part,
    const residual_knn_search_options* options, int64_t* neighbors, double* distances,
    residual_knn_statistics* statistics, unsigned char* left);

/** Sets the text of residual_knn_last_error. */
RESIDUAL_KNN_API void residual_knn_team_set_error(const char* function, const char* message);

#ifdef __cplusplus
}
#endif

#endif /* RESIDUAL_KNN_TEAM_H_ */
