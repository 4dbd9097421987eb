# SPDX-License-Identifier: Apache-2.0
# The regression of queries on their conditioning sets.

"""
    VecchiaWeights

The result of [`vecchia_weights`](@ref), which explains the fields.
"""
struct VecchiaWeights{T<:Array{Float64}}
    weights::T
    variances::Vector{Float64}
    log_determinant::Float64
    jittered_sets::Int
    first_jittered::Int
    degenerate_queries::Int
    seconds::Float64
    neighbors::Matrix{Int64}
    columns::Vector{Int64} # the column of the matrix B in which a query has its 1
    num_columns::Int
end

function Base.show(io::IO, w::VecchiaWeights)
    q = length(w.variances)
    print(io, "VecchiaWeights(", q, q == 1 ? " query" : " queries", ", log-determinant ", w.log_determinant, ", ",
          w.jittered_sets, w.jittered_sets == 1 ? " jittered set)" : " jittered sets)")
end

# The sets of all queries as 0-based row numbers, -1 in places without a neighbor.
function conditioning_sets(neighbors, n, num_queries)
    sets = neighbor_matrix(neighbors, "neighbors", n, num_queries)
    k = size(sets, 1)
    1 <= k <= typemax(Int32) || invalid("neighbors has ", k, " rows, must have between 1 and ", typemax(Int32))
    return sets
end

# Computes weights by compute(options, k, sets, weights, variances, report), which calls the library.
function compute_weights(compute, index, columns, neighbors; progress = nothing, settings...)
    options = LibResidualKNN.residual_knn_weights_options()
    options.threads = index.options.threads
    set!(options, WEIGHTS_SETTINGS, settings, (:progress,))
    num_queries = length(columns)
    sets = conditioning_sets(neighbors, index.n, num_queries)
    weights = Matrix{Float64}(undef, size(sets))
    variances = Vector{Float64}(undef, num_queries)
    report = LibResidualKNN.residual_knn_weights_report()
    run(options, progress) do options
        shared(index) do
            compute(options, Int32(size(sets, 1)), sets, weights, variances, report)
        end
    end
    sets .+= 1 # -1, for no neighbor, becomes 0
    return VecchiaWeights(weights, variances, report.log_determinant, Int(report.jittered_sets),
                          Int(report.first_jittered), Int(report.degenerate_queries), report.seconds, sets,
                          Vector{Int64}(columns), foldl(max, columns; init = index.n))
end

"""
    vecchia_weights(index, neighbors; ...)
    vecchia_weights(index, rows, neighbors; ...)
    vecchia_weights(index, queries, neighbors; ...)
    vecchia_weights(index, point, neighbors; ...)
    vecchia_weights(index, queries, query_factor, query_residual_variance, neighbors; ...)
    vecchia_weights(index, query_factor, query_residual_variance, neighbors; ...)

Computes the regression of queries on their conditioning sets, in residual covariances. The queries are all points of
the index, the points with the numbers `rows`, or new points, as in [`knn`](@ref). For query i with the set S,

    b_i = R_SS⁻¹ R_Si        its weights
    D_i = R_ii - R_iS b_i    its conditional variance; R_ii = p_i

`neighbors` is what [`knn`](@ref) or [`predecessors`](@ref) returned for the same queries, or only its `idxs`, or any
other k x (number of queries) matrix of point numbers. Column i is the set of query i, in any order, with 0 in places
without a neighbor. A set must not name a point twice, nor the query itself. For a single `point`, it is a vector of
length k.

The result has these fields:

- `weights`: the weights, in the places of `neighbors`; 0 in places without a neighbor
- `variances`: the conditional variances D_i, which include the nugget as p_i does
- `log_determinant`: the sum of log D_i over the queries; -Inf if some D_i is 0. If the queries are all points,
  and each set has only predecessors of its query, it is the log-determinant of the Vecchia approximation of R
- `jittered_sets`: number of sets that needed the jitter; `first_jittered`: the first query among them, -1 if there is none
- `degenerate_queries`: number of queries whose residual variance p_i is at its rounding level. Their weights are 0, and
  D_i is p_i. Neighbors of this kind have weight 0
- `seconds`: seconds that the call took

[`vecchia_triplets`](@ref) makes the sparse matrix B from the result.

- `jitter`: not negative; default 0. If the residual covariance of a query and its neighbors is not positive definite,
  `jitter * R_jj` is added to each of its diagonal elements R_jj. All other sets are computed without jitter. A set that is
  still not positive definite is a [`NotPositiveDefiniteError`](@ref), which names the query
- `threads`: number of worker threads of this call; default: as for the index. 0 means one for each available processor
- `progress`: as in [`ResidualIndex`](@ref)

The log-likelihood of values `y` with the covariance R, in the Vecchia approximation:

```julia
using SparseArrays
w = vecchia_weights(index, predecessors(index, 10))
B = sparse(vecchia_triplets(w)...)
loglik = -(index.n * log(2π) + w.log_determinant + sum((B * y) .^ 2 ./ w.variances)) / 2
```

Sources: Vecchia (1988), J. R. Stat. Soc. B 50(2); Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 2.
"""
function vecchia_weights(index::ResidualIndex, neighbors; settings...)
    return compute_weights(index, 1:index.n, neighbors; settings...) do arguments...
        LibResidualKNN.residual_knn_weights(index, C_NULL, index.n, arguments...)
    end
end

function vecchia_weights(index::ResidualIndex, rows, neighbors; settings...)
    is_single_point(rows) && return weights_of_single_point(index, rows, neighbors; settings...)
    are_points(rows) && return weights_of_new_points(index, rows, neighbors; settings...)
    numbers = row_numbers(rows, index.n)
    return compute_weights(index, numbers .+ 1, neighbors; settings...) do arguments...
        LibResidualKNN.residual_knn_weights(index, numbers, length(numbers), arguments...)
    end
end

# The columns of B in which new points have their ones.
columns_of_new(index, num_queries) = index.n+1:index.n+num_queries

function weights_of_new_points(index, queries, neighbors; settings...)
    require_inducing(index, "vecchia_weights", "neighbors")
    queries = points_like(queries, "queries", index.coordinates)
    num_queries = size(queries, 2)
    return compute_weights(index, columns_of_new(index, num_queries), neighbors; settings...) do arguments...
        LibResidualKNN.residual_knn_weights_of_new_points(index, queries, num_queries, arguments...)
    end
end

# The neighbors of a single point as a matrix with one column.
function set_of_single_point(neighbors)
    set = idxs_of(neighbors)
    set isa AbstractVector || invalid("neighbors is ", described(set), ", must be a vector of column numbers, or the ",
                                      "answer of knn, for a single point")
    Base.has_offset_axes(set) && invalid("neighbors does not count from 1")
    return reshape(set, :, 1)
end

function weights_of_single_point(index, point, neighbors; settings...)
    require_inducing(index, "vecchia_weights", "neighbors")
    queries = point_like(point, "queries", index.coordinates)
    w = weights_of_new_points(index, queries, set_of_single_point(neighbors); settings...)
    return VecchiaWeights(vec(w.weights), map(name -> getfield(w, name), fieldnames(VecchiaWeights)[2:end])...)
end

# `queries` is a dense matrix, or C_NULL with a covariance function.
function weights_of_new_factor(index, queries, factor, residual_variance, neighbors; settings...)
    factor, residual_variance = new_factor(index, factor, residual_variance, "vecchia_weights", "neighbors")
    num_queries = length(residual_variance)
    return compute_weights(index, columns_of_new(index, num_queries), neighbors; settings...) do arguments...
        LibResidualKNN.residual_knn_weights_of_new_factor(index, factor, residual_variance, queries, num_queries,
                                                          arguments...)
    end
end

function vecchia_weights(index::ResidualIndex, queries, query_factor, query_residual_variance, neighbors; settings...)
    index.source === :callback &&
        return vecchia_weights(index, query_factor, query_residual_variance, neighbors; settings...)
    queries = points_of_new_factor(index, queries, query_residual_variance)
    return weights_of_new_factor(index, queries, query_factor, query_residual_variance, neighbors; settings...)
end

function vecchia_weights(index::ResidualIndex, query_factor, query_residual_variance, neighbors; settings...)
    require_callback(index)
    return weights_of_new_factor(index, C_NULL, query_factor, query_residual_variance, neighbors; settings...)
end

"""
    vecchia_triplets(w)

The matrix B of a result `w` of [`vecchia_weights`](@ref) as `I, J, V, rows, columns`, the arguments of
`SparseArrays.sparse`:

```julia
B = sparse(vecchia_triplets(w)...)
```

B has a row for each query, with 1 in the column of the query and -b_ij in the columns of its neighbors. The columns are
the points of the index; with new points, these follow in the columns from n + 1 on. If the queries are all points, and
each set has only predecessors of its query, B is n x n, and the Vecchia approximation of R is B⁻¹ D B⁻ᵀ, where D is the diagonal matrix of
`w.variances`. With new
points, `-B[:, 1:n] * y` are the conditional means at the new points of a residual process with the values `y` at the
points of the index.
"""
function vecchia_triplets(w::VecchiaWeights)
    I, J, V = Int[], Int[], Float64[]
    foreach(list -> sizehint!(list, length(w.columns) + length(w.neighbors)), (I, J, V))
    for (i, column) in enumerate(w.columns)
        push!(I, i)
        push!(J, column)
        push!(V, 1)
        for place in axes(w.neighbors, 1)
            w.neighbors[place, i] == 0 && continue
            push!(I, i)
            push!(J, w.neighbors[place, i])
            push!(V, -w.weights[place, i])
        end
    end
    return I, J, V, length(w.columns), w.num_columns
end
