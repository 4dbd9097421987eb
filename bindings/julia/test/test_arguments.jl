# SPDX-License-Identifier: Apache-2.0

@testset "arguments of every kind" begin
    model = random_model(120; n = 60, m = 5)
    points, inducing = model.points, model.inducing
    index = index_of(model)
    expected = knn(index, 3)
    fresh(x = points; settings...) = ResidualIndex(x; lengthscales = 0.3, inducing = inducing, settings...)
    plain = knn(fresh(), 3)

    # Valid arguments that give the same answer.
    for k in (Int32(3), 3.0, UInt8(3), big(3), 3 // 1)
        @test same(knn(index, k), expected)
        @test same(predecessors(index, k), predecessors(index, 3))
        @test same(knn(index, points, k), knn(index, points, 3))
    end
    for rows in (Any[5, 6], big.([5, 6]), UInt8[5, 6], 5:6, view([1, 5, 6], 2:3))
        @test same(knn(index, rows, 3), knn(index, [5, 6], 3))
        @test same(predecessors(index, rows, 3), predecessors(index, [5, 6], 3))
    end
    @test size(knn(index, [], 3)[1]) == (3, 0)
    for scales in ((0.3, 0.3), [0.3, 0.3], (0.3,), [0.3], Real[0.3, 3 // 10], range(0.3, 0.3, length = 2), 3 // 10)
        @test same(knn(fresh(lengthscales = scales), 3), plain)
        @test order_points(points; lengthscales = scales) == order_points(points; lengthscales = 0.3)
    end
    for list in ([points[:, i] for i in 1:60], collect(eachcol(points)), [Real[points[:, i]...] for i in 1:60])
        @test same(knn(fresh(list), 3), plain)
        @test same(knn(index, list, 3), knn(index, points, 3))
        @test choose_inducing(list, 4; lengthscales = 1) == choose_inducing(points, 4; lengthscales = 1)
    end
    @test same(knn(fresh(Matrix{Any}(points)), 3), plain)
    @test same(knn(fresh(Matrix{Union{Missing,Float64}}(points)), 3), plain)
    for (name, strategy) in (("matern52", "brute_force"), (:matern52, SubString("brute_force", 1)))
        @test same(knn(fresh(kernel = name), 3; strategy = strategy, ranking = "absolute"),
                   knn(fresh(kernel = :matern52), 3))
    end
    @test same(knn(fresh(nugget = 1 // 20, jitter = 1f0, threads = 2.0, variance = big(2), kernel = nothing), 3),
               knn(fresh(nugget = 0.05, jitter = 1.0, variance = 2), 3))
    @test choose_inducing(points, 4.0; lengthscales = 1, method = "kmeans", seed = Int8(3)) ==
          choose_inducing(points, 4; lengthscales = 1, seed = 3)

    # Wrong arguments, and what the message must contain.
    factor, p = residual_factor(index)
    own = ResidualIndex(points, factor, p; lengthscales = 0.2)
    for (call, parts) in [
        # keywords: the misspelled one, and the valid ones
        (() -> fresh(nuget = 1), ("nuget", "nugget", "lengthscales", "progress", "max_jitter")),
        (() -> ResidualIndex(points; lengthscale = 1), ("lengthscale;", "lengthscales")),
        (() -> ResidualIndex(points, factor, p; lengthscales = 1, nugget = 1), ("nugget", "factor_error", "kernel")),
        (() -> ResidualIndex(index -> 1, points; lengthscales = 1, nuget = 1), ("nuget", "nugget")),
        (() -> ResidualIndex((i, j) -> 1, factor, p; kernel = :matern12), ("kernel", "factor_error")),
        (() -> knn(index, 3; stategy = :brute_force), ("stategy", "strategy", "statistics", "ranking", "threads")),
        (() -> knn(index, [1], 3; stategy = 1), ("stategy", "strategy")),
        (() -> knn(index, points, 3; stategy = 1), ("stategy", "strategy")),
        (() -> predecessors(index, 3; strat = 1), ("strat;", "strategy")),
        (() -> update!(index; nuggets = 1), ("nuggets", "nugget,", "inducing")),
        (() -> choose_inducing(points, 3; lengthscales = 1, sead = 1), ("sead", "seed", "max_iterations", "method")),
        (() -> order_points(points; lengthscales = 1, order = 1), ("order;", "ordering", "seed")),
        (() -> order_points(points; lengthscales = 1, threads = 2), ("no keyword threads;", "ordering", "seed")),
        # names
        (() -> fresh(kernel = "wendland"), ("kernel", "\"wendland\"", ":matern32", ":squared_exponential")),
        (() -> fresh(kernel = :spherical), ("kernel", ":spherical", ":matern32", "?ResidualIndex")),
        (() -> fresh(kernel = 3), ("kernel", "3", ":matern32")),
        (() -> fresh(kernel = sin), ("kernel", "sin", ":matern32")),
        (() -> update!(index; kernel = "rational"), ("kernel", ":matern32")),
        (() -> knn(index, 3; strategy = "brute"), ("strategy", "\"brute\"", ":brute_force")),
        (() -> knn(index, 3; ranking = 1), ("ranking", "1", ":signed")),
        (() -> choose_inducing(points, 3; lengthscales = 1, method = 2), ("method", ":kmeans")),
        (() -> order_points(points; lengthscales = 1, ordering = "maxmin"), ("ordering", ":maximin")),
        # numbers
        (() -> fresh(nugget = "1"), ("nugget", "\"1\"", "number")),
        (() -> fresh(nugget = missing), ("nugget", "missing", "number")),
        (() -> fresh(nugget = 1im), ("nugget", "number")),
        (() -> fresh(variance = [1.0]), ("variance", "number")),
        (() -> fresh(jitter = true), ("jitter", "true", "number")),
        (() -> fresh(threads = 1.5), ("threads", "1.5", "whole")),
        (() -> fresh(threads = -1), ("threads", "-1", "at least 0")),
        (() -> fresh(threads = 2^40), ("threads", "$(2^40)", "at most")),
        (() -> knn(index, 3; threads = "2"), ("threads", "\"2\"", "whole")),
        (() -> knn(index, 3; statistics = 1), ("statistics", "1", "true or false")),
        (() -> choose_inducing(points, 3; lengthscales = 1, seed = -1), ("seed", "-1", "at least 0")),
        (() -> choose_inducing(points, 3; lengthscales = 1, seed = 1.5), ("seed", "1.5", "whole")),
        (() -> choose_inducing(points, 3; lengthscales = 1, max_iterations = -1), ("max_iterations", "-1")),
        (() -> choose_inducing(points, 3.5; lengthscales = 1), ("m ", "3.5", "whole")),
        (() -> choose_inducing(points, 61; lengthscales = 1), ("m ", "61", "at most 60")),
        (() -> choose_inducing(points, -1; lengthscales = 1), ("m ", "-1", "at least 0")),
        # k
        (() -> knn(index, 1.5), ("k ", "1.5", "whole")),
        (() -> knn(index, "3"), ("k ", "\"3\"", "whole")),
        (() -> knn(index, true), ("k ", "true", "whole")),
        (() -> knn(index, -3), ("k ", "-3", "at least 1")),
        (() -> knn(index, NaN), ("k ", "NaN", "whole")),
        (() -> knn(index, Inf), ("k ", "Inf", "whole")),
        (() -> knn(index, points, 0), ("k ", "0", "at least 1")),
        (() -> predecessors(index, 2.5), ("k ", "2.5", "whole")),
        (() -> predecessors(index, -1), ("k ", "-1", "at least 1")),
        # rows
        (() -> knn(index, 5, 3), ("rows", "5", "vector")),
        (() -> knn(index, :, 3), ("rows", "vector")),
        (() -> knn(index, [1, missing], 3), ("rows[2]", "missing")),
        (() -> knn(index, Any[1, true], 3), ("rows[2]", "true")),
        (() -> predecessors(index, points, 3), ("rows", "vector")),
        (() -> knn(index, trues(60), 3), ("rows", "findall")),
        (() -> predecessors(index, [0], 3), ("rows[1]", "0", "between 1 and 60")),
        (() -> predecessors(index, big.([61]), 3), ("rows[1]", "61", "between 1 and 60")),
        # points
        (() -> fresh(rand(5)), ("points", "matrix", "column")),
        (() -> fresh(1:5), ("points", "matrix", "column")),
        (() -> fresh(points * im), ("points[1, 1]", "number")),
        (() -> fresh([1.0 missing]), ("points[1, 2]", "missing")),
        (() -> fresh(["a" "b"]), ("points[1, 1]", "\"a\"")),
        (() -> fresh("points"), ("points", "matrix")),
        (() -> fresh(zeros(2, 0)), ("points", "2 x 0", "at least one")),
        (() -> fresh(zeros(0, 5)), ("points", "0 x 5", "at least one")),
        (() -> fresh(Vector{Float64}[]), ("points", "0 x 0")),
        (() -> order_points(zeros(2, 0); lengthscales = 1), ("points", "2 x 0")),
        (() -> knn(index, [missing 1.0]', 3), ("queries[1, 1]", "missing")),
        (() -> knn(index, fill(NaN, 2, 1), 3), ("queries: coordinate 1 of point 1 is NaN",)),
        (() -> fresh(inducing = rand(2)), ("inducing", "matrix")),
        (() -> fresh(inducing = 61), ("inducing is 61", "at most 60")),
        (() -> fresh(inducing = 2.5), ("inducing is 2.5", "whole")),
        (() -> fresh(inducing = -1), ("inducing is -1", "at least 0")),
        (() -> fresh(inducing = true), ("inducing is true", "whole")),
        (() -> fresh(seed = 2), ("seed is 2", "number of points")),
        (() -> fresh(inducing = 3, seed = -2), ("seed is -2", "at least 0")),
        (() -> update!(index; inducing = 61), ("inducing is 61", "at most 60")),
        (() -> update!(index; inducing = 0), ("inducing", "at least one")),
        (() -> update!(index; seed = 2), ("seed is 2", "number of points")),
        (() -> update!(index; inducing = zeros(2, 0)), ("inducing", "at least one")),
        # lengthscales
        (() -> fresh(lengthscales = [1 2]), ("lengthscales", "vector")),
        (() -> fresh(lengthscales = "1"), ("lengthscales", "\"1\"", "vector")),
        (() -> fresh(lengthscales = (1, "2")), ("lengthscales[2]", "\"2\"")),
        (() -> fresh(lengthscales = [1, missing]), ("lengthscales[2]", "missing")),
        (() -> fresh(lengthscales = true), ("lengthscales", "true")),
        (() -> fresh(lengthscales = -1), ("lengthscales[1] is -1.0", "positive")),
        (() -> fresh(lengthscales = (1, Inf)), ("lengthscales[2] is Inf", "positive")),
        # V and p
        (() -> ResidualIndex(points, 3, p; lengthscales = 1), ("factor", "3", "matrix")),
        (() -> ResidualIndex(points, factor, 1.0; lengthscales = 1), ("residual_variance", "1.0", "vector")),
        (() -> ResidualIndex("x", factor, p), ("first argument", "\"x\"", "matrix", "function")),
        (() -> ResidualIndex(sin, factor, p), ("first argument", "sin", "function")),
        (() -> ResidualIndex((i, j) -> 1, zeros(0, 0), Float64[]), ("residual_variance", "empty")),
        (() -> knn(own, points, "V", p, 3), ("query_factor", "\"V\"", "matrix")),
        (() -> knn(own, points, factor, fill(NaN, 60), 3), ("query_residual_variance[1] is NaN",)),
        # progress
        (() -> knn(index, 3; progress = 1), ("progress", "1", "function", "true")),
        (() -> knn(index, 3; progress = done -> true), ("progress", "function")),
        (() -> fresh(progress = "yes"), ("progress", "\"yes\"", "function")),
    ]
        failure = thrown(call)
        text = failure === nothing ? "nothing" : sprint(showerror, failure)
        @test failure isa ArgumentError && all(part -> occursin(part, text), parts)
        failure isa ArgumentError && all(part -> occursin(part, text), parts) || @info "not that" text parts
    end
    for (call, text) in [
        (() -> fresh(lengthscales = [1, 2, 3]), "lengthscales has 3 values, must have 1 or 2"),
        (() -> fresh(lengthscales = ()), "lengthscales has 0 values, must have 1 or 2"),
        (() -> update!(index; lengthscales = (1, 2, 3)), "lengthscales has 3 values"),
        (() -> order_points(points; lengthscales = (1, 2, 3)), "lengthscales has 3 values"),
        (() -> fresh(inducing = rand(3, 4)), "coordinates of inducing is 3, must be 2"),
        (() -> knn(index, rand(3, 2), 3), "coordinates of queries is 3, must be 2"),
        (() -> fresh([[1.0, 2.0], [1.0]]), "coordinates of points[2] is 1, must be 2"),
        (() -> ResidualIndex(points, factor, p[2:end]; lengthscales = 1), "columns of factor is 60, must be 59"),
        (() -> knn(own, points, factor[:, 2:end], p, 3), "columns of query_factor is 59, must be 60"),
        (() -> knn(own, points, factor, p[2:end], 3), "query_residual_variance is 59, must be 60"),
        (() -> knn(own, points, factor[2:end, :], p, 3), "rows of query_factor is 4, must be 5"),
        (() -> knn(own, points[:, 2:end], factor, p, 3), "query_residual_variance is 60, must be 59"),
        (() -> ResidualIndex(points, factor[:, 2:end], p; lengthscales = 1), "columns of factor is 59, must be 60"),
    ]
        @test throws_text(call, DimensionMismatch, text)
    end
    @test throws_text(() -> ResidualIndex(points), UndefKeywordError, "lengthscales")
    @test throws_text(() -> choose_inducing(points, 3), UndefKeywordError, "lengthscales")
    @test throws_text(() -> knn(own, points, 3), UnsupportedError, "knn(index, queries, query_factor")
    @test throws_text(() -> knn(index, points, factor, p, 3), UnsupportedError, "knn(index, queries, k)")
    @test same(knn(index, 3), expected) # nothing above has harmed it
end

@testset "a progress bar" begin
    points = rand(MersenneTwister(121), 3, 20_000)
    index = ResidualIndex(points; lengthscales = 0.1, threads = 1)
    expected = knn(index, 1:2000, 5; strategy = :brute_force)
    # The output of a search with this setting on stderr.
    function written(progress)
        return mktemp() do path, io
            redirect_stderr(io) do
                @test same(knn(index, 1:2000, 5; strategy = :brute_force, progress = progress), expected)
            end
            close(io)
            return read(path, String)
        end
    end
    bar = written(true)
    @test occursin(r"^(\r\[=* *\] +\d+ %)+\n$", bar) && endswith(bar, "100 %\n")
    @test written(false) == written(nothing) == ""
end
