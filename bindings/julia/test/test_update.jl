# SPDX-License-Identifier: Apache-2.0

@testset "new hyperparameters" begin
    model = random_model(100; n = 500, m = 20)
    points, inducing = model.points, model.inducing
    scales = copy(model.lengthscales)
    index = ResidualIndex(points; lengthscales = scales, inducing = inducing, kernel = :matern52, variance = 1.7,
                          nugget = 0.05, threads = 1)
    fill!(scales, NaN) # the index has its own
    knn(index, 3)
    fresh(; settings...) = ResidualIndex(points; settings...)
    agree(other) = same(knn(index, 6), knn(other, 6)) && same(predecessors(index, 6), predecessors(other, 6)) &&
                   isequal(residual_factor(index), residual_factor(other))

    # Omitted keywords keep their values.
    @test update!(index; nugget = 0.2) === index
    @test agree(fresh(lengthscales = model.lengthscales, inducing = inducing, kernel = :matern52, variance = 1.7,
                      nugget = 0.2))
    update!(index; lengthscales = 0.4, kernel = :rational_quadratic, alpha = 2.0)
    @test agree(fresh(lengthscales = 0.4, inducing = inducing, kernel = :rational_quadratic, alpha = 2.0,
                      variance = 1.7, nugget = 0.2))
    @test occursin("rational_quadratic", repr(MIME("text/plain"), index))
    fewer = inducing[:, 1:7]
    update!(index; inducing = fewer, kernel = :matern, nu = 2.0, variance = 3.0, jitter = 1e-6)
    expected = fresh(lengthscales = 0.4, inducing = fewer, kernel = :matern, nu = 2.0, variance = 3.0, nugget = 0.2,
                     jitter = 1e-6)
    @test agree(expected)
    @test index.m == 7 == index_info(index).m
    update!(index; inducing = 9, seed = 3)
    chosen = choose_inducing(points, 9; lengthscales = 0.4, seed = 3)
    @test agree(fresh(lengthscales = 0.4, inducing = chosen, kernel = :matern, nu = 2.0, variance = 3.0, nugget = 0.2,
                      jitter = 1e-6))
    update!(index; inducing = fewer)
    @test agree(expected)

    # An error leaves the index unchanged.
    for settings in ((nugget = NaN,), (lengthscales = [1.0, -1.0],), (kernel = :wendland,), (inducing = zeros(2, 0),))
        @test thrown(() -> update!(index; settings...)) isa ArgumentError
        @test agree(expected)
    end
    @test thrown(() -> update!(index; inducing = zeros(3, 2))) isa DimensionMismatch
    @test thrown(() -> update!(index; lengthscales = [1.0, 2.0, 3.0])) isa DimensionMismatch
    @test thrown(() -> update!(index; inducing = [fewer fewer], jitter = 0)) isa NotPositiveDefiniteError
    @test agree(expected)
    update!(index; nugget = 0.3) # with the jitter and inducing points from before the errors
    @test agree(fresh(lengthscales = 0.4, inducing = fewer, kernel = :matern, nu = 2.0, variance = 3.0,
                      nugget = 0.3, jitter = 1e-6))

    # Cancelled, then updated again.
    @test thrown(() -> update!(index; nugget = 0.4, progress = (done, total) -> throw(Boom()))) isa Boom
    update!(index; nugget = 0.3)
    @test agree(fresh(lengthscales = 0.4, inducing = fewer, kernel = :matern, nu = 2.0, variance = 3.0,
                      nugget = 0.3, jitter = 1e-6))

    factor, p = residual_factor(index)
    own = ResidualIndex(points, factor, p; lengthscales = 0.4)
    @test throws_text(() -> update!(own; nugget = 1.0), Exception, "made from V and p")
    callback = ResidualIndex((rows, columns) -> ones(length(rows), length(columns)), factor, p)
    @test throws_text(() -> update!(callback; nugget = 1.0), Exception, "made from V and p")
    close(index)
    @test throws_text(() -> update!(index; nugget = 0.1), ArgumentError, "closed")
end

@testset "an update that fails" begin
    points = rand(MersenneTwister(101), 2, 15_000)
    first_inducing, second_inducing = points[:, 1:300], points[:, 301:1000]
    index = ResidualIndex(points; lengthscales = 0.3, inducing = first_inducing, threads = 1)
    text() = repr(MIME("text/plain"), index)
    healthy = text()
    # Cancelled later and later, until it is empty.
    for stop in 1:50
        reports = Ref(0)
        progress(done, total) = (reports[] += 1; reports[] < stop)
        @test thrown(() -> update!(index; lengthscales = 0.2, inducing = second_inducing, progress = progress)) isa
              CancelledError
        thrown(() -> knn(index, [1], 2)) === nothing || break
        @test text() == healthy && index_info(index).m == index.m
    end
    for f in (() -> knn(index, [1], 2), () -> predecessors(index, 2), () -> knn(index, points[:, 1:1], 2),
              () -> residual_factor(index), () -> index_info(index))
        @test throws_text(f, ArgumentError, "index is empty because an update was cancelled or ran out of memory")
    end
    @test occursin("empty because an update failed; update! it again", text())
    @test repr(index) == "ResidualIndex(15000 points, empty)"
    @test index.m == 300
    update!(index; lengthscales = 0.25)
    @test text() == replace(healthy, "Lengthscale: 0.3;" => "Lengthscale: 0.25;") && index.m == index_info(index).m == 300
    @test same(predecessors(index, [15_000], 5),
               predecessors(ResidualIndex(points; lengthscales = 0.25, inducing = first_inducing), [15_000], 5))
end
