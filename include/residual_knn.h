/*
 * residual_knn.h: exact k nearest neighbors under the residual-correlation distance of Gaussian-process
 * approximations (Vecchia, VIF).
 *
 * K is the covariance function and Z are m inducing points. With
 *
 *     L L' = K(Z, Z) + jitter * variance * I
 *     V_i  = L^-1 K(Z, x_i)
 *     p_i  = K(x_i, x_i) + nugget - |V_i|^2
 *
 * V_i . V_j is the part of the covariance of x_i and x_j that the inducing points explain, and p_i is the residual
 * variance of x_i. The residual covariance and the residual correlation of two points are
 *
 *     R_ij   = K(x_i, x_j) - V_i . V_j
 *     rho_ij = R_ij / sqrt(p_i p_j)
 *
 * The distance of two points is sqrt(1 - |rho_ij|) or, on request, sqrt(1 - rho_ij) or the Euclidean distance of the
 * coordinates divided by their lengthscales; see enum residual_knn_ranking.
 * Source: Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 6.
 *
 * Rules for every function
 *
 *   Status        Every call that can fail returns a residual_knn_status. residual_knn_last_error() then names the
 *                 argument and its value. A call that fails leaves the caller's outputs untouched, with two
 *                 exceptions. A search above a threshold whose capacity is too small writes the offsets. A search for
 *                 the k nearest of all candidates writes into the caller's arrays as it goes. If it runs out of memory
 *                 on the way, it fills these arrays with `missing` and +Inf. All other searches keep their results in
 *                 separate memory until they have succeeded: searches with a progress or a covariance callback, with
 *                 candidate lists, with conditional selection, or whose start lists overlap the results. This takes 12
 *                 or 16 bytes for each neighbor, and 8 more with conditional variances. A search with a sink has no
 *                 such arrays; what the sink has got is final.
 *   Row numbers   A row number is the number of a point. Functions whose names end in _int32 use int32_t and count
 *                 from their argument `base`; all others use int64_t and count from 0.
 *   Neighbors     A point is never its own neighbor. Neighbors are sorted by distance; ties go to the smaller row.
 *                 Conditional selection returns them in the order in which it selected them.
 *                 If k is larger than the number of candidates, the places without a neighbor hold `missing`
 *                 (-1 in the int64_t functions) and the distance +Inf. This is not an error.
 *   Error texts   Numbers of rows, coordinates, columns, pivots and array elements in error texts are counted from
 *                 the option `message_base`, 0 or 1. With 0, "coordinate 1 of row 6" is points[6 * d + 1]; with 1, it
 *                 is points[5 * d + 0]. Row numbers in the arrays of an _int32 function are shown as the caller gave
 *                 them, that is, counted from `base`. Sizes and counts do not depend on message_base.
 *   Degenerate    A point is degenerate if p_i is at most its rounding level, 8 (m + 8) 2^-53 (p_i + |V_i|^2), or
 *                 below 1e-280. Its correlations are undefined, and its distance to every point is 1.
 *                 residual_knn_info counts these points.
 *   Informative   A neighbor is informative if both of these hold (in signed ranking, with rho in place of |rho|):
 *                 (1) |rho| > 2^-26.5 = 1.06e-8. Otherwise the neighbor explains a share rho^2 of at most 2^-53 of
 *                 the residual variance.
 *                 (2) |rho| sqrt(p_i p_j) > jitter * variance + the rounding error of R (docs/precision.md).
 *                 Otherwise R may be nothing but jitter and rounding error.
 *                 Neighbors of a degenerate point are never informative. Searches count the queries that lack
 *                 informative neighbors, and residual_knn_search_warning tells the likely cause.
 *   Ranges        Let x be a coordinate minus its origin, divided by its lengthscale: |x| must be at most 1e140.
 *                 Entries of V must be at most 1e70 in magnitude; variance, p, nugget and jitter at most 1e140;
 *                 threads at most 1024.
 *   Origin        The library subtracts an origin from each coordinate before it divides by the lengthscale. The origin
 *                 is the value of one of the points, taken at the 40 % quantile of the magnitudes. Far values such as
 *                 outliers or the fill value 1e20 therefore cause no rounding errors in other rows, as long as they are
 *                 in at most three fifths of the rows. The caller's value x itself is known only to about 2^-53 |x|.
 *                 Beyond 2^32 lengthscales from 0, neighboring doubles are more than 2^-21 lengthscales apart;
 *                 residual_knn_index_warning then names the row.
 *   Layout        Matrices are dense. In RESIDUAL_KNN_POINT_MAJOR, the values of one point (or the neighbors of one
 *                 query) are contiguous. In RESIDUAL_KNN_DIMENSION_MAJOR, the values of one coordinate (or the
 *                 neighbors of one rank) are contiguous, as in an R matrix with one point in each row.
 *   Determinism   Results have the same bytes for any number of threads, any tile size, any strategy and any split
 *                 of the queries into calls. They may differ in the last digits between processors with different
 *                 SIMD targets.
 *   Threads       Any number of threads may search one index, describe it, save it and copy V and p out of it at the
 *                 same time. Creating, updating and freeing an index are exclusive: no other call may use the index
 *                 during such a call.
 *   Callbacks     A callback runs on the thread that made the call, unless said otherwise, and never after the call
 *                 has returned. It may call the library, also with the same index, but must not update or free that
 *                 index.
 *   Fork          A forked child may use the indexes that it inherits, whatever other threads did at the time of the
 *                 fork. The exception is an index that was being created, updated or freed. If a callback forks, the
 *                 call continues in the child if it uses one thread; otherwise it returns
 *                 RESIDUAL_KNN_ERROR_CANCELLED there. A call with several threads may continue, too, if the progress
 *                 callback forks while the other threads have nothing to do.
 *   The host      The library never prints, exits, or changes the locale, the signal handlers, the random generator or
 *                 the host's BLAS. No environment variable changes an answer. Calls and their callbacks run in the
 *                 default floating-point environment; the caller's environment is restored afterwards.
 *   Structs       The caller tells each _init function the size of its struct, and the library never reads or writes
 *                 beyond that size. Programs therefore work with older and newer versions of the library, and a
 *                 struct may lack the last fields. Options with a non-zero byte beyond the fields that the library
 *                 knows are an error. A NULL options pointer means the defaults.
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

/** Status codes. The meaning of a value never changes. */
enum residual_knn_status_code {
  RESIDUAL_KNN_OK = 0,
  /** An argument or an option is wrong, for example NaN, a negative size, NULL or an unknown enum value. */
  RESIDUAL_KNN_ERROR_INVALID_ARGUMENT = 1,
  /** Memory could not be allocated. */
  RESIDUAL_KNN_ERROR_OUT_OF_MEMORY = 2,
  /** A matrix is not positive definite in double precision: K(Z,Z) + jitter, where the message names the pivot at which
   * the factorization failed, or the residual covariance of a conditioning set, where it names the query. */
  RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE = 3,
  /** The progress callback or the sink cancelled the call. */
  RESIDUAL_KNN_ERROR_CANCELLED = 4,
  /** The covariance callback returned non-zero or a value that is not finite. */
  RESIDUAL_KNN_ERROR_CALLBACK = 5,
  /** This kind of index does not support the call. Example: new points without V and p, for an index made from V
   * and p. */
  RESIDUAL_KNN_ERROR_UNSUPPORTED = 6,
  /** An internal error of the library. */
  RESIDUAL_KNN_ERROR_INTERNAL = 7,
  /** A file cannot be opened, read, written or renamed. The message has the reason of the operating system. */
  RESIDUAL_KNN_ERROR_FILE = 8,
  /** A file is not a saved index. */
  RESIDUAL_KNN_ERROR_NOT_AN_INDEX = 9,
  /** A saved index is damaged or incomplete. */
  RESIDUAL_KNN_ERROR_CORRUPT = 10,
  /** A saved index needs a newer version of the library. */
  RESIDUAL_KNN_ERROR_TOO_NEW = 11,
  /** A saved index was written with another SIMD target, whose numbers differ in the last bits, or in another byte
   * order. The message names both targets. */
  RESIDUAL_KNN_ERROR_OTHER_TARGET = 12
};

/** Covariance families. r is the Euclidean distance of the coordinates divided by their lengthscales. */
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

/** Storage order of matrices; see "Layout" at the top of the header. */
enum residual_knn_layout { RESIDUAL_KNN_POINT_MAJOR = 0, RESIDUAL_KNN_DIMENSION_MAJOR = 1 };

/** Where an index has V, the n x m numbers that its searches read most. Answers have the same bytes either way. */
enum residual_knn_factor_storage {
  /** V is stored, unless max_bytes of residual_knn_model_options is too small for that. */
  RESIDUAL_KNN_FACTOR_AUTOMATIC = 0,
  /** V is stored: 8 m bytes a point. */
  RESIDUAL_KNN_FACTOR_STORED = 1,
  /** V is not stored. A search computes the rows that it needs, and keeps the most recently computed ones in a
   * cache. This takes some m^2 operations a row. Only an index with inducing points can do this. */
  RESIDUAL_KNN_FACTOR_COMPUTED = 2
};

/** The distance that a search uses. */
enum residual_knn_ranking {
  /** sqrt(1 - |rho|), between 0 and 1: the neighbors have the largest |rho|. */
  RESIDUAL_KNN_ABSOLUTE = 0,
  /** sqrt(1 - rho), between 0 and sqrt(2): the neighbors have the largest rho. */
  RESIDUAL_KNN_SIGNED = 1,
  /** The Euclidean distance of the coordinates divided by their lengthscales: the neighbors are the nearest points in
   * scaled space. V and p have no effect, degenerate points are candidates like all others, and no query counts as
   * uninformative. Neighbors are ordered by the squared distance as it is computed in double precision, which is the sum
   * of the squared differences in the order of the coordinates; ties go to the smaller row. RESIDUAL_KNN_BRUTE_FORCE
   * computes the distances of all pairs. All other strategies search a k-d tree best-first, and report
   * RESIDUAL_KNN_BEST_FIRST. RESIDUAL_KNN_AUTOMATIC uses brute force for few pairs. Tile options and start lists have
   * no effect.
   * An index with a covariance callback has no coordinates: its searches return RESIDUAL_KNN_ERROR_UNSUPPORTED. */
  RESIDUAL_KNN_SCALED_DISTANCE = 2
};

/** How a search selects the set of a query among its candidates. */
enum residual_knn_selection {
  /** The k nearest by the ranking. */
  RESIDUAL_KNN_SELECT_NEAREST = 0,
  /** Greedy selection by conditional variance, for conditioning sets. The next point of the set is the candidate that,
   * together with the points selected before, reduces the variance of the query most. */
  RESIDUAL_KNN_SELECT_CONDITIONAL = 1
};

/** The algorithm of a search. All strategies return the same bytes. */
enum residual_knn_strategy {
  /** The library chooses the strategy. residual_knn_statistics reports its choice. */
  RESIDUAL_KNN_AUTOMATIC = 0,
  /** Tiled matrix products score every pair. Nothing is pruned. */
  RESIDUAL_KNN_BRUTE_FORCE = 1,
  /** A batch of queries descends the residual tree level by level. */
  RESIDUAL_KNN_LEVEL_SYNCHRONOUS = 2,
  /** Each query by itself visits the open node with the largest bound next. This is the reference for the order of
   * nodes. */
  RESIDUAL_KNN_BEST_FIRST = 3,
  /** As best-first, but several open nodes of a query are scored together. */
  RESIDUAL_KNN_BATCHED_BEST_FIRST = 4,
  /** Blocks of queries are first compared with blocks of candidates, and single queries afterwards. */
  RESIDUAL_KNN_DUAL_TREE = 5
};

/** Why a search used its strategy. */
enum residual_knn_reason {
  /** The caller asked for it. */
  RESIDUAL_KNN_REASON_REQUESTED = 0,
  /** Brute force: there are too few pairs of a query and a candidate for a tree to save time. */
  RESIDUAL_KNN_REASON_FEW_PAIRS = 1,
  /** Brute force: the error of the caller's V and p is not known; see factor_error. */
  RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR = 2,
  /** Brute force: rounding errors may be as large as the residual variances, so no bound holds. */
  RESIDUAL_KNN_REASON_ROUNDING = 3,
  /** Brute force: the pivots explained too little of the residual variance in a sample of blocks. */
  RESIDUAL_KNN_REASON_NO_COVER = 4,
  /** Brute force was faster on a timed sample of the queries. */
  RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE = 5,
  /** The tree was faster on a timed sample of the queries, or there were too few queries for a sample. */
  RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE = 6,
  /** Brute force: most rows are duplicates of more than k earlier rows, and so cannot be among the k nearest of any
   * query. Brute force skips these rows, but a tree cannot. Brute force is therefore used even for a requested tree. */
  RESIDUAL_KNN_REASON_REPEATED_POINTS = 7,
  /** The caller gave a list of candidates for each query, and only these were scored. */
  RESIDUAL_KNN_REASON_CANDIDATE_LISTS = 8,
  /** Best-first: the ranking RESIDUAL_KNN_SCALED_DISTANCE searches a k-d tree of the scaled points. */
  RESIDUAL_KNN_REASON_SCALED_DISTANCE = 9,
  /** Brute force: trees need more memory than max_bytes of residual_knn_model_options leaves for them. */
  RESIDUAL_KNN_REASON_MEMORY_LIMIT = 10
};

/** The order in which a search gives its answers to a sink. */
enum residual_knn_sink_order {
  /** In the order of the queries. */
  RESIDUAL_KNN_SINK_BY_QUERY = 0,
  /** Queries that are near each other in space go together. Which these are is the library's choice; it depends on the
   * index, the questions, k, the strategy and the number of threads. This is faster if V is not stored, or if the rows
   * are in random order and there are many. Within a batch, the queries ascend. */
  RESIDUAL_KNN_SINK_BY_SPACE = 1
};

/** Methods that choose inducing points. */
enum residual_knn_inducing_method {
  /** k-means++ seeding, then Lloyd steps; both use the coordinates divided by their lengthscales. */
  RESIDUAL_KNN_KMEANS = 0,
  /** Rows drawn at random, all at different locations. */
  RESIDUAL_KNN_RANDOM_ROWS = 1
};

/** Orderings of the points. */
enum residual_knn_ordering {
  /** 0, 1, 2, ... */
  RESIDUAL_KNN_ORDER_GIVEN = 0,
  /** A random permutation. */
  RESIDUAL_KNN_ORDER_RANDOM = 1,
  /** Exact maximin: each point is the one farthest from all points before it (Guinness 2018). */
  RESIDUAL_KNN_ORDER_MAXIMIN = 2
};

/* ---------------------------------------------------------------- callbacks */

/**
 * Reports the progress of a long call and can cancel it. A call may have several stages, for example the factor of
 * K(Z,Z) and then V.
 * @param user   the pointer from the options
 * @param done   the work of this stage done so far, in pairs of points or a similar unit; each stage starts at 0
 * @param total  all work of this stage in the same unit, at least 1
 * @return 0 to continue. Any other value cancels the call, which then returns RESIDUAL_KNN_ERROR_CANCELLED within
 *         100 ms.
 * Called on the calling thread, at the start of the work and then about every 50 ms. For sets of more than 1,000 points
 * (weights with a larger k, conditional selection for larger groups), up to a second can pass between two calls.
 */
typedef int32_t (*residual_knn_progress)(void* user, int64_t done, int64_t total);

/**
 * Computes the covariances of a block of pairs, for kernels that the library does not know.
 * @param user         the pointer given with the callback
 * @param rows         num_rows row numbers, 0-based. Numbers from n on are new points: n + q is query q of the
 *                     present call of a function for new points with V and p (`..._of_new_factor`, `..._above`).
 * @param num_rows     length of rows
 * @param columns      num_columns row numbers of index points, 0-based
 * @param num_columns  length of columns
 * @param covariance   out: K(x_rows[a], x_columns[b]) at covariance[a * num_columns + b]
 * @return 0 for success. With any other value, the call fails with RESIDUAL_KNN_ERROR_CALLBACK.
 * The value of a pair must not depend on the block that contains the pair. Blocks also contain pairs that do not
 * affect the answer, such as a point with itself or with its successors; their values must be finite too.
 * The callback must not throw, longjmp, or free the index.
 */
typedef int32_t (*residual_knn_covariance)(void* user, const int64_t* rows, int64_t num_rows,
                                           const int64_t* columns, int64_t num_columns,
                                           double* covariance);

/** The answers for some queries of a search, for a sink. All arrays are the library's and live until the sink
 * returns. */
typedef struct residual_knn_batch {
  /** The size of this struct in the library: a program may read the fields below this size. */
  size_t struct_size;
  /** Number of queries of this batch, at least 1. */
  int64_t num_queries;
  /** Neighbors of each query: k of the call. */
  int64_t k;
  /** The queries, num_queries numbers: 0 is the first query of the call, whatever its row is. They ascend. With
   * RESIDUAL_KNN_SINK_BY_QUERY they are consecutive. */
  const int64_t* queries;
  /** num_queries x k row numbers in the layout of the options, from a function with int64_t row numbers; otherwise
   * NULL. */
  const int64_t* neighbors;
  /** The same from a function with int32_t row numbers, with its base and its `missing`; otherwise NULL. */
  const int32_t* neighbors_int32;
  /** num_queries x k distances. */
  const double* distances;
  /** num_queries x k conditional variances with RESIDUAL_KNN_SELECT_CONDITIONAL, otherwise NULL; see
   * conditional_variances of residual_knn_search_options. */
  const double* conditional_variances;
} residual_knn_batch;

/**
 * Takes the answers of a search, batch by batch; see the option `sink` of residual_knn_search_options.
 * @param user   the pointer from the options
 * @param batch  the answers for some queries, until this function returns
 * @return 0 to continue. Any other value cancels the call: it returns RESIDUAL_KNN_ERROR_CANCELLED at once, without
 *         another call of the sink.
 * Called on the calling thread, while no other thread of the search runs. It must not throw or longjmp.
 */
typedef int32_t (*residual_knn_sink)(void* user, const residual_knn_batch* batch);

/* ---------------------------------------------------------------- library */

/** Version of the library, "major.minor.patch". A static string, never NULL. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_version(void);

/** Version of the binary interface. A program built for the same number works with this library. */
RESIDUAL_KNN_API int32_t residual_knn_abi_version(void);

/** The SIMD target in use on this processor, for example "AVX3". A static string, never NULL. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_simd_target(void);

/** The BLAS in use, with its version and core type. A static string, never NULL. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_blas(void);

/** One sentence for a status code. Any value is allowed. A static string, never NULL. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_status_string(residual_knn_status status);

/**
 * The message of the last call that failed on this thread: it names the argument and its value.
 * Never NULL; "" if no call has failed. Valid until the next call fails on this thread.
 */
RESIDUAL_KNN_API const char* residual_knn_last_error(void);

/* ---------------------------------------------------------------- index */

/** An index: points, kernel and inducing points, prepared for searches. Opaque. */
typedef struct residual_knn_index residual_knn_index;

/** The model of an index. */
typedef struct residual_knn_model_options {
  /** Set by residual_knn_model_options_init. */
  size_t struct_size;
  /** enum residual_knn_kernel; default RESIDUAL_KNN_MATERN32. */
  int32_t kernel;
  /** enum residual_knn_layout of points, inducing points and V; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** K(x, x) without the nugget, between 1e-140 and 1e140; default 1. */
  double variance;
  /** Smoothness of RESIDUAL_KNN_MATERN, positive and at most 50; default 1.5. Other kernels ignore it. */
  double nu;
  /** Mixture parameter of RESIDUAL_KNN_RATIONAL_QUADRATIC, between 1e-12 and 1e12; default 1. Other kernels ignore
   * it. */
  double alpha;
  /** Nugget, not negative; default 0. It is added to p, but not to K(Z,Z). Ignored if the caller gives p. */
  double nugget;
  /** Jitter relative to the variance, not negative; default 1e-8. jitter * variance is added to the diagonal of
   * K(Z,Z). */
  double jitter;
  /** If this exceeds jitter, and K(Z,Z) is not positive definite, the jitter is multiplied by 10 (0 becomes 1e-12)
   * until K(Z,Z) is positive definite or this value is reached. Default 0: the jitter stays as it is.
   * residual_knn_index_info reports the jitter that was used. */
  double max_jitter;
  /** Worker threads, including the calling one; 0 (default): one for each available processor. */
  int32_t threads;
  /** Any value but 0: a covariance callback may be called on several threads at once. Default 0: it is called on the
   * calling thread only, and searches use one thread. */
  int32_t concurrent_callback;
  /** NULL (default), or a function that is called while the index is created. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** The error of V and p that the caller gives, between 0 and 1. The caller guarantees this: the matrix R, with p on
   * its diagonal, is positive semi-definite after factor_error * (p_i + |V_i|^2) is added to each diagonal element i.
   * This must hold for every list of rows, also one that names a row twice (R_ij between the two is K - |V_i|^2).
   * Pruning needs the guarantee. A small value suffices for any V = L^-1 K(Z, .) computed in double precision: 1e-9 is
   * generous if K(Z,Z) is well-conditioned. Default 0: no guarantee, and searches use brute force. If the guarantee is
   * false, searches may miss neighbors. residual_knn_index_create ignores this field, because it bounds its own
   * error. */
  double factor_error;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
   * top of the header. residual_knn_index_warning uses it too. */
  int64_t message_base;
  /** enum residual_knn_factor_storage; default RESIDUAL_KNN_FACTOR_AUTOMATIC. An update keeps what the index was
   * created with. Functions that take the caller's V allow only the default and RESIDUAL_KNN_FACTOR_STORED. */
  int32_t factor_storage;
  /** Reserved; must be 0. */
  int32_t reserved;
  /** 0 (default): no limit. Otherwise a limit on the memory of the index in bytes, what searches add to it included.
   *   - RESIDUAL_KNN_FACTOR_AUTOMATIC stores V if the limit has room for V five times, because trees need up to twice as
   *     much as V, and have half of the rest.
   *   - Half of what the index leaves is for trees, the other half for scans in integers. Searches do without those
   *     that need more; the memory of trees is estimated before they are built. A strategy that the caller asks for is
   *     an error then.
   *   - Not counted: the arrays of the caller; the k-d trees of searches by scaled distance; what a search needs while
   *     it runs. That is some megabytes for each thread, and rows of V that are computed: up to 64 MiB, but no more
   *     than a sixteenth of the limit.
   * If the limit is too small for the index alone, the call fails with ERROR_OUT_OF_MEMORY, and the message tells what
   * is needed. An update keeps the limit. */
  int64_t max_bytes;
} residual_knn_model_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
RESIDUAL_KNN_API void residual_knn_model_options_init(residual_knn_model_options* options,
                                                      size_t size);

/**
 * Creates an index from points, a built-in kernel and inducing points.
 * @param points            n x d, layout as in options; not used after the call
 * @param n                 number of points, at least 1
 * @param d                 number of coordinates, at least 1
 * @param lengthscales      positive, in the units of points; one for all coordinates, or one for each
 * @param num_lengthscales  1 or d
 * @param inducing          m x d, same layout; NULL if m is 0
 * @param m                 number of inducing points; with 0, rho is the correlation of the kernel itself
 * @param options           NULL: defaults
 * @param index             out: the new index; the caller frees it with residual_knn_index_free
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_NOT_POSITIVE_DEFINITE (also for duplicate
 *         inducing points without jitter), ERROR_OUT_OF_MEMORY or ERROR_CANCELLED. On failure *index is
 *         untouched.
 * Memory: n * (m + 2 d + 2) doubles, or n * (2 d + 2) if V is not stored (factor_storage). Searches add data when they
 * first need them, and the index keeps these data:
 * scans in integers between a quarter and five eighths of the size of V, trees between a third of it and about all
 * of it, and the k-d trees of searches by scaled distance up to three copies of the points.
 * Thread rule: any thread.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_index_create(const double* points, int64_t n, int64_t d, const double* lengthscales,
                          int64_t num_lengthscales, const double* inducing, int64_t m,
                          const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Creates an index from the caller's own V and p with a built-in kernel.
 * @param factor             V, n x m (m x n in dimension-major memory); NULL if m is 0; copied
 * @param residual_variance  p, n values, not negative, nugget included; copied
 * @param points             n x d; this and the other arguments as in residual_knn_index_create. The options nugget,
 *                           jitter and max_jitter are ignored.
 * @return as residual_knn_index_create, but never ERROR_NOT_POSITIVE_DEFINITE.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_create_from_factor(
    const double* factor, int64_t m, const double* residual_variance, const double* points,
    int64_t n, int64_t d, const double* lengthscales, int64_t num_lengthscales,
    const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Creates an index from the caller's own V and p and a covariance callback. The kernel can be any.
 * @param factor             V, n x m; NULL if m is 0; copied
 * @param residual_variance  p, n values, not negative; copied
 * @param covariance         called during searches; see residual_knn_covariance
 * @param covariance_user    passed to covariance; must outlive the index
 * @param options            layout (of factor), threads, concurrent_callback, progress, progress_user, factor_error and
 *                           message_base are used, the other fields are ignored
 * @return as residual_knn_index_create_from_factor.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_create_from_callback(
    const double* factor, int64_t n, int64_t m, const double* residual_variance,
    residual_knn_covariance covariance, void* covariance_user,
    const residual_knn_model_options* options, residual_knn_index** index);

/**
 * Gives an index new hyperparameters and, if wanted, new inducing points, as a step of an optimizer does. The points
 * stay the same. Later results have the same bytes as those of a new index with the same arguments. The update reuses
 * the memory of the index and its spatial order of the points.
 * @param index             made by residual_knn_index_create; nothing else may use it during the call
 * @param lengthscales      as for residual_knn_index_create
 * @param num_lengthscales  1 or d
 * @param inducing          m x d, layout as in options; NULL keeps the present ones
 * @param m                 number of inducing points, at least 1; ignored if inducing is NULL
 * @param options           NULL: the defaults, not the options of the creation
 * @return as residual_knn_index_create; ERROR_UNSUPPORTED for an index made from the caller's V. After ERROR_CANCELLED
 *         or ERROR_OUT_OF_MEMORY, the index may be empty: searches and residual_knn_index_factor then return
 *         ERROR_INVALID_ARGUMENT until another update succeeds. In that update, NULL for inducing stands for the
 *         inducing points before the failed update. After other errors the index is unchanged.
 * Thread rule: exclusive, like residual_knn_index_free.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_update(
    residual_knn_index* index, const double* lengthscales, int64_t num_lengthscales,
    const double* inducing, int64_t m, const residual_knn_model_options* options);

/** Frees an index; NULL does nothing. Any thread, but not while another call uses the index. */
RESIDUAL_KNN_API void residual_knn_index_free(residual_knn_index* index);

/** Description of an index. */
typedef struct residual_knn_info {
  /** Set by residual_knn_info_init. */
  size_t struct_size;
  /** Number of points. */
  int64_t n;
  /** Number of coordinates; 0 with a covariance callback. */
  int64_t d;
  /** Number of inducing points, or columns of the caller's V. */
  int64_t m;
  /** Number of degenerate points; see "Degenerate" at the top of the header. */
  int64_t degenerate_points;
  /** Memory of the index in bytes, including the parts of a file that residual_knn_index_open has mapped. */
  int64_t bytes;
  /** Seconds that the creation took, or the last update, or loading or opening the index. */
  double build_seconds;
  /** Relative jitter that was used; 0 if the caller gave V. */
  double jitter;
  /** Quantiles over the points of p / (p + |V|^2), at the levels 0, 0.01, 0.05, 0.5, 0.95, 0.99 and 1. This is the
   * share of the variance that the inducing points do not explain; the nugget counts as variance. */
  double residual_share[7];
  /** 1 if the caller gave V and p, 0 if the library computed them from inducing points. */
  int64_t given_factor;
} residual_knn_info;

/** Sets struct_size and zeroes the rest.
 * @param info  out: `size` bytes; NULL does nothing
 * @param size  sizeof *info in the calling program */
RESIDUAL_KNN_API void residual_knn_info_init(residual_knn_info* info, size_t size);

/**
 * Describes an index.
 * @param index  any; if a failed update has left it empty, the fields derived from V and p are undefined
 * @param info   out: initialized by residual_knn_info_init; filled as far as its struct_size reaches
 * @return RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_info(const residual_knn_index* index,
                                                             residual_knn_info* info);

/**
 * Copies V and p out of an index.
 * @param layout             enum residual_knn_layout of factor
 * @param factor             out: V, n x m; NULL if not wanted
 * @param residual_variance  out: p, n values; NULL if not wanted
 * @return RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_factor(const residual_knn_index* index,
                                                               int32_t layout, double* factor,
                                                               double* residual_variance);

/**
 * Reads the model of an index, for example of one that was loaded from a file.
 * @param index         any but one with a covariance callback
 * @param options       out: initialized by residual_knn_model_options_init; kernel, variance, nu, alpha, nugget, jitter,
 *                      factor_error, factor_storage, max_bytes and message_base are those of the index. jitter is the one
 *                      that was used, and max_jitter is 0. nugget and jitter are 0 if the caller gave V and p;
 *                      factor_storage tells where V is, and is never RESIDUAL_KNN_FACTOR_AUTOMATIC. Other fields stay
 * @param lengthscales  out: d values, equal ones if one was given for all coordinates; NULL: not wanted
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, or ERROR_UNSUPPORTED for an index with a covariance callback. Any
 *         thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_model(const residual_knn_index* index,
                                                              residual_knn_model_options* options,
                                                              double* lengthscales);

/**
 * Copies the points and the inducing points out of an index.
 * @param index     any but one with a covariance callback
 * @param layout    enum residual_knn_layout of both
 * @param points    out: n x d, the numbers that the caller gave. With the caller's V and p, the index has only the
 *                  scaled points, and these numbers differ by rounding errors. NULL: not wanted
 * @param inducing  out: m x d; NULL: not wanted. With the caller's V and p there are none: it must be NULL
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, or ERROR_UNSUPPORTED for an index with a covariance callback. Any
 *         thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_points(const residual_knn_index* index,
                                                               int32_t layout, double* points,
                                                               double* inducing);

/* ---------------------------------------------------------------- saved indexes */

/** Options of residual_knn_index_load and residual_knn_index_open. */
typedef struct residual_knn_load_options {
  /** Set by residual_knn_load_options_init. */
  size_t struct_size;
  /** Any value but 0: residual_knn_index_open tests the whole file. Default 0: it leaves out what its description says.
   * residual_knn_index_load always tests the whole file. */
  int32_t verify;
  /** Reserved; must be 0. */
  int32_t reserved;
  /** NULL (default), or a function that is called while the file is read; `total` is a number of bytes. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row in residual_knn_index_warning; see "Error texts" at the top of the
   * header. */
  int64_t message_base;
  /** 0 (default): no limit. Otherwise a limit on the memory of the index in bytes, as in residual_knn_model_options. The
   * limit of the index that was saved does not count. Parts of a file that are mapped count as memory. If not all parts
   * have room, these are not used, in this order: V, if there are inducing points, from which its rows are then computed
   * when they are needed; V in integers; V in single precision of trees; trees. If a file has neither trees nor integers,
   * V is used if there is room for it five times. A save of the index leaves out what is not used. */
  int64_t max_bytes;
} residual_knn_load_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
RESIDUAL_KNN_API void residual_knn_load_options_init(residual_knn_load_options* options,
                                                     size_t size);

/**
 * Saves an index in a file: points, kernel, inducing points, V and p, and the trees, orders and integers that searches
 * have made for it so far. To save these too, call
 * residual_knn_index_prepare or search before you save. docs/index-format.md describes the file.
 *
 * The file is written under another name in the same folder and then renamed, after all of it has reached the disk. A
 * process that is killed, a full disk and a loss of power therefore leave the old file, if there was one, or the new one,
 * but never a part of it. A process that is killed may leave a file with the name PATH.tmp-NUMBER-NUMBER, which can be
 * deleted. If two calls write the same path at once, the last one wins. A process that has the old file open or mapped
 * keeps it. A file that is replaced passes its permissions on.
 * @param index  made by residual_knn_index_create or residual_knn_index_create_from_factor, loaded or opened
 * @param path   name of the file; a file with this name is replaced. Symbolic links are followed, also to a file that does
 *               not exist yet
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_FILE, ERROR_OUT_OF_MEMORY, or ERROR_UNSUPPORTED for an index
 *         with a covariance callback, which a file cannot hold. Thread rule: any number of threads at once, also during
 *         searches.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_save(const residual_knn_index* index,
                                                             const char* path);

/**
 * Reads a saved index into memory. The result is an index like the one that was saved: all its functions return the same
 * bytes, and it can be updated. The file is not used after the call. All checksums and all numbers that address memory
 * are tested.
 * @param path     name of the file
 * @param options  NULL: defaults
 * @param index    out: the new index; the caller frees it with residual_knn_index_free
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_FILE, ERROR_NOT_AN_INDEX, ERROR_CORRUPT, ERROR_TOO_NEW,
 *         ERROR_OTHER_TARGET, ERROR_OUT_OF_MEMORY or ERROR_CANCELLED. On failure *index is untouched.
 *         Thread rule: any thread.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_load(
    const char* path, const residual_knn_load_options* options, residual_knn_index** index);

/**
 * Opens a saved index: as residual_knn_index_load, but large parts of the file are mapped into memory instead of read.
 * They are read when they are needed, and processes that open the same file share the memory. The index can be updated:
 * an update computes V and p in memory of its own and never changes the file.
 *
 * The header, the table of the parts, all numbers that address memory, and the checksums of all parts are tested, with
 * one exception: the checksums of V, of the numbers in trees, and of the integers, if such a part has more than 1 MiB and
 * `verify` is 0. If such a part is damaged, answers may be wrong.
 *
 * The file must not be changed while the index exists. To replace it, save to the same path, rename another file to it,
 * or delete it: none of these changes an index that is open. A program that writes into the file changes answers, and one
 * that truncates it ends the process with the signal SIGBUS, as with every mapped file. An error of the disk or of the
 * network that the file is on has the same effect. If you cannot rule this out, use residual_knn_index_load.
 * @param path     as in residual_knn_index_load
 * @param options  NULL: defaults
 * @param index    out: the new index; the caller frees it with residual_knn_index_free
 * @return as residual_knn_index_load
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_open(
    const char* path, const residual_knn_load_options* options, residual_knn_index** index);

/**
 * Gives an index a note, a text of the caller's that residual_knn_index_save writes into the file: for example names of
 * coordinates. An update keeps it. docs/index-format.md has the lines that the program and the packages for R, Julia and
 * Python write, so that each can read the others' files.
 * @param index  any; nothing else may use it during the call
 * @param note   UTF-8, ends with a byte 0; copied. NULL or "": no note
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, for example if note is not UTF-8, or ERROR_OUT_OF_MEMORY.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_set_note(residual_knn_index* index,
                                                                 const char* note);

/** The note of an index. Never NULL; "" if there is none or index is NULL. Valid until the index is freed or gets another
 * note. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_index_note(const residual_knn_index* index);

/* ---------------------------------------------------------------- search */

/** Options of a search. */
typedef struct residual_knn_search_options {
  /** Set by residual_knn_search_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of the results and of new points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** enum residual_knn_ranking; default RESIDUAL_KNN_ABSOLUTE. */
  int32_t ranking;
  /** enum residual_knn_strategy; default RESIDUAL_KNN_AUTOMATIC. */
  int32_t strategy;
  /** Worker threads, including the calling one; 0 (default): one for each available processor. */
  int32_t threads;
  /** Queries and candidates of one tile of brute force. 0 (default): the library chooses. With another value, brute
   * force screens in double precision. Tiles affect speed only. */
  int64_t tile_queries;
  int64_t tile_candidates;
  /** NULL (default), or a function that is called during the search. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
   * top of the header. */
  int64_t message_base;
  /** enum residual_knn_selection; default RESIDUAL_KNN_SELECT_NEAREST. With RESIDUAL_KNN_SELECT_CONDITIONAL:
   *   - `neighbors` holds the points in the order in which they were selected, and `distances` their distances
   *     sqrt(1 - |rho|) from the query. ranking must be RESIDUAL_KNN_ABSOLUTE.
   *   - A candidate is informative at its turn if it reduces the variance of the query by more than the share 2^-53 and
   *     by more than rounding errors can. An uninformative candidate is never selected before an informative one. If
   *     none is left, the set is filled up with the remaining candidates of largest |rho|; uninformative_picks of the
   *     statistics counts them.
   *   - Ties go to the smaller row: ties of the reduction as it is computed in double precision.
   * Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648, section 3. */
  int32_t selection;
  /** Reserved; must be 0. */
  int32_t reserved;
  /** For RESIDUAL_KNN_SELECT_CONDITIONAL: the number of candidates of a query that are its nearest by residual
   * correlation. 0 (default): 2 k; -1: none. This number or scaled_candidates must be at least k. If both are 0, there
   * are two exceptions. An index with a covariance callback has no coordinates, so it takes 4 k residual candidates. For
   * an index without inducing points both kinds are the same points, so it takes 4 k scaled candidates. Both must be 0
   * with candidate lists and with RESIDUAL_KNN_SELECT_NEAREST. */
  int64_t residual_candidates;
  /** The same for the candidates that are nearest by scaled distance. */
  int64_t scaled_candidates;
  /** Candidate lists: NULL (default): all other points, or all predecessors, are candidates. Otherwise num_queries + 1
   * ascending numbers from 0 on; the candidates of query i are the elements candidate_offsets[i] up to, but not
   * including, candidate_offsets[i + 1] of candidate_rows. A list may be empty and in any order. These elements are
   * skipped: repeats, the query itself, rows after the query in a search among predecessors, and `missing` (-1 in the
   * int64_t functions). The answer is exact among the candidates. `strategy` is ignored: the statistics report
   * RESIDUAL_KNN_BRUTE_FORCE and RESIDUAL_KNN_REASON_CANDIDATE_LISTS. */
  const int64_t* candidate_offsets;
  /** The candidates for functions with int64_t row numbers, counted from 0; NULL in other functions. */
  const int64_t* candidate_rows;
  /** The candidates for functions with int32_t row numbers, counted from their base; NULL in other functions. */
  const int32_t* candidate_rows_int32;
  /** NULL (default), or out: num_queries x k conditional variances in the layout of the results, for
   * RESIDUAL_KNN_SELECT_CONDITIONAL: the residual variance of the query given the points of the set up to this one; see
   * D_i of residual_knn_weights, which also says what the nugget does. Places without a neighbor repeat the last value,
   * which is p_i if the set is empty. A degenerate query has p_i everywhere. Other selections require NULL. */
  double* conditional_variances;
  /** Start lists: for each query start_k rows that may be near it, for example its neighbors in the search before a
   * small change of the hyperparameters. The answer has the same bytes with any lists; with good ones the search is
   * faster. 0 (default): none. Otherwise start, or start_int32, holds num_queries x start_k row numbers in the layout
   * of the results, in any order. These elements are skipped: repeats, the query itself, rows after the query in a
   * search among predecessors, and `missing` (-1 in the int64_t functions). A list is of use if it has at least k other
   * elements; its first 4 k elements are read. Any other value that is no row of the index is an error.
   *   - The array may be that of the results, or overlap it.
   *   - The lists are ignored for an index with a covariance callback, and in searches by scaled distance. Conditional
   *     selection gives them to its search for residual candidates, which has residual_candidates in place of k.
   *   - start_k must be 0 with candidate lists. */
  int64_t start_k;
  /** The start lists for functions with int64_t row numbers, counted from 0; NULL in other functions. */
  const int64_t* start;
  /** The start lists for functions with int32_t row numbers, counted from their base; NULL in other functions. */
  const int32_t* start_int32;
  /** NULL (default), or a function that gets the answers batch by batch, for answers that do not fit into memory. The
   * arguments neighbors, distances and conditional_variances must then be NULL.
   *   - Each query is in exactly one batch. Its answer has the same bytes as without a sink.
   *   - Batches that the sink has got are final, also if the call is cancelled or fails later.
   *   - The library searches a section of queries and then passes it on. A section has as many queries as have 64 MiB
   *     of answers at 16 bytes a neighbor, but at least 1,024, and at least sink_queries. Memory beyond that of the
   *     index and the threads: 16 k bytes for each query of a section, 8 k more with conditional selection, 16 k or
   *     24 k more for each query of a batch in dimension-major layout, and for a moment up to 40 bytes for each query
   *     of the call (plus 24 d with RESIDUAL_KNN_SINK_BY_SPACE for candidate lists and scaled distances).
   *   - The strategy is chosen once for all sections, progress counts all of them, and the statistics are sums. If
   *     there is more than one section, a timed sample is searched in addition.
   * Only functions that find the k neighbors of single queries have a sink; it must be NULL in others. */
  residual_knn_sink sink;
  /** Passed to sink. */
  void* sink_user;
  /** The largest number of queries in a batch. All batches but the last have this number. 0 (default): that of a
   * section. */
  int64_t sink_queries;
  /** enum residual_knn_sink_order; default RESIDUAL_KNN_SINK_BY_QUERY. */
  int32_t sink_order;
  /** Reserved; must be 0. */
  int32_t sink_reserved;
} residual_knn_search_options;

/** The name of a strategy of enum residual_knn_strategy, for example "dual_tree". NULL for any other value; a loop
 * from 0 to the first NULL therefore lists all names. A static string. Any thread. */
RESIDUAL_KNN_API const char* residual_knn_strategy_name(int32_t strategy);

/** One sentence for a value of enum residual_knn_reason. Any value is allowed. A static string, never NULL. Any
 * thread. */
RESIDUAL_KNN_API const char* residual_knn_reason_string(int32_t reason);

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
RESIDUAL_KNN_API void residual_knn_search_options_init(residual_knn_search_options* options,
                                                       size_t size);

/** Report of a search. */
typedef struct residual_knn_statistics {
  /** Set by residual_knn_statistics_init. */
  size_t struct_size;
  /** The strategy that was used, of enum residual_knn_strategy; never RESIDUAL_KNN_AUTOMATIC. With a tree, brute force
   * may still answer some queries, namely those for which the tree dismisses nothing. */
  int32_t strategy;
  /** Number of worker threads that were used. */
  int32_t threads;
  /** Number of queries. */
  int64_t queries;
  /** Number of pairs of a query and one of its candidates. */
  int64_t pairs;
  /** Number of pairs whose residual correlation was computed, or whose scaled distance was computed. It can exceed
   * `pairs`: tiles may reach beyond the predecessors of a query, and brute force scores some rows around each query in
   * advance. */
  int64_t pairs_scored;
  /** Number of pairs scored by the canonical function, which decides between candidates and computes distances. */
  int64_t pairs_rescored;
  /** Seconds that the call took, including what it built. */
  double seconds;
  /** Why this strategy was used, of enum residual_knn_reason. */
  int32_t reason;
  /** Number of blocks at the coarsest level of the tree; 0 without a tree. */
  int32_t coarse_blocks;
  /** Seconds that this call spent on building trees. The index keeps the trees. */
  double tree_seconds;
  /** Number of pairs of a query and a pivot, and of two pivots, whose residual correlation was computed. */
  int64_t pivots_scored;
  int64_t pivots_coupled;
  /** Number of pairs of a query and a block that were bounded, and how many of them their bounds dismissed. */
  int64_t blocks_bounded;
  int64_t blocks_dismissed;
  /** Number of pairs of a query and a point that were bounded one by one, and how many of them were not dismissed. */
  int64_t points_bounded;
  int64_t survivors;
  /** How many of pairs_scored + pivots_scored + pivots_coupled were first computed in single precision or in integers
   * of 8 or 16 bits, with a proved error margin. */
  int64_t scored_in_low_precision;
  /** Number of queries with fewer informative neighbors than the smaller of k and their number of candidates; see
   * "Informative" at the top of the header. It does not depend on strategy, threads, layout or batches. */
  int64_t uninformative_queries;
  /** The distance in lengthscales from a query to its nearest candidate: the median over up to 16 queries spread over
   * all queries. It is computed if uninformative_queries is at least half of the queries, and is 0 otherwise. With a
   * covariance callback, it is always 0. */
  double nearest_lengthscales;
  /** Number of new points with a coordinate beyond 2^32 lengthscales from 0 (see "Origin" at the top of the header);
   * the first such point and its first such coordinate, both counted from message_base; the value of that coordinate
   * and its lengthscale. If there are no such points, these fields are 0, -1, -1, 0 and 0. */
  int64_t coarse_queries;
  int64_t coarse_query;
  int64_t coarse_coordinate;
  double coarse_value;
  double coarse_lengthscale;
  /** For RESIDUAL_KNN_SELECT_CONDITIONAL, otherwise 0: the number of candidates, and of points that were selected though
   * they were not informative at their turn, both summed over the queries. uninformative_queries then counts the queries
   * that have candidates, but no informative one. strategy, reason, pairs and coarse_blocks are those of the search for
   * residual candidates (if there is none, of that for scaled candidates). tree_seconds and the other numbers of pairs
   * are sums over both searches; pairs_scored and pairs_rescored also count the products of the selection. */
  int64_t candidates;
  int64_t uninformative_picks;
} residual_knn_statistics;

/** Sets struct_size and zeroes the rest.
 * @param statistics  out: `size` bytes; NULL does nothing
 * @param size        sizeof *statistics in the calling program */
RESIDUAL_KNN_API void residual_knn_statistics_init(residual_knn_statistics* statistics,
                                                   size_t size);

/**
 * A warning about the answer of a search, for two cases: (1) at least half of the queries lack informative neighbors;
 * the warning tells the likely cause in figures. (2) The coordinates of new points are so large that double precision
 * is too coarse for their lengthscale. The answer is still exact, but probably not what the caller wanted: lengthscale
 * and points, or points and new points, may be in different units, or the inducing points may be the points themselves.
 * @param index       the index that was searched
 * @param statistics  the report of the search
 * @return one sentence, or "" if there is no warning or an argument is NULL; never NULL. Valid until the next call of
 *         this function on this thread. Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API const char* residual_knn_search_warning(const residual_knn_index* index,
                                                         const residual_knn_statistics* statistics);

/**
 * A warning about the points and inducing points of an index, for two cases: (1) coordinates are so large that double
 * precision is too coarse for their lengthscale; the warning names the first such row and counts all of them. (2) At
 * least 90 % of the points nearly coincide, measured in lengthscales.
 * @param index  any
 * @return as residual_knn_search_warning
 */
RESIDUAL_KNN_API const char* residual_knn_index_warning(const residual_knn_index* index);

/**
 * Finds the nearest neighbors of index points among all other index points.
 * @param rows         num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all
 *                     rows in order
 * @param num_queries  length of rows, at least 0; must be n or 0 if rows is NULL
 * @param options      NULL: defaults
 * @param k            neighbors for each query, at least 1
 * @param neighbors    out: num_queries x k row numbers; NULL only if num_queries is 0 or if the options have a sink
 * @param distances    out: num_queries x k distances; NULL: not wanted, or the options have a sink
 * @param statistics   out: NULL, or initialized by residual_knn_statistics_init
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. For an index
 *         with a covariance callback also ERROR_UNSUPPORTED: scaled distances need coordinates. Thread rule: any number
 *         of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_neighbors(const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
                       const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
                       double* distances, residual_knn_statistics* statistics);

/**
 * Finds the nearest neighbors of index points among their predecessors, which are the points with smaller row numbers.
 * These neighbors are the conditioning sets of a Vecchia approximation. Arguments as residual_knn_neighbors.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_predecessors(const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
                          const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
                          double* distances, residual_knn_statistics* statistics);

/**
 * Finds the nearest neighbors of new points among all index points. The index computes V and p of the new points.
 * @param queries      num_queries x d, layout as in options; in the units of points
 * @param num_queries  at least 0
 * The rest as residual_knn_neighbors.
 * @return also ERROR_UNSUPPORTED for an index made from the caller's V.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int64_t* neighbors, double* distances,
    residual_knn_statistics* statistics);

/**
 * Finds the nearest neighbors of new points whose V and p the caller gives. The index must be made from the caller's V
 * and p.
 * @param query_factor             num_queries x m, layout as in options; NULL if m is 0
 * @param query_residual_variance  num_queries values, not negative
 * @param queries                  num_queries x d; NULL with a covariance callback
 * @param num_queries              at least 0
 * The rest as residual_knn_neighbors.
 * @return also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
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
 * @param missing  the value in places without a neighbor; must not be a row number
 * The rest as residual_knn_neighbors. The row numbers of the index must fit int32_t.
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

/* ---------------------------------------------------------------- thresholds */

/**
 * Finds, for each query, all candidates whose |rho| is at least a threshold (in signed ranking: whose rho is). rho is the
 * correlation as the library computes it, before it becomes a distance. Rounding makes the |rho| of points at the same
 * place slightly larger or smaller than 1; a threshold such as 1 - 1e-12 finds them unless p is small. The rho of
 * degenerate points is 0: a threshold of 0 finds all candidates, in absolute ranking.
 *
 * The result is in compressed rows: the neighbors of query i are the elements offsets[i] up to, but not including,
 * offsets[i + 1] of `neighbors` and `distances`, sorted by distance, ties by row. With all rows as queries, offsets,
 * neighbors and values are the three arrays of a sparse matrix in CSR form.
 *
 * The caller bounds the memory by `capacity`, the number of elements of `neighbors`. With 0, the call only counts, and
 * offsets[num_queries] is the capacity to use. If the capacity is above 0 and too small, the call returns
 * ERROR_INVALID_ARGUMENT, the error text names the number needed, and all offsets are written, as an exception to the
 * rule that a failed call writes nothing. A caller who sets offsets[num_queries] to 0 before the call thus tells this
 * error from others: offsets[num_queries] > capacity.
 * @param index        any
 * @param rows         num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
 * @param num_queries  length of rows, at least 0; must be n or 0 if rows is NULL
 * @param options      NULL: defaults. ranking is absolute or signed. layout is that of new points; the results do not
 *                     depend on it. selection, numbers of candidates, candidate lists, conditional_variances and start
 *                     lists must have their defaults.
 * @param threshold    between 0 and 1
 * @param capacity     at least 0
 * @param offsets      out: num_queries + 1 numbers, the first is 0
 * @param neighbors    out: row numbers, room for `capacity`; NULL only if capacity is 0
 * @param distances    out: as many distances; NULL: not wanted
 * @param statistics   out: NULL, or initialized by residual_knn_statistics_init; untouched if the capacity is too small.
 *                     uninformative_queries is 0, because no number of neighbors is asked for.
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Memory: 16
 *         to 32 bytes for each pair found, up to `capacity` pairs, and 32 for each query, until the call has finished.
 *         Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_above(
    const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** Finds all predecessors whose |rho| is at least a threshold; see residual_knn_predecessors. Arguments as
 * residual_knn_neighbors_above. With all rows as queries, each pair of points is found once. */
RESIDUAL_KNN_API residual_knn_status residual_knn_predecessors_above(
    const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/**
 * Finds all index points whose |rho| with a new point is at least a threshold. The index computes V and p of the new
 * points.
 * @param queries      num_queries x d, layout as in options; in the units of points
 * @param num_queries  at least 0
 * The rest as residual_knn_neighbors_above.
 * @return also ERROR_UNSUPPORTED for an index made from the caller's V.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_points_above(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/**
 * The same for new points whose V and p the caller gives. The index must be made from the caller's V and p.
 * query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the rest as in
 * residual_knn_neighbors_above.
 * @return also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_factor_above(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/**
 * residual_knn_neighbors_above with 32-bit row numbers, for R and Fortran. Offsets have 64 bits and count from 0.
 * @param base  0 or 1: the number of the first row, in rows and neighbors
 * The rest as residual_knn_neighbors_above. The row numbers of the index must fit int32_t.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_above_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_predecessors_above with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_predecessors_above_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_neighbors_of_new_points_above with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_points_above_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_neighbors_of_new_factor_above with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_neighbors_of_new_factor_above_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/* ---------------------------------------------------------------- groups */

/**
 * Finds the nearest neighbors that groups of index points share, as a block Vecchia approximation or supernodes need
 * them. The distance of a point from a group is its distance from the nearest member of the group, so the neighbors have
 * the largest |rho| with any member. Members of a group are not its neighbors; rows of other groups may be.
 * @param index          any
 * @param group_offsets  num_groups + 1 ascending numbers from 0 on: the rows of group g are the elements
 *                       group_offsets[g] up to, but not including, group_offsets[g + 1] of group_rows. NULL only if
 *                       num_groups is 0
 * @param num_groups     at least 0
 * @param group_rows     row numbers, 0 <= row < n, in any order. No group may be empty, and no row may be in two groups
 *                       or twice in one. Rows may be in no group. NULL only if num_groups is 0
 * @param options        NULL: defaults. ranking is absolute or signed. Candidate lists, start lists and
 *                       conditional_variances must have their defaults, and without conditional selection also the
 *                       numbers of candidates.
 *                       With RESIDUAL_KNN_SELECT_CONDITIONAL, each member gives its nearest rows outside the group as
 *                       candidates: residual_candidates and scaled_candidates are numbers for each member. The
 *                       neighbors are selected one after the other. The next one is the candidate that reduces the
 *                       log-determinant of the conditional covariance of the group most, given the neighbors before it.
 *                       Ties go to the smaller row. `distances` are those from the nearest member. Source: Huan,
 *                       Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648.
 * @param k              neighbors for each group, at least 1
 * @param neighbors      out: num_groups x k row numbers; NULL only if num_groups is 0
 * @param distances      out: num_groups x k distances; NULL: not wanted
 * @param statistics     out: NULL, or initialized by residual_knn_statistics_init. queries is the number of groups, pairs
 *                       are those of the searches of all members, and uninformative_queries is 0.
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. The results of
 *         a group of one row have the bytes of residual_knn_neighbors with the same options. For each member, the call
 *         searches for up to k + 2 g - 2 neighbors, where g is the number of members. Memory: 8 bytes for each row of
 *         the index, 32 for each member and 16 for each neighbor, until the call has finished; with
 *         RESIDUAL_KNN_SELECT_CONDITIONAL also 4 for each candidate of each member (8 if n is above 2^31 - 1). Thread
 *         rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_group_neighbors(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int64_t* group_rows, const residual_knn_search_options* options, int32_t k,
    int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/**
 * Finds the nearest neighbors that groups share among the predecessors of the whole group: the rows that are smaller than
 * the smallest row of the group. A group that contains row 0 has none. The call searches for k neighbors of every member.
 * Arguments as residual_knn_group_neighbors. The results of a group of one row have the bytes of
 * residual_knn_predecessors.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_group_predecessors(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int64_t* group_rows, const residual_knn_search_options* options, int32_t k,
    int64_t* neighbors, double* distances, residual_knn_statistics* statistics);

/**
 * residual_knn_group_neighbors with 32-bit row numbers, for R and Fortran. group_offsets has 64 bits and counts from 0.
 * @param base     0 or 1: the number of the first row, in group_rows and neighbors
 * @param missing  the value in places without a neighbor; must not be a row number
 * The rest as residual_knn_group_neighbors. The row numbers of the index must fit int32_t.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_group_neighbors_int32(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int32_t* group_rows, const residual_knn_search_options* options, int32_t k, int32_t base,
    int32_t missing, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/** residual_knn_group_predecessors with 32-bit row numbers; arguments as residual_knn_group_neighbors_int32. */
RESIDUAL_KNN_API residual_knn_status residual_knn_group_predecessors_int32(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int32_t* group_rows, const residual_knn_search_options* options, int32_t k, int32_t base,
    int32_t missing, int32_t* neighbors, double* distances, residual_knn_statistics* statistics);

/* ---------------------------------------------------------------- weights */

/** Options of the functions for weights. */
typedef struct residual_knn_weights_options {
  /** Set by residual_knn_weights_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of neighbors, weights and new points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** Worker threads, including the calling one; 0 (default): one for each available processor. */
  int32_t threads;
  /** Not negative; 0 (default): none. If the residual covariance of a query and its neighbors is not positive definite,
   * jitter p_j is added to each of its diagonal elements R_jj. All other sets are computed without jitter. */
  double jitter;
  /** NULL (default), or a function that is called during the call; `total` is the number of queries. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, query and place in error texts; see "Error texts" at the top of the
   * header. */
  int64_t message_base;
} residual_knn_weights_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
RESIDUAL_KNN_API void residual_knn_weights_options_init(residual_knn_weights_options* options,
                                                        size_t size);

/** Report of the functions for weights. */
typedef struct residual_knn_weights_report {
  /** Set by residual_knn_weights_report_init. */
  size_t struct_size;
  /** Sum of log D_i over the queries, in their order; -Inf if some D_i is 0. If the queries are all rows, and each set
   * has only predecessors of its query, it is the log-determinant of the Vecchia approximation of R. */
  double log_determinant;
  /** Number of sets that needed the jitter, and the first query among them, counted from message_base; -1: none. */
  int64_t jittered_sets;
  int64_t first_jittered;
  /** Number of degenerate queries (see "Degenerate" at the top of the header). Their weights are 0, their D_i is p_i. */
  int64_t degenerate_queries;
  /** Seconds that the call took. */
  double seconds;
} residual_knn_weights_report;

/** Sets struct_size and zeroes the rest.
 * @param report  out: `size` bytes; NULL does nothing
 * @param size    sizeof *report in the calling program */
RESIDUAL_KNN_API void residual_knn_weights_report_init(residual_knn_weights_report* report,
                                                       size_t size);

/**
 * Computes, for index points, the weights and the conditional variance of the residual process given their conditioning
 * sets. For query i with set S,
 *
 *     b_i = R_SS^-1 R_Si       its weights
 *     D_i = R_ii - R_iS b_i    its conditional variance; R_ii = p_i
 *
 * D_i includes the nugget, as p_i does: it is the variance of an observation. Without the nugget it is that of the process.
 *
 * If the queries are all rows, and each set has only predecessors of its query, the Vecchia approximation of R is
 * B^-1 D B^-T, where B has ones on its diagonal and -b_ij elsewhere. Source: Vecchia (1988), J. R. Stat. Soc. B 50(2);
 * Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 2. Degenerate neighbors have weight 0.
 * @param rows         num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
 * @param num_queries  length of rows, at least 0; must be n or 0 if rows is NULL
 * @param options      NULL: defaults
 * @param k            places of each set, at least 1
 * @param neighbors    num_queries x k row numbers, as searches give them: -1 in places without a neighbor. A set must
 *                     not name a row twice, nor the query itself; it may name any other row, in any order. NULL only if
 *                     num_queries is 0
 * @param weights      out: num_queries x k weights, 0 in places without a neighbor; NULL: not wanted
 * @param variances    out: num_queries conditional variances D_i; NULL: not wanted
 * @param report       out: NULL, or initialized by residual_knn_weights_report_init
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED, ERROR_CALLBACK, or
 *         ERROR_NOT_POSITIVE_DEFINITE, which names the first query whose set is not positive definite in double
 *         precision, with the jitter too. Memory: 8 bytes for each weight and each query, until the call has succeeded.
 *         Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_weights(
    const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, const int64_t* neighbors,
    double* weights, double* variances, residual_knn_weights_report* report);

/**
 * Computes the weights of new points, from which predictions follow: the conditional mean of the residual process at a
 * new point is the sum of weight times value over its neighbors.
 * @param queries      num_queries x d, layout as in options; in the units of points
 * @param num_queries  at least 0
 * The rest as residual_knn_weights.
 * @return also ERROR_UNSUPPORTED for an index made from the caller's V.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_weights_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, const int64_t* neighbors,
    double* weights, double* variances, residual_knn_weights_report* report);

/**
 * Computes the weights of new points whose V and p the caller gives. The index must be made from the caller's V and p.
 * query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the rest as in
 * residual_knn_weights.
 * @return also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_weights_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, const int64_t* neighbors,
    double* weights, double* variances, residual_knn_weights_report* report);

/**
 * residual_knn_weights with 32-bit row numbers, for R and Fortran.
 * @param base     0 or 1: the number of the first row, in rows and neighbors
 * @param missing  the value in places without a neighbor; must not be a row number
 * The rest as residual_knn_weights. The row numbers of the index must fit int32_t.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_weights_int32(const residual_knn_index* index, const int32_t* rows,
                           int64_t num_queries, const residual_knn_weights_options* options,
                           int32_t k, int32_t base, int32_t missing, const int32_t* neighbors,
                           double* weights, double* variances, residual_knn_weights_report* report);

/** residual_knn_weights_of_new_points with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_weights_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report);

/** residual_knn_weights_of_new_factor with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_weights_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report);

/**
 * Writes weights as a sparse matrix in compressed rows (CSR), which needs no index: row i has 1 in the column of query i
 * and -b_ij in the columns of its neighbors. With all rows as queries it is B; see residual_knn_weights. The
 * columns of each row ascend and none is repeated, so that sparse matrix packages take the three arrays as they are:
 * scipy.sparse.csr_array((values, columns, offsets), shape=(num_queries, n)). Taken as compressed columns (CSC), the
 * same arrays are the transpose.
 * @param rows         the row numbers of the queries, which are the columns of their ones; -1: no 1, as for new points;
 *                     NULL: all rows in order
 * @param num_queries  length of rows, at least 0; must be n or 0 if rows is NULL
 * @param n            number of columns: the points of the index
 * @param layout       enum residual_knn_layout of neighbors and weights
 * @param k            places of each set, at least 1
 * @param neighbors    num_queries x k row numbers, as in residual_knn_weights. NULL only if num_queries is 0
 * @param weights      num_queries x k weights. NULL only if num_queries is 0
 * @param offsets      out: num_queries + 1 values from 0 on. Row i has the elements offsets[i] up to, but not including,
 *                     offsets[i + 1]
 * @param columns      out: offsets[num_queries] columns; room for num_queries (k + 1) is always enough
 * @param values       out: offsets[num_queries] values
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT or ERROR_OUT_OF_MEMORY. Error texts count from 0. Thread rule: any number
 *         of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_sparse_weights(const int64_t* rows, int64_t num_queries, int64_t n, int32_t layout,
                            int32_t k, const int64_t* neighbors, const double* weights,
                            int64_t* offsets, int64_t* columns, double* values);

/**
 * residual_knn_sparse_weights with 32-bit row numbers and offsets.
 * @param base     0 or 1: the number of the first row, in rows, neighbors and columns; offsets count from 0
 * @param missing  the value in places without a neighbor, and in rows for a query without a 1; must not be a row number
 * @return also ERROR_INVALID_ARGUMENT if the number of elements does not fit int32_t.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_sparse_weights_int32(
    const int32_t* rows, int64_t num_queries, int64_t n, int32_t layout, int32_t k, int32_t base,
    int32_t missing, const int32_t* neighbors, const double* weights, int32_t* offsets,
    int32_t* columns, double* values);

/* ---------------------------------------------------------------- residual covariances */

/** Options of the functions for residual covariances. */
typedef struct residual_knn_covariance_options {
  /** Set by residual_knn_covariance_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of neighbors, covariances and new points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** Worker threads, including the calling one; 0 (default): one for each available processor. */
  int32_t threads;
  /** NULL (default), or a function that is called during the call; `total` is the number of queries. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, query and place in error texts; see "Error texts" at the top of the
   * header. */
  int64_t message_base;
} residual_knn_covariance_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
RESIDUAL_KNN_API void residual_knn_covariance_options_init(residual_knn_covariance_options* options,
                                                           size_t size);

/**
 * Computes the residual covariances of index points with their neighbors: R_ij = K(x_i, x_j) - V_i . V_j for row i and
 * each row j of its set, and R_ii = p_i. The value of a pair has the same bits in this function and in
 * residual_knn_covariance_blocks, whichever of the two points is the query (with a covariance callback, if the callback
 * is symmetric to the last bit). Degenerate points are no exception: their covariances are what this formula gives,
 * which is at rounding level.
 * @param rows         num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
 * @param num_queries  length of rows, at least 0; must be n or 0 if rows is NULL
 * @param options      NULL: defaults
 * @param k            places of each set, at least 1
 * @param neighbors    num_queries x k row numbers, as searches give them: -1 in places without a neighbor. A set may
 *                     name any rows, in any order, also a row more than once, and the query itself. NULL only if
 *                     num_queries is 0
 * @param covariances  out: num_queries x k values R_ij, 0 in places without a neighbor; NULL: not wanted
 * @param residual_variances  out: num_queries values p_i; NULL: not wanted
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Memory:
 *         8 bytes for each value, until the call has succeeded. Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_covariances(const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
                         const residual_knn_covariance_options* options, int32_t k,
                         const int64_t* neighbors, double* covariances, double* residual_variances);

/**
 * Computes the residual covariances of new points with their neighbors.
 * @param queries      num_queries x d, layout as in options; in the units of points
 * @param num_queries  at least 0
 * The rest as residual_knn_covariances.
 * @return also ERROR_UNSUPPORTED for an index made from the caller's V.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariances_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* covariances, double* residual_variances);

/**
 * Computes the residual covariances of new points whose V and p the caller gives. The index must be made from the
 * caller's V and p. query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the
 * rest as in residual_knn_covariances.
 * @return also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariances_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* covariances, double* residual_variances);

/**
 * residual_knn_covariances with 32-bit row numbers, for R and Fortran.
 * @param base     0 or 1: the number of the first row, in rows and neighbors
 * @param missing  the value in places without a neighbor; must not be a row number
 * The rest as residual_knn_covariances. The row numbers of the index must fit int32_t.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariances_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* covariances, double* residual_variances);

/** residual_knn_covariances_of_new_points with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariances_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* covariances, double* residual_variances);

/** residual_knn_covariances_of_new_factor with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariances_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* covariances, double* residual_variances);

/**
 * Computes, for each query, the residual covariance matrix of the query and its neighbors: (k + 1) x (k + 1) values, for
 * gradients and for models of the caller. Row and column 0 are those of the query, row and column 1 + j those of place j
 * of its set. R_ij as in residual_knn_covariances; the diagonal has p, which includes the nugget.
 *
 * A place without a neighbor has a 1 on the diagonal and 0 elsewhere. The determinant and the Cholesky factor of the
 * remaining rows and columns are then the same as without it, and its weight is 0.
 *
 * The blocks are not checked: one with degenerate or repeated points may be singular up to rounding. With the
 * factorization U'U = C of the part of the neighbors and c = R of the query with them, the weights and the conditional
 * variance are C^-1 c and p - c' C^-1 c; residual_knn_weights computes these.
 * @param neighbors    as in residual_knn_weights: a set must not name a row twice, nor the query itself
 * @param blocks       out: num_queries matrices of (k + 1) x (k + 1) values, one after the other. The matrices are
 *                     symmetric to the last bit, so that rows and columns are the same. This array does not depend on
 *                     the layout: it is one of shape (num_queries, k + 1, k + 1) in C and NumPy, and of dim
 *                     (k + 1, k + 1, num_queries) in R, Julia and Fortran. NULL only if num_queries is 0
 * The rest as residual_knn_covariances.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_covariance_blocks(const residual_knn_index* index, const int64_t* rows,
                               int64_t num_queries, const residual_knn_covariance_options* options,
                               int32_t k, const int64_t* neighbors, double* blocks);

/** residual_knn_covariance_blocks of new points; queries and errors as in residual_knn_covariances_of_new_points. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariance_blocks_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* blocks);

/** residual_knn_covariance_blocks of new points whose V and p the caller gives; arguments and errors as in
 * residual_knn_covariances_of_new_factor. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariance_blocks_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* blocks);

/** residual_knn_covariance_blocks with 32-bit row numbers; base and missing as in residual_knn_covariances_int32. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariance_blocks_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks);

/** residual_knn_covariance_blocks_of_new_points with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariance_blocks_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks);

/** residual_knn_covariance_blocks_of_new_factor with 32-bit row numbers. */
RESIDUAL_KNN_API residual_knn_status residual_knn_covariance_blocks_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks);

/* ---------------------------------------------------------------- helpers */

/** Options of residual_knn_choose_inducing, residual_knn_order_points, residual_knn_index_order and
 * residual_knn_index_prepare. */
typedef struct residual_knn_helper_options {
  /** Set by residual_knn_helper_options_init. */
  size_t struct_size;
  /** enum residual_knn_layout of points and inducing points; default RESIDUAL_KNN_POINT_MAJOR. */
  int32_t layout;
  /** Worker threads of the k-means algorithm, of residual_knn_index_order and of residual_knn_index_prepare, including the
   * calling one; 0 (default): one for each available processor. */
  int32_t threads;
  /** Seed of the random draws; default 1. The same seed gives the same answer on every machine. */
  uint64_t seed;
  /** Largest number of Lloyd steps of RESIDUAL_KNN_KMEANS; default 10. With 0, the result is the rows that k-means++
   * drew. */
  int64_t max_iterations;
  /** NULL (default), or a function that is called during the work. */
  residual_knn_progress progress;
  /** Passed to progress. */
  void* progress_user;
  /** 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
   * top of the header. */
  int64_t message_base;
} residual_knn_helper_options;

/** Sets struct_size and the defaults.
 * @param options  out: `size` bytes; NULL does nothing
 * @param size     sizeof *options in the calling program */
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
 * Orders points for predecessor searches.
 * @param ordering  enum residual_knn_ordering
 * @param order     out: n row numbers, 0-based; order[0] comes first
 * The rest as residual_knn_choose_inducing. Maximin starts at the point nearest to the center of the points, all
 * divided by the lengthscales. Each coordinate of the center is the mean of that coordinate. If far points move the
 * mean out of the range of the middle 80 % of the values, it is the median. Ties go to the smaller row. Duplicates come
 * last, in row order.
 */
RESIDUAL_KNN_API residual_knn_status
residual_knn_order_points(const double* points, int64_t n, int64_t d, const double* lengthscales,
                          int64_t num_lengthscales, int32_t ordering,
                          const residual_knn_helper_options* options, int64_t* order);

/**
 * Orders the points of an index for predecessor searches, by exact maximin in the residual distance sqrt(1 - |rho|): each
 * point is the one whose distance from the nearest point before it is largest. The distances are those of
 * residual_knn_neighbors. The first point is the one with the largest residual variance p. Ties go to the smaller row.
 * Degenerate points come last, in row order. The points whose computed distance from an earlier point is 0 come just
 * before them, in row order. Rounding may make the distance of duplicates about 1e-8; these come before the points at
 * distance 0. A nugget increases the distance of duplicates.
 * The order needs no new inducing points: a new index of the ordered points, with the same inducing points, has the same
 * V and p in the new order. Source: Guinness (2018), Technometrics 60(4), for the maximin order; Kang and Katzfuss
 * (2023), Statistics and Computing 33, for maximin by correlation.
 * @param index    any
 * @param options  NULL: defaults; threads, progress, progress_user and message_base are used, the other fields are
 *                 ignored. There may be two stages: `total` is first the number of pairs of a search, then n.
 * @param order    out: n row numbers, 0-based; order[0] comes first
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Time: about
 *         that of residual_knn_neighbors with k = 32 for all points if each point soon has one of its 32 nearest points
 *         before it; at most n^2 / 2 distances more. Memory: about 1 KiB for each point during the call.
 *         Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_order(
    const residual_knn_index* index, const residual_knn_helper_options* options, int64_t* order);

/**
 * Prepares later searches for the k nearest neighbors. It makes trees, for all points and for predecessors, if
 * RESIDUAL_KNN_AUTOMATIC would try them for a large number of queries, and otherwise integers for scans.
 * residual_knn_index_save then saves them. Searches make the same when they first need it. What exists already, and
 * what has no room in max_bytes, is not made.
 * @param index    any
 * @param options  NULL: defaults; threads, progress, progress_user and message_base are used, the other fields are
 *                 ignored
 * @return RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK.
 *         Thread rule: any number of threads at once.
 */
RESIDUAL_KNN_API residual_knn_status residual_knn_index_prepare(
    const residual_knn_index* index, const residual_knn_helper_options* options);

#ifdef __cplusplus
}
#endif

#endif /* RESIDUAL_KNN_H_ */
