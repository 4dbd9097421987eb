# SPDX-License-Identifier: Apache-2.0
# Residual covariances of queries with their neighbors, as a matrix or as a block for each query.

# What is computed: its name for messages, and its functions of the library for each kind of query.
struct CovarianceCall
    name::String
    of_rows::Function
    of_new_points::Function
    of_new_factor::Function
    outputs::Function # (k, number of queries) -> the arrays that the library fills
    of_single::Function # the outputs for one query -> those for a single point
end

const COVARIANCES = CovarianceCall("residual_covariances", LibResidualKNN.residual_knn_covariances,
                                   LibResidualKNN.residual_knn_covariances_of_new_points,
                                   LibResidualKNN.residual_knn_covariances_of_new_factor,
                                   (k, q) -> (Matrix{Float64}(undef, k, q), Vector{Float64}(undef, q)),
                                   (covariances, variances) -> (vec(covariances), variances))
const BLOCKS = CovarianceCall("covariance_blocks", LibResidualKNN.residual_knn_covariance_blocks,
                              LibResidualKNN.residual_knn_covariance_blocks_of_new_points,
                              LibResidualKNN.residual_knn_covariance_blocks_of_new_factor,
                              (k, q) -> (Array{Float64}(undef, k + 1, k + 1, q),),
                              blocks -> (dropdims(blocks; dims = 3),))

# Computes by compute(options, k, sets, outputs...), which calls the library; returns the outputs.
function compute_covariances(compute, call, index, num_queries, neighbors; progress = nothing, settings...)
    options = LibResidualKNN.residual_knn_covariance_options()
    options.threads = index.options.threads
    set!(options, COVARIANCES_SETTINGS, settings, (:progress,))
    sets = conditioning_sets(neighbors, index.n, num_queries)
    outputs = call.outputs(size(sets, 1), num_queries)
    run(options, progress) do options
        shared(index) do
            compute(options, Int32(size(sets, 1)), sets, outputs...)
        end
    end
    return outputs
end

function covariances_of(call::CovarianceCall, index::ResidualIndex, neighbors; settings...)
    return compute_covariances(call, index, index.n, neighbors; settings...) do arguments...
        call.of_rows(index, C_NULL, index.n, arguments...)
    end
end

function covariances_of(call::CovarianceCall, index::ResidualIndex, rows, neighbors; settings...)
    is_single_point(rows) && return covariances_of_single_point(call, index, rows, neighbors; settings...)
    are_points(rows) && return covariances_of_new_points(call, index, rows, neighbors; settings...)
    numbers = row_numbers(rows, index.n)
    return compute_covariances(call, index, length(numbers), neighbors; settings...) do arguments...
        call.of_rows(index, numbers, length(numbers), arguments...)
    end
end

function covariances_of_new_points(call, index, queries, neighbors; settings...)
    require_inducing(index, call.name, "neighbors")
    queries = points_like(queries, "queries", index.coordinates)
    num_queries = size(queries, 2)
    return compute_covariances(call, index, num_queries, neighbors; settings...) do arguments...
        call.of_new_points(index, queries, num_queries, arguments...)
    end
end

function covariances_of_single_point(call, index, point, neighbors; settings...)
    require_inducing(index, call.name, "neighbors")
    queries = point_like(point, "queries", index.coordinates)
    outputs = covariances_of_new_points(call, index, queries, set_of_single_point(neighbors); settings...)
    return call.of_single(outputs...)
end

# `queries` is a dense matrix, or C_NULL with a covariance function.
function covariances_of_new_factor(call, index, queries, factor, residual_variance, neighbors; settings...)
    factor, residual_variance = new_factor(index, factor, residual_variance, call.name, "neighbors")
    num_queries = length(residual_variance)
    return compute_covariances(call, index, num_queries, neighbors; settings...) do arguments...
        call.of_new_factor(index, factor, residual_variance, queries, num_queries, arguments...)
    end
end

function covariances_of(call::CovarianceCall, index::ResidualIndex, queries, query_factor, query_residual_variance,
                        neighbors; settings...)
    index.source === :callback &&
        return covariances_of(call, index, query_factor, query_residual_variance, neighbors; settings...)
    queries = points_of_new_factor(index, queries, query_residual_variance)
    return covariances_of_new_factor(call, index, queries, query_factor, query_residual_variance, neighbors; settings...)
end

function covariances_of(call::CovarianceCall, index::ResidualIndex, query_factor, query_residual_variance, neighbors;
                        settings...)
    require_callback(index)
    return covariances_of_new_factor(call, index, C_NULL, query_factor, query_residual_variance, neighbors; settings...)
end

"""
    residual_covariances(index, neighbors; threads, progress)
    residual_covariances(index, rows, neighbors; ...)
    residual_covariances(index, queries, neighbors; ...)
    residual_covariances(index, point, neighbors; ...)
    residual_covariances(index, queries, query_factor, query_residual_variance, neighbors; ...)
    residual_covariances(index, query_factor, query_residual_variance, neighbors; ...)

Computes the residual covariances R_ij = K(x_i, x_j) - V_i ⋅ V_j of queries with their neighbors; R_ii = p_i. Returns the
k x (number of queries) matrix of the covariances, 0 in places without a neighbor, and the vector of the residual
variances p_i of the queries. For a single `point`, the covariances are a vector of length k.

The arguments are those of [`vecchia_weights`](@ref), without `jitter`. Here a query may have a neighbor more than once,
and itself as neighbor. For degenerate points, which the inducing points explain completely up to rounding, the formula
gives values at rounding level.

```julia
found = predecessors(index, 10)
covariances, p = residual_covariances(index, found)
```
"""
residual_covariances(index::ResidualIndex, arguments...; settings...) =
    covariances_of(COVARIANCES, index, arguments...; settings...)

"""
    covariance_blocks(index, neighbors; threads, progress)
    covariance_blocks(index, rows, neighbors; ...)
    covariance_blocks(index, queries, neighbors; ...)
    covariance_blocks(index, point, neighbors; ...)
    covariance_blocks(index, queries, query_factor, query_residual_variance, neighbors; ...)
    covariance_blocks(index, query_factor, query_residual_variance, neighbors; ...)

Computes the residual covariance matrix of each query and its neighbors, for gradients and for models of your own. Returns
an array of (k + 1) x (k + 1) x (number of queries); for a single `point`, a (k + 1) x (k + 1) matrix. Row and column 1
of a block are those of the query, row and column 1 + j are those of its neighbor in place j. A place without a neighbor
has 1 on the diagonal and 0 elsewhere. So it changes neither the Cholesky factor of the others nor the determinant.

The blocks are symmetric. They are not checked: a block with repeated or degenerate points may be singular up to rounding.
A pair of points has the same value here and in [`residual_covariances`](@ref). The arguments are those of
[`vecchia_weights`](@ref), without `jitter`.

```julia
found = predecessors(index, [200], 5)
block = covariance_blocks(index, [200], found)[:, :, 1]
weights = block[2:end, 2:end] \\ block[2:end, 1]        # those of vecchia_weights
variance = block[1, 1] - sum(weights .* block[2:end, 1]) # and the conditional variance
```
"""
covariance_blocks(index::ResidualIndex, arguments...; settings...) =
    only(covariances_of(BLOCKS, index, arguments...; settings...))
