# SPDX-License-Identifier: Apache-2.0

"""
    choose_inducing(points, m; lengthscales, method = :kmeans, ...)

Chooses `m` inducing points for `points`, which are as in [`ResidualIndex`](@ref). The result is a d x m matrix. With
`lonlat` it is (d + 1) x m, because longitude and latitude become x, y and z; `ResidualIndex` and `update!` recognize
such points by their number of coordinates.

- `method`: `:kmeans` (default), k-means++ seeding and at most `max_iterations` (default 10) Lloyd steps, with
  coordinates divided by `lengthscales`; `:random_rows`, points drawn at random, all at different locations
- `seed`: an integer, default 1. The same seed gives the same answer on every machine. Julia's random generator is not
  used.
- `lengthscales`, `lonlat`, `threads`, `progress`: as in [`ResidualIndex`](@ref)
"""
function choose_inducing(points, m; lengthscales = nothing, method = :kmeans, lonlat = nothing, progress = nothing,
                         settings...)
    options = set!(LibResidualKNN.residual_knn_helper_options(), INDUCING_SETTINGS, settings,
                   (:lengthscales, :method, :lonlat, :progress))
    points, coordinates = own_points(points, lonlat)
    lengthscales = lengthscale_vector(lengthscales, coordinates, size(points, 2))
    m = whole(m, "m", 0, size(points, 2), ", the number of points")
    return chosen_inducing(points, m, lengthscales, code_of(INDUCING_METHODS, method, "method"), options, progress)
end

# Chooses inducing points for points that are already converted.
function chosen_inducing(points, m, lengthscales, code, options, progress)
    d, n = size(points)
    inducing = Matrix{Float64}(undef, d, m)
    run(options, progress) do options
        LibResidualKNN.residual_knn_choose_inducing(points, n, d, lengthscales, length(lengthscales), code, m,
                                                    options, inducing)
    end
    return inducing
end

"""
    order_points(points; lengthscales, ordering = :maximin, ...)

Orders the points for [`predecessors`](@ref). The result is a permutation of 1:n; use it as `points[:, order]`.

- `ordering`: `:maximin` (default), each point is the one farthest from all points before it; `:random`, a random
  permutation; `:given`, the present order
- `seed`: the seed of `:random`, an integer, default 1
- `lengthscales`, `lonlat`, `progress`: as in [`ResidualIndex`](@ref)

This function uses one thread.
"""
function order_points(points; lengthscales = nothing, ordering = :maximin, lonlat = nothing, progress = nothing,
                      settings...)
    options = set!(LibResidualKNN.residual_knn_helper_options(), ORDER_SETTINGS, settings,
                   (:lengthscales, :ordering, :lonlat, :progress))
    points, coordinates = own_points(points, lonlat)
    d, n = size(points)
    lengthscales = lengthscale_vector(lengthscales, coordinates, n)
    order = Vector{Int64}(undef, n)
    code = code_of(ORDERINGS, ordering, "ordering")
    run(options, progress) do options
        LibResidualKNN.residual_knn_order_points(points, n, d, lengthscales, length(lengthscales), code, options,
                                                 order)
    end
    return order .+= 1
end

"""
    residual_order(index; ...)

Orders the points of an index for [`predecessors`](@ref), by exact maximin in the residual distance √(1 - |ρ|). The first
point is the one with the largest residual variance. Each next point is the one whose distance from the nearest point
before it is largest. Ties go to the smaller column. Points whose computed distance from an earlier one is 0 come late,
and degenerate points come last, both in the order of the columns. Rounding can give two points at the same place a
distance of about 1e-8 instead of 0. Such points come late too, but not always in the order of the columns. The result
is a permutation of 1:n.

- `threads`, `progress`: as in [`knn`](@ref)

Inducing points do not depend on the order of the points, so the index of the ordered points can have the same:

```julia
index = ResidualIndex(points; lengthscales = 0.2, inducing = inducing)
points = points[:, residual_order(index)]
index = ResidualIndex(points; lengthscales = 0.2, inducing = inducing)
```
"""
function residual_order(index::ResidualIndex; progress = nothing, settings...)
    options = LibResidualKNN.residual_knn_helper_options()
    options.threads = index.options.threads
    set!(options, RESIDUAL_ORDER_SETTINGS, settings, (:progress,))
    order = Vector{Int64}(undef, index.n)
    run(options, progress) do options
        shared(index) do
            LibResidualKNN.residual_knn_index_order(index, options, order)
        end
    end
    return order .+= 1
end
