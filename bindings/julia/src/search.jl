# SPDX-License-Identifier: Apache-2.0

# Runs a search by search(options, record), which calls the library, and returns its record. `fields` are the keywords that
# are fields of the options, and `others` are the other keywords of the caller. `prepare!(options)` sets what is not a
# setting; the arrays that the options then point to are what it returns. The second result is the factor from distances in
# the library's lengthscales to those in the lengthscales that the user gave.
function run_search(search, index, progress, settings, others, prepare! = options -> nothing; fields = SEARCH_SETTINGS)
    options = LibResidualKNN.residual_knn_search_options()
    options.threads = index.options.threads
    set!(options, fields, settings, others)
    arrays = prepare!(options)
    record = LibResidualKNN.residual_knn_statistics()
    warning = Ref("")
    scale = Ref(1.0)
    GC.@preserve arrays begin
        run(options, progress) do options
            shared(index) do
                index.source === :callback || (scale[] = library_scale(index.kernel, index.options.nu))
                status = search(options, record)
                status == STATUS_CODES[:ok] &&
                    (warning[] = text_of(LibResidualKNN.residual_knn_search_warning(index, record)))
                return status
            end
        end
    end
    say(warning[])
    return record, scale[]
end

# `scale` is that of run_search.
function statistics_tuple(record, scale)
    record.nearest_lengthscales *= scale
    record.coarse_lengthscale /= scale
    reason = unsafe_string(LibResidualKNN.residual_knn_reason_string(record.reason))
    return named_tuple(record; strategy = symbol_of(STRATEGIES, record.strategy), reason = reason)
end

# Runs a search by search(options, idxs, dists, statistics), which calls the library.
function search_neighbors(search, index, num_queries, k; progress = nothing, statistics = false, candidates = nothing,
                          candidate_lists = nothing, conditional_variances = false, start = nothing, sink = nothing,
                          settings...)
    flag(statistics, "statistics")
    if sink !== nothing
        conditional_variances === false || invalid("conditional_variances must not be given with a sink, which gets them")
        return stream_neighbors(search, index, num_queries, k, sink; progress = progress, candidates = candidates,
                                candidate_lists = candidate_lists, start = start, settings...)
    end
    variances = nothing
    idxs = Matrix{Int64}(undef, k, num_queries)
    dists = Matrix{Float64}(undef, k, num_queries)
    function prepare!(options)
        arrays = set_selection!(options, index, k, num_queries; candidates = candidates,
                                candidate_lists = candidate_lists, conditional_variances = conditional_variances)
        variances = arrays[3]
        start === nothing || candidate_lists === nothing ||
            invalid("start must not be given together with candidate_lists")
        return arrays, set_start!(options, index, num_queries, start)
    end
    others = (:progress, :statistics, :candidates, :candidate_lists, :conditional_variances, :start, :sink)
    is_scaled = Ref(false)
    record, scale = run_search(index, progress, settings, others, prepare!) do options, record
        is_scaled[] = options.ranking == RANKINGS[:scaled_distance]
        search(options, idxs, dists, record)
    end
    is_scaled[] && scale != 1 && (dists .*= scale)
    idxs .+= 1 # -1, for no neighbor, becomes 0
    answer = variances === nothing ? (idxs, dists) : (idxs, dists, variances)
    return statistics ? (answer..., statistics_tuple(record, scale)) : answer
end

# The same with a function that gets the answers batch by batch. Returns what the search did.
function stream_neighbors(search, index, num_queries, k, take; progress, candidates, candidate_lists, start, settings...)
    state = Sink(take, 1.0)
    function prepare!(options)
        options.sink = LibResidualKNN.@residual_knn_sink(take_batch)
        options.sink_user = pointer_from_objref(state)
        start === nothing || candidate_lists === nothing ||
            invalid("start must not be given together with candidate_lists")
        return set_selection!(options, index, k, num_queries; candidates = candidates,
                              candidate_lists = candidate_lists, conditional_variances = false),
               set_start!(options, index, num_queries, start)
    end
    others = (:progress, :candidates, :candidate_lists, :start, :sink)
    GC.@preserve state begin
        record, scale = run_search(index, progress, settings, others, prepare!; fields = SINK_SETTINGS) do options, record
            options.ranking == RANKINGS[:scaled_distance] && (state.scale = library_scale(index.kernel, index.options.nu))
            search(options, C_NULL, C_NULL, record)
        end
    end
    return statistics_tuple(record, scale)
end

function search_all(search, index, k; settings...)
    return search_neighbors(index, index.n, k; settings...) do options, idxs, dists, record
        search(index, C_NULL, index.n, options, k, idxs, dists, record)
    end
end

function search_rows(search, index, rows, k; settings...)
    numbers = row_numbers(rows, index.n)
    return search_neighbors(index, length(numbers), k; settings...) do options, idxs, dists, record
        search(index, numbers, length(numbers), options, k, idxs, dists, record)
    end
end

"""
    knn(index, k; ...)
    knn(index, rows, k; ...)
    knn(index, queries, k; ...)
    knn(index, point, k; ...)
    knn(index, queries, query_factor, query_residual_variance, k; ...)
    knn(index, query_factor, query_residual_variance, k; ...)

Finds the `k` nearest neighbors among all points of the index. The queries are all points of the index, the points with
the numbers `rows`, or new points. Returns `idxs, dists`, two k x (number of queries) matrices with the nearest neighbor
first (with conditional selection, the first that was selected). For a single `point` these are two vectors of length k,
as in NearestNeighbors.jl. The first four forms work
without `k`; it is then 10, or n if that is less.

A point is not its own neighbor. Ties go to the smaller number. The distance is √(1 - |ρ|), where ρ is the residual
correlation.

- `rows` is a vector of integers, such as `[5]` or `2:9`.
- `queries` is a d x q matrix with a new point in each column, or a vector of q points.
- `point` is a tuple of numbers, or a vector of numbers that are not integers (integers would be `rows`).
- With `lonlat`, new points have longitude and latitude in the same places as the points.
- `query_factor` (m x q) and `query_residual_variance` (length q) are V and p of the new points. An index made from V and p
  needs them. It also needs `queries` unless it has a covariance function.

If there are fewer than `k` candidates (there are n - 1 for points of the index and n for new points), the free places
hold 0 and `Inf`. If `k` is larger than n, n is used, with a warning.

There is also a warning (`@warn`, once) if the answer is exact but probably not what was wanted, with the likely cause.
For example, at least half of the queries lack informative neighbors because lengthscales and points are in different
units.

- `ranking`: `:absolute` (default), as above; or `:signed`, with the distance √(1 - ρ), so that the neighbors have the
  largest ρ; or `:scaled_distance`, the Euclidean distance of the coordinates divided by their lengthscales. V and p then
  have no effect. An index with a covariance function has no coordinates, and this ranking is an error there
- `strategy`: `:automatic` (default), `:brute_force`, `:level_synchronous`, `:best_first`,
  `:batched_best_first`, `:dual_tree`. All give the same answer
- `selection`: `:nearest` (default), the `k` nearest points; or `:conditional`, conditioning sets that are selected by
  conditional variance; see below
- `candidates`: for `selection = :conditional`, the number of candidates of a query; default 4 `k`. A single number is at
  least `k`. Half of them, rounded up and at least `k`, are the nearest points by residual correlation, and the rest are
  the nearest by scaled distance. For an index without inducing points, where both are the same, all are nearest by scaled
  distance; for an index with a covariance function, all are nearest by residual correlation. Or both
  numbers, such as `(residual = 20, scaled = 40)`; a number that is left out is 0, which means none, and
  one of the two must be at least `k`
- `candidate_lists`: candidates of each query, for both selections: a vector with a vector of point numbers for each query,
  a matrix with a column for each query, or the answer of another search; for a single point, also a vector of point
  numbers. Lists may have different lengths, also 0, and any order. These elements are skipped: 0, repeats, the query itself and, in `predecessors`, points after the query. The
  answer is exact among the candidates
- `conditional_variances`: with `true`, the result is `idxs, dists, variances`; for `selection = :conditional`. The last is
  the matrix of the conditional variances of the queries given their neighbors up to each place. Places without a neighbor
  repeat the last value, which is p_i for an empty set. The variances include the nugget
- `start`: earlier neighbors of the same queries, as returned by `knn` or `predecessors`, for example before a small
  [`update!`](@ref); or a matrix of point numbers with a column for each query, 0 for none. The answer does not depend on
  it; a start near the answer saves time. It is of use if it has at least `k` points for each query; with
  `selection = :conditional`, as many as there are candidates by residual correlation. It is ignored for
  `ranking = :scaled_distance` and for an index with a covariance function
- `threads`: number of worker threads of this search; default: as for the index. 0 means one for each available processor
- `progress`: as in [`ResidualIndex`](@ref)
- `sink`: a function that gets the answers batch by batch, for answers that do not fit into memory; see below
- `statistics`: with `true`, the result has another element at its end, a named tuple that reports what the search did;
  see below

The library first writes its results to separate memory, so that Ctrl-C can end a search at any time. This takes 16
bytes for each neighbor in addition to the matrices.

# Answers in batches

With `sink = f`, or as `knn(f, index, ...)` with a `do` block, the library calls `f(queries, idxs, dists)` with the answers
for some queries at a time. `queries` are their places among the queries of the call, from 1 on, and the matrices have a
column for each. With `selection = :conditional` there is a fourth argument, their conditional variances. Each query comes
once. If `f` returns `false`, the search ends with a `CancelledError`; an exception arrives as it was thrown. What `f` has
got is final. The result is the named tuple of the statistics.

- `sink_queries`: the largest number of queries in a batch; all batches but the last have this number. Default: as many as
  have 64 MiB of answers
- `sink_order`: `:query` (default), in the order of the queries; or `:space`, queries that are near each other go together,
  which is faster if V is not stored, or if many points are in random order

```julia
idxs = Mmap.mmap("idxs.bin", Matrix{Int64}, (10, index.n))
predecessors(index, 10) do queries, batch, dists
    idxs[:, queries] = batch
end
```

# Conditional selection

The nearest points are often redundant: two points that are close to each other give nearly the same information about the
query. With
`selection = :conditional`, the points of a set are selected one after the other. R is the covariance of the residual
process, with p on its diagonal. The next point of the set S of query i is the candidate j whose set S + j leaves the least
conditional variance

    D_i(S) = R_ii - R_iS R_SS⁻¹ R_Si

Ties go to the smaller number. `idxs` has the points in the order in which they were selected, and `dists` their distances
√(1 - |ρ|) from the query. The last of the conditional variances of a query equals, up to rounding, that of
[`vecchia_weights`](@ref).

A candidate that reduces the variance by no more than rounding errors, such as a duplicate of a point that is already in the
set, is not informative. It is not selected as long as another candidate is informative. After that, the set is filled up
with the candidates of largest |ρ|; `uninformative_picks` counts these points. The residual covariance of such a set may be
singular, and `vecchia_weights` then needs its `jitter`.

```julia
sets = predecessors(index, 10; selection = :conditional)
w = vecchia_weights(index, sets)
```

Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648.

# Statistics

To score a pair is to compute its residual correlation or, with the ranking `:scaled_distance`, its scaled distance.
Searches by scaled distance use a k-d tree, and `strategy` is then `:best_first`; with few pairs, or on request, they use
`:brute_force`. A tree divides the points into blocks. A pivot is a point that represents a block, and a bound is an upper
limit of |ρ| for the points of a block.

- `strategy`: the strategy that was used, never `:automatic`; `reason`: why it was used, as a sentence
- `threads`: number of worker threads that were used
- `queries`: number of queries; `pairs`: number of pairs of a query and one of its candidates
- `pairs_scored`: number of pairs that were scored. It can exceed `pairs`: blocks of work may reach beyond the
  predecessors of a query, and brute force scores some rows around each query in advance
- `pairs_rescored`: number of pairs scored by the function that decides between candidates and computes the distances
- `seconds`: seconds that the search took, including what it built; `tree_seconds`: the part of them for building trees,
  which the index keeps
- `coarse_blocks`: number of blocks at the coarsest level of the tree; 0 without a tree
- `pivots_scored`: number of pairs of a query and a pivot that were scored; `pivots_coupled`: number of pairs of two
  pivots that were scored
- `blocks_bounded`: number of pairs of a query and a block for which a bound was computed; `blocks_dismissed`: how many of
  these the bound dismissed
- `points_bounded`: number of pairs of a query and a single point for which a bound was computed; `survivors`: how many of
  these the bound did not dismiss
- `scored_in_low_precision`: how many of all scored pairs were first scored in single precision or in integers, with a
  proved error margin
- `uninformative_queries`: number of queries with fewer informative neighbors than the smaller of `k` and their number of
  candidates. A neighbor is informative if its correlation is larger than rounding errors and the jitter alone could make
  it
- `nearest_lengthscales`: the distance in lengthscales from a query to its nearest candidate, as the median over up to 16
  queries. It is computed if at least half of the queries lack informative neighbors, and is 0 otherwise
- `coarse_queries`: number of new points with a coordinate beyond 2^32 lengthscales from 0, where double precision is
  coarse
- `coarse_query`: the number of the first such point; `coarse_coordinate`: the number of its first such coordinate;
  `coarse_value`: the value of that coordinate; `coarse_lengthscale`: its lengthscale. Numbers count from 1. If there are
  no such points, these are -1, -1, 0 and 0
- `candidates`: number of candidates of all queries for `selection = :conditional`; otherwise 0
- `uninformative_picks`: number of points that were selected though they were not informative, for
  `selection = :conditional`; otherwise 0. `uninformative_queries` then counts the queries that have candidates, but no
  informative one
"""
function knn(index::ResidualIndex, rows, k; settings...)
    is_single_point(rows) && return search_single_point(index, rows, k; settings...)
    are_points(rows) && return search_new_points(index, rows, k; settings...)
    return search_rows(LibResidualKNN.residual_knn_neighbors, index, rows, check_k(k, index.n); settings...)
end

# Whether x describes queries and is not k.
is_question(x) = x isa Union{AbstractArray,Tuple,Base.Generator,Colon}

function knn(index::ResidualIndex, k; settings...)
    is_question(k) && return knn(index, k, default_k(index.n); settings...)
    return search_all(LibResidualKNN.residual_knn_neighbors, index, check_k(k, index.n); settings...)
end
knn(index::ResidualIndex; settings...) = knn(index, default_k(index.n); settings...)

knn(sink::Function, index::ResidualIndex, question...; settings...) = knn(index, question...; sink = sink, settings...)

# Messages name the function that was called, and its last argument.
function require_inducing(index, called, last)
    index.source === :inducing ||
        throw(UnsupportedError("the index was made from V and p, so it needs V and p of new points too: " *
                               "$called(index, " * (index.source === :callback ? "" : "queries, ") *
                               "query_factor, query_residual_variance, $last)"))
end

require_callback(index) =
    index.source === :callback || invalid("an index without a covariance function needs the coordinates of the new points")

# V and p of new points, as dense arrays.
function new_factor(index, factor, residual_variance, called, last)
    index.source === :inducing &&
        throw(UnsupportedError("the index computes V and p of new points itself: $called(index, queries, $last)"))
    factor = dense_matrix(factor, "query_factor")
    residual_variance = dense_vector(residual_variance, "query_residual_variance")
    check_factor(factor, "query_factor", length(residual_variance))
    check_size("the number of rows of query_factor", size(factor, 1), index.m)
    return factor, residual_variance
end

# The coordinates of new points with V and p.
function points_of_new_factor(index, queries, residual_variance)
    queries = points_like(queries, "queries", index.coordinates)
    check_size("the number of values of query_residual_variance", length(residual_variance), size(queries, 2))
    return queries
end

function search_new_points(index, queries, k; settings...)
    k = check_k(k, index.n)
    require_inducing(index, "knn", "k")
    queries = points_like(queries, "queries", index.coordinates)
    num_queries = size(queries, 2)
    return search_neighbors(index, num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_points(index, queries, num_queries, options, k, idxs, dists,
                                                            record)
    end
end

function search_single_point(index, point, k; settings...)
    require_inducing(index, "knn", "k")
    queries = point_like(point, "queries", index.coordinates)
    answer = search_new_points(index, queries, k; settings...)
    return map(part -> part isa AbstractMatrix ? vec(part) : part, answer)
end

# `queries` is a dense matrix, or C_NULL with a covariance function.
function search_new_factor(index, queries, factor, residual_variance, k; settings...)
    k = check_k(k, index.n)
    factor, residual_variance = new_factor(index, factor, residual_variance, "knn", "k")
    num_queries = length(residual_variance)
    return search_neighbors(index, num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_factor(index, factor, residual_variance, queries, num_queries,
                                                            options, k, idxs, dists, record)
    end
end

function knn(index::ResidualIndex, queries, query_factor, query_residual_variance, k; settings...)
    index.source === :callback && return knn(index, query_factor, query_residual_variance, k; settings...)
    queries = points_of_new_factor(index, queries, query_residual_variance)
    return search_new_factor(index, queries, query_factor, query_residual_variance, k; settings...)
end

function knn(index::ResidualIndex, query_factor, query_residual_variance, k; settings...)
    require_callback(index)
    return search_new_factor(index, C_NULL, query_factor, query_residual_variance, k; settings...)
end

"""
    predecessors(index, k; ...)
    predecessors(index, rows, k; ...)

Finds the `k` nearest neighbors of all points, or of the points with the numbers `rows`, among their predecessors, which
are the points with smaller numbers. These neighbors are the conditioning sets of a Vecchia approximation. `idxs, dists`,
`k` and the keywords are as in [`knn`](@ref). Point i has i - 1 predecessors; the other places hold 0 and `Inf`.
"""
function predecessors(index::ResidualIndex, rows, k; settings...)
    are_points(rows) && invalid("rows is ", described(rows), ", must be a vector of column numbers: new points have no ",
                                "predecessors; use knn(index, queries, k) for their neighbors")
    return search_rows(LibResidualKNN.residual_knn_predecessors, index, rows, check_k(k, index.n); settings...)
end

function predecessors(index::ResidualIndex, k; settings...)
    is_question(k) && return predecessors(index, k, default_k(index.n); settings...)
    return search_all(LibResidualKNN.residual_knn_predecessors, index, check_k(k, index.n); settings...)
end
predecessors(index::ResidualIndex; settings...) = predecessors(index, default_k(index.n); settings...)

predecessors(sink::Function, index::ResidualIndex, question...; settings...) =
    predecessors(index, question...; sink = sink, settings...)
