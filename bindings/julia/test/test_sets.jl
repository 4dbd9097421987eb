# SPDX-License-Identifier: Apache-2.0
# Conditional selection and candidate lists against dense algebra. residual_covariance() is in test_weights.jl.

conditional_variance(r, i, set) = r[i, i] - dot(r[i, set], r[set, set] \ r[set, i])

# Whether each selected point leaves the least variance that a candidate can leave, up to rounding. The query with number
# j is the point with number own[j] in R, and candidates[j] are its candidates.
function selection_agrees(answer, r, own, candidates)
    idxs, dists, variances = answer
    k = size(idxs, 1)
    size(dists) == size(variances) == (k, length(own)) || return false
    for (j, i) in enumerate(own)
        possible = unique(candidates[j])
        set = filter(!=(0), idxs[:, j])
        allunique(set) && set ⊆ possible && length(set) == min(k, length(possible)) || return false
        variance = r[i, i]
        for rank in 1:k
            if rank <= length(set)
                before = set[1:rank-1]
                variance = conditional_variance(r, i, set[1:rank])
                best = minimum(conditional_variance(r, i, [before; c]) for c in setdiff(possible, before))
                variance - best < 1e-10 || return false
                rho = r[i, set[rank]] / sqrt(r[i, i] * r[set[rank], set[rank]])
                isapprox(dists[rank, j], sqrt(1 - abs(rho)); atol = 1e-7) || return false
            else
                idxs[rank, j] == 0 && dists[rank, j] == Inf || return false
            end
            isapprox(variances[rank, j], variance; rtol = 1e-8) || return false
        end
    end
    return true
end

# The union of the nearest by residual correlation and by distance in lengthscales, `counts` of each.
function union_of_nearest(model, r, queries, own, allowed, counts)
    return map(eachindex(own)) do j
        i = own[j]
        rho = [abs(r[i, c]) / sqrt(r[c, c]) for c in allowed[j]]
        scaled = [norm((queries[:, j] - model.points[:, c]) ./ model.lengthscales) for c in allowed[j]]
        best(values, count) = allowed[j][sortperm(values)[1:min(count, end)]]
        return union(best(-rho, counts[1]), best(scaled, counts[2]))
    end
end

const CONDITIONAL = (selection = :conditional, conditional_variances = true)

@testset "sets from the nearest points of both kinds" begin
    model = random_model(160; n = 60)
    index = index_of(model)
    r = residual_covariance(model, index)
    others, earlier = [setdiff(1:60, i) for i in 1:60], [collect(1:i-1) for i in 1:60]
    for (given, counts) in [((), (8, 8)), ((candidates = 11,), (6, 5)), ((candidates = 5,), (4, 1)),
                            ((candidates = 4,), (4, 0)), ((candidates = (residual = 9,),), (9, 0)),
                            ((candidates = (scaled = 4, residual = 2),), (2, 4))]
        for (search, allowed) in ((knn, others), (predecessors, earlier))
            answer = search(index, 4; CONDITIONAL..., given..., statistics = true)
            candidates = union_of_nearest(model, r, model.points, 1:60, allowed, counts)
            @test selection_agrees(answer, r, 1:60, candidates)
            @test answer[4].candidates == sum(length, candidates)
        end
    end
    queries = rand(MersenneTwister(161), 2, 9)
    r = residual_covariance(model, index, queries)
    answer = knn(index, queries, 5; CONDITIONAL...)
    candidates = union_of_nearest(model, r, queries, 61:69, fill(collect(1:60), 9), (10, 10))
    @test selection_agrees(answer, r, 61:69, candidates)
    # A single point has vectors.
    one = knn(index, (queries[1, 3], queries[2, 3]), 5; CONDITIONAL..., statistics = true)
    @test one[1:3] == map(part -> part[:, 3], answer) && one[4].queries == 1
    # The weights have the last of the variances.
    @test vecchia_weights(index, queries, answer).variances ≈ answer[3][end, :]
    @test length(knn(index, queries, 5; selection = "conditional")) == 2
end

# Whether each point that a group shares leaves the least log-determinant that a point of `possible` can leave.
function group_set_agrees(idxs, dists, r, group, possible, allowed)
    set = filter(!=(0), idxs)
    allunique(set) && set ⊆ allowed && length(set) == min(length(idxs), length(allowed)) || return false
    all(dists[length(set)+1:end] .== Inf) || return false
    left(chosen) = logdet(Symmetric(r[group, group] - r[group, chosen] * (r[chosen, chosen] \ r[chosen, group])))
    for rank in eachindex(set)
        before = set[1:rank-1]
        left(set[1:rank]) - minimum(left([before; c]) for c in setdiff(possible, before)) < 1e-9 || return false
        rho = maximum(abs(r[i, set[rank]]) / sqrt(r[i, i] * r[set[rank], set[rank]]) for i in group)
        isapprox(dists[rank], sqrt(1 - rho); atol = 1e-7) || return false
    end
    return true
end

@testset "sets of groups" begin
    model = random_model(168; n = 60)
    index = index_of(model)
    r = residual_covariance(model, index)
    groups = [[40, 7, 22], [60], [31, 30], [1, 5], collect(45:59)]
    for (search, before) in ((group_neighbors, false), (group_predecessors, true))
        allowed = [before ? collect(1:minimum(group)-1) : setdiff(1:60, group) for group in groups]
        # With 60 of each kind, all points are candidates; otherwise at least the 8 nearest of each point.
        for (given, count) in ((NamedTuple(), 8), ((candidates = (residual = 60, scaled = 60),), 60))
            idxs, dists, statistics = search(index, groups, 4; selection = :conditional, statistics = true, given...)
            for (g, group) in enumerate(groups)
                of_points = union_of_nearest(model, r, model.points[:, group], group, fill(allowed[g], length(group)),
                                             (count, count))
                @test group_set_agrees(idxs[:, g], dists[:, g], r, group, reduce(union, of_points), allowed[g])
            end
            total = sum(length, allowed)
            @test count == 60 ? statistics.candidates == total : 0 < statistics.candidates <= total
        end
    end
    conditional = (selection = :conditional, candidates = 11)
    @test same(group_neighbors(index, [[i] for i in 1:60], 4; conditional...), knn(index, 4; conditional...))
    wrong(text; settings...) = throws_text(() -> group_neighbors(index, groups, 4; settings...), ArgumentError, text)
    @test wrong("candidates is for selection"; candidates = 9)
    @test wrong("must be at least k = 4"; selection = :conditional, candidates = 3)
    @test wrong("must be :absolute"; selection = :conditional, ranking = :signed)
    @test wrong("conditional_variances is for single points"; CONDITIONAL...)
    @test wrong("candidate_lists is for single points"; candidate_lists = groups)
    @test wrong("start is for single points"; start = zeros(Int, 4, 5))
end

@testset "sets from lists" begin
    model = random_model(162; n = 60)
    index = index_of(model)
    r = residual_covariance(model, index)
    rows = [60, 3, 17, 17, 1, 30]
    lists = [[5, 9, 9, 60, 22, 0, 41], [50, 1, 2], Int[], [0; 1:16], collect(2:60), Int[]]
    earlier = [setdiff(list, [0; row:60]) for (row, list) in zip(rows, lists)]
    others = [setdiff(list, [0, row]) for (row, list) in zip(rows, lists)]
    answer = predecessors(index, rows, 4; CONDITIONAL..., candidate_lists = lists)
    @test selection_agrees(answer, r, rows, earlier)
    answer = knn(index, rows, 4; CONDITIONAL..., candidate_lists = lists, statistics = true)
    @test selection_agrees(answer, r, rows, others) && answer[4].candidates == sum(length, others)
    # Other forms of the lists: a matrix with 0, tuples, other integers.
    matrix = zeros(Int, 59, 6)
    for (j, list) in enumerate(lists)
        matrix[1:length(list), j] = list
    end
    for form in (matrix, Int32.(matrix), (matrix, nothing), Tuple.(lists), [big.(list) for list in lists])
        again = knn(index, rows, 4; CONDITIONAL..., candidate_lists = form)
        @test isequal(again, answer[1:3])
    end
    # The nearest among lists, and among the answer of another search.
    d = distances(model, model.points[:, rows])
    @test agrees(knn(index, rows, 4; candidate_lists = lists), d, j -> others[j])
    twenty = predecessors(index, 20)
    @test same(predecessors(index, 20; candidate_lists = twenty), twenty)
    @test predecessors(index, 5; candidate_lists = twenty)[1] == twenty[1][1:5, :]
    # Lists without a candidate.
    for empty in (fill(Int[], length(rows)), zeros(Int, 0, length(rows)))
        @test all(iszero, knn(index, rows, 4; candidate_lists = empty)[1])
    end
    # No queries.
    for none in (Vector{Int}[], zeros(Int, 5, 0))
        answer = predecessors(index, Int[], 3; CONDITIONAL..., candidate_lists = none)
        @test all(part -> size(part) == (3, 0), answer)
    end
end

@testset "sets of other indexes" begin
    model = random_model(163; n = 60)
    factor, p = residual_factor(index_of(model))
    queries = rand(MersenneTwister(164), 2, 9)
    new_factor, new_p = factor_of(model, queries)
    both = [model.points queries]
    own = ResidualIndex(model.points, factor, p; lengthscales = model.lengthscales, variance = model.variance)
    called = ResidualIndex((i, j) -> covariances(model, both[:, i], both[:, j]), factor, p)
    r = residual_covariance(model, index_of(model), queries)
    earlier = [collect(1:i-1) for i in 1:60]
    candidates = union_of_nearest(model, r, model.points, 1:60, earlier, (12, 0))
    for given in ((), (candidates = 12,), (candidates = (residual = 12,),))
        @test selection_agrees(predecessors(called, 3; CONDITIONAL..., given...), r, 1:60, candidates)
    end
    @test selection_agrees(predecessors(own, 3; CONDITIONAL..., candidates = (residual = 12,)), r, 1:60, candidates)
    lists = [60:-1:50+i for i in 1:9]
    for answer in (knn(own, queries, new_factor, new_p, 3; CONDITIONAL..., candidate_lists = lists),
                   knn(called, new_factor, new_p, 3; CONDITIONAL..., candidate_lists = lists))
        @test selection_agrees(answer, r, 61:69, lists)
    end
    failing = ResidualIndex((i, j) -> throw(Boom()), factor, p)
    @test thrown(() -> predecessors(failing, 3; CONDITIONAL...)) isa Boom
    @test throws_text(() -> predecessors(called, 3; CONDITIONAL..., candidates = (residual = 3, scaled = 1)),
                      UnsupportedError, "candidates.scaled is 1, must be 0")
    # Without inducing points, all candidates are nearest in distance.
    plain = random_model(165; n = 60, m = 0)
    index = index_of(plain)
    r = residual_covariance(plain, index)
    others = [setdiff(1:60, i) for i in 1:60]
    candidates = union_of_nearest(plain, r, plain.points, 1:60, others, (0, 11))
    @test selection_agrees(knn(index, 4; CONDITIONAL..., candidates = 11), r, 1:60, candidates)
end

@testset "points that are not informative" begin
    points = rand(MersenneTwister(166), 2, 11)[:, [1:10; 1:10; 11]]
    index = ResidualIndex(points; lengthscales = 0.5)
    idxs, _, variances, statistics = predecessors(index, [21], 15; CONDITIONAL..., statistics = true)
    @test statistics.uninformative_picks == 5 && sort(idxs[1:10, 1]) == 1:10
    @test issorted(variances[:, 1]; rev = true)
end

@testset "candidates of a single point" begin
    model = random_model(169; n = 60)
    index = index_of(model)
    point = (0.4, 0.6)
    ten = knn(index, point, 10)
    expected = (ten[1][1:4], ten[2][1:4])
    for lists in (ten, knn(index, point, 10; statistics = true), ten[1], Int32.(ten[1]), UInt64[0; ten[1]], (ten[1],),
                  [ten[1]], reshape(ten[1], :, 1))
        @test same(knn(index, point, 4; candidate_lists = lists), expected)
    end
    @test knn(index, point, 4; candidate_lists = Int[])[1] == zeros(4)
    @test same(predecessors(index, [50], 4; candidate_lists = predecessors(index, [50], 9)), predecessors(index, [50], 4))
    @test throws_text(() -> knn(index, point, 4; candidate_lists = [3, 61]), ArgumentError, "candidate_lists[2, 1] is 61")
end

@testset "errors of selections" begin
    model = random_model(167; n = 60)
    index = index_of(model)
    lists = fill([1, 2, 3], 60)
    # Any: else the lists are converted to one type.
    changed(place, list) = Any[lists[1:place-1]; [list]; lists[place+1:60]]
    for (settings, T, text) in [
        ((selection = :greedy,), ArgumentError, "selection is :greedy, must be one of :conditional, :nearest"),
        ((selection = :conditional, ranking = :signed), ArgumentError, "ranking is :signed, must be :absolute"),
        ((candidates = 10,), ArgumentError, "candidates is for selection = :conditional only"),
        ((conditional_variances = true,), ArgumentError, "conditional_variances is for selection = :conditional only"),
        ((conditional_variances = 1,), ArgumentError, "conditional_variances is 1, must be true or false"),
        ((selection = :conditional, candidates = 3), ArgumentError, "candidates is 3, must be at least k = 4"),
        ((selection = :conditional, candidates = 7.5), ArgumentError, "candidates is 7.5, must be a whole number"),
        ((selection = :conditional, candidates = (residual = 3, scaled = 3)), ArgumentError, "must be at least k = 4"),
        ((selection = :conditional, candidates = (residual = -1, scaled = 9)), ArgumentError, "candidates.residual is -1"),
        ((selection = :conditional, candidates = (near = 9,)), ArgumentError, "must have residual and scaled"),
        ((selection = :conditional, candidates = 9, candidate_lists = lists), ArgumentError, "together"),
        ((candidate_lists = lists[2:end],), DimensionMismatch, "the number of candidate_lists is 59, must be 60"),
        ((candidate_lists = zeros(Int, 3, 2),), DimensionMismatch, "columns of candidate_lists is 2, must be 60"),
        ((candidate_lists = changed(3, [2, 61]),), ArgumentError,
         "candidate_lists[3][2] is 61, must be a number between 1 and 60, or 0 for no candidate"),
        ((candidate_lists = changed(60, [-1]),), ArgumentError, "candidate_lists[60][1] is -1"),
        ((candidate_lists = changed(2, [1.0]),), ArgumentError, "candidate_lists[2][1] is 1.0"),
        ((candidate_lists = Any[lists[1:59]; 7],), ArgumentError, "candidate_lists[60] is 7, must be a vector"),
        ((candidate_lists = fill(61, 2, 60),), ArgumentError, "candidate_lists[1, 1] is 61"),
        ((candidate_lists = (),), ArgumentError, "must be a vector of vectors of column numbers, a matrix with a column"),
        ((candidate_lists = Tuple(lists),), ArgumentError, "for lists in a tuple, use collect(candidate_lists)"),
        ((candidate_lists = neighbors_above(index, 0.9),), ArgumentError, "or the answer of knn or predecessors"),
        ((candidate_lists = [1, 2, 3],), DimensionMismatch, "the number of candidate_lists is 3, must be 60"),
        ((candidate_lists = "lists",), ArgumentError, "candidate_lists is \"lists\", must be a vector of vectors"),
        ((selection = :conditional, progress = (done, total) -> false), CancelledError, "cancelled"),
        ((selection = :conditional, candidat = 3), ArgumentError, "there is no keyword candidat; the keywords are cand"),
    ]
        failure = thrown(() -> predecessors(index, 4; settings...))
        shown = failure === nothing ? "nothing" : sprint(showerror, failure)
        @test failure isa T && occursin(text, shown)
        failure isa T && occursin(text, shown) || @info "not that" text shown
    end
end

@testset "sets with several threads" begin
    model = random_model(168; n = 2000)
    index = index_of(model)
    @test isequal(predecessors(index, 8; CONDITIONAL..., threads = 1), predecessors(index, 8; CONDITIONAL..., threads = 2))
end
