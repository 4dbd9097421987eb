/*
 * residual_knn.h: k nearest neighbors under the residual-correlation distance of
 * Gaussian-process approximations (Vecchia, VIF).
 *
 * With inducing points Z, L L' = K(Z,Z) + jitter * variance * I, V_i = L^-1 K(Z, x_i) and
 * p_i = K(x_i, x_i) + nugget - |V_i|^2, the residual correlation of two points is
 *
 *     rho_ij = (K(x_i, x_j) - V_i . V_j) / sqrt(p_i p_j)
 *
 * and their distance is sqrt(1 - |rho_ij|) (or, on request, sqrt(1 - rho_ij)).
 * Source: Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 6.
 *
 * Rules that hold for every function here
 *
 *   Status        Every call that can fail returns a residual_knn_status. On failure the caller's
 *                 outputs are untouched, and residual_knn_last_error() names the argument and its
 *                 value. With a progress or a covariance callback, results are kept apart until
 *                 the search has succeeded (12 or 16 bytes for each neighbor); without one they are
 *                 written where the caller wants them at once, and a search that runs out of
 *                 memory on its way sets all of them to `missing` and +Inf.
 *   Row numbers   0-based int64_t, or, in the functions that end in _int32, int32_t counted from
 *                 `base`. A point is never its own neighbor. Neighbors are sorted by distance, ties
 *                 go to the smaller row. Places for which no candidate exists hold `missing` (-1 in
 *                 the int64_t functions) and the distance +Inf; k larger than the number of
 *                 candidates is no error.
 *   Error texts   Rows, coordinates, columns, pivots and places in arrays are counted from `message_base` of the
 *                 options, 0 or 1, whatever an argument `base` says: "coordinate 1 of row 6" is
 *                 points[6 * d + 1] where it is 0, and the second coordinate of the seventh point. Row
 *                 numbers in `rows` count from it as well, but those of an _int32 function from its `base`,
 *                 as they were given. Sizes and counts are what they are.
 *   Degenerate    A point whose p_i is at or below its rounding level, 8 (m + 8) 2^-53 (p + |V|^2), or
 *                 below 1e-280, has an undefined correlation: its distance to every point is 1. It is
 *                 counted in residual_knn_info.
 *   Informative   A neighbor is informative if |rho| (rho in signed ranking) is above 2^-26.5 = 1.06e-8 and
 *                 |rho| sqrt(p_i p_j) is above jitter * variance + the rounding error of R (docs/precision.md). Below
 *                 the first, the share of variance that it explains, rho^2, is at most 2^-53; below the second, it may
 *                 be of the computation's own making. What surrounds a degenerate point never is. Searches
 *                 count the queries that lack such neighbors, and residual_knn_search_warning says why.
 *   Ranges        Coordinates, from their origin and divided by their lengthscale, are at most 1e140 in
 *                 magnitude; entries of V 1e70; the variance, p, nugget and jitter 1e140; threads 1024.
 *                 The origin of a coordinate is the value of a point, chosen so that two fifths of the points are no
 *                 larger in magnitude: far values (fill values such as 1e20, outliers) in up to three fifths of the
 *                 rows round their own rows alone. The caller's value x is itself known to about 2^-53 |x|: beyond
 *                 2^32 lengthscales from 0, doubles are more than 2^-21 lengthscales apart, and
 *                 residual_knn_index_warning names the row.
 *   Layout        Matrices are dense. RESIDUAL_KNN_POINT_MAJOR: the values of one point (or the
 *                 neighbors of one query) are contiguous. RESIDUAL_KNN_DIMENSION_MAJOR: the values
 *                 of one coordinate (or the neighbors of one rank) are contiguous, as in an R matrix
 *                 with points in rows.
 *   Determinism   Results have the same bytes for any number of threads, any tile size and any split
 *                 of the queries into calls. They may differ in the last digits between processors
 *                 with different SIMD targets.
 *   Threads       Searches and queries of one index may run at the same time from any number of
 *                 threads; creating, updating and freeing an index are exclusive. Callbacks run on the calling
 *                 thread only, unless said otherwise, and never after the call has returned.
 *                 They may call the library, also about the same index, except what is exclusive.
 *   Fork          A forked child may use what it inherits, whatever other threads were doing at the fork, except
 *                 an index that was being created, updated or freed. In a child that a callback forks, the call
 *                 goes on if it has one thread, and otherwise returns RESIDUAL_KNN_ERROR_CANCELLED.
 *   The host      The library never prints, exits, changes the locale, signal handlers, the random
 *                 generator or the host's BLAS; no environment variable changes an answer. Calls run
 *                 in the default floating-point environment, callbacks included, and leave the
 *                 caller's as it was.
 *   Structs       Their _init functions are told the size that the caller knows, and nothing beyond it is
 *                 read or written: programs and libraries of different ages fit, as do structs that
 *                 leave out the last fields. A non-zero byte of options beyond the fields that the
 *                 library knows is an error. A NULL options pointer means the defaults.
 *
 * Everything is since version 0.1.0 unless said otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RESIDUAL_KNN_H_
#define RESIDUAL_KNN_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define RESIDUAL_KNN_API __attribute__((visibility("default")))
#else
#define RESIDUAL_KNN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define RESIDUAL_KNN_VERSION_MAJOR 0
#define RESIDUAL_KNN_VERSION_MINOR 1
#define RESIDUAL_KNN_VERSION_PATCH 0

/* ---------------------------------------------------------------- constants */

/** Result of a call: one of enum residual_knn_status_code. */
typedef int32_t residual_knn_status;

/** Status codes. Values are never reused. */
enum residual_knn_status_code {
  RESIDUAL_KNN_OK = 0,
  /** An argument or an option is wrong: NaN or Inf, a negative size, NULL, an unknown enum value. */
  RESIDUAL_KNN_ERROR_INVALID_ARGUMENT = 1,
  /** Memory could not be allocated. */
  RESIDUAL_KNN_ERROR_OUT_OF_MEMORY = 2,
  /** K(Z,Z) + jitter is not positive definite; the message names the failing pivot. */
  RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE = 3,
  /** The progress callback asked to stop. */
  RESIDUAL_KNN_ERROR_CANCELLED = 4,
  /** The covariance callback returned non-zero or a value that is not finite. */
  RESIDUAL_KNN_ERROR_CALLBACK = 5,
  /** The call does not fit this index, for example new points without V on an index made from V. */
  RESIDUAL_KNN_ERROR_UNSUPPORTED = 6,
  /** A fault of the library itself. */
  RESIDUAL_KNN_ERROR_INTERNAL = 7
};

/** Covariance families; r is the Euclidean distance after division by the lengthscales. */
enum residual_knn_kernel {
  /** variance * exp(-r^2 / 2) */
  RESIDUAL_KNN_SQUARED_EXPONENTIAL = 0,
  /** variance * exp(-r) */
  RESIDUAL_KNN_MATERN12 = 1,
  /** variance * (1 + a) exp(-a), a = sqrt(3) r */
  RESIDUAL_KNN_MATERN32 = 2,
  /** variance * (1 + a + a^2 / 3) exp(-a), a = sqrt(5) r */
  RESIDUAL_KNN_MATERN52 = 3,
  /** variance * 2^(1 - nu) / Gamma(nu) * a^nu K_nu(a), a = sqrt(2 nu) r (Rasmussen and Williams 2006, 4.14) */
  RESIDUAL_KNN_MATERN = 4,
  /** variance * (1 + r^2 / (2 alpha))^-alpha (Rasmussen and Williams 2006, 4.19) */
  RESIDUAL_KNN_RATIONAL_QUADRATIC = 5
};

/** Storage order of matrices, see the top of this file. */
enum residual_knn_layout { RESIDUAL_KNN_POINT_MAJOR = 0, RESIDUAL_KNN_DIMENSION_MAJOR = 1 };

/** What makes a neighbor near. */
enum residual_knn_ranking {
  /** Large |rho|; the distance is sqrt(1 - |rho|), between 0 and 1. */
  RESIDUAL_KNN_ABSOLUTE = 0,
  /** Large rho; the distance is sqrt(1 - rho), between 0 and sqrt(2). */
  RESIDUAL_KNN_SIGNED = 1
};

/** How a search goes about its work. All strategies return the same bytes. */
enum residual_knn_strategy {
  /** The library chooses; residual_knn_statistics says what it chose. */
  RESIDUAL_KNN_AUTOMATIC = 0,
  /** Every pair is scored by tiled matrix products; nothing is pruned. */
  RESIDUAL_KNN_BRUTE_FORCE = 1,
  /** A batch of queries meets the residual tree one level after the other. */
  RESIDUAL_KNN_LEVEL_SYNCHRONOUS = 2,
  /** A query at a time, always the open node with the largest bound; the reference for the order of nodes. */
  RESIDUAL_KNN_BEST_FIRST = 3,
  /** As best-first, but a batch of a query's open nodes is scored together. */
  RESIDUAL_KNN_BATCHED_BEST_FIRST = 4,
  /** Blocks of queries are compared with blocks of candidates before any query is. */
  RESIDUAL_KNN_DUAL_TREE = 5
};

/** Why a search used the strategy that it used. */
enum residual_knn_reason {
  /** The caller asked for it. */
  RESIDUAL_KNN_REASON_REQUESTED = 0,
  /** Brute force: the question has too few pairs for a tree to pay. */
  RESIDUAL_KNN_REASON_FEW_PAIRS = 1,
  /** Brute force: nothing is known about the error of the caller's V and p; see factor_error. */
  RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR = 2,
  /** Brute force: rounding may be as large as what the inducing points leave over, so no bound holds. */
  RESIDUAL_KNN_REASON_ROUNDING = 3,
  /** Brute force: in a sample of blocks, pivots explained too little. */
  RESIDUAL_KNN_REASON_NO_COVER = 4,
  /** Brute force was faster on a timed sample of the queries. */
  RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE = 5,
  /** The tree was faster on a timed sample of the queries, or these are too few for a sample. */
  RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE = 6,
  /** Brute force: most rows are the same point as more than k rows before them, and cannot be among the k
   * nearest of any query. A tree would meet them; a scan leaves them out, also where a tree was asked for. */
  RESIDUAL_KNN_REASON_REPEATED_POINTS = 7
};

/** Ways to choose inducing points. */
enum residual_knn_inducing_method {
  /** k-means++ seeding and Lloyd steps in the scaled space. */
  RESIDUAL_KNN_KMEANS = 0,
  /** Distinct rows drawn at random. */
  RESIDUAL_KNN_RANDOM_ROWS = 1
};

/** Orders of the points. */
enum residual_knn_ordering {
  /** 0, 1, 2, ... */
  RESIDUAL_KNN_ORDER_GIVEN = 0,
  /** A random permutation. */
  RESIDUAL_KNN_ORDER_RANDOM = 1,
  /** Exact maximin: each next point is farthest from all before it (Guinness 2018). */
  RESIDUAL_KNN_ORDER_MAXIMIN = 2
};

/* ---------------------------------------------------------------- callbacks */

/**
 * Progress of a long call, which may have several stages, such as the factor of K(Z,Z) and then V.
 * @param user   the pointer from the options
 * @param done   work of this stage done so far, in pairs of points or a like unit; starts again at 0 with
 *               each stage
 * @param total  all work of this stage, in the same unit, at least 1
 * @return 0 to go on; anything else cancels the call, which then returns
 *         RESIDUAL_KNN_ERROR_CANCELLED within 100 ms.
 * Called on the calling thread, about every 50 ms.
 */
typedef int32_t (*residual_knn_progress)(void* user, int64_t done, int64_t total);

/**
 * Covariances of a block of pairs, for kernels that the library does not know.
 * @param user         the pointer given with the callback
 * @param rows         num_rows row numbers, 0-based. Numbers from n on are new points: n + q is query
 *                     q of the call to residual_knn_neighbors_of_new_factor that is under way.
 * @param num_rows     length of rows
 * @param columns      num_columns row numbers of index points, 0-based
 * @param num_columns  length of columns
 * @param covariance   out: K(x_rows[a], x_columns[b]) at covariance[a * num_columns + b]
 * @return 0, or anything else to fail the search with RESIDUAL_KNN_ERROR_CALLBACK.
 * A pair's value must not depend on the block in which it is asked for. Blocks also hold pairs that do
 * not matter (a point with itself, a point with its successors); their values must be finite too.
 * It must not throw, longjmp, or free the index.
 */
typedef int32_t (*residual_knn_covariance)(void* user, const int64_t* rows, int64_t num_rows,
                                           const int64_t* columns, int64_t num_columns,
                                           double* covariance);

/* ---------------------------------------------------------------- library */

/** Version of the library, "major.minor.patch". Static; never NULL; any thread. */
RESIDUAL_KNN_API const char* residual_knn_version(void);

/** Version of the binary interface: programs built for the same number run with this library. */
RESIDUAL_KNN_API int32_t residual_knn_abi_version(void);

/** The SIMD target in use on this processor, for example "AVX3". Static; never NULL; any thread. */
RESIDUAL_KNN_API const char* residual_knn_simd_target(void);

/** The BLAS in use with its version and core type. Static; never NULL; any thread. */
RESIDUAL_KNN_API const char* residual_knn_blas(void);

/** One sentence for a status code; any value is allowed. Static; never NULL; any thread. */
RESIDUAL_KNN_API const char* residual_knn_status_string(residual_knn_status status);

/**
 * Detail of the last call that failed on this thread: the argument and its value.
 * Never NULL; "" if none failed. Valid until the next failing call on this thread.
 */
RESIDUAL_KNN_API const char* residual_knn_last_error(void);

/* ---------------------------------------------------------------- index */

/** Points, kernel and inducing points, prepared for searches. Opaque. */
typedef struct residual_knn_index residual_knn_index;

/** The model behind an index. */
typedef struct residual_knn_model_options {
  /** Set by residual_knn_model_options_init. */
  size_t struct_size;
  /** enum residual_knn_kernel; default RESIDUAL_KNN_MATERN32. */
  int32_t kernel;
  /** enum residual_knn_layout of points, inducing points and V; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** K(x, x) without the nugget, from 1e-140 to 1e140; default 1. */
  double variance;
  /** Smoothness of RESIDUAL_KNN_MATERN, positive, at most 50; default 1.5. Ignored by other kernels. */
  double nu;
  /** Mixture parameter of RESIDUAL_KNN_RATIONAL_QUADRATIC, from 1e-12 to 1e12; default 1. */
  double alpha;
  /** Added to p (not to K(Z,Z)), not negative; default 0. Ignored where the caller gives p. */
  double nugget;
  /** Added to the diagonal of K(Z,Z), relative to the variance, not negative; default 1e-8. */
  double jitter;
  /** If above jitter: multiply the jitter by 10 (0 becomes 1e-12) up to this value until K(Z,Z) is
   * positive definite. Default 0: never. residual_knn_index_info says what was used. */
  double max_jitter;
  /** Worker threads, the calling one included; 0 (default): one for each available processor. */
  int32_t threads;
  /** Not 0: a covariance callback may be called from several threads at once. Default 0: the calling
   * thread only, and searches then use one thread. */
  int32_t concurrent_callback;
  /** NULL (default), or called while the index is created. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** Where the caller gives V and p: a promise, needed for pruning, that R with p on its diagonal is positive
   * semi-definite once factor_error * (p_i + |V_i|^2) is added to each diagonal element. It is so, with a small
   * number, for any V = L^-1 K(Z, .) computed in double precision: 1e-9 is generous for a well-conditioned
   * K(Z,Z). Between 0 and 1; default 0: nothing is promised, and searches use brute force. A promise that
   * does not hold may cost neighbors. Ignored by residual_knn_index_create, which knows its own error. */
  double factor_error;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts, see the top of this
   * file; texts about the index count from it too. */
  int64_t message_base;
} residual_knn_model_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options where the caller was compiled */
RESIDUAL_KNN_API void residual_knn_model_options_init(residual_knn_model_options* options,
                                                      size_t size);

/**
 * Creates an index from points, a built-in kernel and inducing points.
 * @param points            n x d, layout as in options; read during the call only
 * @param n                 number of points, at least 1
 * @param d                 number of coordinates, at least 1
 * @param lengthscales      positive; one for all coordinates or one for each
 * @param num_lengthscales  1 or d
 * @param inducing          m x d, same layout; NULL if m is 0
 * @param m                 number of inducing points; 0: rho is the plain correlation
 * @param options           NULL: defaults
 * @param index             out: the new index, to be freed with residual_knn_index_free
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_NOT_POSITIVE_DEFINITE (also for duplicate
 *         inducing points without jitter), ERROR_OUT_OF_MEMORY or ERROR_CANCELLED. On failure *index is
 *         untouched.
 * Memory: n * (m + 2 d + 3) doubles. What searches prepare when they first need it, and the index keeps, adds
 * to that: a scan in integers between a quarter and five eighths of V, trees between a third and about the size
 * of V again.
 * Thread rule: any thread.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_index_create(const double* points, int64_t n, int64_t d, const double* lengthscales,
                          int64_t num_lengthscales, const double* inducing, int64_t m,
                          const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Creates an index from the caller's own V and p with a built-in kernel.
 * @param factor             V, n x m (m x n in dimension-major memory); NULL if m is 0; copied
 * @param residual_variance  p, n values, nugget included, not negative; copied
 * @param points             n x d; the rest as in residual_knn_index_create. Of the options, nugget,
 *                           jitter and max_jitter are ignored.
 * @return as residual_knn_index_create, never ERROR_NOT_POSITIVE_DEFINITE.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_create_from_factor(
    const double* factor, int64_t m, const double* residual_variance, const double* points,
    int64_t n, int64_t d, const double* lengthscales, int64_t num_lengthscales,
    const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Creates an index from the caller's own V and p and a covariance callback: any kernel at all.
 * @param factor             V, n x m; NULL if m is 0; copied
 * @param residual_variance  p, n values, not negative; copied
 * @param covariance         called during searches, see residual_knn_covariance
 * @param covariance_user    passed to it; must outlive the index
 * @param options            layout (of factor), threads, concurrent_callback, progress and factor_error count
 * @return as residual_knn_index_create_from_factor.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_create_from_callback(
    const double* factor, int64_t n, int64_t m, const double* residual_variance,
    residual_knn_covariance covariance, void* covariance_user,
    const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Gives an index new hyper-parameters, and new inducing points if given, on the same points: a step of an
 * optimizer. Equal, bit for bit, to a new index of the same arguments, but in the memory of the old one and in
 * its order of space.
 * @param index             made by residual_knn_index_create; nothing else may use it during the call
 * @param lengthscales      as for residual_knn_index_create
 * @param num_lengthscales  1 or d
 * @param inducing          m x d, layout as in options; NULL: the present ones
 * @param m                 number of inducing points, at least 1; ignored if inducing is NULL
 * @param options           NULL: defaults (not those of the creation)
 * @return as residual_knn_index_create; ERROR_UNSUPPORTED for an index made from the caller's V. If it is
 *         ERROR_CANCELLED or ERROR_OUT_OF_MEMORY, the index may hold nothing: searches and
 *         residual_knn_index_factor then return ERROR_INVALID_ARGUMENT until another update succeeds, whose
 *         present inducing points are those from before. After other errors it is what it was.
 * Thread rule: exclusive, like residual_knn_index_free.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_update(
    residual_knn_index* index, const double* lengthscales, int64_t num_lengthscales,
    const double* inducing, int64_t m, const residual_knn_model_options* options);

/** Frees an index. NULL is fine; any thread, but not during a search of the same index. */
RESIDUAL_KNN_API void residual_knn_index_free(residual_knn_index* index);

/** What an index holds. */
typedef struct residual_knn_info {
  /** Set by residual_knn_info_init. */
  size_t struct_size;
  /** Number of points. */
  int64_t n;
  /** Number of coordinates; 0 with a covariance callback. */
  int64_t d;
  /** Number of inducing points, or columns of the caller's V. */
  int64_t m;
  /** Points whose correlation is undefined, see the top of this file. */
  int64_t degenerate_points;
  /** Bytes held by the index. */
  int64_t bytes;
  /** Seconds that creating it took. */
  double build_seconds;
  /** Relative jitter that was used; 0 where the caller gave V. */
  double jitter;
  /** Quantiles of p / (p + |V|^2), the share of the variance that the inducing points leave over, the nugget
   * counted as variance, at the levels 0, 0.01, 0.05, 0.5, 0.95, 0.99 and 1. */
  double residual_share[7];
} residual_knn_info;

/** Sets struct_size and zeroes the rest.
 * @param info  out: `size` bytes; NULL does nothing
 * @param size  sizeof *info where the caller was compiled */
RESIDUAL_KNN_API void residual_knn_info_init(residual_knn_info* info, size_t size);

/**
 * Describes an index.
 * @param index  any; after an update that broke off, what is told of V and p means nothing
 * @param info   out: initialized by residual_knn_info_init; filled as far as its struct_size covers
 * @return RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_info(const residual_knn_index* index,
                                                             residual_knn_info* info);

/**
 * Copies V and p out of an index.
 * @param layout             enum residual_knn_layout of factor
 * @param factor             out: n x m; NULL to leave it out
 * @param residual_variance  out: n values; NULL to leave it out
 * @return RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_factor(const residual_knn_index* index,
                                                               int32_t layout, double* factor,
                                                               double* residual_variance);

/* ---------------------------------------------------------------- search */

/** How to search. */
typedef struct residual_knn_search_options {
  /** Set by residual_knn_search_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of the results and of new points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** enum residual_knn_ranking; default RESIDUAL_KNN_ABSOLUTE. */
  int32_t ranking;
  /** enum residual_knn_strategy; default RESIDUAL_KNN_AUTOMATIC. */
  int32_t strategy;
  /** Worker threads, the calling one included; 0 (default): one for each available processor. */
  int32_t threads;
  /** Queries and candidates of one tile of brute force in double precision, which is then what brute force
   * uses; 0 (default): chosen by the library. Change speed only. */
  int64_t tile_queries;
  int64_t tile_candidates;
  /** NULL (default), or called during the search. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts, see the top of this
   * file. */
  int64_t message_base;
} residual_knn_search_options;

/** The name of a strategy as in enum residual_knn_strategy, for example "dual_tree"; NULL for any other
 * value, so that names can be listed by counting from 0. Static; any thread. */
RESIDUAL_KNN_API const char* residual_knn_strategy_name(int32_t strategy);

/** One sentence for a value of enum residual_knn_reason; any value is allowed. Static; never NULL; any
 * thread. */
RESIDUAL_KNN_API const char* residual_knn_reason_string(int32_t reason);

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options where the caller was compiled */
RESIDUAL_KNN_API void residual_knn_search_options_init(residual_knn_search_options* options,
                                                       size_t size);

/** What a search did. */
typedef struct residual_knn_statistics {
  /** Set by residual_knn_statistics_init. */
  size_t struct_size;
  /** enum residual_knn_strategy that was used, never RESIDUAL_KNN_AUTOMATIC. With a tree, queries that it does
   * nothing for are answered by brute force. */
  int32_t strategy;
  /** Worker threads that were used. */
  int32_t threads;
  /** Number of queries. */
  int64_t queries;
  /** Query-candidate pairs that the question is about. */
  int64_t pairs;
  /** Query-candidate pairs whose residual correlation was computed; more than pairs where tiles reach beyond
   * the predecessors of a query, or brute force meets some rows around each query first. */
  int64_t pairs_scored;
  /** Pairs scored by the canonical function, which decides between candidates and returns distances. */
  int64_t pairs_rescored;
  /** Seconds that the call took, with what it built. */
  double seconds;
  /** enum residual_knn_reason. */
  int32_t reason;
  /** Blocks of the tree at its coarsest level, 0 without a tree. */
  int32_t coarse_blocks;
  /** Seconds of this call that went into building trees, which the index keeps. */
  double tree_seconds;
  /** Pairs of a query and a pivot, and of two pivots, whose residual correlation was computed. */
  int64_t pivots_scored;
  int64_t pivots_coupled;
  /** Pairs of a query and a block that were bounded, and how many of them a bound dismissed. */
  int64_t blocks_bounded;
  int64_t blocks_dismissed;
  /** Pairs of a query and a point that were bounded one by one, and how many of them survived. */
  int64_t points_bounded;
  int64_t survivors;
  /** Of pairs_scored + pivots_scored + pivots_coupled: those computed in less than double precision
   * first, single or integers of 8 or 16 bits with a proved margin. */
  int64_t scored_in_low_precision;
  /** Queries that got fewer informative neighbors than the smaller of k and their number of candidates. See
   * "Informative" at the top of this file. The same for all strategies, threads, layouts and batches. */
  int64_t uninformative_queries;
  /** If at least half of the queries are uninformative: the median, over up to 16 queries from all over, of the
   * distance to the nearest candidate in lengthscales. 0 otherwise, and with a covariance callback. */
  double nearest_lengthscales;
  /** New points with a coordinate beyond 2^32 lengthscales from 0, see "Ranges" at the top of this file; the
   * first of them and its first such coordinate, both counted from message_base, that value and its lengthscale. 0, -1,
   * -1, 0 and 0 if there are none. */
  int64_t coarse_queries;
  int64_t coarse_query;
  int64_t coarse_coordinate;
  double coarse_value;
  double coarse_lengthscale;
} residual_knn_statistics;

/** Sets struct_size and zeroes the rest.
 * @param statistics  out: `size` bytes; NULL does nothing
 * @param size        sizeof *statistics where the caller was compiled */
RESIDUAL_KNN_API void residual_knn_statistics_init(residual_knn_statistics* statistics,
                                                   size_t size);

/**
 * What is doubtful about the answer of a search: that at least half of the queries are uninformative, with the likely
 * cause in figures, or that the numbers of new points are too coarse for their lengthscale. Such an answer is right,
 * but hardly what was wanted: lengthscale and points, or points and new points, may be in different units, or the
 * inducing points may be the points themselves.
 * @param index       the index that was searched
 * @param statistics  what the search reported
 * @return one sentence, or "" if there is nothing to say or an argument is NULL; never NULL. Valid until the next call
 *         of this function on this thread. Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API const char* residual_knn_search_warning(const residual_knn_index* index,
                                                         const residual_knn_statistics* statistics);

/**
 * What is doubtful about the points and inducing points of an index: numbers too coarse for the lengthscale, of which
 * the first row is named and all are counted, or points that all but coincide in lengthscales.
 * @param index  any
 * @return as residual_knn_search_warning
 */
RESIDUAL_KNN_API const char* residual_knn_index_warning(const residual_knn_index* index);

/**
 * Nearest neighbors of index points among all other index points.
 * @param rows         num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all
 *                     rows in order
 * @param num_queries  length of rows, at least 0; n if rows is NULL
 * @param options      NULL: defaults
 * @param k            neighbors for each query, at least 1
 * @param neighbors    out: num_queries x k row numbers; NULL only if num_queries is 0
 * @param distances    out: num_queries x k distances; NULL: not wanted
 * @param statistics   out: NULL, or initialized by residual_knn_statistics_init
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or
 *         ERROR_CALLBACK. Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_neighbors(const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
                       const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
                       double* distances, residual_knn_statistics* statistics);

/**
 * Nearest neighbors of index points among their predecessors, the points with smaller row numbers:
 * the conditioning sets of a Vecchia approximation. Arguments as residual_knn_neighbors.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_predecessors(const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
                          const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
                          double* distances, residual_knn_statistics* statistics);

/**
 * Nearest neighbors of new points among all index points. Their V and p follow from the index.
 * @param queries      num_queries x d, layout as in options
 * @param num_queries  at least 0
 * The rest as residual_knn_neighbors.
 * @return also ERROR_UNSUPPORTED for an index made from the caller's V.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int64_t* neighbors, double* distances,
    residual_knn_statistics* statistics);

/**
 * Nearest neighbors of new points whose V and p the caller gives, for an index made from the
 * caller's V.
 * @param query_factor             num_queries x m, layout as in options; NULL if m is 0
 * @param query_residual_variance  num_queries values, not negative
 * @param queries                  num_queries x d; NULL with a covariance callback
 * @param num_queries              at least 0
 * The rest as residual_knn_neighbors.
 * @return also ERROR_UNSUPPORTED for an index that knows its inducing points.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int64_t* neighbors, double* distances,
    residual_knn_statistics* statistics);

/**
 * residual_knn_neighbors with 32-bit row numbers, for R and Fortran.
 * @param rows     counted from base
 * @param base     0 or 1: the number of the first row, in rows and neighbors
 * @param missing  what neighbors holds where there is none; may not be a row number
 * The rest as residual_knn_neighbors; n must not be beyond what int32_t holds.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_predecessors with 32-bit row numbers; arguments as residual_knn_neighbors_int32. */
RESIDUAL_KNN_API residual_knn_status residual_knn_predecessors_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_neighbors_of_new_points with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_neighbors_of_new_factor with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/* ---------------------------------------------------------------- helpers */

/** How residual_knn_choose_inducing and residual_knn_order_points work. */
typedef struct residual_knn_helper_options {
  /** Set by residual_knn_helper_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of points and inducing points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** Worker threads of the k-means, the calling one included; 0 (default): one for each available
   * processor. */
  int32_t threads;
  /** Seed of the random draws; default 1. The same seed gives the same answer on every machine. */
  uint64_t seed;
  /** Lloyd steps of RESIDUAL_KNN_KMEANS at most; default 10; 0: k-means++ rows as they are. */
  int64_t max_iterations;
  /** NULL (default), or called during the work. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts, see the top of this
   * file. */
  int64_t message_base;
} residual_knn_helper_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options where the caller was compiled */
RESIDUAL_KNN_API void residual_knn_helper_options_init(residual_knn_helper_options* options,
                                                       size_t size);

/**
 * Chooses m inducing points.
 * @param points            n x d, finite
 * @param lengthscales      as in residual_knn_index_create
 * @param num_lengthscales  1 or d
 * @param method            enum residual_knn_inducing_method
 * @param m                 at least 0, at most the number of distinct points
 * @param options           NULL: defaults
 * @param inducing          out: m x d in the units of points; NULL only if m is 0
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY or ERROR_CANCELLED.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_choose_inducing(const double* points, int64_t n, int64_t d, const double* lengthscales,
                             int64_t num_lengthscales, int32_t method, int64_t m,
                             const residual_knn_helper_options* options, double* inducing);

/**
 * Orders points, for predecessor searches.
 * @param ordering  enum residual_knn_ordering
 * @param order     out: n row numbers; order[0] comes first
 * The rest as residual_knn_choose_inducing. Maximin starts at the point nearest the center of the
 * scaled points, of which each coordinate is the mean, or the median if far points have drawn the mean out of the
 * range of the middle 80 %; ties go to the smaller row; duplicates come last, in row order.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_order_points(const double* points, int64_t n, int64_t d, const double* lengthscales,
                          int64_t num_lengthscales, int32_t ordering,
                          const residual_knn_helper_options* options, int64_t* order);

#ifdef __cplusplus
}
#endif

#endif /* RESIDUAL_KNN_H_ */
