# SPDX-License-Identifier: Apache-2.0
# Each call logs a warning of the library once, in the terms of this package.

# The warnings of a call.
function warnings_of(f)
    logger = Test.TestLogger(min_level = Logging.Warn)
    Logging.with_logger(f, logger)
    return [record.message for record in logger.logs]
end

says(f, parts...) = (said = warnings_of(f); length(said) == 1 && all(part -> occursin(part, said[1]), parts))

@testset "warnings" begin
    points = rand(MersenneTwister(160), 2, 300)
    metres = 1000 .* points
    good = ResidualIndex(points; lengthscales = 0.3, inducing = 10)
    @test isempty(warnings_of(() -> (knn(good, 3); predecessors(good, 3); knn(good, (0.5, 0.5), 3);
                                     update!(good; lengthscales = 0.2))))

    # Units of the lengthscale, of new points; inducing points that are all points.
    index = ResidualIndex(metres; lengthscales = 0.01)
    hint = "are lengthscale and points in the same units"
    @test says(() -> knn(index, 3), "all 300 queries", hint)
    @test says(() -> predecessors(index, 3), " of 300 queries", hint)
    @test says(() -> knn(index, [4, 9], 3; statistics = true), "all 2 queries", hint)
    _, _, statistics = Logging.with_logger(() -> knn(index, 3; statistics = true), Logging.NullLogger())
    @test statistics.uninformative_queries == 300 && statistics.nearest_lengthscales > 100
    @test says(() -> knn(good, metres[:, 1:5], 3), "all 5 queries", "are both in the same units")
    @test says(() -> knn(good, (500.0, 500.0), 3), "the query has", "are both in the same units")
    whole = ResidualIndex(points; lengthscales = 0.3, inducing = points)
    @test says(() -> knn(whole, 3), "inducing points")
    update!(index; lengthscales = 300)
    @test isempty(warnings_of(() -> knn(index, 3)))

    # Values too coarse for the lengthscale are named with numbers from 1.
    for value in (1e20, -9.97e36)
        spoiled = copy(points)
        spoiled[2, 7] = value
        text = ("points: coordinate 2 of point 7 is ", "the only point with such a value, of 300")
        @test says(() -> ResidualIndex(spoiled; lengthscales = 0.3), text...)
        @test says(() -> ResidualIndex(collect(eachcol(spoiled)); lengthscales = 0.3), text...)
        index = Logging.with_logger(() -> ResidualIndex(spoiled; lengthscales = 0.3), Logging.NullLogger())
        @test isempty(warnings_of(() -> knn(index, [1, 2], 3)))
        # The other points have the same answers as without it.
        others = [1:6; 8:300]
        idxs, dists = knn(ResidualIndex(points[:, others]; lengthscales = 0.3), 3)
        found, distances = knn(index, others, 3)
        @test found == map(i -> others[i], idxs) && distances ≈ dists
        @test says(() -> update!(index; lengthscales = 0.2), text...)
        @test any(text -> occursin("queries: coordinate 2 of point 7 is ", text),
                  warnings_of(() -> knn(good, spoiled, 3)))
        @test says(() -> ResidualIndex(points; lengthscales = 0.3, inducing = spoiled[:, 5:8]),
                   "inducing: coordinate 2 of point 3 is ")
    end
    for text in warnings_of(() -> ResidualIndex([points fill(1e20, 2, 2)]; lengthscales = 0.3))
        @test occursin("coordinate 1 of point 301", text) && occursin("2 points have such values", text)
    end
    @test length(warnings_of(() -> ResidualIndex([points fill(1e20, 2, 2)]; lengthscales = 0.3))) == 1
end
