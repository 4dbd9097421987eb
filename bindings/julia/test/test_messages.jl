# SPDX-License-Identifier: Apache-2.0
# Every message of the library that can reach Julia counts points and coordinates from 1, as columns and rows of
# matrices, and names functions of this package.

@testset "messages of the library" begin
    model = random_model(55; n = 40, m = 5)
    points, inducing = model.points, model.inducing
    index = index_of(model)
    factor, p = residual_factor(index)
    own = ResidualIndex(points, factor, p; lengthscales = 0.2)
    block(rows, columns) = [i == 4 && j == 3 ? NaN : exp(-abs(i - j)) for i in rows, j in columns]
    called = ResidualIndex(block, factor, p)
    spoiled(x, place, value) = (x = copy(x); x[place...] = value; x)
    bad = spoiled(points, (2, 7), NaN)
    twins = inducing[:, [1, 2, 3, 2]]
    few = points[:, [1, 1, 2, 2, 3, 3]]
    for (call, message) in [
        (() -> ResidualIndex(bad; lengthscales = 1), "points: coordinate 2 of point 7 is NaN, must be finite"),
        (() -> ResidualIndex(Float32.(bad); lengthscales = 1), "points: coordinate 2 of point 7 is NaN, must be finite"),
        (() -> ResidualIndex(permutedims(bad)'; lengthscales = 1), "points: coordinate 2 of point 7 is NaN,"),
        (() -> ResidualIndex(collect(eachcol(bad)); lengthscales = 1), "points: coordinate 2 of point 7 is NaN,"),
        (() -> ResidualIndex(bad, factor, p; lengthscales = 1), "points: coordinate 2 of point 7 is NaN,"),
        (() -> ResidualIndex(points; lengthscales = 1, inducing = spoiled(inducing, (1, 5), -Inf)),
         "inducing: coordinate 1 of point 5 is -Inf,"),
        (() -> update!(index; inducing = spoiled(inducing, (1, 5), Inf)), "inducing: coordinate 1 of point 5 is Inf,"),
        (() -> update!(index; lengthscales = [1.0, -2.0]), "lengthscales[2] is -2.0,"),
        (() -> ResidualIndex(points; lengthscales = [1.0, NaN]), "lengthscales[2] is NaN,"),
        (() -> ResidualIndex(points; lengthscales = 1, inducing = twins, jitter = 0),
         "K(Z,Z) with relative jitter 0 is not positive definite at pivot 4;"),
        (() -> ResidualIndex(points, spoiled(factor, (5, 3), NaN), p; lengthscales = 1), "factor[5, 3] is NaN,"),
        (() -> ResidualIndex(block, spoiled(factor, (1, 40), 1e80), p), "factor[1, 40] is 1e+80, must be at most 1e70"),
        (() -> ResidualIndex(points, factor, spoiled(p, 9, -1), lengthscales = 1), "residual_variance[9] is -1,"),
        (() -> knn(index, bad, 3), "queries: coordinate 2 of point 7 is NaN,"),
        (() -> knn(index, (0.5, NaN), 3), "queries: coordinate 2 of point 1 is NaN,"),
        (() -> knn(own, bad, factor, p, 3), "queries: coordinate 2 of point 7 is NaN,"),
        (() -> knn(own, points, spoiled(factor, (2, 6), Inf), p, 3), "query_factor[2, 6] is Inf,"),
        (() -> knn(own, points, factor, spoiled(p, 6, NaN), 3), "query_residual_variance[6] is NaN,"),
        (() -> predecessors(called, [4], 3), "not finite for points 4 and 3"),
        (() -> choose_inducing(bad, 3; lengthscales = 1), "points: coordinate 2 of point 7 is NaN,"),
        (() -> order_points(bad; lengthscales = 1), "points: coordinate 2 of point 7 is NaN,"),
        (() -> choose_inducing(few, 4; lengthscales = 1), "m is 4, but the points have only 3 distinct locations"),
        (() -> ResidualIndex(few; lengthscales = 1, inducing = 4), "inducing is 4, but the points have only 3 distinct"),
        (() -> ResidualIndex(points; lengthscales = 1, nugget = NaN), "nugget is NaN,"),
        (() -> ResidualIndex(points; lengthscales = 1, variance = Inf), "variance is Inf,"),
        (() -> ResidualIndex(points; lengthscales = 1, threads = 1025), "threads is 1025, must be at most 1024"),
        (() -> knn(index, 3; threads = 1025), "threads is 1025, must be at most 1024"),
        (() -> knn(index, fill(Inf, 2, 1), 3), "queries: coordinate 1 of point 1 is Inf,"),
        # Found here, before the library is called.
        (() -> ResidualIndex([1.0 missing; 2.0 3.0]; lengthscales = 1), "points[1, 2] is missing, must be a number"),
        (() -> ResidualIndex([(1.0, 2.0), (3.0, missing)]; lengthscales = 1), "points[2][2] is missing, must be"),
        (() -> ResidualIndex([[1.0, 2.0], ["x", 4]]; lengthscales = 1), "points[2][1] is \"x\", must be a number"),
        (() -> ResidualIndex(Any[(1.0, 2.0), [1, 2], 3]; lengthscales = 1), "points[3] is 3, must be a vector or tuple"),
        (() -> knn(index, (1.0, missing), 3), "queries[2] is missing, must be a number"),
        (() -> knn(index, [41], 3), "rows[1] is 41, must be between 1 and 40"),
    ]
        failure = thrown(call)
        text = failure === nothing ? "nothing" : sprint(showerror, failure)
        @test occursin(message, text) && !occursin("residual_knn_", text) && !occursin(r"\brows? \d", text)
        occursin(message, text) || @info "not that" text message
    end
    # For every function of the library that fails.
    for name in names(LibResidualKNN; all = true)
        startswith(string(name), "residual_knn_") || continue
        @test ResidualKNN.julia_text("$name: coordinate 1 of row 2 is nan") == "coordinate 1 of point 2 is NaN"
    end
    large = ResidualIndex(rand(2, 15_000); lengthscales = 0.3, threads = 1)
    @test throws_text(() -> knn(large, 3; strategy = :brute_force, progress = (done, total) -> false), CancelledError,
                      "ResidualKNNError: the progress callback cancelled the call")
    @test same(knn(index, 3), knn(index_of(model), 3)) # nothing above has harmed it
end
