# SPDX-License-Identifier: Apache-2.0

@testset "errors" begin
    model = random_model(50)
    points, inducing, n = model.points, model.inducing, 300
    index = index_of(model)
    make(; settings...) = ResidualIndex(points; lengthscales = 0.2, settings...)

    # Not finite, anywhere.
    for bad in (NaN, Inf, -Inf)
        spoiled = copy(points)
        spoiled[2, 4] = bad
        @test throws_text(() -> ResidualIndex(spoiled; lengthscales = 1), ArgumentError,
                          "points: coordinate 2 of row 4 is $(lowercase(string(bad)))")
        @test throws_text(() -> knn(index, spoiled, 3), ArgumentError, "coordinate 2 of row 4")
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
        @test throws_text(() -> ResidualIndex(points, factor, p; lengthscales = 1), ArgumentError, "factor")
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

    # k: as NearestNeighbors.jl, but predecessors fill up.
    for k in (0, -1, n, 10^12)
        @test throws_text(() -> knn(index, k), ArgumentError, "k is $k, must be at")
        @test throws_text(() -> knn(index, [1, 2], k), ArgumentError, "k is $k, must be at")
    end
    @test throws_text(() -> knn(index, points, n + 1), ArgumentError, "at most 300, the number of candidates")
    @test all(>(0), knn(index, n - 1)[1])
    @test all(>(0), knn(index, points[:, 1:3], n)[1])
    @test throws_text(() -> predecessors(index, 0), ArgumentError, "k is 0")
    for k in (n + 1, 10^8, 10^12) # refused before it needs memory
        @test throws_text(() -> predecessors(index, k), ArgumentError,
                          "k is $k, must be at most 300, the number of points")
        @test throws_text(() -> predecessors(index, [3], k), ArgumentError, "k is $k, must be at most 300")
    end
    idxs, dists = predecessors(index, [3], n)
    @test sort(idxs[1:2]) == [1, 2] && all(==(0), idxs[3:end]) && all(==(Inf), dists[3:end])

    @test throws_text(() -> make(inducing = [inducing inducing], jitter = 0), NotPositiveDefiniteError, "pivot")
    @test NotPositiveDefiniteError <: ResidualKNNError <: Exception
    @test same(knn(index, 3), knn(index_of(model), 3)) # nothing above has harmed it
end
