# SPDX-License-Identifier: Apache-2.0

# Makes a search by search(options, idxs, dists, statistics), a call of the library.
function search_neighbors(search, index, num_queries, k; progress = nothing, statistics = false, settings...)
    options = LibResidualKNN.residual_knn_search_options()
    options.threads = index.options.threads
    set!(options, SEARCH_SETTINGS, settings, (:progress, :statistics))
    flag(statistics, "statistics")
    idxs = Matrix{Int64}(undef, k, num_queries)
    dists = Matrix{Float64}(undef, k, num_queries)
    record = LibResidualKNN.residual_knn_statistics()
    warning = Ref("")
    run(options, progress) do options
        shared(index) do
            status = search(options, idxs, dists, record)
            status == STATUS_CODES[:ok] && (warning[] = text_of(LibResidualKNN.residual_knn_search_warning(index, record)))
            return status
        end
    end
    say(warning[])
    idxs .+= 1 # -1, for none, becomes 0
    statistics || return idxs, dists
    reason = unsafe_string(LibResidualKNN.residual_knn_reason_string(record.reason))
    return idxs, dists, named_tuple(record; strategy = symbol_of(STRATEGIES, record.strategy), reason = reason)
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

The `k` nearest neighbors, among all points of the index, of all of them, of those with the numbers
`rows`, or of new points: `idxs, dists`, two k x (number of queries) matrices, nearest first; two vectors of length k for
a single `point`, as in NearestNeighbors.jl. The first four may leave out `k`, which is then 10, or n if that is less.

A point is not its own neighbor; ties go to the smaller number. The distance is √(1 - |ρ|) with ρ the residual
correlation. `rows` is a vector of integers, as `[5]` or `2:9`. `queries` is a d x q matrix with a new point in each
column, or a vector of q points; `point` is a tuple of numbers, or a vector of numbers that are no integers (integers
would be `rows`). With `lonlat`, they have longitude and latitude where the points have them. An index made from V and p
needs them for new points too: m x q `query_factor`, `query_residual_variance` of length q, and `queries` unless it has a
covariance function.

Where there are fewer than `k` candidates (n - 1 for points of the index, n for new ones), 0 and `Inf` fill up. `k`
beyond n is taken as n, with a warning.

Where an answer is right but hardly what was wanted there is a warning (`@warn`, once) with the likely cause: at least
half of the queries have neighbors that say nothing, for example, because lengthscales and points are in different units.

- `ranking`: `:absolute` (default); or `:signed` for large ρ, with the distance √(1 - ρ)
- `strategy`: `:automatic` (default), `:brute_force`, `:level_synchronous`, `:best_first`,
  `:batched_best_first`, `:dual_tree`. All give the same answer.
- `threads`: worker threads of this search; default: those of the index. 0: one for each processor
- `progress`: as in [`ResidualIndex`](@ref)
- `statistics`: with `true`, `idxs, dists, statistics` are returned. The last is a named tuple: what the search did, see
  below.

So that Ctrl-C can end a search at any time, the library keeps its results apart until it has succeeded: 16
bytes for each neighbor besides the matrices themselves.

# Statistics

To score is to compute a residual correlation; a pivot is the point that stands for a block of the tree, and a bound
says how near the points of a block may be.

- `strategy`: the strategy that was used, never `:automatic`; `reason`: a sentence, why that one
- `threads`: worker threads that were used
- `queries`: number of queries; `pairs`: pairs of a query and a candidate that the question is about
- `pairs_scored`: such pairs that were scored; more than `pairs` where blocks of work reach beyond the predecessors of a
  query, or brute force meets some rows around each query first
- `pairs_rescored`: pairs scored by the function that decides between candidates and gives the distances
- `seconds`: that the search took, with what it built; `tree_seconds`: of these, for trees, which the index keeps
- `coarse_blocks`: blocks of the tree at its coarsest level, 0 without a tree
- `pivots_scored`: pairs of a query and a pivot that were scored; `pivots_coupled`: pairs of two pivots that were
- `blocks_bounded`: pairs of a query and a block for which a bound was computed; `blocks_dismissed`: those that the
  bound dismissed
- `points_bounded`: pairs of a query and a single point for which a bound was computed; `survivors`: those that the
  bound did not dismiss
- `scored_in_low_precision`: of all that was scored, what was first scored in less than double precision, with a proved
  margin
- `uninformative_queries`: queries with fewer informative neighbors than the smaller of `k` and the number of their
  candidates; an informative one has a correlation above rounding and jitter
- `nearest_lengthscales`: if at least half of the queries are uninformative, the median distance, in lengthscales, of up
  to 16 of them from their nearest candidate; 0 otherwise
- `coarse_queries`: new points with a coordinate beyond 2^32 lengthscales from 0, whose numbers are coarse then
- `coarse_query`: the first of them, from 1; `coarse_coordinate`: its first such coordinate, from 1; `coarse_value`: its
  value; `coarse_lengthscale`: the lengthscale there. Without any: -1, -1, 0 and 0
"""
function knn(index::ResidualIndex, rows, k; settings...)
    is_single_point(rows) && return search_single_point(index, rows, k; settings...)
    are_points(rows) && return search_new_points(index, rows, k; settings...)
    return search_rows(LibResidualKNN.residual_knn_neighbors, index, rows, check_k(k, index.n); settings...)
end

# Something to search for, and not k.
is_question(x) = x isa Union{AbstractArray,Tuple,Base.Generator,Colon}

function knn(index::ResidualIndex, k; settings...)
    is_question(k) && return knn(index, k, default_k(index.n); settings...)
    return search_all(LibResidualKNN.residual_knn_neighbors, index, check_k(k, index.n); settings...)
end
knn(index::ResidualIndex; settings...) = knn(index, default_k(index.n); settings...)

function require_inducing(index)
    index.source === :inducing ||
        throw(UnsupportedError("the index was made from V and p, and needs those of new points too: knn(index, " *
                               (index.source === :callback ? "" : "queries, ") *
                               "query_factor, query_residual_variance, k)"))
end

function search_new_points(index, queries, k; settings...)
    k = check_k(k, index.n)
    require_inducing(index)
    queries = points_like(queries, "queries", index.coordinates)
    num_queries = size(queries, 2)
    return search_neighbors(index, num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_points(index, queries, num_queries, options, k, idxs, dists,
                                                            record)
    end
end

function search_single_point(index, point, k; settings...)
    require_inducing(index)
    queries = point_like(point, "queries", index.coordinates)
    answer = search_new_points(index, queries, k; settings...)
    return (vec(answer[1]), vec(answer[2]), answer[3:end]...)
end

# queries: a dense matrix, or C_NULL with a covariance function.
function search_new_factor(index, queries, factor, residual_variance, k; settings...)
    k = check_k(k, index.n)
    index.source === :inducing &&
        throw(UnsupportedError("the index knows its inducing points, and makes V and p of new points itself: " *
                               "knn(index, queries, k)"))
    factor = dense_matrix(factor, "query_factor")
    residual_variance = dense_vector(residual_variance, "query_residual_variance")
    num_queries = length(residual_variance)
    check_factor(factor, "query_factor", num_queries)
    check_size("the number of rows of query_factor", size(factor, 1), index.m)
    return search_neighbors(index, num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_factor(index, factor, residual_variance, queries, num_queries,
                                                            options, k, idxs, dists, record)
    end
end

function knn(index::ResidualIndex, queries, query_factor, query_residual_variance, k; settings...)
    index.source === :callback && return knn(index, query_factor, query_residual_variance, k; settings...)
    queries = points_like(queries, "queries", index.coordinates)
    check_size("the number of values of query_residual_variance", length(query_residual_variance), size(queries, 2))
    return search_new_factor(index, queries, query_factor, query_residual_variance, k; settings...)
end

function knn(index::ResidualIndex, query_factor, query_residual_variance, k; settings...)
    index.source === :callback || invalid("an index without a covariance function needs the new points themselves")
    return search_new_factor(index, C_NULL, query_factor, query_residual_variance, k; settings...)
end

"""
    predecessors(index, k; ...)
    predecessors(index, rows, k; ...)

The `k` nearest neighbors of all points, or of those with the numbers `rows`, among their predecessors, the
points with smaller numbers: the conditioning sets of a Vecchia approximation. `idxs, dists`, `k` and keywords as
in [`knn`](@ref). Point i has i - 1 predecessors; places beyond hold 0 and `Inf`.
"""
function predecessors(index::ResidualIndex, rows, k; settings...)
    are_points(rows) && invalid("rows is ", described(rows), ", must be a vector of column numbers: new points have no ",
                                "predecessors; knn(index, queries, k) finds their neighbors")
    return search_rows(LibResidualKNN.residual_knn_predecessors, index, rows, check_k(k, index.n); settings...)
end

function predecessors(index::ResidualIndex, k; settings...)
    is_question(k) && return predecessors(index, k, default_k(index.n); settings...)
    return search_all(LibResidualKNN.residual_knn_predecessors, index, check_k(k, index.n); settings...)
end
predecessors(index::ResidualIndex; settings...) = predecessors(index, default_k(index.n); settings...)
