# SPDX-License-Identifier: Apache-2.0
# Residual covariances and blocks against the residual covariance of all points.

# Whether both results are right; the query with number j is the point with number own[j] in R.
function covariances_agree(answer, blocks, r, own, idxs)
    covariances, p = answer
    k = size(idxs, 1)
    size(covariances) == size(idxs) && size(blocks) == (k + 1, k + 1, length(own)) || return false
    p ≈ [r[i, i] for i in own] || return false
    for (j, i) in enumerate(own)
        expected = Matrix{Float64}(I, k + 1, k + 1)
        at = [1; findall(!=(0), idxs[:, j]) .+ 1]
        points = [i; filter(!=(0), idxs[:, j])]
        expected[at, at] = r[points, points]
        block = blocks[:, :, j]
        isapprox(block, expected; rtol = 1e-10) && block == block' || return false
        covariances[:, j] == block[2:end, 1] && p[j] == block[1, 1] || return false
    end
    return true
end

@testset "covariances of points of the index" begin
    model = random_model(150; n = 80)
    index = index_of(model)
    r = residual_covariance(model, index)
    found = predecessors(index, 6)
    @test covariances_agree(residual_covariances(index, found), covariance_blocks(index, found), r, 1:80, found[1])
    own, rows = [3 0 5; 0 0 80; 40 0 1], [9, 4, 2]
    for given in (own, Int32.(own), (own,))
        @test covariances_agree(residual_covariances(index, rows, given), covariance_blocks(index, rows, given), r, rows, own)
    end
    # The query itself, and a point more than once.
    covariances, p = residual_covariances(index, [4], reshape([4, 7, 7], 3, 1))
    @test covariances[1, 1] == p[1] && covariances[2, 1] == covariances[3, 1] ≈ r[4, 7]
    # No queries.
    @test size(residual_covariances(index, Int[], zeros(Int, 4, 0))[1]) == (4, 0)
    @test size(covariance_blocks(index, Int[], zeros(Int, 4, 0))) == (5, 5, 0)
    # Options.
    for compute in (residual_covariances, covariance_blocks)
        @test compute(index, found; threads = 1) == compute(index, found; threads = 2)
        @test_throws CancelledError compute(index, found; progress = (done, total) -> false)
        @test_throws ArgumentError compute(index, [9], reshape([81], 1, 1))
        @test_throws ArgumentError compute(index, found; jitter = 0.1)
    end
    error = try
        covariance_blocks(index, rows, [9 1 1; 3 3 3])
    catch caught
        caught
    end
    @test occursin("the query itself", sprint(showerror, error))
end

@testset "conditional variances from blocks" begin
    model = random_model(151; n = 50)
    index = index_of(model)
    found = predecessors(index, 4)
    blocks = covariance_blocks(index, found)
    variances = map(axes(blocks, 3)) do i
        c = blocks[2:end, 1, i]
        blocks[1, 1, i] - dot(c, blocks[2:end, 2:end, i] \ c)
    end
    @test variances ≈ vecchia_weights(index, found).variances
end

@testset "covariances of new points" begin
    model = random_model(152; n = 70)
    index = index_of(model)
    queries = rand(MersenneTwister(153), 2, 9)
    r = residual_covariance(model, index, queries)
    found = knn(index, queries, 5)
    new_points = 70 .+ (1:9)
    # V and p of the index, and of the caller, with and without a covariance function.
    factor, p = residual_factor(index)
    new_factor, new_p = factor_of(model, queries)
    own = ResidualIndex(model.points, factor, p; lengthscales = model.lengthscales, variance = model.variance)
    both = [model.points queries]
    called = ResidualIndex((i, j) -> covariances(model, both[:, i], both[:, j]), factor, p)
    for arguments in ((index, queries), (own, queries, new_factor, new_p), (called, new_factor, new_p),
                      (called, queries, new_factor, new_p))
        @test covariances_agree(residual_covariances(arguments..., found), covariance_blocks(arguments..., found), r,
                                new_points, found[1])
    end
    # A single point.
    point = queries[:, 2]
    for single in (point, Tuple(point)), set in (knn(index, point, 5), found[1][:, 2])
        covariances, variances = residual_covariances(index, single, set)
        all_covariances, all_variances = residual_covariances(index, queries, found)
        @test covariances == all_covariances[:, 2] && variances == all_variances[2:2]
        @test covariance_blocks(index, single, set) == covariance_blocks(index, queries, found)[:, :, 2]
    end
    @test throws_text(() -> covariance_blocks(index, point, 3), ArgumentError, "neighbors is 3, must be a vector")
    @test throws_text(() -> residual_covariances(own, point, found[1][:, 2]), UnsupportedError, "residual_covariances(index,")
    @test_throws UnsupportedError covariance_blocks(own, queries, found)
    @test_throws UnsupportedError residual_covariances(index, queries, new_factor, new_p, found)
end
