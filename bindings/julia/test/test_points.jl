# SPDX-License-Identifier: Apache-2.0

# A vector of fixed length, as in StaticArrays.jl and GeometryBasics.jl.
struct Place <: AbstractVector{Float64}
    east::Float64
    north::Float64
end
Base.size(::Place) = (2,)
Base.getindex(place::Place, i::Int) = i == 1 ? place.east : place.north

@testset "forms of points" begin
    model = random_model(130; n = 90, m = 6)
    points, inducing = model.points, model.inducing
    forms = (x -> [x[:, i] for i in axes(x, 2)], x -> collect(eachcol(x)), eachcol, x -> [Tuple(c) for c in eachcol(x)],
             x -> [Place(c...) for c in eachcol(x)], x -> Any[i % 2 == 0 ? Tuple(x[:, i]) : x[:, i] for i in axes(x, 2)],
             x -> Tuple{Real,Any}[(c[1], big(c[2])) for c in eachcol(x)], x -> (Tuple(c) for c in eachcol(x)),
             x -> PermutedDimsArray(permutedims(x), (2, 1)), x -> view([x; x], [1, 2], :),
             x -> reshape(reinterpret(Float64, [Place(c...) for c in eachcol(x)]), 2, :))
    make(x, z) = ResidualIndex(x; lengthscales = 0.3, inducing = z)
    index = make(points, inducing)
    factor, p = residual_factor(index)
    for form in forms
        other = make(form(points), form(inducing))
        @test same(knn(other, 4), knn(index, 4))
        @test same(knn(index, form(points[:, 3:9]), 4), knn(index, points[:, 3:9], 4))
        @test same(knn(ResidualIndex(form(points), factor, p; lengthscales = 0.3), 4), knn(index, 4))
        @test choose_inducing(form(points), 4; lengthscales = 1) == choose_inducing(points, 4; lengthscales = 1)
        @test order_points(form(points); lengthscales = 1) == order_points(points; lengthscales = 1)
        update!(other; inducing = form(points[:, 1:3]))
        @test other.m == 3
    end
    # Numbers of other types that are exact in Float64.
    whole = rand(MersenneTwister(131), 0:50, 2, 60)
    expected = knn(ResidualIndex(Float64.(whole); lengthscales = 9), 3)
    for T in (Int8, UInt16, Int32, BigInt, Float16, Float32, Rational{Int})
        other = T.(whole)
        for x in (other, permutedims(other)', view(vcat(other, other), 1:2, :), [Tuple(c) for c in eachcol(other)])
            @test same(knn(ResidualIndex(x; lengthscales = 9), 3), expected)
        end
    end
end

@testset "a single point" begin
    model = random_model(132; n = 90, m = 6)
    index = index_of(model)
    for k in (1, 5)
        idxs, dists = knn(index, reshape([0.25, 0.75], 2, 1), k)
        for point in ((0.25, 0.75), [0.25, 0.75], Place(0.25, 0.75), view([0.25, 0, 0.75], [1, 3]), (1 // 4, 0.75f0),
                      Any[0.25, 3 // 4], BigFloat[0.25, 0.75])
            @test knn(index, point, k) == (vec(idxs), vec(dists))
        end
    end
    idxs, dists, statistics = knn(index, (0.25, 0.75), 3; statistics = true, ranking = :signed)
    @test size(idxs) == size(dists) == (3,) && statistics.queries == 1
    # A vector of integers is column numbers; a tuple never is.
    @test same(knn(index, [1, 2], 3), knn(index, 1:2, 3)) && size(knn(index, [1, 2], 3)[1]) == (3, 2)
    @test knn(index, (1, 2), 3) == knn(index, [1.0, 2.0], 3)
    line = ResidualIndex(reshape(1.0:20, 1, :); lengthscales = 3)
    @test knn(line, (4.4,), 2)[1] == knn(line, [4.4], 2)[1] == [4, 5]
    for (point, text) in (((0.5,), "coordinates of queries is 1, must be 2"), ([0.1, 0.2, 0.3], "is 3, must be 2"),
                          ((), "is 0, must be 2"))
        @test throws_text(() -> knn(index, point, 3), DimensionMismatch, text)
    end
    @test throws_text(() -> knn(line, [4.4, 5.5], 2), DimensionMismatch, "one coordinate, use reshape(x, 1, :)")
    @test throws_text(() -> predecessors(index, (0.5, 0.5), 3), ArgumentError, "rows is")
    factor, p = residual_factor(index)
    own = ResidualIndex(model.points, factor, p; lengthscales = 0.3)
    @test throws_text(() -> knn(own, (0.5, 0.5), 3), UnsupportedError, "query_factor")
    # Elements that are not points are named.
    for (points, text) in (([[0.1, 0.2], missing], "queries[2] is missing, must be a vector or tuple"),
                           (Any[3, (0.1, 0.2)], "queries[1] is 3, must be a vector or tuple"),
                           (Any[(0.1, 0.2), (0.3, nothing)], "queries[2][2] is nothing, must be a number"))
        @test throws_text(() -> knn(index, points, 3), ArgumentError, text)
    end
    for (inducing, ending) in (((0.5, 0.5), "; for a single point, use [x]"), ("5", "or a vector of points"),
                               (missing, "or a vector of points"), (:kmeans, "or a vector of points"))
        failure = thrown(() -> ResidualIndex(model.points; lengthscales = 1, inducing = inducing))
        @test failure isa ArgumentError && endswith(failure.msg, ending)
    end
    @test ResidualIndex(model.points; lengthscales = 1, inducing = [(0.5, 0.5)]).m == 1
end

@testset "a point in each row" begin
    model = random_model(133; n = 90, m = 6)
    points, inducing = model.points, model.inducing
    index = index_of(model)
    text = "points has 90 coordinates and only 2 points; a point is a column here: did you mean permutedims(points)?"
    hint = (:warn, text)
    @test_logs hint ResidualIndex(permutedims(points); lengthscales = 1)
    @test_logs hint match_mode = :any ResidualIndex(points'; lengthscales = 1, inducing = 1)
    @test_logs hint choose_inducing(permutedims(points), 2; lengthscales = 1)
    @test_logs hint order_points(permutedims(points); lengthscales = 1)
    one = "points has 5 coordinates and only 1 point; a point is a column here: did you mean permutedims(points)?"
    @test_logs (:warn, one) order_points(rand(5, 1); lengthscales = 1)
    # A few points with many coordinates give no warning if that is plausible.
    for (d, n) in ((1, 1), (2, 1), (4, 1), (3, 2), (50, 50), (7, 90))
        @test_logs order_points(rand(d, n); lengthscales = 1)
    end
    mean(name) = "a point is a column here: did you mean permutedims($name)?"
    for (call, part) in [
        (() -> knn(index, rand(9, 2), 3), mean("queries")),
        (() -> knn(index, points', 3), mean("queries")),
        (() -> ResidualIndex(points; lengthscales = 1, inducing = inducing'), mean("inducing")),
        (() -> update!(index; inducing = permutedims(inducing)), mean("inducing")),
        (() -> Logging.with_logger(() -> ResidualIndex(points'; lengthscales = [1, 2]), Logging.NullLogger()), mean("points")),
        (() -> ResidualIndex(points, zeros(90, 6), ones(90); lengthscales = 1), "permutedims(factor)"),
        (() -> ResidualIndex((i, j) -> 1, zeros(90, 6), ones(90)), "permutedims(factor)"),
    ]
        @test throws_text(call, DimensionMismatch, part)
    end
    @test !throws_text(() -> knn(index, rand(9, 3), 3), DimensionMismatch, "did you mean")
end

@testset "no points" begin
    model = random_model(134; n = 50, m = 6)
    points = model.points
    index = index_of(model)
    plain = knn(ResidualIndex(points; lengthscales = 0.3), 4)
    for none in (zeros(2, 0), zeros(0, 0), Vector{Float64}[], Tuple{Float64,Float64}[], [], eachcol(zeros(2, 0)),
                 zeros(Int, 2, 0), view(points, :, 1:0), 0)
        none isa Int || none == [] || @test size.(knn(index, none, 4)) == ((4, 0), (4, 0))
        @test same(knn(ResidualIndex(points; lengthscales = 0.3, inducing = none), 4), plain)
        none isa Int || @test throws_text(() -> ResidualIndex(none; lengthscales = 1), ArgumentError, "at least one point")
        none isa Int || @test throws_text(() -> choose_inducing(none, 0; lengthscales = 1), ArgumentError, "at least one")
        none isa Int || @test throws_text(() -> order_points(none; lengthscales = 1), ArgumentError, "at least one point")
    end
    @test size.(knn(index, Int[], 4)) == size.(knn(index, [], 4)) == size.(predecessors(index, Int[], 4)) ==
          ((4, 0), (4, 0))
    @test size(choose_inducing(points, 0; lengthscales = 1)) == (2, 0)
    for wrong in (zeros(3, 0), zeros(5, 0))
        @test thrown(() -> knn(index, wrong, 4)) isa DimensionMismatch
        @test thrown(() -> ResidualIndex(points; lengthscales = 1, inducing = wrong)) isa DimensionMismatch
    end
    factor, p = residual_factor(index)
    own = ResidualIndex(points, factor, p; lengthscales = 0.3)
    @test size.(knn(own, zeros(2, 0), zeros(6, 0), Float64[], 4)) == ((4, 0), (4, 0))
end

@testset "a number of inducing points" begin
    points = rand(MersenneTwister(135), 2, 400)
    make(; settings...) = ResidualIndex(points; lengthscales = [0.2, 0.5], settings...)
    for (settings, seed) in (((), 1), ((seed = 7,), 7))
        chosen = choose_inducing(points, 25; lengthscales = [0.2, 0.5], seed = seed)
        @test isequal(residual_factor(make(; inducing = 25, settings...)), residual_factor(make(inducing = chosen)))
    end
    @test make(inducing = 25).m == make(inducing = 25.0).m == 25 && make(inducing = 0).m == 0
    @test isequal(residual_factor(make(inducing = 25, threads = 1)), residual_factor(make(inducing = 25)))
    @test ResidualIndex(index -> index.m, points; lengthscales = 0.2, inducing = 12) == 12
    reports = Ref(0)
    make(inducing = 25, progress = (done, total) -> (reports[] += 1; true))
    @test thrown(() -> ResidualIndex(rand(2, 100_000); lengthscales = 0.1, inducing = 300,
                                     progress = (done, total) -> throw(Boom()))) isa Boom
end
