# SPDX-License-Identifier: Apache-2.0
# Pairs above a threshold and neighbors of groups, against the definition.

# Whether the pairs are right; candidates(j) are the candidates of query j. Correlations within the tolerance of the
# threshold may be on either side.
function pairs_agree(answer, d, candidates, threshold; tolerance = TOLERANCE)
    offsets, idxs, dists = answer
    offsets[1] == 1 && offsets[end] == length(idxs) + 1 == length(dists) + 1 || return false
    for j in axes(d, 2)
        own = offsets[j]:offsets[j+1]-1
        found = idxs[own]
        allunique(found) && issorted(dists[own]) && all(in(candidates(j)), found) || return false
        isapprox(dists[own], d[found, j]; atol = 1e-7) || return false
        all(1 - d[i, j]^2 > threshold - tolerance for i in found) || return false
        all(i in found for i in candidates(j) if 1 - d[i, j]^2 > threshold + tolerance) || return false
    end
    return true
end

others(n) = j -> setdiff(1:n, j)
earlier(j) = 1:j-1

@testset "pairs above a threshold" begin
    n = 150
    model = random_model(150; n = n)
    index = index_of(model)
    d = distances(model, model.points)
    for threshold in (0.9, 0.3, 0.01)
        @test pairs_agree(neighbors_above(index, threshold), d, others(n), threshold)
        @test pairs_agree(predecessors_above(index, threshold), d, earlier, threshold)
    end
    rows = [150, 3, 3]
    @test pairs_agree(neighbors_above(index, rows, 0.2), d[:, rows], j -> others(n)(rows[j]), 0.2)
    @test pairs_agree(predecessors_above(index, rows, 0.2), d[:, rows], j -> earlier(rows[j]), 0.2)
    queries = rand(MersenneTwister(151), 2, 9)
    of_new = distances(model, queries)
    @test pairs_agree(neighbors_above(index, queries, 0.2), of_new, j -> 1:n, 0.2)
    single = neighbors_above(index, (queries[1, 1], queries[2, 1]), 0.2)
    @test pairs_agree(single, of_new[:, 1:1], j -> 1:n, 0.2)
    factor, p = residual_factor(index)
    new_factor, new_p = factor_of(model, queries)
    own = ResidualIndex(model.points, factor, p; lengthscales = model.lengthscales, variance = model.variance)
    @test pairs_agree(neighbors_above(own, queries, new_factor, new_p, 0.2), of_new, j -> 1:n, 0.2)
    all_points = [model.points queries]
    by_callback = ResidualIndex(factor, p) do rows, columns
        covariances(model, all_points[:, rows], all_points[:, columns])
    end
    @test pairs_agree(neighbors_above(by_callback, new_factor, new_p, 0.2), of_new, j -> 1:n, 0.2)
    # All pairs, none, and no queries.
    @test neighbors_above(index, 0)[1] == [1 + (n - 1) * j for j in 0:n]
    @test isempty(neighbors_above(index, 1)[2])
    @test neighbors_above(index, Int[], 0.5) == ([1], Int[], Float64[])
    signed = neighbors_above(index, 0.2; ranking = :signed, threads = 2, statistics = true)
    @test issubset(Set(signed[2]), 1:n) && signed[4].queries == n && signed[4].uninformative_queries == 0
end

@testset "the number of pairs is bounded, and the room grows as needed" begin
    model = random_model(152; n = 1200)
    index = index_of(model)
    total = length(predecessors_above(index, 0.5)[2])
    @test length(predecessors_above(index, 0.5; max_pairs = total)[2]) == total
    @test throws_text(() -> predecessors_above(index, 0.5; max_pairs = total - 1), ArgumentError,
                      "max_pairs is $(total - 1), but there are $total pairs")
    @test length(neighbors_above(index, 0)[2]) == 1200 * 1199 # more than the first room
    for wrong in (-1e-9, 1 + 1e-9, NaN, Inf, "0.5", nothing)
        @test thrown(() -> neighbors_above(index, wrong)) isa ArgumentError
        @test thrown(() -> predecessors_above(index, [1], wrong)) isa ArgumentError
    end
    @test throws_text(() -> predecessors_above(index, rand(2, 3), 0.5), ArgumentError, "new points have no")
    @test throws_text(() -> neighbors_above(index, 0.5; thread = 1), ArgumentError,
                      "the keywords are max_pairs, progress, ranking, statistics, strategy, threads")
    @test throws_text(() -> neighbors_above(index, 0.5; selection = :conditional), ArgumentError, "no keyword selection")
    @test throws_text(() -> predecessors_above(index, 0.5; ranking = :scaled_distance), ArgumentError,
                      "ranking is :scaled_distance, but")
end

@testset "points at the same place are found above a threshold near 1" begin
    points = rand(MersenneTwister(155), 2, 200)
    index = ResidualIndex([points points]; lengthscales = 0.5, inducing = 5)
    offsets, idxs = predecessors_above(index, 1 - 1e-12)
    @test diff(offsets) == [zeros(200); ones(200)] && idxs == 1:200
end

@testset "neighbors of groups" begin
    n = 150
    model = random_model(153; n = n)
    index = index_of(model)
    d = distances(model, model.points)
    members = randperm(MersenneTwister(154), n)[1:90]
    groups = [members[a:b] for (a, b) in ((1, 1), (2, 31), (32, 33), (34, 60), (61, 90))]
    for (search, before) in ((group_neighbors, false), (group_predecessors, true))
        idxs, dists = search(index, groups, 4)
        for (g, group) in enumerate(groups)
            pool = before ? (1:minimum(group)-1) : setdiff(1:n, group)
            nearest = sort([minimum(d[i, group]) for i in pool])
            nearest = [nearest; fill(Inf, 4)][1:4]
            @test all(isinf.(dists[:, g]) .== isinf.(nearest)) && (idxs[:, g] .== 0) == isinf.(nearest)
            @test all(abs(a - b) < TOLERANCE for (a, b) in zip(dists[:, g], nearest) if isfinite(b))
            @test isempty(intersect(idxs[:, g], group))
        end
    end
    @test same(group_neighbors(index, [[i] for i in 1:n], 3), knn(index, 3))
    @test same(group_predecessors(index, [(i,) for i in 1:n], 3), predecessors(index, 3))
    @test size(group_neighbors(index, Vector{Int}[], 3)[1]) == (3, 0)
    wrong(groups, text) = throws_text(() -> group_neighbors(index, groups, 3), ArgumentError, text)
    @test wrong([1, 2], "groups is") && wrong(nothing, "groups is") && wrong([[1], [151]], "groups[2][1] is 151")
    @test wrong([[1], Int[]], "groups[2] is empty")
    @test wrong([[4, 5], [6, 5]], "groups[2] has point 5, which is in group 1 already")
    @test wrong([[4, 4]], "which is in the group already")
    @test wrong([[4, missing]], "groups[1][2] is missing")
    for name in (:start, :candidate_lists, :conditional_variances), given in (missing, [1], true)
        @test throws_text(() -> group_neighbors(index, groups, 3; name => given), ArgumentError, "$name is for single points")
    end
    @test same(group_neighbors(index, groups, 3; start = nothing), group_neighbors(index, groups, 3))
end
