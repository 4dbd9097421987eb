# SPDX-License-Identifier: Apache-2.0

@testset "definition" begin
    for (seed, (settings, correlation)) in enumerate([
        ((), matern32), # the default
        ((kernel = :matern12,), matern12),
        ((kernel = :matern32,), matern32),
        ((kernel = :matern52,), matern52),
        ((kernel = :squared_exponential,), squared_exponential),
        ((kernel = :matern, nu = 2.5), matern52),
        ((kernel = :rational_quadratic, alpha = 0.7), rational_quadratic(0.7)),
    ])
        model = random_model(seed; correlation = correlation)
        index = index_of(model; settings...)
        n = size(model.points, 2)
        d = distances(model, model.points)
        rows = [n, 1, 17, 17, 2]
        @test agrees(knn(index, 5), d, j -> setdiff(1:n, j))
        @test agrees(predecessors(index, 5), d, j -> 1:j-1)
        @test agrees(knn(index, rows, 5), d[:, rows], j -> setdiff(1:n, rows[j]))
        @test agrees(predecessors(index, rows, 5), d[:, rows], j -> 1:rows[j]-1)
        queries = rand(MersenneTwister(100 + seed), 2, 20)
        @test agrees(knn(index, queries, 5), distances(model, queries), j -> 1:n)
        @test agrees(knn(index, 5; ranking = :signed), distances(model, model.points; signed = true),
                     j -> setdiff(1:n, j))
        close(index)
    end
end

@testset "scaled distance" begin
    model = random_model(22)
    n = size(model.points, 2)
    scaled_distances(queries) = [norm((model.points[:, i] - queries[:, j]) ./ model.lengthscales)
                                 for i in 1:n, j in axes(queries, 2)]
    index = index_of(model)
    factor, residual_variance = residual_factor(index)
    given = ResidualIndex(model.points, factor, residual_variance; lengthscales = model.lengthscales,
                          variance = model.variance)
    for each in (index, given), strategy in (:automatic, :brute_force, :best_first)
        settings = (ranking = :scaled_distance, strategy = strategy)
        @test agrees(knn(each, 5; settings...), scaled_distances(model.points), j -> setdiff(1:n, j))
        @test agrees(predecessors(each, 5; settings...), scaled_distances(model.points), j -> 1:j-1)
    end
    queries = rand(MersenneTwister(6), 2, 15)
    @test agrees(knn(index, queries, 5; ranking = :scaled_distance), scaled_distances(queries), j -> 1:n)
    @test agrees(knn(given, queries, factor[:, 1:15], residual_variance[1:15], 5; ranking = :scaled_distance),
                 scaled_distances(queries), j -> 1:n)
    statistics = predecessors(index, 5; ranking = :scaled_distance, strategy = :best_first, statistics = true)[3]
    @test statistics.strategy == :best_first && statistics.uninformative_queries == 0
    called(rows, columns) = [Float64(i == j) for i in rows, j in columns]
    callback = ResidualIndex(called, factor, residual_variance)
    failure = thrown(() -> knn(callback, 5; ranking = :scaled_distance))
    @test failure isa UnsupportedError && occursin("no coordinates", failure.message)
    close(callback)
end

@testset "plain correlation" begin
    model = random_model(20; m = 0, nugget = 0.0)
    n = size(model.points, 2)
    index = ResidualIndex(model.points; lengthscales = model.lengthscales, variance = model.variance)
    @test index.m == 0
    @test agrees(knn(index, 4), distances(model, model.points), j -> setdiff(1:n, j))
end

@testset "V and p of the caller" begin
    model = random_model(21)
    n = size(model.points, 2)
    index = index_of(model)
    factor, residual_variance = residual_factor(index)
    expected = factor_of(model, model.points)
    @test factor ≈ expected[1] && residual_variance ≈ expected[2]

    own = ResidualIndex(model.points, factor, residual_variance; lengthscales = model.lengthscales,
                        variance = model.variance)
    promised = ResidualIndex(model.points, factor, residual_variance; lengthscales = model.lengthscales,
                             variance = model.variance, factor_error = 1e-9)
    for other in (own, promised)
        @test same(knn(other, 6), knn(index, 6))
        @test same(predecessors(other, 6), predecessors(index, 6))
        @test isequal(residual_factor(other), (factor, residual_variance))
    end
    queries = rand(MersenneTwister(5), 2, 15)
    v, p = factor_of(model, queries)
    @test agrees(knn(own, queries, v, p, 6), distances(model, queries), j -> 1:n)
    @test thrown(() -> knn(own, queries, 6)) isa UnsupportedError
    @test thrown(() -> knn(index, queries, v, p, 6)) isa UnsupportedError
    @test thrown(() -> knn(own, v, p, 6)) isa ArgumentError
end
