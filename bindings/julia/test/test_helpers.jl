# SPDX-License-Identifier: Apache-2.0

# The maximin ordering from its definition, with a given start.
function maximin(points, lengthscales, start)
    n = size(points, 2)
    order = [start]
    far = fill(Inf, n)
    for _ in 2:n
        for i in 1:n
            far[i] = min(far[i], norm((points[:, i] - points[:, order[end]]) ./ lengthscales))
        end
        far[order] .= -1
        push!(order, argmax(far))
    end
    return order
end

@testset "inducing points" begin
    points = rand(MersenneTwister(90), 3, 400)
    scales = [1.0, 0.5, 2.0]
    for method in (:kmeans, :random_rows)
        inducing = choose_inducing(points, 15; lengthscales = scales, method = method)
        @test size(inducing) == (3, 15) && all(0 .<= inducing .<= 1) && allunique(eachcol(inducing))
        @test inducing == choose_inducing(points, 15; lengthscales = scales, method = method, seed = 1)
        @test inducing != choose_inducing(points, 15; lengthscales = scales, method = method, seed = 2)
        Random.seed!(7)
        first_draw = rand()
        Random.seed!(7)
        choose_inducing(points, 15; lengthscales = scales, method = method)
        @test rand() == first_draw # Julia's generator is not touched
    end
    rows = choose_inducing(points, 15; lengthscales = scales, method = :random_rows)
    @test all(column -> column in eachcol(points), eachcol(rows))
    seeds = choose_inducing(points, 15; lengthscales = scales, max_iterations = 0)
    @test all(column -> column in eachcol(points), eachcol(seeds))
    # Lloyd steps reduce the distances to the centers.
    cost(centers) = sum(minimum(sum(abs2, (x - c) ./ scales) for c in eachcol(centers)) for x in eachcol(points))
    @test cost(choose_inducing(points, 15; lengthscales = scales)) < cost(seeds)
    @test size(choose_inducing(points, 0; lengthscales = 1)) == (3, 0)
end

@testset "orders" begin
    points = rand(MersenneTwister(91), 2, 150)
    scales = [1.0, 0.3]
    @test order_points(points; lengthscales = scales, ordering = :given) == 1:150
    order = order_points(points; lengthscales = scales)
    @test order == maximin(points, scales, order[1])
    shuffled = order_points(points; lengthscales = scales, ordering = :random)
    @test isperm(shuffled) && shuffled != 1:150
    @test shuffled == order_points(points; lengthscales = scales, ordering = :random, seed = 1)
    @test shuffled != order_points(points; lengthscales = scales, ordering = :random, seed = 2)
end

@testset "order by residual distance" begin
    points = rand(MersenneTwister(92), 2, 130)
    index = ResidualIndex(points; lengthscales = 0.4, inducing = points[:, 1:9])
    idxs, dists = Logging.with_logger(() -> knn(index, 129), Logging.NullLogger())
    distances = zeros(130, 130) # column i: distances of query i
    for i in 1:130, rank in 1:129
        distances[idxs[rank, i], i] = dists[rank, i]
    end
    p = residual_factor(index)[2]
    # The inducing points have a residual variance at the level of the jitter, but are not degenerate.
    @test index_info(index).degenerate_points == 0
    expected = [argmax(p)]
    nearest = distances[expected[1], :]
    while length(expected) < 130
        nearest[expected] .= -1
        push!(expected, argmax(nearest))
        nearest = min.(nearest, distances[expected[end], :])
    end
    @test residual_order(index) == expected
    @test residual_order(index; threads = 1) == expected
    @test residual_order(index; progress = (done, total) -> true) == expected
    ordered = ResidualIndex(points[:, expected]; lengthscales = 0.4, inducing = points[:, 1:9])
    @test residual_factor(ordered)[2] == p[expected]
    @test throws_text(() -> residual_order(index; seed = 1), ArgumentError, "no keyword seed")
    close(index)
    @test throws_text(() -> residual_order(index), ArgumentError, "closed")
end

@testset "the residual order has points at the same place late" begin
    points = rand(MersenneTwister(47), 2, 80)
    index = ResidualIndex([points points]; lengthscales = 0.5, inducing = points[:, 1:5] .+ 0.02)
    order = residual_order(index)
    place(i) = (i - 1) % 80 + 1
    @test sort(order) == 1:160
    @test allunique(place.(order[1:80])) && allunique(place.(order[81:160]))
end
