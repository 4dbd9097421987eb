# SPDX-License-Identifier: Apache-2.0

function check_k(k::Integer)
    k >= 1 || throw(ArgumentError("k is $k, must be at least 1"))
    k <= typemax(Int32) || throw(ArgumentError("k is $k, must be at most $(typemax(Int32))"))
end

function check_k(k::Integer, candidates::Integer)
    check_k(k)
    k <= candidates ||
        throw(ArgumentError("k is $k, must be at most $candidates, the number of candidates"))
end

# 0-based row numbers for the library.
function row_numbers(rows::AbstractVector{<:Integer}, n)
    Base.require_one_based_indexing(rows)
    eltype(rows) === Bool && throw(ArgumentError("rows are Bool, must be numbers; use findall(rows)"))
    for (place, row) in enumerate(rows)
        1 <= row <= n || throw(ArgumentError("rows[$place] is $row, must be between 1 and $n"))
    end
    return Int64[row - 1 for row in rows]
end

# Makes a search by search(options, idxs, dists, statistics), a call of the library.
function search_neighbors(search, num_queries, k; ranking = nothing, strategy = nothing, threads = nothing,
                          progress = nothing, statistics = false)
    options = set!(LibResidualKNN.residual_knn_search_options();
                   ranking = code_or_nothing(RANKINGS, ranking, "ranking"),
                   strategy = code_or_nothing(STRATEGIES, strategy, "strategy"), threads = threads)
    idxs = Matrix{Int64}(undef, k, num_queries)
    dists = Matrix{Float64}(undef, k, num_queries)
    record = LibResidualKNN.residual_knn_statistics()
    run(options -> search(options, idxs, dists, record), options, progress)
    idxs .+= 1 # -1, for none, becomes 0
    statistics || return idxs, dists
    reason = unsafe_string(LibResidualKNN.residual_knn_reason_string(record.reason))
    return idxs, dists, named_tuple(record; strategy = symbol_of(STRATEGIES, record.strategy), reason = reason)
end

# The rows in question, for the library, and their number.
query_rows(index, ::Nothing) = C_NULL, index.n
function query_rows(index, rows)
    numbers = row_numbers(rows, index.n)
    return numbers, length(numbers)
end

function search_rows(search, index, rows, k; settings...)
    numbers, num_queries = query_rows(index, rows)
    return search_neighbors(num_queries, k; settings...) do options, idxs, dists, record
        search(index, numbers, num_queries, options, k, idxs, dists, record)
    end
end

"""
    knn(index, k; ...)
    knn(index, rows, k; ...)
    knn(index, points, k; ...)
    knn(index, points, factor, residual_variance, k; ...)
    knn(index, factor, residual_variance, k; ...)

The `k` nearest neighbors, among all points of the index, of all of them, of those with the numbers
`rows`, or of new points: `idxs, dists`, two k x (number of queries) matrices, nearest first.

A point is not its own neighbor; ties go to the smaller number. The distance is √(1 - |ρ|) with ρ the residual
correlation. `points` is a d x q matrix with a new point in each column. An index made from V and p needs them
for new points too: m x q `factor`, `residual_variance` of length q, and `points` unless it
has a covariance function.

`k` beyond the number of candidates (n - 1 for points of the index, n for new ones) is an
`ArgumentError`, as in NearestNeighbors.jl; [`predecessors`](@ref) fills up with 0 and `Inf` instead.

- `ranking`: `:absolute` (default); or `:signed` for large ρ, with the distance √(1 - ρ)
- `strategy`: `:automatic` (default), `:brute_force`, `:level_synchronous`, `:best_first`,
  `:batched_best_first`, `:dual_tree`. All give the same answer.
- `threads`: worker threads; default 0, one for each processor
- `progress`: as in [`ResidualIndex`](@ref)
- `statistics`: with `true`, `idxs, dists, statistics` are returned. The last is a named tuple: what the search
  did, with the `strategy` that was used and the `reason`; its fields are explained at
  `?ResidualKNN.LibResidualKNN.residual_knn_statistics`.

So that Ctrl-C can end a search at any time, the library keeps its results apart until it has succeeded: 16
bytes for each neighbor besides the matrices themselves.
"""
function knn(index::ResidualIndex, k::Integer; settings...)
    check_k(k, index.n - 1)
    return search_rows(LibResidualKNN.residual_knn_neighbors, index, nothing, k; settings...)
end

function knn(index::ResidualIndex, rows::AbstractVector{<:Integer}, k::Integer; settings...)
    check_k(k, index.n - 1)
    return search_rows(LibResidualKNN.residual_knn_neighbors, index, rows, k; settings...)
end

function check_new_points(index, points)
    index.covariance === nothing &&
        check_size("the number of coordinates of new points", size(points, 1), index.d)
end

function knn(index::ResidualIndex, points::AbstractMatrix{<:Real}, k::Integer; settings...)
    check_k(k, index.n)
    check_new_points(index, points)
    points = dense(points)
    num_queries = size(points, 2)
    return search_neighbors(num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_points(index, points, num_queries, options, k, idxs, dists,
                                                            record)
    end
end

# points: dense, or C_NULL with a covariance function.
function search_new_factor(index, points, factor, residual_variance, k; settings...)
    check_k(k, index.n)
    factor, residual_variance = dense(factor), dense(residual_variance)
    check_size("the number of rows of factor", size(factor, 1), index.m)
    check_factor(factor, residual_variance)
    num_queries = length(residual_variance)
    return search_neighbors(num_queries, k; settings...) do options, idxs, dists, record
        LibResidualKNN.residual_knn_neighbors_of_new_factor(index, factor, residual_variance, points, num_queries,
                                                            options, k, idxs, dists, record)
    end
end

function knn(index::ResidualIndex, points::AbstractMatrix{<:Real}, factor::AbstractMatrix{<:Real},
             residual_variance::AbstractVector{<:Real}, k::Integer; settings...)
    check_new_points(index, points)
    check_size("the number of new points", size(points, 2), length(residual_variance))
    return search_new_factor(index, dense(points), factor, residual_variance, k; settings...)
end

function knn(index::ResidualIndex, factor::AbstractMatrix{<:Real}, residual_variance::AbstractVector{<:Real},
             k::Integer; settings...)
    index.covariance === nothing &&
        throw(ArgumentError("an index without a covariance function needs the new points themselves"))
    return search_new_factor(index, C_NULL, factor, residual_variance, k; settings...)
end

"""
    predecessors(index, k; ...)
    predecessors(index, rows, k; ...)

The `k` nearest neighbors of all points, or of those with the numbers `rows`, among their predecessors, the
points with smaller numbers: the conditioning sets of a Vecchia approximation. `idxs, dists` and keywords as
in [`knn`](@ref). Point i has i - 1 predecessors; places beyond hold 0 and `Inf`, for any `k`.
"""
function predecessors(index::ResidualIndex, k::Integer; settings...)
    check_k(k)
    return search_rows(LibResidualKNN.residual_knn_predecessors, index, nothing, k; settings...)
end

function predecessors(index::ResidualIndex, rows::AbstractVector{<:Integer}, k::Integer; settings...)
    check_k(k)
    return search_rows(LibResidualKNN.residual_knn_predecessors, index, rows, k; settings...)
end
