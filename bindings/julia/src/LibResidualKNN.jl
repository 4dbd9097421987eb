# Written by bindings/julia/generate.py from include/residual_knn.h. Do not edit.
#
# SPDX-License-Identifier: Apache-2.0
"""
The C interface of libresidual_knn with its own names: no checks, no conversions, row numbers from 0.
The comments are those of the header, `residual_knn.h`.
"""
module LibResidualKNN

using Libdl

# Addresses of the functions. They are set when the library is loaded, so no path is compiled in.
const _residual_knn_version = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_abi_version = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_simd_target = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_blas = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_status_string = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_last_error = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_model_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_create = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_create_from_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_create_from_callback = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_update = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_free = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_info_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_info = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_model = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_load_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_save = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_load = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_open = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_set_note = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_note = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_strategy_name = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_reason_string = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_search_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_statistics_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_search_warning = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_warning = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_predecessors = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_predecessors_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_points_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_factor_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_above = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_predecessors_above = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_points_above = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_factor_above = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_above_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_predecessors_above_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_points_above_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_neighbors_of_new_factor_above_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_group_neighbors = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_group_predecessors = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_group_neighbors_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_group_predecessors_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_report_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_of_new_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_of_new_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_of_new_points_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_weights_of_new_factor_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_sparse_weights = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_sparse_weights_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances_of_new_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances_of_new_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances_of_new_points_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariances_of_new_factor_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks_of_new_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks_of_new_factor = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks_of_new_points_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_covariance_blocks_of_new_factor_int32 = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_helper_options_init = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_choose_inducing = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_order_points = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_order = Ref{Ptr{Cvoid}}(C_NULL)
const _residual_knn_index_prepare = Ref{Ptr{Cvoid}}(C_NULL)

function _initialized(::Type{T}, init::Ptr{Cvoid}) where {T}
    words = zeros(UInt64, sizeof(T) ÷ sizeof(UInt64))
    GC.@preserve words begin
        ccall(init, Cvoid, (Ptr{Cvoid}, Csize_t), pointer(words), sizeof(T))
        return unsafe_load(Ptr{T}(pointer(words)))
    end
end

const RESIDUAL_KNN_VERSION_MAJOR = 0

const RESIDUAL_KNN_VERSION_MINOR = 1

const RESIDUAL_KNN_VERSION_PATCH = 0

@doc raw"""
Result of a call: one of enum residual_knn_status_code.
"""
const residual_knn_status = Int32

@doc raw"""
Status codes. The meaning of a value never changes.

- `RESIDUAL_KNN_OK`
- `RESIDUAL_KNN_ERROR_INVALID_ARGUMENT`: An argument or an option is wrong, for example NaN, a negative size, NULL or an unknown enum value.
- `RESIDUAL_KNN_ERROR_OUT_OF_MEMORY`: Memory could not be allocated.
- `RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE`: A matrix is not positive definite in double precision: K(Z,Z) + jitter, where the message names the pivot at which
  the factorization failed, or the residual covariance of a conditioning set, where it names the query.
- `RESIDUAL_KNN_ERROR_CANCELLED`: The progress callback or the sink cancelled the call.
- `RESIDUAL_KNN_ERROR_CALLBACK`: The covariance callback returned non-zero or a value that is not finite.
- `RESIDUAL_KNN_ERROR_UNSUPPORTED`: This kind of index does not support the call. Example: new points without V and p, for an index made from V
  and p.
- `RESIDUAL_KNN_ERROR_INTERNAL`: An internal error of the library.
- `RESIDUAL_KNN_ERROR_FILE`: A file cannot be opened, read, written or renamed. The message has the reason of the operating system.
- `RESIDUAL_KNN_ERROR_NOT_AN_INDEX`: A file is not a saved index.
- `RESIDUAL_KNN_ERROR_CORRUPT`: A saved index is damaged or incomplete.
- `RESIDUAL_KNN_ERROR_TOO_NEW`: A saved index needs a newer version of the library.
- `RESIDUAL_KNN_ERROR_OTHER_TARGET`: A saved index was written with another SIMD target, whose numbers differ in the last bits, or in another byte
  order. The message names both targets.
"""
@enum residual_knn_status_code::Int32 begin
    RESIDUAL_KNN_OK = 0
    RESIDUAL_KNN_ERROR_INVALID_ARGUMENT = 1
    RESIDUAL_KNN_ERROR_OUT_OF_MEMORY = 2
    RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE = 3
    RESIDUAL_KNN_ERROR_CANCELLED = 4
    RESIDUAL_KNN_ERROR_CALLBACK = 5
    RESIDUAL_KNN_ERROR_UNSUPPORTED = 6
    RESIDUAL_KNN_ERROR_INTERNAL = 7
    RESIDUAL_KNN_ERROR_FILE = 8
    RESIDUAL_KNN_ERROR_NOT_AN_INDEX = 9
    RESIDUAL_KNN_ERROR_CORRUPT = 10
    RESIDUAL_KNN_ERROR_TOO_NEW = 11
    RESIDUAL_KNN_ERROR_OTHER_TARGET = 12
end

@doc raw"""
Covariance families. r is the Euclidean distance of the coordinates divided by their lengthscales.

- `RESIDUAL_KNN_SQUARED_EXPONENTIAL`: variance * exp(-r^2 / 2)
- `RESIDUAL_KNN_MATERN12`: variance * exp(-r)
- `RESIDUAL_KNN_MATERN32`: variance * (1 + a) exp(-a), a = sqrt(3) r
- `RESIDUAL_KNN_MATERN52`: variance * (1 + a + a^2 / 3) exp(-a), a = sqrt(5) r
- `RESIDUAL_KNN_MATERN`: variance * 2^(1 - nu) / Gamma(nu) * a^nu K_nu(a), a = sqrt(2 nu) r (Rasmussen and Williams 2006, 4.14)
- `RESIDUAL_KNN_RATIONAL_QUADRATIC`: variance * (1 + r^2 / (2 alpha))^-alpha (Rasmussen and Williams 2006, 4.19)
"""
@enum residual_knn_kernel::Int32 begin
    RESIDUAL_KNN_SQUARED_EXPONENTIAL = 0
    RESIDUAL_KNN_MATERN12 = 1
    RESIDUAL_KNN_MATERN32 = 2
    RESIDUAL_KNN_MATERN52 = 3
    RESIDUAL_KNN_MATERN = 4
    RESIDUAL_KNN_RATIONAL_QUADRATIC = 5
end

@doc raw"""
Storage order of matrices; see "Layout" at the top of the header.

- `RESIDUAL_KNN_POINT_MAJOR`
- `RESIDUAL_KNN_DIMENSION_MAJOR`
"""
@enum residual_knn_layout::Int32 begin
    RESIDUAL_KNN_POINT_MAJOR = 0
    RESIDUAL_KNN_DIMENSION_MAJOR = 1
end

@doc raw"""
Where an index has V, the n x m numbers that its searches read most. Answers have the same bytes either way.

- `RESIDUAL_KNN_FACTOR_AUTOMATIC`: V is stored, unless max_bytes of residual_knn_model_options is too small for that.
- `RESIDUAL_KNN_FACTOR_STORED`: V is stored: 8 m bytes a point.
- `RESIDUAL_KNN_FACTOR_COMPUTED`: V is not stored. A search computes the rows that it needs, and keeps the most recently computed ones in a
  cache. This takes some m^2 operations a row. Only an index with inducing points can do this.
"""
@enum residual_knn_factor_storage::Int32 begin
    RESIDUAL_KNN_FACTOR_AUTOMATIC = 0
    RESIDUAL_KNN_FACTOR_STORED = 1
    RESIDUAL_KNN_FACTOR_COMPUTED = 2
end

@doc raw"""
The distance that a search uses.

- `RESIDUAL_KNN_ABSOLUTE`: sqrt(1 - |rho|), between 0 and 1: the neighbors have the largest |rho|.
- `RESIDUAL_KNN_SIGNED`: sqrt(1 - rho), between 0 and sqrt(2): the neighbors have the largest rho.
- `RESIDUAL_KNN_SCALED_DISTANCE`: The Euclidean distance of the coordinates divided by their lengthscales: the neighbors are the nearest points in
  scaled space. V and p have no effect, degenerate points are candidates like all others, and no query counts as
  uninformative. Neighbors are ordered by the squared distance as it is computed in double precision, which is the sum
  of the squared differences in the order of the coordinates; ties go to the smaller row. RESIDUAL_KNN_BRUTE_FORCE
  computes the distances of all pairs. All other strategies search a k-d tree best-first, and report
  RESIDUAL_KNN_BEST_FIRST. RESIDUAL_KNN_AUTOMATIC uses brute force for few pairs. Tile options and start lists have
  no effect.
  An index with a covariance callback has no coordinates: its searches return RESIDUAL_KNN_ERROR_UNSUPPORTED.
"""
@enum residual_knn_ranking::Int32 begin
    RESIDUAL_KNN_ABSOLUTE = 0
    RESIDUAL_KNN_SIGNED = 1
    RESIDUAL_KNN_SCALED_DISTANCE = 2
end

@doc raw"""
How a search selects the set of a query among its candidates.

- `RESIDUAL_KNN_SELECT_NEAREST`: The k nearest by the ranking.
- `RESIDUAL_KNN_SELECT_CONDITIONAL`: Greedy selection by conditional variance, for conditioning sets. The next point of the set is the candidate that,
  together with the points selected before, reduces the variance of the query most.
"""
@enum residual_knn_selection::Int32 begin
    RESIDUAL_KNN_SELECT_NEAREST = 0
    RESIDUAL_KNN_SELECT_CONDITIONAL = 1
end

@doc raw"""
The algorithm of a search. All strategies return the same bytes.

- `RESIDUAL_KNN_AUTOMATIC`: The library chooses the strategy. residual_knn_statistics reports its choice.
- `RESIDUAL_KNN_BRUTE_FORCE`: Tiled matrix products score every pair. Nothing is pruned.
- `RESIDUAL_KNN_LEVEL_SYNCHRONOUS`: A batch of queries descends the residual tree level by level.
- `RESIDUAL_KNN_BEST_FIRST`: Each query by itself visits the open node with the largest bound next. This is the reference for the order of
  nodes.
- `RESIDUAL_KNN_BATCHED_BEST_FIRST`: As best-first, but several open nodes of a query are scored together.
- `RESIDUAL_KNN_DUAL_TREE`: Blocks of queries are first compared with blocks of candidates, and single queries afterwards.
"""
@enum residual_knn_strategy::Int32 begin
    RESIDUAL_KNN_AUTOMATIC = 0
    RESIDUAL_KNN_BRUTE_FORCE = 1
    RESIDUAL_KNN_LEVEL_SYNCHRONOUS = 2
    RESIDUAL_KNN_BEST_FIRST = 3
    RESIDUAL_KNN_BATCHED_BEST_FIRST = 4
    RESIDUAL_KNN_DUAL_TREE = 5
end

@doc raw"""
Why a search used its strategy.

- `RESIDUAL_KNN_REASON_REQUESTED`: The caller asked for it.
- `RESIDUAL_KNN_REASON_FEW_PAIRS`: Brute force: there are too few pairs of a query and a candidate for a tree to save time.
- `RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR`: Brute force: the error of the caller's V and p is not known; see factor_error.
- `RESIDUAL_KNN_REASON_ROUNDING`: Brute force: rounding errors may be as large as the residual variances, so no bound holds.
- `RESIDUAL_KNN_REASON_NO_COVER`: Brute force: the pivots explained too little of the residual variance in a sample of blocks.
- `RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE`: Brute force was faster on a timed sample of the queries.
- `RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE`: The tree was faster on a timed sample of the queries, or there were too few queries for a sample.
- `RESIDUAL_KNN_REASON_REPEATED_POINTS`: Brute force: most rows are duplicates of more than k earlier rows, and so cannot be among the k nearest of any
  query. Brute force skips these rows, but a tree cannot. Brute force is therefore used even for a requested tree.
- `RESIDUAL_KNN_REASON_CANDIDATE_LISTS`: The caller gave a list of candidates for each query, and only these were scored.
- `RESIDUAL_KNN_REASON_SCALED_DISTANCE`: Best-first: the ranking RESIDUAL_KNN_SCALED_DISTANCE searches a k-d tree of the scaled points.
- `RESIDUAL_KNN_REASON_MEMORY_LIMIT`: Brute force: trees need more memory than max_bytes of residual_knn_model_options leaves for them.
"""
@enum residual_knn_reason::Int32 begin
    RESIDUAL_KNN_REASON_REQUESTED = 0
    RESIDUAL_KNN_REASON_FEW_PAIRS = 1
    RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR = 2
    RESIDUAL_KNN_REASON_ROUNDING = 3
    RESIDUAL_KNN_REASON_NO_COVER = 4
    RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE = 5
    RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE = 6
    RESIDUAL_KNN_REASON_REPEATED_POINTS = 7
    RESIDUAL_KNN_REASON_CANDIDATE_LISTS = 8
    RESIDUAL_KNN_REASON_SCALED_DISTANCE = 9
    RESIDUAL_KNN_REASON_MEMORY_LIMIT = 10
end

@doc raw"""
The order in which a search gives its answers to a sink.

- `RESIDUAL_KNN_SINK_BY_QUERY`: In the order of the queries.
- `RESIDUAL_KNN_SINK_BY_SPACE`: Queries that are near each other in space go together. Which these are is the library's choice; it depends on the
  index, the questions, k, the strategy and the number of threads. This is faster if V is not stored, or if the rows
  are in random order and there are many. Within a batch, the queries ascend.
"""
@enum residual_knn_sink_order::Int32 begin
    RESIDUAL_KNN_SINK_BY_QUERY = 0
    RESIDUAL_KNN_SINK_BY_SPACE = 1
end

@doc raw"""
Methods that choose inducing points.

- `RESIDUAL_KNN_KMEANS`: k-means++ seeding, then Lloyd steps; both use the coordinates divided by their lengthscales.
- `RESIDUAL_KNN_RANDOM_ROWS`: Rows drawn at random, all at different locations.
"""
@enum residual_knn_inducing_method::Int32 begin
    RESIDUAL_KNN_KMEANS = 0
    RESIDUAL_KNN_RANDOM_ROWS = 1
end

@doc raw"""
Orderings of the points.

- `RESIDUAL_KNN_ORDER_GIVEN`: 0, 1, 2, ...
- `RESIDUAL_KNN_ORDER_RANDOM`: A random permutation.
- `RESIDUAL_KNN_ORDER_MAXIMIN`: Exact maximin: each point is the one farthest from all points before it (Guinness 2018).
"""
@enum residual_knn_ordering::Int32 begin
    RESIDUAL_KNN_ORDER_GIVEN = 0
    RESIDUAL_KNN_ORDER_RANDOM = 1
    RESIDUAL_KNN_ORDER_MAXIMIN = 2
end

@doc raw"""
Reports the progress of a long call and can cancel it. A call may have several stages, for example the factor of
K(Z,Z) and then V.

- `user`: the pointer from the options
- `done`: the work of this stage done so far, in pairs of points or a similar unit; each stage starts at 0
- `total`: all work of this stage in the same unit, at least 1
- returns: 0 to continue. Any other value cancels the call, which then returns RESIDUAL_KNN_ERROR_CANCELLED within
  100 ms.

Called on the calling thread, at the start of the work and then about every 50 ms. For sets of more than 1,000 points
(weights with a larger k, conditional selection for larger groups), up to a second can pass between two calls.
"""
macro residual_knn_progress(f)
    return esc(:(@cfunction($f, Int32, (Ptr{Cvoid}, Int64, Int64,))))
end

@doc raw"""
Computes the covariances of a block of pairs, for kernels that the library does not know.

- `user`: the pointer given with the callback
- `rows`: num_rows row numbers, 0-based. Numbers from n on are new points: n + q is query q of the
  present call of a function for new points with V and p (`..._of_new_factor`, `..._above`).
- `num_rows`: length of rows
- `columns`: num_columns row numbers of index points, 0-based
- `num_columns`: length of columns
- `covariance`: out: K(x_rows[a], x_columns[b]) at covariance[a * num_columns + b]
- returns: 0 for success. With any other value, the call fails with RESIDUAL_KNN_ERROR_CALLBACK.

The value of a pair must not depend on the block that contains the pair. Blocks also contain pairs that do not
affect the answer, such as a point with itself or with its successors; their values must be finite too.
The callback must not throw, longjmp, or free the index.
"""
macro residual_knn_covariance(f)
    return esc(:(@cfunction($f, Int32, (Ptr{Cvoid}, Ptr{Int64}, Int64, Ptr{Int64}, Int64, Ptr{Cdouble},))))
end

@doc raw"""
The answers for some queries of a search, for a sink. All arrays are the library's and live until the sink
returns.

- `struct_size`: The size of this struct in the library: a program may read the fields below this size.
- `num_queries`: Number of queries of this batch, at least 1.
- `k`: Neighbors of each query: k of the call.
- `queries`: The queries, num_queries numbers: 0 is the first query of the call, whatever its row is. They ascend. With
  RESIDUAL_KNN_SINK_BY_QUERY they are consecutive.
- `neighbors`: num_queries x k row numbers in the layout of the options, from a function with int64_t row numbers; otherwise
  NULL.
- `neighbors_int32`: The same from a function with int32_t row numbers, with its base and its `missing`; otherwise NULL.
- `distances`: num_queries x k distances.
- `conditional_variances`: num_queries x k conditional variances with RESIDUAL_KNN_SELECT_CONDITIONAL, otherwise NULL; see
  conditional_variances of residual_knn_search_options.
"""
mutable struct residual_knn_batch
    struct_size::Csize_t
    num_queries::Int64
    k::Int64
    queries::Ptr{Int64}
    neighbors::Ptr{Int64}
    neighbors_int32::Ptr{Int32}
    distances::Ptr{Cdouble}
    conditional_variances::Ptr{Cdouble}
end
Base.cconvert(::Type{Ptr{residual_knn_batch}}, x::residual_knn_batch) = Ref(x)

@doc raw"""
Takes the answers of a search, batch by batch; see the option `sink` of residual_knn_search_options.

- `user`: the pointer from the options
- `batch`: the answers for some queries, until this function returns
- returns: 0 to continue. Any other value cancels the call: it returns RESIDUAL_KNN_ERROR_CANCELLED at once, without
  another call of the sink.

Called on the calling thread, while no other thread of the search runs. It must not throw or longjmp.
"""
macro residual_knn_sink(f)
    return esc(:(@cfunction($f, Int32, (Ptr{Cvoid}, Ptr{$residual_knn_batch},))))
end

@doc raw"""
Version of the library, "major.minor.patch". A static string, never NULL. Any thread.
"""
function residual_knn_version()
    return ccall(_residual_knn_version[], Cstring, ())
end

@doc raw"""
Version of the binary interface. A program built for the same number works with this library.
"""
function residual_knn_abi_version()
    return ccall(_residual_knn_abi_version[], Int32, ())
end

@doc raw"""
The SIMD target in use on this processor, for example "AVX3". A static string, never NULL. Any thread.
"""
function residual_knn_simd_target()
    return ccall(_residual_knn_simd_target[], Cstring, ())
end

@doc raw"""
The BLAS in use, with its version and core type. A static string, never NULL. Any thread.
"""
function residual_knn_blas()
    return ccall(_residual_knn_blas[], Cstring, ())
end

@doc raw"""
One sentence for a status code. Any value is allowed. A static string, never NULL. Any thread.
"""
function residual_knn_status_string(status)
    return ccall(_residual_knn_status_string[], Cstring, (residual_knn_status,), status)
end

@doc raw"""
The message of the last call that failed on this thread: it names the argument and its value.
Never NULL; "" if no call has failed. Valid until the next call fails on this thread.
"""
function residual_knn_last_error()
    return ccall(_residual_knn_last_error[], Cstring, ())
end

@doc raw"""
An index: points, kernel and inducing points, prepared for searches. Opaque.
"""
mutable struct residual_knn_index end

@doc raw"""
The model of an index.

- `struct_size`: Set by residual_knn_model_options_init.
- `kernel`: enum residual_knn_kernel; default RESIDUAL_KNN_MATERN32.
- `layout`: enum residual_knn_layout of points, inducing points and V; default RESIDUAL_KNN_POINT_MAJOR.
- `variance`: K(x, x) without the nugget, between 1e-140 and 1e140; default 1.
- `nu`: Smoothness of RESIDUAL_KNN_MATERN, positive and at most 50; default 1.5. Other kernels ignore it.
- `alpha`: Mixture parameter of RESIDUAL_KNN_RATIONAL_QUADRATIC, between 1e-12 and 1e12; default 1. Other kernels ignore
  it.
- `nugget`: Nugget, not negative; default 0. It is added to p, but not to K(Z,Z). Ignored if the caller gives p.
- `jitter`: Jitter relative to the variance, not negative; default 1e-8. jitter * variance is added to the diagonal of
  K(Z,Z).
- `max_jitter`: If this exceeds jitter, and K(Z,Z) is not positive definite, the jitter is multiplied by 10 (0 becomes 1e-12)
  until K(Z,Z) is positive definite or this value is reached. Default 0: the jitter stays as it is.
  residual_knn_index_info reports the jitter that was used.
- `threads`: Worker threads, including the calling one; 0 (default): one for each available processor.
- `concurrent_callback`: Any value but 0: a covariance callback may be called on several threads at once. Default 0: it is called on the
  calling thread only, and searches use one thread.
- `progress`: NULL (default), or a function that is called while the index is created.
- `progress_user`: Passed to progress.
- `factor_error`: The error of V and p that the caller gives, between 0 and 1. The caller guarantees this: the matrix R, with p on
  its diagonal, is positive semi-definite after factor_error * (p_i + |V_i|^2) is added to each diagonal element i.
  This must hold for every list of rows, also one that names a row twice (R_ij between the two is K - |V_i|^2).
  Pruning needs the guarantee. A small value suffices for any V = L^-1 K(Z, .) computed in double precision: 1e-9 is
  generous if K(Z,Z) is well-conditioned. Default 0: no guarantee, and searches use brute force. If the guarantee is
  false, searches may miss neighbors. residual_knn_index_create ignores this field, because it bounds its own
  error.
- `message_base`: 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
  top of the header. residual_knn_index_warning uses it too.
- `factor_storage`: enum residual_knn_factor_storage; default RESIDUAL_KNN_FACTOR_AUTOMATIC. An update keeps what the index was
  created with. Functions that take the caller's V allow only the default and RESIDUAL_KNN_FACTOR_STORED.
- `reserved`: Reserved; must be 0.
- `max_bytes`: 0 (default): no limit. Otherwise a limit on the memory of the index in bytes, what searches add to it included.
    - RESIDUAL_KNN_FACTOR_AUTOMATIC stores V if the limit has room for V five times, because trees need up to twice as
      much as V, and have half of the rest.
    - Half of what the index leaves is for trees, the other half for scans in integers. Searches do without those
      that need more; the memory of trees is estimated before they are built. A strategy that the caller asks for is
      an error then.
    - Not counted: the arrays of the caller; the k-d trees of searches by scaled distance; what a search needs while
      it runs. That is some megabytes for each thread, and rows of V that are computed: up to 64 MiB, but no more
      than a sixteenth of the limit.
  If the limit is too small for the index alone, the call fails with ERROR_OUT_OF_MEMORY, and the message tells what
  is needed. An update keeps the limit.
"""
mutable struct residual_knn_model_options
    struct_size::Csize_t
    kernel::Int32
    layout::Int32
    variance::Cdouble
    nu::Cdouble
    alpha::Cdouble
    nugget::Cdouble
    jitter::Cdouble
    max_jitter::Cdouble
    threads::Int32
    concurrent_callback::Int32
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    factor_error::Cdouble
    message_base::Int64
    factor_storage::Int32
    reserved::Int32
    max_bytes::Int64
end
residual_knn_model_options() = _initialized(residual_knn_model_options, _residual_knn_model_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_model_options}}, x::residual_knn_model_options) = Ref(x)

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_model_options_init(options, size)
    return ccall(_residual_knn_model_options_init[], Cvoid, (Ptr{residual_knn_model_options}, Csize_t), options, size)
end

@doc raw"""
Creates an index from points, a built-in kernel and inducing points.

- `points`: n x d, layout as in options; not used after the call
- `n`: number of points, at least 1
- `d`: number of coordinates, at least 1
- `lengthscales`: positive, in the units of points; one for all coordinates, or one for each
- `num_lengthscales`: 1 or d
- `inducing`: m x d, same layout; NULL if m is 0
- `m`: number of inducing points; with 0, rho is the correlation of the kernel itself
- `options`: NULL: defaults
- `index`: out: the new index; the caller frees it with residual_knn_index_free
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_NOT_POSITIVE_DEFINITE (also for duplicate
  inducing points without jitter), ERROR_OUT_OF_MEMORY or ERROR_CANCELLED. On failure *index is
  untouched.

Memory: n * (m + 2 d + 2) doubles, or n * (2 d + 2) if V is not stored (factor_storage). Searches add data when they
first need them, and the index keeps these data:
scans in integers between a quarter and five eighths of the size of V, trees between a third of it and about all
of it, and the k-d trees of searches by scaled distance up to three copies of the points.
Thread rule: any thread.
"""
function residual_knn_index_create(points, n, d, lengthscales, num_lengthscales, inducing, m, options, index)
    return ccall(_residual_knn_index_create[], residual_knn_status, (Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Int64, Ptr{residual_knn_model_options}, Ptr{Ptr{residual_knn_index}}), points, n, d, lengthscales, num_lengthscales, inducing, m, options, index)
end

@doc raw"""
Creates an index from the caller's own V and p with a built-in kernel.

- `factor`: V, n x m (m x n in dimension-major memory); NULL if m is 0; copied
- `residual_variance`: p, n values, not negative, nugget included; copied
- `points`: n x d; this and the other arguments as in residual_knn_index_create. The options nugget,
  jitter and max_jitter are ignored.
- returns: as residual_knn_index_create, but never ERROR_NOT_POSITIVE_DEFINITE.
"""
function residual_knn_index_create_from_factor(factor, m, residual_variance, points, n, d, lengthscales, num_lengthscales, options, index)
    return ccall(_residual_knn_index_create_from_factor[], residual_knn_status, (Ptr{Cdouble}, Int64, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}, Int64, Ptr{residual_knn_model_options}, Ptr{Ptr{residual_knn_index}}), factor, m, residual_variance, points, n, d, lengthscales, num_lengthscales, options, index)
end

@doc raw"""
Creates an index from the caller's own V and p and a covariance callback. The kernel can be any.

- `factor`: V, n x m; NULL if m is 0; copied
- `residual_variance`: p, n values, not negative; copied
- `covariance`: called during searches; see residual_knn_covariance
- `covariance_user`: passed to covariance; must outlive the index
- `options`: layout (of factor), threads, concurrent_callback, progress, progress_user, factor_error and
  message_base are used, the other fields are ignored
- returns: as residual_knn_index_create_from_factor.
"""
function residual_knn_index_create_from_callback(factor, n, m, residual_variance, covariance, covariance_user, options, index)
    return ccall(_residual_knn_index_create_from_callback[], residual_knn_status, (Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}, Ptr{Cvoid}, Ptr{Cvoid}, Ptr{residual_knn_model_options}, Ptr{Ptr{residual_knn_index}}), factor, n, m, residual_variance, covariance, covariance_user, options, index)
end

@doc raw"""
Gives an index new hyperparameters and, if wanted, new inducing points, as a step of an optimizer does. The points
stay the same. Later results have the same bytes as those of a new index with the same arguments. The update reuses
the memory of the index and its spatial order of the points.

- `index`: made by residual_knn_index_create; nothing else may use it during the call
- `lengthscales`: as for residual_knn_index_create
- `num_lengthscales`: 1 or d
- `inducing`: m x d, layout as in options; NULL keeps the present ones
- `m`: number of inducing points, at least 1; ignored if inducing is NULL
- `options`: NULL: the defaults, not the options of the creation
- returns: as residual_knn_index_create; ERROR_UNSUPPORTED for an index made from the caller's V. After ERROR_CANCELLED
  or ERROR_OUT_OF_MEMORY, the index may be empty: searches and residual_knn_index_factor then return
  ERROR_INVALID_ARGUMENT until another update succeeds. In that update, NULL for inducing stands for the
  inducing points before the failed update. After other errors the index is unchanged.

Thread rule: exclusive, like residual_knn_index_free.
"""
function residual_knn_index_update(index, lengthscales, num_lengthscales, inducing, m, options)
    return ccall(_residual_knn_index_update[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{Cdouble}, Int64, Ptr{residual_knn_model_options}), index, lengthscales, num_lengthscales, inducing, m, options)
end

@doc raw"""
Frees an index; NULL does nothing. Any thread, but not while another call uses the index.
"""
function residual_knn_index_free(index)
    return ccall(_residual_knn_index_free[], Cvoid, (Ptr{residual_knn_index},), index)
end

@doc raw"""
Description of an index.

- `struct_size`: Set by residual_knn_info_init.
- `n`: Number of points.
- `d`: Number of coordinates; 0 with a covariance callback.
- `m`: Number of inducing points, or columns of the caller's V.
- `degenerate_points`: Number of degenerate points; see "Degenerate" at the top of the header.
- `bytes`: Memory of the index in bytes, including the parts of a file that residual_knn_index_open has mapped.
- `build_seconds`: Seconds that the creation took, or the last update, or loading or opening the index.
- `jitter`: Relative jitter that was used; 0 if the caller gave V.
- `residual_share`: Quantiles over the points of p / (p + |V|^2), at the levels 0, 0.01, 0.05, 0.5, 0.95, 0.99 and 1. This is the
  share of the variance that the inducing points do not explain; the nugget counts as variance.
- `given_factor`: 1 if the caller gave V and p, 0 if the library computed them from inducing points.
"""
mutable struct residual_knn_info
    struct_size::Csize_t
    n::Int64
    d::Int64
    m::Int64
    degenerate_points::Int64
    bytes::Int64
    build_seconds::Cdouble
    jitter::Cdouble
    residual_share::NTuple{7, Cdouble}
    given_factor::Int64
end
residual_knn_info() = _initialized(residual_knn_info, _residual_knn_info_init[])
Base.cconvert(::Type{Ptr{residual_knn_info}}, x::residual_knn_info) = Ref(x)

@doc raw"""
Sets struct_size and zeroes the rest.

- `info`: out: `size` bytes; NULL does nothing
- `size`: sizeof *info in the calling program
"""
function residual_knn_info_init(info, size)
    return ccall(_residual_knn_info_init[], Cvoid, (Ptr{residual_knn_info}, Csize_t), info, size)
end

@doc raw"""
Describes an index.

- `index`: any; if a failed update has left it empty, the fields derived from V and p are undefined
- `info`: out: initialized by residual_knn_info_init; filled as far as its struct_size reaches
- returns: RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
"""
function residual_knn_index_info(index, info)
    return ccall(_residual_knn_index_info[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{residual_knn_info}), index, info)
end

@doc raw"""
Copies V and p out of an index.

- `layout`: enum residual_knn_layout of factor
- `factor`: out: V, n x m; NULL if not wanted
- `residual_variance`: out: p, n values; NULL if not wanted
- returns: RESIDUAL_KNN_OK or ERROR_INVALID_ARGUMENT. Any thread.
"""
function residual_knn_index_factor(index, layout, factor, residual_variance)
    return ccall(_residual_knn_index_factor[], residual_knn_status, (Ptr{residual_knn_index}, Int32, Ptr{Cdouble}, Ptr{Cdouble}), index, layout, factor, residual_variance)
end

@doc raw"""
Reads the model of an index, for example of one that was loaded from a file.

- `index`: any but one with a covariance callback
- `options`: out: initialized by residual_knn_model_options_init; kernel, variance, nu, alpha, nugget, jitter,
  factor_error, factor_storage, max_bytes and message_base are those of the index. jitter is the one
  that was used, and max_jitter is 0. nugget and jitter are 0 if the caller gave V and p;
  factor_storage tells where V is, and is never RESIDUAL_KNN_FACTOR_AUTOMATIC. Other fields stay
- `lengthscales`: out: d values, equal ones if one was given for all coordinates; NULL: not wanted
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, or ERROR_UNSUPPORTED for an index with a covariance callback. Any
  thread.
"""
function residual_knn_index_model(index, options, lengthscales)
    return ccall(_residual_knn_index_model[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{residual_knn_model_options}, Ptr{Cdouble}), index, options, lengthscales)
end

@doc raw"""
Copies the points and the inducing points out of an index.

- `index`: any but one with a covariance callback
- `layout`: enum residual_knn_layout of both
- `points`: out: n x d, the numbers that the caller gave. With the caller's V and p, the index has only the
  scaled points, and these numbers differ by rounding errors. NULL: not wanted
- `inducing`: out: m x d; NULL: not wanted. With the caller's V and p there are none: it must be NULL
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, or ERROR_UNSUPPORTED for an index with a covariance callback. Any
  thread.
"""
function residual_knn_index_points(index, layout, points, inducing)
    return ccall(_residual_knn_index_points[], residual_knn_status, (Ptr{residual_knn_index}, Int32, Ptr{Cdouble}, Ptr{Cdouble}), index, layout, points, inducing)
end

@doc raw"""
Options of residual_knn_index_load and residual_knn_index_open.

- `struct_size`: Set by residual_knn_load_options_init.
- `verify`: Any value but 0: residual_knn_index_open tests the whole file. Default 0: it leaves out what its description says.
  residual_knn_index_load always tests the whole file.
- `reserved`: Reserved; must be 0.
- `progress`: NULL (default), or a function that is called while the file is read; `total` is a number of bytes.
- `progress_user`: Passed to progress.
- `message_base`: 0 (default) or 1: the number of the first row in residual_knn_index_warning; see "Error texts" at the top of the
  header.
- `max_bytes`: 0 (default): no limit. Otherwise a limit on the memory of the index in bytes, as in residual_knn_model_options. The
  limit of the index that was saved does not count. Parts of a file that are mapped count as memory. If not all parts
  have room, these are not used, in this order: V, if there are inducing points, from which its rows are then computed
  when they are needed; V in integers; V in single precision of trees; trees. If a file has neither trees nor integers,
  V is used if there is room for it five times. A save of the index leaves out what is not used.
"""
mutable struct residual_knn_load_options
    struct_size::Csize_t
    verify::Int32
    reserved::Int32
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    message_base::Int64
    max_bytes::Int64
end
residual_knn_load_options() = _initialized(residual_knn_load_options, _residual_knn_load_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_load_options}}, x::residual_knn_load_options) = Ref(x)

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_load_options_init(options, size)
    return ccall(_residual_knn_load_options_init[], Cvoid, (Ptr{residual_knn_load_options}, Csize_t), options, size)
end

@doc raw"""
Saves an index in a file: points, kernel, inducing points, V and p, and the trees, orders and integers that searches
have made for it so far. To save these too, call
residual_knn_index_prepare or search before you save. docs/index-format.md describes the file.

The file is written under another name in the same folder and then renamed, after all of it has reached the disk. A
process that is killed, a full disk and a loss of power therefore leave the old file, if there was one, or the new one,
but never a part of it. A process that is killed may leave a file with the name PATH.tmp-NUMBER-NUMBER, which can be
deleted. If two calls write the same path at once, the last one wins. A process that has the old file open or mapped
keeps it. A file that is replaced passes its permissions on.

- `index`: made by residual_knn_index_create or residual_knn_index_create_from_factor, loaded or opened
- `path`: name of the file; a file with this name is replaced. Symbolic links are followed, also to a file that does
  not exist yet
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_FILE, ERROR_OUT_OF_MEMORY, or ERROR_UNSUPPORTED for an index
  with a covariance callback, which a file cannot hold. Thread rule: any number of threads at once, also during
  searches.
"""
function residual_knn_index_save(index, path)
    return ccall(_residual_knn_index_save[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cchar}), index, path)
end

@doc raw"""
Reads a saved index into memory. The result is an index like the one that was saved: all its functions return the same
bytes, and it can be updated. The file is not used after the call. All checksums and all numbers that address memory
are tested.

- `path`: name of the file
- `options`: NULL: defaults
- `index`: out: the new index; the caller frees it with residual_knn_index_free
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_FILE, ERROR_NOT_AN_INDEX, ERROR_CORRUPT, ERROR_TOO_NEW,
  ERROR_OTHER_TARGET, ERROR_OUT_OF_MEMORY or ERROR_CANCELLED. On failure *index is untouched.
  Thread rule: any thread.
"""
function residual_knn_index_load(path, options, index)
    return ccall(_residual_knn_index_load[], residual_knn_status, (Ptr{Cchar}, Ptr{residual_knn_load_options}, Ptr{Ptr{residual_knn_index}}), path, options, index)
end

@doc raw"""
Opens a saved index: as residual_knn_index_load, but large parts of the file are mapped into memory instead of read.
They are read when they are needed, and processes that open the same file share the memory. The index can be updated:
an update computes V and p in memory of its own and never changes the file.

The header, the table of the parts, all numbers that address memory, and the checksums of all parts are tested, with
one exception: the checksums of V, of the numbers in trees, and of the integers, if such a part has more than 1 MiB and
`verify` is 0. If such a part is damaged, answers may be wrong.

The file must not be changed while the index exists. To replace it, save to the same path, rename another file to it,
or delete it: none of these changes an index that is open. A program that writes into the file changes answers, and one
that truncates it ends the process with the signal SIGBUS, as with every mapped file. An error of the disk or of the
network that the file is on has the same effect. If you cannot rule this out, use residual_knn_index_load.

- `path`: as in residual_knn_index_load
- `options`: NULL: defaults
- `index`: out: the new index; the caller frees it with residual_knn_index_free
- returns: as residual_knn_index_load
"""
function residual_knn_index_open(path, options, index)
    return ccall(_residual_knn_index_open[], residual_knn_status, (Ptr{Cchar}, Ptr{residual_knn_load_options}, Ptr{Ptr{residual_knn_index}}), path, options, index)
end

@doc raw"""
Gives an index a note, a text of the caller's that residual_knn_index_save writes into the file: for example names of
coordinates. An update keeps it. docs/index-format.md has the lines that the program and the packages for R, Julia and
Python write, so that each can read the others' files.

- `index`: any; nothing else may use it during the call
- `note`: UTF-8, ends with a byte 0; copied. NULL or "": no note
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, for example if note is not UTF-8, or ERROR_OUT_OF_MEMORY.
"""
function residual_knn_index_set_note(index, note)
    return ccall(_residual_knn_index_set_note[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cchar}), index, note)
end

@doc raw"""
The note of an index. Never NULL; "" if there is none or index is NULL. Valid until the index is freed or gets another
note. Any thread.
"""
function residual_knn_index_note(index)
    return ccall(_residual_knn_index_note[], Cstring, (Ptr{residual_knn_index},), index)
end

@doc raw"""
Options of a search.

- `struct_size`: Set by residual_knn_search_options_init.
- `layout`: enum residual_knn_layout of the results and of new points; default RESIDUAL_KNN_POINT_MAJOR.
- `ranking`: enum residual_knn_ranking; default RESIDUAL_KNN_ABSOLUTE.
- `strategy`: enum residual_knn_strategy; default RESIDUAL_KNN_AUTOMATIC.
- `threads`: Worker threads, including the calling one; 0 (default): one for each available processor.
- `tile_queries`: Queries and candidates of one tile of brute force. 0 (default): the library chooses. With another value, brute
  force screens in double precision. Tiles affect speed only.
- `tile_candidates`
- `progress`: NULL (default), or a function that is called during the search.
- `progress_user`: Passed to progress.
- `message_base`: 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
  top of the header.
- `selection`: enum residual_knn_selection; default RESIDUAL_KNN_SELECT_NEAREST. With RESIDUAL_KNN_SELECT_CONDITIONAL:
    - `neighbors` holds the points in the order in which they were selected, and `distances` their distances
      sqrt(1 - |rho|) from the query. ranking must be RESIDUAL_KNN_ABSOLUTE.
    - A candidate is informative at its turn if it reduces the variance of the query by more than the share 2^-53 and
      by more than rounding errors can. An uninformative candidate is never selected before an informative one. If
      none is left, the set is filled up with the remaining candidates of largest |rho|; uninformative_picks of the
      statistics counts them.
    - Ties go to the smaller row: ties of the reduction as it is computed in double precision.
  Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648, section 3.
- `reserved`: Reserved; must be 0.
- `residual_candidates`: For RESIDUAL_KNN_SELECT_CONDITIONAL: the number of candidates of a query that are its nearest by residual
  correlation. 0 (default): 2 k; -1: none. This number or scaled_candidates must be at least k. If both are 0, there
  are two exceptions. An index with a covariance callback has no coordinates, so it takes 4 k residual candidates. For
  an index without inducing points both kinds are the same points, so it takes 4 k scaled candidates. Both must be 0
  with candidate lists and with RESIDUAL_KNN_SELECT_NEAREST.
- `scaled_candidates`: The same for the candidates that are nearest by scaled distance.
- `candidate_offsets`: Candidate lists: NULL (default): all other points, or all predecessors, are candidates. Otherwise num_queries + 1
  ascending numbers from 0 on; the candidates of query i are the elements candidate_offsets[i] up to, but not
  including, candidate_offsets[i + 1] of candidate_rows. A list may be empty and in any order. These elements are
  skipped: repeats, the query itself, rows after the query in a search among predecessors, and `missing` (-1 in the
  int64_t functions). The answer is exact among the candidates. `strategy` is ignored: the statistics report
  RESIDUAL_KNN_BRUTE_FORCE and RESIDUAL_KNN_REASON_CANDIDATE_LISTS.
- `candidate_rows`: The candidates for functions with int64_t row numbers, counted from 0; NULL in other functions.
- `candidate_rows_int32`: The candidates for functions with int32_t row numbers, counted from their base; NULL in other functions.
- `conditional_variances`: NULL (default), or out: num_queries x k conditional variances in the layout of the results, for
  RESIDUAL_KNN_SELECT_CONDITIONAL: the residual variance of the query given the points of the set up to this one; see
  D_i of residual_knn_weights, which also says what the nugget does. Places without a neighbor repeat the last value,
  which is p_i if the set is empty. A degenerate query has p_i everywhere. Other selections require NULL.
- `start_k`: Start lists: for each query start_k rows that may be near it, for example its neighbors in the search before a
  small change of the hyperparameters. The answer has the same bytes with any lists; with good ones the search is
  faster. 0 (default): none. Otherwise start, or start_int32, holds num_queries x start_k row numbers in the layout
  of the results, in any order. These elements are skipped: repeats, the query itself, rows after the query in a
  search among predecessors, and `missing` (-1 in the int64_t functions). A list is of use if it has at least k other
  elements; its first 4 k elements are read. Any other value that is no row of the index is an error.
    - The array may be that of the results, or overlap it.
    - The lists are ignored for an index with a covariance callback, and in searches by scaled distance. Conditional
      selection gives them to its search for residual candidates, which has residual_candidates in place of k.
    - start_k must be 0 with candidate lists.
- `start`: The start lists for functions with int64_t row numbers, counted from 0; NULL in other functions.
- `start_int32`: The start lists for functions with int32_t row numbers, counted from their base; NULL in other functions.
- `sink`: NULL (default), or a function that gets the answers batch by batch, for answers that do not fit into memory. The
  arguments neighbors, distances and conditional_variances must then be NULL.
    - Each query is in exactly one batch. Its answer has the same bytes as without a sink.
    - Batches that the sink has got are final, also if the call is cancelled or fails later.
    - The library searches a section of queries and then passes it on. A section has as many queries as have 64 MiB
      of answers at 16 bytes a neighbor, but at least 1,024, and at least sink_queries. Memory beyond that of the
      index and the threads: 16 k bytes for each query of a section, 8 k more with conditional selection, 16 k or
      24 k more for each query of a batch in dimension-major layout, and for a moment up to 40 bytes for each query
      of the call (plus 24 d with RESIDUAL_KNN_SINK_BY_SPACE for candidate lists and scaled distances).
    - The strategy is chosen once for all sections, progress counts all of them, and the statistics are sums. If
      there is more than one section, a timed sample is searched in addition.
  Only functions that find the k neighbors of single queries have a sink; it must be NULL in others.
- `sink_user`: Passed to sink.
- `sink_queries`: The largest number of queries in a batch. All batches but the last have this number. 0 (default): that of a
  section.
- `sink_order`: enum residual_knn_sink_order; default RESIDUAL_KNN_SINK_BY_QUERY.
- `sink_reserved`: Reserved; must be 0.
"""
mutable struct residual_knn_search_options
    struct_size::Csize_t
    layout::Int32
    ranking::Int32
    strategy::Int32
    threads::Int32
    tile_queries::Int64
    tile_candidates::Int64
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    message_base::Int64
    selection::Int32
    reserved::Int32
    residual_candidates::Int64
    scaled_candidates::Int64
    candidate_offsets::Ptr{Int64}
    candidate_rows::Ptr{Int64}
    candidate_rows_int32::Ptr{Int32}
    conditional_variances::Ptr{Cdouble}
    start_k::Int64
    start::Ptr{Int64}
    start_int32::Ptr{Int32}
    sink::Ptr{Cvoid}
    sink_user::Ptr{Cvoid}
    sink_queries::Int64
    sink_order::Int32
    sink_reserved::Int32
end
residual_knn_search_options() = _initialized(residual_knn_search_options, _residual_knn_search_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_search_options}}, x::residual_knn_search_options) = Ref(x)

@doc raw"""
The name of a strategy of enum residual_knn_strategy, for example "dual_tree". NULL for any other value; a loop
from 0 to the first NULL therefore lists all names. A static string. Any thread.
"""
function residual_knn_strategy_name(strategy)
    return ccall(_residual_knn_strategy_name[], Cstring, (Int32,), strategy)
end

@doc raw"""
One sentence for a value of enum residual_knn_reason. Any value is allowed. A static string, never NULL. Any
thread.
"""
function residual_knn_reason_string(reason)
    return ccall(_residual_knn_reason_string[], Cstring, (Int32,), reason)
end

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_search_options_init(options, size)
    return ccall(_residual_knn_search_options_init[], Cvoid, (Ptr{residual_knn_search_options}, Csize_t), options, size)
end

@doc raw"""
Report of a search.

- `struct_size`: Set by residual_knn_statistics_init.
- `strategy`: The strategy that was used, of enum residual_knn_strategy; never RESIDUAL_KNN_AUTOMATIC. With a tree, brute force
  may still answer some queries, namely those for which the tree dismisses nothing.
- `threads`: Number of worker threads that were used.
- `queries`: Number of queries.
- `pairs`: Number of pairs of a query and one of its candidates.
- `pairs_scored`: Number of pairs whose residual correlation was computed, or whose scaled distance was computed. It can exceed
  `pairs`: tiles may reach beyond the predecessors of a query, and brute force scores some rows around each query in
  advance.
- `pairs_rescored`: Number of pairs scored by the canonical function, which decides between candidates and computes distances.
- `seconds`: Seconds that the call took, including what it built.
- `reason`: Why this strategy was used, of enum residual_knn_reason.
- `coarse_blocks`: Number of blocks at the coarsest level of the tree; 0 without a tree.
- `tree_seconds`: Seconds that this call spent on building trees. The index keeps the trees.
- `pivots_scored`: Number of pairs of a query and a pivot, and of two pivots, whose residual correlation was computed.
- `pivots_coupled`
- `blocks_bounded`: Number of pairs of a query and a block that were bounded, and how many of them their bounds dismissed.
- `blocks_dismissed`
- `points_bounded`: Number of pairs of a query and a point that were bounded one by one, and how many of them were not dismissed.
- `survivors`
- `scored_in_low_precision`: How many of pairs_scored + pivots_scored + pivots_coupled were first computed in single precision or in integers
  of 8 or 16 bits, with a proved error margin.
- `uninformative_queries`: Number of queries with fewer informative neighbors than the smaller of k and their number of candidates; see
  "Informative" at the top of the header. It does not depend on strategy, threads, layout or batches.
- `nearest_lengthscales`: The distance in lengthscales from a query to its nearest candidate: the median over up to 16 queries spread over
  all queries. It is computed if uninformative_queries is at least half of the queries, and is 0 otherwise. With a
  covariance callback, it is always 0.
- `coarse_queries`: Number of new points with a coordinate beyond 2^32 lengthscales from 0 (see "Origin" at the top of the header);
  the first such point and its first such coordinate, both counted from message_base; the value of that coordinate
  and its lengthscale. If there are no such points, these fields are 0, -1, -1, 0 and 0.
- `coarse_query`
- `coarse_coordinate`
- `coarse_value`
- `coarse_lengthscale`
- `candidates`: For RESIDUAL_KNN_SELECT_CONDITIONAL, otherwise 0: the number of candidates, and of points that were selected though
  they were not informative at their turn, both summed over the queries. uninformative_queries then counts the queries
  that have candidates, but no informative one. strategy, reason, pairs and coarse_blocks are those of the search for
  residual candidates (if there is none, of that for scaled candidates). tree_seconds and the other numbers of pairs
  are sums over both searches; pairs_scored and pairs_rescored also count the products of the selection.
- `uninformative_picks`
"""
mutable struct residual_knn_statistics
    struct_size::Csize_t
    strategy::Int32
    threads::Int32
    queries::Int64
    pairs::Int64
    pairs_scored::Int64
    pairs_rescored::Int64
    seconds::Cdouble
    reason::Int32
    coarse_blocks::Int32
    tree_seconds::Cdouble
    pivots_scored::Int64
    pivots_coupled::Int64
    blocks_bounded::Int64
    blocks_dismissed::Int64
    points_bounded::Int64
    survivors::Int64
    scored_in_low_precision::Int64
    uninformative_queries::Int64
    nearest_lengthscales::Cdouble
    coarse_queries::Int64
    coarse_query::Int64
    coarse_coordinate::Int64
    coarse_value::Cdouble
    coarse_lengthscale::Cdouble
    candidates::Int64
    uninformative_picks::Int64
end
residual_knn_statistics() = _initialized(residual_knn_statistics, _residual_knn_statistics_init[])
Base.cconvert(::Type{Ptr{residual_knn_statistics}}, x::residual_knn_statistics) = Ref(x)

@doc raw"""
Sets struct_size and zeroes the rest.

- `statistics`: out: `size` bytes; NULL does nothing
- `size`: sizeof *statistics in the calling program
"""
function residual_knn_statistics_init(statistics, size)
    return ccall(_residual_knn_statistics_init[], Cvoid, (Ptr{residual_knn_statistics}, Csize_t), statistics, size)
end

@doc raw"""
A warning about the answer of a search, for two cases: (1) at least half of the queries lack informative neighbors;
the warning tells the likely cause in figures. (2) The coordinates of new points are so large that double precision
is too coarse for their lengthscale. The answer is still exact, but probably not what the caller wanted: lengthscale
and points, or points and new points, may be in different units, or the inducing points may be the points themselves.

- `index`: the index that was searched
- `statistics`: the report of the search
- returns: one sentence, or "" if there is no warning or an argument is NULL; never NULL. Valid until the next call of
  this function on this thread. Thread rule: any number of threads at once.
"""
function residual_knn_search_warning(index, statistics)
    return ccall(_residual_knn_search_warning[], Cstring, (Ptr{residual_knn_index}, Ptr{residual_knn_statistics}), index, statistics)
end

@doc raw"""
A warning about the points and inducing points of an index, for two cases: (1) coordinates are so large that double
precision is too coarse for their lengthscale; the warning names the first such row and counts all of them. (2) At
least 90 % of the points nearly coincide, measured in lengthscales.

- `index`: any
- returns: as residual_knn_search_warning
"""
function residual_knn_index_warning(index)
    return ccall(_residual_knn_index_warning[], Cstring, (Ptr{residual_knn_index},), index)
end

@doc raw"""
Finds the nearest neighbors of index points among all other index points.

- `rows`: num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all
  rows in order
- `num_queries`: length of rows, at least 0; must be n or 0 if rows is NULL
- `options`: NULL: defaults
- `k`: neighbors for each query, at least 1
- `neighbors`: out: num_queries x k row numbers; NULL only if num_queries is 0 or if the options have a sink
- `distances`: out: num_queries x k distances; NULL: not wanted, or the options have a sink
- `statistics`: out: NULL, or initialized by residual_knn_statistics_init
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. For an index
  with a covariance callback also ERROR_UNSUPPORTED: scaled distances need coordinates. Thread rule: any number
  of threads at once.
"""
function residual_knn_neighbors(index, rows, num_queries, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, k, neighbors, distances, statistics)
end

@doc raw"""
Finds the nearest neighbors of index points among their predecessors, which are the points with smaller row numbers.
These neighbors are the conditioning sets of a Vecchia approximation. Arguments as residual_knn_neighbors.
"""
function residual_knn_predecessors(index, rows, num_queries, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_predecessors[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, k, neighbors, distances, statistics)
end

@doc raw"""
Finds the nearest neighbors of new points among all index points. The index computes V and p of the new points.

- `queries`: num_queries x d, layout as in options; in the units of points
- `num_queries`: at least 0

The rest as residual_knn_neighbors.

- returns: also ERROR_UNSUPPORTED for an index made from the caller's V.
"""
function residual_knn_neighbors_of_new_points(index, queries, num_queries, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_points[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, queries, num_queries, options, k, neighbors, distances, statistics)
end

@doc raw"""
Finds the nearest neighbors of new points whose V and p the caller gives. The index must be made from the caller's V
and p.

- `query_factor`: num_queries x m, layout as in options; NULL if m is 0
- `query_residual_variance`: num_queries values, not negative
- `queries`: num_queries x d; NULL with a covariance callback
- `num_queries`: at least 0

The rest as residual_knn_neighbors.

- returns: also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
"""
function residual_knn_neighbors_of_new_factor(index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_factor[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors with 32-bit row numbers, for R and Fortran.

- `rows`: counted from base
- `base`: 0 or 1: the number of the first row, in rows and neighbors
- `missing`: the value in places without a neighbor; must not be a row number

The rest as residual_knn_neighbors. The row numbers of the index must fit int32_t.
"""
function residual_knn_neighbors_int32(index, rows, num_queries, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_predecessors with 32-bit row numbers; arguments as residual_knn_neighbors_int32.
"""
function residual_knn_predecessors_int32(index, rows, num_queries, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_predecessors_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors_of_new_points with 32-bit row numbers.
"""
function residual_knn_neighbors_of_new_points_int32(index, queries, num_queries, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_points_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, queries, num_queries, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors_of_new_factor with 32-bit row numbers.
"""
function residual_knn_neighbors_of_new_factor_int32(index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_factor_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
Finds, for each query, all candidates whose |rho| is at least a threshold (in signed ranking: whose rho is). rho is the
correlation as the library computes it, before it becomes a distance. Rounding makes the |rho| of points at the same
place slightly larger or smaller than 1; a threshold such as 1 - 1e-12 finds them unless p is small. The rho of
degenerate points is 0: a threshold of 0 finds all candidates, in absolute ranking.

The result is in compressed rows: the neighbors of query i are the elements offsets[i] up to, but not including,
offsets[i + 1] of `neighbors` and `distances`, sorted by distance, ties by row. With all rows as queries, offsets,
neighbors and values are the three arrays of a sparse matrix in CSR form.

The caller bounds the memory by `capacity`, the number of elements of `neighbors`. With 0, the call only counts, and
offsets[num_queries] is the capacity to use. If the capacity is above 0 and too small, the call returns
ERROR_INVALID_ARGUMENT, the error text names the number needed, and all offsets are written, as an exception to the
rule that a failed call writes nothing. A caller who sets offsets[num_queries] to 0 before the call thus tells this
error from others: offsets[num_queries] > capacity.

- `index`: any
- `rows`: num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
- `num_queries`: length of rows, at least 0; must be n or 0 if rows is NULL
- `options`: NULL: defaults. ranking is absolute or signed. layout is that of new points; the results do not
  depend on it. selection, numbers of candidates, candidate lists, conditional_variances and start
  lists must have their defaults.
- `threshold`: between 0 and 1
- `capacity`: at least 0
- `offsets`: out: num_queries + 1 numbers, the first is 0
- `neighbors`: out: row numbers, room for `capacity`; NULL only if capacity is 0
- `distances`: out: as many distances; NULL: not wanted
- `statistics`: out: NULL, or initialized by residual_knn_statistics_init; untouched if the capacity is too small.
  uninformative_queries is 0, because no number of neighbors is asked for.
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Memory: 16
  to 32 bytes for each pair found, up to `capacity` pairs, and 32 for each query, until the call has finished.
  Thread rule: any number of threads at once.
"""
function residual_knn_neighbors_above(index, rows, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_above[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
Finds all predecessors whose |rho| is at least a threshold; see residual_knn_predecessors. Arguments as
residual_knn_neighbors_above. With all rows as queries, each pair of points is found once.
"""
function residual_knn_predecessors_above(index, rows, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_predecessors_above[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
Finds all index points whose |rho| with a new point is at least a threshold. The index computes V and p of the new
points.

- `queries`: num_queries x d, layout as in options; in the units of points
- `num_queries`: at least 0

The rest as residual_knn_neighbors_above.

- returns: also ERROR_UNSUPPORTED for an index made from the caller's V.
"""
function residual_knn_neighbors_of_new_points_above(index, queries, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_points_above[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, queries, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
The same for new points whose V and p the caller gives. The index must be made from the caller's V and p.
query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the rest as in
residual_knn_neighbors_above.

- returns: also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
"""
function residual_knn_neighbors_of_new_factor_above(index, query_factor, query_residual_variance, queries, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_factor_above[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int64, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, query_factor, query_residual_variance, queries, num_queries, options, threshold, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors_above with 32-bit row numbers, for R and Fortran. Offsets have 64 bits and count from 0.

- `base`: 0 or 1: the number of the first row, in rows and neighbors

The rest as residual_knn_neighbors_above. The row numbers of the index must fit int32_t.
"""
function residual_knn_neighbors_above_int32(index, rows, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_above_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int32, Int64, Ptr{Int64}, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_predecessors_above with 32-bit row numbers.
"""
function residual_knn_predecessors_above_int32(index, rows, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_predecessors_above_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int32, Int64, Ptr{Int64}, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, rows, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors_of_new_points_above with 32-bit row numbers.
"""
function residual_knn_neighbors_of_new_points_above_int32(index, queries, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_points_above_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int32, Int64, Ptr{Int64}, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, queries, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_neighbors_of_new_factor_above with 32-bit row numbers.
"""
function residual_knn_neighbors_of_new_factor_above_int32(index, query_factor, query_residual_variance, queries, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
    return ccall(_residual_knn_neighbors_of_new_factor_above_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_search_options}, Cdouble, Int32, Int64, Ptr{Int64}, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, query_factor, query_residual_variance, queries, num_queries, options, threshold, base, capacity, offsets, neighbors, distances, statistics)
end

@doc raw"""
Finds the nearest neighbors that groups of index points share, as a block Vecchia approximation or supernodes need
them. The distance of a point from a group is its distance from the nearest member of the group, so the neighbors have
the largest |rho| with any member. Members of a group are not its neighbors; rows of other groups may be.

- `index`: any
- `group_offsets`: num_groups + 1 ascending numbers from 0 on: the rows of group g are the elements
  group_offsets[g] up to, but not including, group_offsets[g + 1] of group_rows. NULL only if
  num_groups is 0
- `num_groups`: at least 0
- `group_rows`: row numbers, 0 <= row < n, in any order. No group may be empty, and no row may be in two groups
  or twice in one. Rows may be in no group. NULL only if num_groups is 0
- `options`: NULL: defaults. ranking is absolute or signed. Candidate lists, start lists and
  conditional_variances must have their defaults, and without conditional selection also the
  numbers of candidates.
  With RESIDUAL_KNN_SELECT_CONDITIONAL, each member gives its nearest rows outside the group as
  candidates: residual_candidates and scaled_candidates are numbers for each member. The
  neighbors are selected one after the other. The next one is the candidate that reduces the
  log-determinant of the conditional covariance of the group most, given the neighbors before it.
  Ties go to the smaller row. `distances` are those from the nearest member. Source: Huan,
  Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648.
- `k`: neighbors for each group, at least 1
- `neighbors`: out: num_groups x k row numbers; NULL only if num_groups is 0
- `distances`: out: num_groups x k distances; NULL: not wanted
- `statistics`: out: NULL, or initialized by residual_knn_statistics_init. queries is the number of groups, pairs
  are those of the searches of all members, and uninformative_queries is 0.
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. The results of
  a group of one row have the bytes of residual_knn_neighbors with the same options. For each member, the call
  searches for up to k + 2 g - 2 neighbors, where g is the number of members. Memory: 8 bytes for each row of
  the index, 32 for each member and 16 for each neighbor, until the call has finished; with
  RESIDUAL_KNN_SELECT_CONDITIONAL also 4 for each candidate of each member (8 if n is above 2^31 - 1). Thread
  rule: any number of threads at once.
"""
function residual_knn_group_neighbors(index, group_offsets, num_groups, group_rows, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_group_neighbors[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{Int64}, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, group_offsets, num_groups, group_rows, options, k, neighbors, distances, statistics)
end

@doc raw"""
Finds the nearest neighbors that groups share among the predecessors of the whole group: the rows that are smaller than
the smallest row of the group. A group that contains row 0 has none. The call searches for k neighbors of every member.
Arguments as residual_knn_group_neighbors. The results of a group of one row have the bytes of
residual_knn_predecessors.
"""
function residual_knn_group_predecessors(index, group_offsets, num_groups, group_rows, options, k, neighbors, distances, statistics)
    return ccall(_residual_knn_group_predecessors[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{Int64}, Ptr{residual_knn_search_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, group_offsets, num_groups, group_rows, options, k, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_group_neighbors with 32-bit row numbers, for R and Fortran. group_offsets has 64 bits and counts from 0.

- `base`: 0 or 1: the number of the first row, in group_rows and neighbors
- `missing`: the value in places without a neighbor; must not be a row number

The rest as residual_knn_group_neighbors. The row numbers of the index must fit int32_t.
"""
function residual_knn_group_neighbors_int32(index, group_offsets, num_groups, group_rows, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_group_neighbors_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{Int32}, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, group_offsets, num_groups, group_rows, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
residual_knn_group_predecessors with 32-bit row numbers; arguments as residual_knn_group_neighbors_int32.
"""
function residual_knn_group_predecessors_int32(index, group_offsets, num_groups, group_rows, options, k, base, missing, neighbors, distances, statistics)
    return ccall(_residual_knn_group_predecessors_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{Int32}, Ptr{residual_knn_search_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{residual_knn_statistics}), index, group_offsets, num_groups, group_rows, options, k, base, missing, neighbors, distances, statistics)
end

@doc raw"""
Options of the functions for weights.

- `struct_size`: Set by residual_knn_weights_options_init.
- `layout`: enum residual_knn_layout of neighbors, weights and new points; default RESIDUAL_KNN_POINT_MAJOR.
- `threads`: Worker threads, including the calling one; 0 (default): one for each available processor.
- `jitter`: Not negative; 0 (default): none. If the residual covariance of a query and its neighbors is not positive definite,
  jitter p_j is added to each of its diagonal elements R_jj. All other sets are computed without jitter.
- `progress`: NULL (default), or a function that is called during the call; `total` is the number of queries.
- `progress_user`: Passed to progress.
- `message_base`: 0 (default) or 1: the number of the first row, query and place in error texts; see "Error texts" at the top of the
  header.
"""
mutable struct residual_knn_weights_options
    struct_size::Csize_t
    layout::Int32
    threads::Int32
    jitter::Cdouble
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    message_base::Int64
end
residual_knn_weights_options() = _initialized(residual_knn_weights_options, _residual_knn_weights_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_weights_options}}, x::residual_knn_weights_options) = Ref(x)

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_weights_options_init(options, size)
    return ccall(_residual_knn_weights_options_init[], Cvoid, (Ptr{residual_knn_weights_options}, Csize_t), options, size)
end

@doc raw"""
Report of the functions for weights.

- `struct_size`: Set by residual_knn_weights_report_init.
- `log_determinant`: Sum of log D_i over the queries, in their order; -Inf if some D_i is 0. If the queries are all rows, and each set
  has only predecessors of its query, it is the log-determinant of the Vecchia approximation of R.
- `jittered_sets`: Number of sets that needed the jitter, and the first query among them, counted from message_base; -1: none.
- `first_jittered`
- `degenerate_queries`: Number of degenerate queries (see "Degenerate" at the top of the header). Their weights are 0, their D_i is p_i.
- `seconds`: Seconds that the call took.
"""
mutable struct residual_knn_weights_report
    struct_size::Csize_t
    log_determinant::Cdouble
    jittered_sets::Int64
    first_jittered::Int64
    degenerate_queries::Int64
    seconds::Cdouble
end
residual_knn_weights_report() = _initialized(residual_knn_weights_report, _residual_knn_weights_report_init[])
Base.cconvert(::Type{Ptr{residual_knn_weights_report}}, x::residual_knn_weights_report) = Ref(x)

@doc raw"""
Sets struct_size and zeroes the rest.

- `report`: out: `size` bytes; NULL does nothing
- `size`: sizeof *report in the calling program
"""
function residual_knn_weights_report_init(report, size)
    return ccall(_residual_knn_weights_report_init[], Cvoid, (Ptr{residual_knn_weights_report}, Csize_t), report, size)
end

@doc raw"""
Computes, for index points, the weights and the conditional variance of the residual process given their conditioning
sets. For query i with set S,

    b_i = R_SS^-1 R_Si       its weights
    D_i = R_ii - R_iS b_i    its conditional variance; R_ii = p_i

D_i includes the nugget, as p_i does: it is the variance of an observation. Without the nugget it is that of the process.

If the queries are all rows, and each set has only predecessors of its query, the Vecchia approximation of R is
B^-1 D B^-T, where B has ones on its diagonal and -b_ij elsewhere. Source: Vecchia (1988), J. R. Stat. Soc. B 50(2);
Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 2. Degenerate neighbors have weight 0.

- `rows`: num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
- `num_queries`: length of rows, at least 0; must be n or 0 if rows is NULL
- `options`: NULL: defaults
- `k`: places of each set, at least 1
- `neighbors`: num_queries x k row numbers, as searches give them: -1 in places without a neighbor. A set must
  not name a row twice, nor the query itself; it may name any other row, in any order. NULL only if
  num_queries is 0
- `weights`: out: num_queries x k weights, 0 in places without a neighbor; NULL: not wanted
- `variances`: out: num_queries conditional variances D_i; NULL: not wanted
- `report`: out: NULL, or initialized by residual_knn_weights_report_init
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED, ERROR_CALLBACK, or
  ERROR_NOT_POSITIVE_DEFINITE, which names the first query whose set is not positive definite in double
  precision, with the jitter too. Memory: 8 bytes for each weight and each query, until the call has succeeded.
  Thread rule: any number of threads at once.
"""
function residual_knn_weights(index, rows, num_queries, options, k, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_weights_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, rows, num_queries, options, k, neighbors, weights, variances, report)
end

@doc raw"""
Computes the weights of new points, from which predictions follow: the conditional mean of the residual process at a
new point is the sum of weight times value over its neighbors.

- `queries`: num_queries x d, layout as in options; in the units of points
- `num_queries`: at least 0

The rest as residual_knn_weights.

- returns: also ERROR_UNSUPPORTED for an index made from the caller's V.
"""
function residual_knn_weights_of_new_points(index, queries, num_queries, options, k, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights_of_new_points[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_weights_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, queries, num_queries, options, k, neighbors, weights, variances, report)
end

@doc raw"""
Computes the weights of new points whose V and p the caller gives. The index must be made from the caller's V and p.
query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the rest as in
residual_knn_weights.

- returns: also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
"""
function residual_knn_weights_of_new_factor(index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights_of_new_factor[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_weights_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, weights, variances, report)
end

@doc raw"""
residual_knn_weights with 32-bit row numbers, for R and Fortran.

- `base`: 0 or 1: the number of the first row, in rows and neighbors
- `missing`: the value in places without a neighbor; must not be a row number

The rest as residual_knn_weights. The row numbers of the index must fit int32_t.
"""
function residual_knn_weights_int32(index, rows, num_queries, options, k, base, missing, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_weights_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, rows, num_queries, options, k, base, missing, neighbors, weights, variances, report)
end

@doc raw"""
residual_knn_weights_of_new_points with 32-bit row numbers.
"""
function residual_knn_weights_of_new_points_int32(index, queries, num_queries, options, k, base, missing, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights_of_new_points_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_weights_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, queries, num_queries, options, k, base, missing, neighbors, weights, variances, report)
end

@doc raw"""
residual_knn_weights_of_new_factor with 32-bit row numbers.
"""
function residual_knn_weights_of_new_factor_int32(index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, weights, variances, report)
    return ccall(_residual_knn_weights_of_new_factor_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_weights_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{residual_knn_weights_report}), index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, weights, variances, report)
end

@doc raw"""
Writes weights as a sparse matrix in compressed rows (CSR), which needs no index: row i has 1 in the column of query i
and -b_ij in the columns of its neighbors. With all rows as queries it is B; see residual_knn_weights. The
columns of each row ascend and none is repeated, so that sparse matrix packages take the three arrays as they are:
scipy.sparse.csr_array((values, columns, offsets), shape=(num_queries, n)). Taken as compressed columns (CSC), the
same arrays are the transpose.

- `rows`: the row numbers of the queries, which are the columns of their ones; -1: no 1, as for new points;
  NULL: all rows in order
- `num_queries`: length of rows, at least 0; must be n or 0 if rows is NULL
- `n`: number of columns: the points of the index
- `layout`: enum residual_knn_layout of neighbors and weights
- `k`: places of each set, at least 1
- `neighbors`: num_queries x k row numbers, as in residual_knn_weights. NULL only if num_queries is 0
- `weights`: num_queries x k weights. NULL only if num_queries is 0
- `offsets`: out: num_queries + 1 values from 0 on. Row i has the elements offsets[i] up to, but not including,
  offsets[i + 1]
- `columns`: out: offsets[num_queries] columns; room for num_queries (k + 1) is always enough
- `values`: out: offsets[num_queries] values
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT or ERROR_OUT_OF_MEMORY. Error texts count from 0. Thread rule: any number
  of threads at once.
"""
function residual_knn_sparse_weights(rows, num_queries, n, layout, k, neighbors, weights, offsets, columns, values)
    return ccall(_residual_knn_sparse_weights[], residual_knn_status, (Ptr{Int64}, Int64, Int64, Int32, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Int64}, Ptr{Int64}, Ptr{Cdouble}), rows, num_queries, n, layout, k, neighbors, weights, offsets, columns, values)
end

@doc raw"""
residual_knn_sparse_weights with 32-bit row numbers and offsets.

- `base`: 0 or 1: the number of the first row, in rows, neighbors and columns; offsets count from 0
- `missing`: the value in places without a neighbor, and in rows for a query without a 1; must not be a row number
- returns: also ERROR_INVALID_ARGUMENT if the number of elements does not fit int32_t.
"""
function residual_knn_sparse_weights_int32(rows, num_queries, n, layout, k, base, missing, neighbors, weights, offsets, columns, values)
    return ccall(_residual_knn_sparse_weights_int32[], residual_knn_status, (Ptr{Int32}, Int64, Int64, Int32, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Int32}, Ptr{Int32}, Ptr{Cdouble}), rows, num_queries, n, layout, k, base, missing, neighbors, weights, offsets, columns, values)
end

@doc raw"""
Options of the functions for residual covariances.

- `struct_size`: Set by residual_knn_covariance_options_init.
- `layout`: enum residual_knn_layout of neighbors, covariances and new points; default RESIDUAL_KNN_POINT_MAJOR.
- `threads`: Worker threads, including the calling one; 0 (default): one for each available processor.
- `progress`: NULL (default), or a function that is called during the call; `total` is the number of queries.
- `progress_user`: Passed to progress.
- `message_base`: 0 (default) or 1: the number of the first row, query and place in error texts; see "Error texts" at the top of the
  header.
"""
mutable struct residual_knn_covariance_options
    struct_size::Csize_t
    layout::Int32
    threads::Int32
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    message_base::Int64
end
residual_knn_covariance_options() = _initialized(residual_knn_covariance_options, _residual_knn_covariance_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_covariance_options}}, x::residual_knn_covariance_options) = Ref(x)

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_covariance_options_init(options, size)
    return ccall(_residual_knn_covariance_options_init[], Cvoid, (Ptr{residual_knn_covariance_options}, Csize_t), options, size)
end

@doc raw"""
Computes the residual covariances of index points with their neighbors: R_ij = K(x_i, x_j) - V_i . V_j for row i and
each row j of its set, and R_ii = p_i. The value of a pair has the same bits in this function and in
residual_knn_covariance_blocks, whichever of the two points is the query (with a covariance callback, if the callback
is symmetric to the last bit). Degenerate points are no exception: their covariances are what this formula gives,
which is at rounding level.

- `rows`: num_queries row numbers, 0 <= row < n, in any order, repeats allowed; NULL: all rows in order
- `num_queries`: length of rows, at least 0; must be n or 0 if rows is NULL
- `options`: NULL: defaults
- `k`: places of each set, at least 1
- `neighbors`: num_queries x k row numbers, as searches give them: -1 in places without a neighbor. A set may
  name any rows, in any order, also a row more than once, and the query itself. NULL only if
  num_queries is 0
- `covariances`: out: num_queries x k values R_ij, 0 in places without a neighbor; NULL: not wanted
- `residual_variances`: out: num_queries values p_i; NULL: not wanted
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Memory:
  8 bytes for each value, until the call has succeeded. Thread rule: any number of threads at once.
"""
function residual_knn_covariances(index, rows, num_queries, options, k, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), index, rows, num_queries, options, k, neighbors, covariances, residual_variances)
end

@doc raw"""
Computes the residual covariances of new points with their neighbors.

- `queries`: num_queries x d, layout as in options; in the units of points
- `num_queries`: at least 0

The rest as residual_knn_covariances.

- returns: also ERROR_UNSUPPORTED for an index made from the caller's V.
"""
function residual_knn_covariances_of_new_points(index, queries, num_queries, options, k, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances_of_new_points[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), index, queries, num_queries, options, k, neighbors, covariances, residual_variances)
end

@doc raw"""
Computes the residual covariances of new points whose V and p the caller gives. The index must be made from the
caller's V and p. query_factor, query_residual_variance and queries as in residual_knn_neighbors_of_new_factor, the
rest as in residual_knn_covariances.

- returns: also ERROR_UNSUPPORTED for an index made by residual_knn_index_create, which computes V and p itself.
"""
function residual_knn_covariances_of_new_factor(index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances_of_new_factor[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}, Ptr{Cdouble}), index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, covariances, residual_variances)
end

@doc raw"""
residual_knn_covariances with 32-bit row numbers, for R and Fortran.

- `base`: 0 or 1: the number of the first row, in rows and neighbors
- `missing`: the value in places without a neighbor; must not be a row number

The rest as residual_knn_covariances. The row numbers of the index must fit int32_t.
"""
function residual_knn_covariances_int32(index, rows, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}), index, rows, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
end

@doc raw"""
residual_knn_covariances_of_new_points with 32-bit row numbers.
"""
function residual_knn_covariances_of_new_points_int32(index, queries, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances_of_new_points_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}), index, queries, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
end

@doc raw"""
residual_knn_covariances_of_new_factor with 32-bit row numbers.
"""
function residual_knn_covariances_of_new_factor_int32(index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
    return ccall(_residual_knn_covariances_of_new_factor_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}, Ptr{Cdouble}), index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, covariances, residual_variances)
end

@doc raw"""
Computes, for each query, the residual covariance matrix of the query and its neighbors: (k + 1) x (k + 1) values, for
gradients and for models of the caller. Row and column 0 are those of the query, row and column 1 + j those of place j
of its set. R_ij as in residual_knn_covariances; the diagonal has p, which includes the nugget.

A place without a neighbor has a 1 on the diagonal and 0 elsewhere. The determinant and the Cholesky factor of the
remaining rows and columns are then the same as without it, and its weight is 0.

The blocks are not checked: one with degenerate or repeated points may be singular up to rounding. With the
factorization U'U = C of the part of the neighbors and c = R of the query with them, the weights and the conditional
variance are C^-1 c and p - c' C^-1 c; residual_knn_weights computes these.

- `neighbors`: as in residual_knn_weights: a set must not name a row twice, nor the query itself
- `blocks`: out: num_queries matrices of (k + 1) x (k + 1) values, one after the other. The matrices are
  symmetric to the last bit, so that rows and columns are the same. This array does not depend on
  the layout: it is one of shape (num_queries, k + 1, k + 1) in C and NumPy, and of dim
  (k + 1, k + 1, num_queries) in R, Julia and Fortran. NULL only if num_queries is 0

The rest as residual_knn_covariances.
"""
function residual_knn_covariance_blocks(index, rows, num_queries, options, k, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int64}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}), index, rows, num_queries, options, k, neighbors, blocks)
end

@doc raw"""
residual_knn_covariance_blocks of new points; queries and errors as in residual_knn_covariances_of_new_points.
"""
function residual_knn_covariance_blocks_of_new_points(index, queries, num_queries, options, k, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks_of_new_points[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}), index, queries, num_queries, options, k, neighbors, blocks)
end

@doc raw"""
residual_knn_covariance_blocks of new points whose V and p the caller gives; arguments and errors as in
residual_knn_covariances_of_new_factor.
"""
function residual_knn_covariance_blocks_of_new_factor(index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks_of_new_factor[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Ptr{Int64}, Ptr{Cdouble}), index, query_factor, query_residual_variance, queries, num_queries, options, k, neighbors, blocks)
end

@doc raw"""
residual_knn_covariance_blocks with 32-bit row numbers; base and missing as in residual_knn_covariances_int32.
"""
function residual_knn_covariance_blocks_int32(index, rows, num_queries, options, k, base, missing, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Int32}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}), index, rows, num_queries, options, k, base, missing, neighbors, blocks)
end

@doc raw"""
residual_knn_covariance_blocks_of_new_points with 32-bit row numbers.
"""
function residual_knn_covariance_blocks_of_new_points_int32(index, queries, num_queries, options, k, base, missing, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks_of_new_points_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}), index, queries, num_queries, options, k, base, missing, neighbors, blocks)
end

@doc raw"""
residual_knn_covariance_blocks_of_new_factor with 32-bit row numbers.
"""
function residual_knn_covariance_blocks_of_new_factor_int32(index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, blocks)
    return ccall(_residual_knn_covariance_blocks_of_new_factor_int32[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{Cdouble}, Ptr{Cdouble}, Ptr{Cdouble}, Int64, Ptr{residual_knn_covariance_options}, Int32, Int32, Int32, Ptr{Int32}, Ptr{Cdouble}), index, query_factor, query_residual_variance, queries, num_queries, options, k, base, missing, neighbors, blocks)
end

@doc raw"""
Options of residual_knn_choose_inducing, residual_knn_order_points, residual_knn_index_order and
residual_knn_index_prepare.

- `struct_size`: Set by residual_knn_helper_options_init.
- `layout`: enum residual_knn_layout of points and inducing points; default RESIDUAL_KNN_POINT_MAJOR.
- `threads`: Worker threads of the k-means algorithm, of residual_knn_index_order and of residual_knn_index_prepare, including the
  calling one; 0 (default): one for each available processor.
- `seed`: Seed of the random draws; default 1. The same seed gives the same answer on every machine.
- `max_iterations`: Largest number of Lloyd steps of RESIDUAL_KNN_KMEANS; default 10. With 0, the result is the rows that k-means++
  drew.
- `progress`: NULL (default), or a function that is called during the work.
- `progress_user`: Passed to progress.
- `message_base`: 0 (default) or 1: the number of the first row, coordinate and column in error texts; see "Error texts" at the
  top of the header.
"""
mutable struct residual_knn_helper_options
    struct_size::Csize_t
    layout::Int32
    threads::Int32
    seed::UInt64
    max_iterations::Int64
    progress::Ptr{Cvoid}
    progress_user::Ptr{Cvoid}
    message_base::Int64
end
residual_knn_helper_options() = _initialized(residual_knn_helper_options, _residual_knn_helper_options_init[])
Base.cconvert(::Type{Ptr{residual_knn_helper_options}}, x::residual_knn_helper_options) = Ref(x)

@doc raw"""
Sets struct_size and the defaults.

- `options`: out: `size` bytes; NULL does nothing
- `size`: sizeof *options in the calling program
"""
function residual_knn_helper_options_init(options, size)
    return ccall(_residual_knn_helper_options_init[], Cvoid, (Ptr{residual_knn_helper_options}, Csize_t), options, size)
end

@doc raw"""
Chooses m inducing points.

- `points`: n x d, finite
- `lengthscales`: as in residual_knn_index_create
- `num_lengthscales`: 1 or d
- `method`: enum residual_knn_inducing_method
- `m`: at least 0, at most the number of distinct points
- `options`: NULL: defaults
- `inducing`: out: m x d in the units of points; NULL only if m is 0
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY or ERROR_CANCELLED.
"""
function residual_knn_choose_inducing(points, n, d, lengthscales, num_lengthscales, method, m, options, inducing)
    return ccall(_residual_knn_choose_inducing[], residual_knn_status, (Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}, Int64, Int32, Int64, Ptr{residual_knn_helper_options}, Ptr{Cdouble}), points, n, d, lengthscales, num_lengthscales, method, m, options, inducing)
end

@doc raw"""
Orders points for predecessor searches.

- `ordering`: enum residual_knn_ordering
- `order`: out: n row numbers, 0-based; order[0] comes first

The rest as residual_knn_choose_inducing. Maximin starts at the point nearest to the center of the points, all
divided by the lengthscales. Each coordinate of the center is the mean of that coordinate. If far points move the
mean out of the range of the middle 80 % of the values, it is the median. Ties go to the smaller row. Duplicates come
last, in row order.
"""
function residual_knn_order_points(points, n, d, lengthscales, num_lengthscales, ordering, options, order)
    return ccall(_residual_knn_order_points[], residual_knn_status, (Ptr{Cdouble}, Int64, Int64, Ptr{Cdouble}, Int64, Int32, Ptr{residual_knn_helper_options}, Ptr{Int64}), points, n, d, lengthscales, num_lengthscales, ordering, options, order)
end

@doc raw"""
Orders the points of an index for predecessor searches, by exact maximin in the residual distance sqrt(1 - |rho|): each
point is the one whose distance from the nearest point before it is largest. The distances are those of
residual_knn_neighbors. The first point is the one with the largest residual variance p. Ties go to the smaller row.
Degenerate points come last, in row order. The points whose computed distance from an earlier point is 0 come just
before them, in row order. Rounding may make the distance of duplicates about 1e-8; these come before the points at
distance 0. A nugget increases the distance of duplicates.
The order needs no new inducing points: a new index of the ordered points, with the same inducing points, has the same
V and p in the new order. Source: Guinness (2018), Technometrics 60(4), for the maximin order; Kang and Katzfuss
(2023), Statistics and Computing 33, for maximin by correlation.

- `index`: any
- `options`: NULL: defaults; threads, progress, progress_user and message_base are used, the other fields are
  ignored. There may be two stages: `total` is first the number of pairs of a search, then n.
- `order`: out: n row numbers, 0-based; order[0] comes first
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK. Time: about
  that of residual_knn_neighbors with k = 32 for all points if each point soon has one of its 32 nearest points
  before it; at most n^2 / 2 distances more. Memory: about 1 KiB for each point during the call.
  Thread rule: any number of threads at once.
"""
function residual_knn_index_order(index, options, order)
    return ccall(_residual_knn_index_order[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{residual_knn_helper_options}, Ptr{Int64}), index, options, order)
end

@doc raw"""
Prepares later searches for the k nearest neighbors. It makes trees, for all points and for predecessors, if
RESIDUAL_KNN_AUTOMATIC would try them for a large number of queries, and otherwise integers for scans.
residual_knn_index_save then saves them. Searches make the same when they first need it. What exists already, and
what has no room in max_bytes, is not made.

- `index`: any
- `options`: NULL: defaults; threads, progress, progress_user and message_base are used, the other fields are
  ignored
- returns: RESIDUAL_KNN_OK, ERROR_INVALID_ARGUMENT, ERROR_OUT_OF_MEMORY, ERROR_CANCELLED or ERROR_CALLBACK.
  Thread rule: any number of threads at once.
"""
function residual_knn_index_prepare(index, options)
    return ccall(_residual_knn_index_prepare[], residual_knn_status, (Ptr{residual_knn_index}, Ptr{residual_knn_helper_options}), index, options)
end

"Looks up every function in the library with this handle of Libdl; throws if one is missing."
function load_symbols!(handle)
    _residual_knn_version[] = Libdl.dlsym(handle, :residual_knn_version)
    _residual_knn_abi_version[] = Libdl.dlsym(handle, :residual_knn_abi_version)
    _residual_knn_simd_target[] = Libdl.dlsym(handle, :residual_knn_simd_target)
    _residual_knn_blas[] = Libdl.dlsym(handle, :residual_knn_blas)
    _residual_knn_status_string[] = Libdl.dlsym(handle, :residual_knn_status_string)
    _residual_knn_last_error[] = Libdl.dlsym(handle, :residual_knn_last_error)
    _residual_knn_model_options_init[] = Libdl.dlsym(handle, :residual_knn_model_options_init)
    _residual_knn_index_create[] = Libdl.dlsym(handle, :residual_knn_index_create)
    _residual_knn_index_create_from_factor[] = Libdl.dlsym(handle, :residual_knn_index_create_from_factor)
    _residual_knn_index_create_from_callback[] = Libdl.dlsym(handle, :residual_knn_index_create_from_callback)
    _residual_knn_index_update[] = Libdl.dlsym(handle, :residual_knn_index_update)
    _residual_knn_index_free[] = Libdl.dlsym(handle, :residual_knn_index_free)
    _residual_knn_info_init[] = Libdl.dlsym(handle, :residual_knn_info_init)
    _residual_knn_index_info[] = Libdl.dlsym(handle, :residual_knn_index_info)
    _residual_knn_index_factor[] = Libdl.dlsym(handle, :residual_knn_index_factor)
    _residual_knn_index_model[] = Libdl.dlsym(handle, :residual_knn_index_model)
    _residual_knn_index_points[] = Libdl.dlsym(handle, :residual_knn_index_points)
    _residual_knn_load_options_init[] = Libdl.dlsym(handle, :residual_knn_load_options_init)
    _residual_knn_index_save[] = Libdl.dlsym(handle, :residual_knn_index_save)
    _residual_knn_index_load[] = Libdl.dlsym(handle, :residual_knn_index_load)
    _residual_knn_index_open[] = Libdl.dlsym(handle, :residual_knn_index_open)
    _residual_knn_index_set_note[] = Libdl.dlsym(handle, :residual_knn_index_set_note)
    _residual_knn_index_note[] = Libdl.dlsym(handle, :residual_knn_index_note)
    _residual_knn_strategy_name[] = Libdl.dlsym(handle, :residual_knn_strategy_name)
    _residual_knn_reason_string[] = Libdl.dlsym(handle, :residual_knn_reason_string)
    _residual_knn_search_options_init[] = Libdl.dlsym(handle, :residual_knn_search_options_init)
    _residual_knn_statistics_init[] = Libdl.dlsym(handle, :residual_knn_statistics_init)
    _residual_knn_search_warning[] = Libdl.dlsym(handle, :residual_knn_search_warning)
    _residual_knn_index_warning[] = Libdl.dlsym(handle, :residual_knn_index_warning)
    _residual_knn_neighbors[] = Libdl.dlsym(handle, :residual_knn_neighbors)
    _residual_knn_predecessors[] = Libdl.dlsym(handle, :residual_knn_predecessors)
    _residual_knn_neighbors_of_new_points[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_points)
    _residual_knn_neighbors_of_new_factor[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_factor)
    _residual_knn_neighbors_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_int32)
    _residual_knn_predecessors_int32[] = Libdl.dlsym(handle, :residual_knn_predecessors_int32)
    _residual_knn_neighbors_of_new_points_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_points_int32)
    _residual_knn_neighbors_of_new_factor_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_factor_int32)
    _residual_knn_neighbors_above[] = Libdl.dlsym(handle, :residual_knn_neighbors_above)
    _residual_knn_predecessors_above[] = Libdl.dlsym(handle, :residual_knn_predecessors_above)
    _residual_knn_neighbors_of_new_points_above[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_points_above)
    _residual_knn_neighbors_of_new_factor_above[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_factor_above)
    _residual_knn_neighbors_above_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_above_int32)
    _residual_knn_predecessors_above_int32[] = Libdl.dlsym(handle, :residual_knn_predecessors_above_int32)
    _residual_knn_neighbors_of_new_points_above_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_points_above_int32)
    _residual_knn_neighbors_of_new_factor_above_int32[] = Libdl.dlsym(handle, :residual_knn_neighbors_of_new_factor_above_int32)
    _residual_knn_group_neighbors[] = Libdl.dlsym(handle, :residual_knn_group_neighbors)
    _residual_knn_group_predecessors[] = Libdl.dlsym(handle, :residual_knn_group_predecessors)
    _residual_knn_group_neighbors_int32[] = Libdl.dlsym(handle, :residual_knn_group_neighbors_int32)
    _residual_knn_group_predecessors_int32[] = Libdl.dlsym(handle, :residual_knn_group_predecessors_int32)
    _residual_knn_weights_options_init[] = Libdl.dlsym(handle, :residual_knn_weights_options_init)
    _residual_knn_weights_report_init[] = Libdl.dlsym(handle, :residual_knn_weights_report_init)
    _residual_knn_weights[] = Libdl.dlsym(handle, :residual_knn_weights)
    _residual_knn_weights_of_new_points[] = Libdl.dlsym(handle, :residual_knn_weights_of_new_points)
    _residual_knn_weights_of_new_factor[] = Libdl.dlsym(handle, :residual_knn_weights_of_new_factor)
    _residual_knn_weights_int32[] = Libdl.dlsym(handle, :residual_knn_weights_int32)
    _residual_knn_weights_of_new_points_int32[] = Libdl.dlsym(handle, :residual_knn_weights_of_new_points_int32)
    _residual_knn_weights_of_new_factor_int32[] = Libdl.dlsym(handle, :residual_knn_weights_of_new_factor_int32)
    _residual_knn_sparse_weights[] = Libdl.dlsym(handle, :residual_knn_sparse_weights)
    _residual_knn_sparse_weights_int32[] = Libdl.dlsym(handle, :residual_knn_sparse_weights_int32)
    _residual_knn_covariance_options_init[] = Libdl.dlsym(handle, :residual_knn_covariance_options_init)
    _residual_knn_covariances[] = Libdl.dlsym(handle, :residual_knn_covariances)
    _residual_knn_covariances_of_new_points[] = Libdl.dlsym(handle, :residual_knn_covariances_of_new_points)
    _residual_knn_covariances_of_new_factor[] = Libdl.dlsym(handle, :residual_knn_covariances_of_new_factor)
    _residual_knn_covariances_int32[] = Libdl.dlsym(handle, :residual_knn_covariances_int32)
    _residual_knn_covariances_of_new_points_int32[] = Libdl.dlsym(handle, :residual_knn_covariances_of_new_points_int32)
    _residual_knn_covariances_of_new_factor_int32[] = Libdl.dlsym(handle, :residual_knn_covariances_of_new_factor_int32)
    _residual_knn_covariance_blocks[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks)
    _residual_knn_covariance_blocks_of_new_points[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks_of_new_points)
    _residual_knn_covariance_blocks_of_new_factor[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks_of_new_factor)
    _residual_knn_covariance_blocks_int32[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks_int32)
    _residual_knn_covariance_blocks_of_new_points_int32[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks_of_new_points_int32)
    _residual_knn_covariance_blocks_of_new_factor_int32[] = Libdl.dlsym(handle, :residual_knn_covariance_blocks_of_new_factor_int32)
    _residual_knn_helper_options_init[] = Libdl.dlsym(handle, :residual_knn_helper_options_init)
    _residual_knn_choose_inducing[] = Libdl.dlsym(handle, :residual_knn_choose_inducing)
    _residual_knn_order_points[] = Libdl.dlsym(handle, :residual_knn_order_points)
    _residual_knn_index_order[] = Libdl.dlsym(handle, :residual_knn_index_order)
    _residual_knn_index_prepare[] = Libdl.dlsym(handle, :residual_knn_index_prepare)
    return nothing
end

end # module
