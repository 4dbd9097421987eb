# SPDX-License-Identifier: Apache-2.0
# Weights against a dense solve with the residual covariance of the points of the index and of new points.

# The residual covariance of points with V and p. `covariance` is K of them.
function residual_covariance_of(covariance, factor, residual_variance)
    r = covariance - factor' * factor
    r[diagind(r)] = residual_variance
    return Symmetric(r)
end

# R of the points of the index, with its own V and p.
residual_covariance(model::Model, index) =
    residual_covariance_of(covariances(model, model.points, model.points), residual_factor(index)...)

# R of the points of the index and of the columns of `queries` after them.
function residual_covariance(model::Model, index, queries)
    factor, p = residual_factor(index)
    new_factor, new_p = factor_of(model, queries)
    points = [model.points queries]
    return residual_covariance_of(covariances(model, points, points), [factor new_factor], [p; new_p])
end

# Whether the result is right; the query with number j is the point with number own[j] in R.
function regression_agrees(w, r, own, idxs)
    size(w.weights) == size(idxs) && length(w.variances) == length(own) || return false
    for (j, i) in enumerate(own)
        places = findall(!=(0), idxs[:, j])
        set = idxs[places, j]
        b = r[set, set] \ r[set, i]
        w.weights[places, j] ≈ b || return false
        isapprox(w.variances[j], r[i, i] - dot(r[i, set], b); rtol = 1e-8) || return false
        all(iszero, w.weights[setdiff(axes(idxs, 1), places), j]) || return false
    end
    return w.log_determinant ≈ sum(log, w.variances)
end

same_weights(a, b) = isequal(a.weights, b.weights) && isequal(a.variances, b.variances) &&
                     isequal(a.log_determinant, b.log_determinant)

@testset "weights of points of the index" begin
    model = random_model(140; n = 80)
    index = index_of(model)
    n, r = 80, residual_covariance(model, index)
    answer = predecessors(index, 6)
    w = vecchia_weights(index, answer)
    @test regression_agrees(w, r, 1:n, answer[1]) && answer[1][1, 1] == 0
    @test (w.jittered_sets, w.first_jittered, w.degenerate_queries) == (0, -1, 0) && w.seconds >= 0
    rows = [80, 1, 17, 17, 2]
    for search in (knn, predecessors)
        found = search(index, rows, 6; statistics = true)
        @test regression_agrees(vecchia_weights(index, rows, found), r, rows, found[1])
    end
    # Sets of the caller, in any order and with free places anywhere.
    own = [3 0 5; 0 0 80; 40 0 1]
    for given in (own, Int32.(own), big.(own), permutedims(own)', Any[own...][reshape(1:9, 3, 3)], (own,))
        @test regression_agrees(vecchia_weights(index, [9, 4, 2], given), r, [9, 4, 2], own)
    end
    @test w.variances[1] == residual_factor(index)[2][1]
    # No queries.
    none = vecchia_weights(index, Int[], zeros(Int, 4, 0))
    @test size(none.weights) == (4, 0) && isempty(none.variances) && none.log_determinant == 0
    @test size(sparse(vecchia_triplets(none)...)) == (0, n)
    # Options.
    for threads in (1, 2)
        @test same_weights(vecchia_weights(index, answer; threads = threads), w)
    end
    @test same_weights(vecchia_weights(index, answer; jitter = 0.1), w) # no set needs it
    reports = Tuple{Int,Int}[]
    vecchia_weights(index, answer; progress = (done, total) -> push!(reports, (done, total)))
    @test all(report -> report[1] <= report[2] == n, reports)
    @test occursin("VecchiaWeights(80 queries, log-determinant ", repr(w)) && endswith(repr(w), ", 0 jittered sets)")
end

@testset "all predecessors" begin
    model = random_model(141; n = 60)
    index = index_of(model)
    n, r = 60, residual_covariance(model, index)
    w = vecchia_weights(index, predecessors(index, n - 1))
    @test w.log_determinant ≈ logdet(r) && sum(log, w.variances) ≈ logdet(r)
    B = sparse(vecchia_triplets(w)...)
    @test B isa SparseMatrixCSC && size(B) == (n, n) && istril(B) && nnz(B) == n * (n + 1) ÷ 2
    @test all(==(1), diag(B))
    @test B * r * B' ≈ Diagonal(w.variances)
    # The example of the help.
    y = randn(MersenneTwister(142), n)
    loglik = -(n * log(2π) + w.log_determinant + sum((B * y) .^ 2 ./ w.variances)) / 2
    @test loglik ≈ -(n * log(2π) + logdet(r) + dot(y, r \ y)) / 2
end

@testset "triplets of some points" begin
    model = random_model(143; n = 50)
    index = index_of(model)
    rows = [50, 3, 3]
    idxs, _ = predecessors(index, rows, 4)
    w = vecchia_weights(index, rows, idxs)
    I, J, V, num_rows, num_columns = vecchia_triplets(w)
    @test (num_rows, num_columns) == (3, 50) && length(I) == length(J) == length(V) == 3 + 4 + 2 + 2
    expected = zeros(3, 50)
    for (j, row) in enumerate(rows), place in 1:4
        expected[j, row] = 1
        idxs[place, j] == 0 || (expected[j, idxs[place, j]] = -w.weights[place, j])
    end
    @test sparse(I, J, V, num_rows, num_columns) == expected
end

@testset "weights of new points" begin
    model = random_model(144; n = 70)
    index = index_of(model)
    n, queries = 70, rand(MersenneTwister(145), 2, 9)
    r = residual_covariance(model, index, queries)
    found = knn(index, queries, 5)
    w = vecchia_weights(index, queries, found)
    @test regression_agrees(w, r, n+1:n+9, found[1])
    @test same_weights(vecchia_weights(index, collect(eachcol(queries)), found[1]), w)
    # Means from all points are those of simple kriging.
    y = randn(MersenneTwister(146), n)
    all_points = vecchia_weights(index, queries, knn(index, queries, n))
    B = sparse(vecchia_triplets(all_points)...)
    @test size(B) == (9, n + 9) && B[:, n+1:end] == I
    @test -B[:, 1:n] * y ≈ r[n+1:end, 1:n] * (r[1:n, 1:n] \ y)
    # A single point.
    one = vecchia_weights(index, (queries[1, 4], queries[2, 4]), knn(index, queries[:, 4], 5))
    @test one.weights isa Vector && one.weights == w.weights[:, 4] && one.variances == w.variances[4:4]
    @test sparse(vecchia_triplets(one)...)[1, found[1][:, 4]] == -w.weights[:, 4]
    # V and p of the caller, with and without a covariance function.
    factor, p = residual_factor(index)
    new_factor, new_p = factor_of(model, queries)
    own = ResidualIndex(model.points, factor, p; lengthscales = model.lengthscales, variance = model.variance)
    both = [model.points queries]
    called = ResidualIndex((i, j) -> covariances(model, both[:, i], both[:, j]), factor, p)
    @test regression_agrees(vecchia_weights(own, queries, new_factor, new_p, found), r, n+1:n+9, found[1])
    for forms in ((), (queries,)) # the coordinates are not used
        other = vecchia_weights(called, forms..., new_factor, new_p, found)
        @test regression_agrees(other, r, n+1:n+9, found[1])
    end
    rows = predecessors(index, 5)
    for other in (own, called)
        @test regression_agrees(vecchia_weights(other, rows), r, 1:n, rows[1])
    end
    failing = ResidualIndex((i, j) -> throw(Boom()), factor, p)
    @test thrown(() -> vecchia_weights(failing, rows)) isa Boom
end

@testset "weights of degenerate and repeated points" begin
    points = rand(MersenneTwister(147), 2, 20)
    index = ResidualIndex(points; lengthscales = 0.3, inducing = points[:, 4:4], jitter = 0)
    @test index_info(index).degenerate_points == 1
    w = vecchia_weights(index, [4, 6], [2 3; 3 4; 5 0])
    @test w.degenerate_queries == 1 && all(iszero, w.weights[:, 1])
    @test w.variances[1] == residual_factor(index)[2][4]
    @test w.weights[1, 2] != 0 && w.weights[2, 2] == 0

    points[:, 8] = points[:, 3]
    index = ResidualIndex(points; lengthscales = 0.3)
    rows, idxs = [5, 10, 8], [2 8 3; 4 3 0]
    for (call, text) in [
        (() -> vecchia_weights(index, rows, idxs),
         "query 2 (point 10) and its neighbors is not positive definite: point 3 is determined by the neighbors before it"),
        (() -> vecchia_weights(index, rows[3:3], idxs[:, 3:3]), "query 1 (point 8)"),
        (() -> vecchia_weights(index, points[:, [8]], reshape([3], 1, 1)), "query 1 and its neighbors"),
    ]
        @test throws_text(call, NotPositiveDefiniteError, text)
    end
    w = vecchia_weights(index, rows, idxs; jitter = 1e-6)
    @test (w.jittered_sets, w.first_jittered) == (2, 2) && isapprox(w.weights[1, 3], 1; atol = 1e-5)
end

@testset "errors of weights" begin
    model = random_model(148; n = 60, m = 5)
    points, index = model.points, index_of(model)
    factor, p = residual_factor(index)
    own = ResidualIndex(points, factor, p; lengthscales = 0.2)
    called = ResidualIndex((i, j) -> [exp(-abs(a - b)) for a in i, b in j], factor, p)
    good = [1 2; 3 4]
    for (call, T, text) in [
        (() -> vecchia_weights(index, [5, 6], [1 2; 3 61]), ArgumentError,
         "neighbors[2, 2] is 61, must be a number between 1 and 60, or 0"),
        (() -> vecchia_weights(index, [5, 6], [1 -1; 3 4]), ArgumentError, "neighbors[1, 2] is -1,"),
        (() -> vecchia_weights(index, [5, 6], [1 missing; 3 4]), ArgumentError, "neighbors[1, 2] is missing,"),
        (() -> vecchia_weights(index, [5, 6], [1.0 2.0; 3.0 4.0]), ArgumentError, "neighbors[1, 1] is 1.0,"),
        (() -> vecchia_weights(index, [5, 6], trues(2, 2)), ArgumentError, "neighbors[1, 1] is true,"),
        (() -> vecchia_weights(index, [5, 6], [1 2; 5 4]), ArgumentError,
         "ArgumentError: neighbors[2, 1] is 5, the query itself"),
        (() -> vecchia_weights(index, [5, 6], [1 4; 3 4]), ArgumentError,
         "neighbors[2, 2] is 4, which the query has already"),
        (() -> vecchia_weights(index, [5, 61], good), ArgumentError, "rows[2] is 61, must be between 1 and 60"),
        (() -> vecchia_weights(index, [5, 6], [1, 2]), ArgumentError, "neighbors is 2-element"),
        (() -> vecchia_weights(index, [5, 6], ()), ArgumentError, "neighbors is ()"),
        (() -> vecchia_weights(index, [5, 6], zeros(Int, 0, 2)), ArgumentError, "neighbors has 0 rows"),
        (() -> vecchia_weights(index, good), DimensionMismatch, "the number of columns of neighbors is 2, must be 60"),
        (() -> vecchia_weights(index, permutedims(predecessors(index, 3)[1])), DimensionMismatch,
         "did you mean permutedims(neighbors)?"),
        (() -> vecchia_weights(index, (0.5, 0.5), good), ArgumentError, "must be a vector of column numbers"),
        (() -> vecchia_weights(index, [5, 6], good; jitter = -1), ArgumentError, "jitter is -1"),
        (() -> vecchia_weights(index, [5, 6], good; jitter = NaN), ArgumentError, "jitter is NaN"),
        (() -> vecchia_weights(index, [5, 6], good; jitter = "1"), ArgumentError, "jitter is \"1\", must be a number"),
        (() -> vecchia_weights(index, [5, 6], good; threads = -1), ArgumentError, "threads is -1"),
        (() -> vecchia_weights(index, [5, 6], good; jiter = 1), ArgumentError,
         "no keyword jiter; the keywords are jitter, progress, threads"),
        (() -> vecchia_weights(index, [5, 6], good; progress = (done, total) -> false), CancelledError, "cancelled"),
        (() -> vecchia_weights(index, [5, 6], good; progress = (done, total) -> throw(Boom())), Boom, ""),
        (() -> vecchia_weights(own, points[:, 1:2], good), UnsupportedError,
         "vecchia_weights(index, queries, query_factor, query_residual_variance, neighbors)"),
        (() -> vecchia_weights(called, points[:, 1:2], good), UnsupportedError,
         "vecchia_weights(index, query_factor, query_residual_variance, neighbors)"),
        (() -> vecchia_weights(index, points[:, 1:2], factor[:, 1:2], p[1:2], good), UnsupportedError,
         "vecchia_weights(index, queries, neighbors)"),
        (() -> vecchia_weights(own, factor[:, 1:2], p[1:2], good), ArgumentError,
         "needs the coordinates of the new points"),
        (() -> vecchia_weights(own, points[:, 1:2], factor[1:3, 1:2], p[1:2], good), DimensionMismatch,
         "rows of query_factor is 3, must be 5"),
        (() -> vecchia_weights(own, points[:, 1:3], factor[:, 1:2], p[1:2], good), DimensionMismatch,
         "query_residual_variance is 2, must be 3"),
    ]
        failure = thrown(call)
        shown = failure === nothing ? "nothing" : sprint(showerror, failure)
        @test failure isa T && occursin(text, shown) && !occursin("residual_knn_", shown)
        failure isa T && occursin(text, shown) || @info "not that" text shown
    end
    closed = index_of(model)
    close(closed)
    @test throws_text(() -> vecchia_weights(closed, [5, 6], good), ArgumentError, "closed")
    close_inside = (done, total) -> (close(index); true)
    @test thrown(() -> vecchia_weights(index, [5, 6], good; progress = close_inside)) isa IndexInUseError
    @test vecchia_weights(index, [5, 6], good).jittered_sets == 0 # nothing above has harmed it
end
