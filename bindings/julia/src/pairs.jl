# SPDX-License-Identifier: Apache-2.0
# Searches for all pairs above a threshold, and for the neighbors of groups.

# Finds pairs by search(options, threshold, capacity, offsets, idxs, dists, record), which calls the library. If there is
# not enough room for the pairs, their number is in the last offset, and the search is repeated.
function search_pairs(search, index, num_queries, threshold; max_pairs = nothing, progress = nothing, statistics = false,
                      settings...)
    threshold = number(threshold, "threshold")
    0 <= threshold <= 1 || invalid("threshold is ", threshold, ", must be between 0 and 1")
    most = max_pairs === nothing ? typemax(Int64) : whole(max_pairs, "max_pairs", 0, typemax(Int64))
    flag(statistics, "statistics")
    offsets = Vector{Int64}(undef, num_queries + 1)
    room = min(max(2^20, 32 * num_queries), num_queries * index.n, most)
    while true
        idxs = Vector{Int64}(undef, room)
        dists = Vector{Float64}(undef, room)
        offsets[end] = 0
        others = (:progress, :statistics, :max_pairs)
        record, scale = run_search(index, progress, settings, others; fields = PAIRS_SETTINGS) do options, record
            status = search(options, threshold, room, offsets, idxs, dists, record)
            return offsets[end] > room ? STATUS_CODES[:ok] : status
        end
        needed = offsets[end]
        if needed <= room
            resize!(idxs, needed)
            resize!(dists, needed)
            idxs .+= 1
            offsets .+= 1
            statistics || return offsets, idxs, dists
            return offsets, idxs, dists, statistics_tuple(record, scale)
        end
        needed <= most || invalid("max_pairs is ", most, ", but there are ", needed, " pairs")
        room = needed
    end
end

"""
    neighbors_above(index, threshold; ...)
    neighbors_above(index, rows, threshold; ...)
    neighbors_above(index, queries, threshold; ...)
    neighbors_above(index, point, threshold; ...)
    neighbors_above(index, queries, query_factor, query_residual_variance, threshold; ...)
    neighbors_above(index, query_factor, query_residual_variance, threshold; ...)

Finds, for each query, all points of the index whose |ρ| with it is at least `threshold`, a number between 0 and 1. The
queries are as in [`knn`](@ref). Returns `offsets, idxs, dists`: the neighbors of query i are
`idxs[offsets[i]:offsets[i+1]-1]`, sorted by distance, ties by number, and their distances are in the same places of
`dists`.

The threshold is compared with ρ as the library computes it. Rounding can make the ρ of two points at the same place
slightly larger or smaller than 1. To find such pairs, use a threshold slightly below 1, such as `1 - 1e-12`. Rounding
errors are larger where the residual variance is small. The ρ of degenerate points is 0, so with `threshold` 0, the
absolute ranking finds all pairs.

- `max_pairs`: the largest number of pairs; default: no limit. More pairs are an error that tells their number. A pair takes
  up to 48 bytes during the call, and 16 in the result. The first search has room for 32 pairs of each query, and for 2^20
  at least; if there are more, it is repeated with as much room as is needed
- `ranking`: `:absolute`, or `:signed`: then ρ must be at least `threshold`
- `strategy`, `threads`, `progress` and `statistics`: as in [`knn`](@ref). In the statistics, `uninformative_queries` is 0

With all points as queries, the sparse matrix of |ρ| of all pairs above 0.5:

```julia
using SparseArrays
offsets, idxs, dists = neighbors_above(index, 0.5)
columns = [i for i in 1:index.n for _ in offsets[i]:offsets[i+1]-1]
S = sparse(idxs, columns, 1 .- dists .^ 2, index.n, index.n)
```
"""
function neighbors_above(index::ResidualIndex, rows, threshold; settings...)
    is_single_point(rows) && return pairs_of_new_points(index, point_of(index, rows), threshold; settings...)
    are_points(rows) && return pairs_of_new_points(index, rows, threshold; settings...)
    numbers = row_numbers(rows, index.n)
    return search_pairs(index, length(numbers), threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_neighbors_above, (index, numbers, length(numbers)), arguments...)
    end
end

function neighbors_above(index::ResidualIndex, threshold; settings...)
    return search_pairs(index, index.n, threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_neighbors_above, (index, C_NULL, index.n), arguments...)
    end
end

# The library takes the options before the threshold and the outputs.
call_above(search, queries, options, threshold, room, outputs...) = search(queries..., options, threshold, room, outputs...)

function point_of(index, point)
    require_inducing(index, "neighbors_above", "threshold")
    return point_like(point, "queries", index.coordinates)
end

function pairs_of_new_points(index, queries, threshold; settings...)
    require_inducing(index, "neighbors_above", "threshold")
    queries = points_like(queries, "queries", index.coordinates)
    num_queries = size(queries, 2)
    return search_pairs(index, num_queries, threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_neighbors_of_new_points_above, (index, queries, num_queries), arguments...)
    end
end

# `queries` is a dense matrix, or C_NULL with a covariance function.
function pairs_of_new_factor(index, queries, factor, residual_variance, threshold; settings...)
    factor, residual_variance = new_factor(index, factor, residual_variance, "neighbors_above", "threshold")
    num_queries = length(residual_variance)
    return search_pairs(index, num_queries, threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_neighbors_of_new_factor_above,
                   (index, factor, residual_variance, queries, num_queries), arguments...)
    end
end

function neighbors_above(index::ResidualIndex, queries, query_factor, query_residual_variance, threshold; settings...)
    index.source === :callback &&
        return neighbors_above(index, query_factor, query_residual_variance, threshold; settings...)
    queries = points_of_new_factor(index, queries, query_residual_variance)
    return pairs_of_new_factor(index, queries, query_factor, query_residual_variance, threshold; settings...)
end

function neighbors_above(index::ResidualIndex, query_factor, query_residual_variance, threshold; settings...)
    require_callback(index)
    return pairs_of_new_factor(index, C_NULL, query_factor, query_residual_variance, threshold; settings...)
end

"""
    predecessors_above(index, threshold; ...)
    predecessors_above(index, rows, threshold; ...)

Finds all predecessors whose |ρ| is at least `threshold`. With all points as queries, each pair is found once. The result
and the keywords are as in [`neighbors_above`](@ref).
"""
function predecessors_above(index::ResidualIndex, rows, threshold; settings...)
    are_points(rows) && invalid("rows is ", described(rows), ", must be a vector of column numbers: new points have no ",
                                "predecessors; use neighbors_above(index, queries, threshold) for their neighbors")
    numbers = row_numbers(rows, index.n)
    return search_pairs(index, length(numbers), threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_predecessors_above, (index, numbers, length(numbers)), arguments...)
    end
end

function predecessors_above(index::ResidualIndex, threshold; settings...)
    return search_pairs(index, index.n, threshold; settings...) do arguments...
        call_above(LibResidualKNN.residual_knn_predecessors_above, (index, C_NULL, index.n), arguments...)
    end
end

# The members of all groups one after the other, 0-based, and the offsets of the groups.
function group_arrays(groups, n)
    groups isa Union{AbstractVector,Tuple} && all(group -> group isa Union{AbstractVector,Tuple}, groups) ||
        invalid("groups is ", described(groups), ", must be a vector of groups, which are vectors of column numbers")
    offsets = Int64[0]
    members = Int64[]
    for (i, group) in enumerate(groups)
        append!(members, row_numbers(collect(group), n, "groups[$i]"))
        push!(offsets, length(members))
    end
    return offsets, members
end

function search_groups(search, index, groups, k; settings...)
    for name in (:candidate_lists, :conditional_variances, :start)
        given = get(settings, name, nothing)
        given === nothing || given === false || invalid(name, " is for single points, not for groups")
    end
    offsets, members = group_arrays(groups, index.n)
    return search_neighbors(index, length(groups), check_k(k, index.n); settings...) do options, idxs, dists, record
        search(index, offsets, length(groups), members, options, size(idxs, 1), idxs, dists, record)
    end
end

"""
    group_neighbors(index, groups, k; ...)

Finds the `k` nearest neighbors that the points of each group share, as a block Vecchia approximation needs them. `groups`
is a vector of groups, which are vectors of column numbers. A group must not be empty, and no point may be in two groups.
The distance of a point from a group is its distance from the nearest point of the group, so the neighbors have the
largest |ρ| with any point of the group. Points of a group are not its neighbors; points of other groups may be.

With `selection = :conditional`, the points of the set S that a group G shares are selected one after the other among the
candidates of all its points. The next one leaves the least log-determinant of the conditional covariance of the group,

    log det(R_GG - R_GS R_SS⁻¹ R_SG)

where R is the covariance of the residual process, with p on its diagonal. Ties go to the smaller number.

Returns `idxs, dists`, two k x (number of groups) matrices. `k` and the keywords are as in [`knn`](@ref), without
the ranking `:scaled_distance`, `candidate_lists`, `conditional_variances` and `start`; `candidates` is the number for each
point of a group. In the statistics, `queries` is the number of groups, and `uninformative_queries` is 0.

Conditioning sets for blocks of ten points that follow each other:

```julia
blocks = collect(Iterators.partition(1:index.n, 10))
idxs, dists = group_predecessors(index, blocks, 30; selection = :conditional)
```
"""
group_neighbors(index::ResidualIndex, groups, k = default_k(index.n); settings...) =
    search_groups(LibResidualKNN.residual_knn_group_neighbors, index, groups, k; settings...)

"""
    group_predecessors(index, groups, k; ...)

As [`group_neighbors`](@ref), among the points that precede all points of the group. A group with point 1 has none.
"""
group_predecessors(index::ResidualIndex, groups, k = default_k(index.n); settings...) =
    search_groups(LibResidualKNN.residual_knn_group_predecessors, index, groups, k; settings...)
