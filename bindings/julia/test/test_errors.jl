# SPDX-License-Identifier: Apache-2.0

@testset "errors" begin
    model = random_model(50)
    points, inducing, n = model.points, model.inducing, 300
    index = index_of(model)
    make(; settings...) = ResidualIndex(points; lengthscales = 0.2, settings...)

    # Values that are not finite, in any argument.
    for bad in (NaN, Inf, -Inf)
        spoiled = copy(points)
        spoiled[2, 4] = bad
        @test throws_text(() -> ResidualIndex(spoiled; lengthscales = 1), ArgumentError,
                          "ArgumentError: points: coordinate 2 of point 4 is $bad, must be finite")
        @test throws_text(() -> knn(index, spoiled, 3), ArgumentError, "queries: coordinate 2 of point 4 is $bad")
        @test throws_text(() -> ResidualIndex(points; lengthscales = 1, inducing = spoiled), ArgumentError, "inducing")
        @test thrown(() -> choose_inducing(spoiled, 3; lengthscales = 1)) isa ArgumentError
        @test thrown(() -> order_points(spoiled; lengthscales = 1)) isa ArgumentError
        for name in (:variance, :nugget, :jitter)
            @test throws_text(() -> make(; NamedTuple{(name,)}((bad,))...), ArgumentError, string(name))
        end
        @test throws_text(() -> make(kernel = :matern, nu = bad), ArgumentError, "nu")
        @test throws_text(() -> make(kernel = :rational_quadratic, alpha = bad), ArgumentError, "alpha")
        @test throws_text(() -> ResidualIndex(points; lengthscales = [1, bad]), ArgumentError, "lengthscale")
        factor, p = residual_factor(index)
        factor[1, 2] = bad
        @test throws_text(() -> ResidualIndex(points, factor, p; lengthscales = 1), ArgumentError,
                          "ArgumentError: factor[1, 2] is $bad, must be finite")
        factor, p = residual_factor(index)
        p[3] = bad
        @test throws_text(() -> ResidualIndex(points, factor, p; lengthscales = 1), ArgumentError,
                          "residual_variance[3]")
    end

    # Out of range.
    @test throws_text(() -> make(nugget = -1), ArgumentError, "nugget is -1")
    @test throws_text(() -> make(kernel = :matern, nu = 51), ArgumentError, "at most 50")
    @test thrown(() -> ResidualIndex(points; lengthscales = 0)) isa ArgumentError
    @test thrown(() -> knn(index, 3; threads = 1025)) isa ArgumentError

    # k is at least 1; above the number of points it is reduced, with a warning.
    for k in (0, -1, -10^12)
        @test throws_text(() -> knn(index, k), ArgumentError, "k is $k, must be at least 1")
        @test throws_text(() -> knn(index, [1, 2], k), ArgumentError, "k is $k, must be at least 1")
        @test throws_text(() -> predecessors(index, k), ArgumentError, "k is $k, must be at least 1")
    end
    for search in (k -> knn(index, k), k -> knn(index, [1, 2], k), k -> knn(index, points[:, 1:3], k),
                   k -> knn(index, (0.5, 0.5), k), k -> predecessors(index, k), k -> predecessors(index, [3], k))
        expected = @test_logs search(n) # without a word
        @test size(expected[1], 1) == n
        for k in (n + 1, 10^8, 10^12, big(10)^30, 1.0e6)
            text = "k is $k, but there are only 300 points: k = 300 is used"
            @test same((@test_logs (:warn, text) search(k)), expected)
        end
    end
    alone = ResidualIndex(points[:, 1:1]; lengthscales = 0.2)
    @test same((@test_logs (:warn, "k is 2, but there is only 1 point: k = 1 is used") knn(alone, 2)), knn(alone, 1))
    @test all(>(0), knn(index, n - 1)[1]) && all(==(0), knn(index, n)[1][n, :]) && all(==(Inf), knn(index, n)[2][n, :])
    @test all(>(0), knn(index, points[:, 1:3], n)[1])
    idxs, dists = predecessors(index, [3], n)
    @test sort(idxs[1:2]) == [1, 2] && all(==(0), idxs[3:end]) && all(==(Inf), dists[3:end])
    # The default is 10, or n.
    @test_logs begin
        @test same(knn(index), knn(index, 10)) && same(predecessors(index), predecessors(index, 10))
        @test same(knn(index, [4, 2]), knn(index, [4, 2], 10))
        @test same(predecessors(index, 5:7), predecessors(index, 5:7, 10))
        @test same(knn(index, points[:, 1:3]), knn(index, points[:, 1:3], 10))
        @test same(knn(index, (0.5, 0.5)), knn(index, (0.5, 0.5), 10))
        @test size(knn(alone)[1]) == (1, 1) && size(predecessors(alone)[1]) == (1, 1)
    end

    @test throws_text(() -> make(inducing = [inducing inducing], jitter = 0), NotPositiveDefiniteError, "at pivot 13;")
    @test NotPositiveDefiniteError <: ResidualKNNError <: Exception
    @test same(knn(index, 3), knn(index_of(model), 3)) # nothing above has harmed it
end
