# SPDX-License-Identifier: Apache-2.0

# The answer of search(sink), put together, with the sizes of its batches and the result.
function collected(search, num_queries, k)
    idxs = fill(-1, k, num_queries)
    dists = fill(-1.0, k, num_queries)
    variances = fill(-1.0, k, num_queries)
    sizes = Int[]
    result = search() do queries, i, d, v...
        @assert all(idxs[:, queries] .== -1)
        idxs[:, queries] = i
        dists[:, queries] = d
        isempty(v) || (variances[:, queries] = v[1])
        push!(sizes, length(queries))
    end
    return idxs, dists, variances, sizes, result
end

@testset "sink" begin
    model = random_model(210; n = 700, m = 15)
    index = index_of(model)
    n = 700
    expected = predecessors(index, 6)
    for order in (:query, :space), most in (nothing, 1, 7, n, n + 1)
        got = collected(n, 6) do sink
            predecessors(index, 6; sink = sink, sink_queries = most, sink_order = order)
        end
        @test same(got, expected)
        most === nothing || @test all(==(min(most, n)), got[4][1:end-1])
        @test got[5].queries == n && got[5].pairs == n * (n - 1) ÷ 2
    end
    # The form with a do block.
    total = Ref(0)
    statistics = predecessors(index, 6; sink_queries = 100) do queries, idxs, dists
        total[] += length(queries)
        nothing
    end
    @test total[] == n && statistics.queries == n
    for ranking in (:signed, :scaled_distance)
        @test same(collected(sink -> knn(sink, index, 4; ranking = ranking), n, 4), knn(index, 4; ranking = ranking))
    end
    rows = [600, 7, 8]
    @test same(collected(sink -> knn(sink, index, rows, 4; sink_queries = 2), 3, 4), knn(index, rows, 4))
    points = model.points[:, 1:30] .+ 0.01
    @test same(collected(sink -> knn(sink, index, points, 4; sink_queries = 8), 30, 4), knn(index, points, 4))
    got = collected(sink -> predecessors(sink, index, 3; selection = :conditional, sink_queries = 50), n, 3)
    sets = predecessors(index, 3; selection = :conditional, conditional_variances = true)
    @test same(got, sets) && got[3] == sets[3]
    lists = [rand(MersenneTwister(i), 1:n, 5) for i in 1:n]
    @test same(collected(sink -> knn(sink, index, 3; candidate_lists = lists, sink_queries = 90), n, 3),
               knn(index, 3; candidate_lists = lists))
    # Distances have the units of the caller.
    foreign = ResidualIndex(model.points; lengthscales = 0.2, kernel = :matern15_isotropic, threads = 2)
    @test same(collected(sink -> knn(sink, foreign, 2; ranking = :scaled_distance), n, 2),
               knn(foreign, 2; ranking = :scaled_distance))
end

@testset "a sink ends the search" begin
    index = index_of(random_model(211; n = 300, m = 10))
    for last in (1, 3)
        calls = Ref(0)
        @test thrown(() -> knn((x...) -> (calls[] += 1) < last, index, 3; sink_queries = 50)) isa CancelledError
        @test calls[] == last
    end
    @test thrown(() -> knn((x...) -> throw(Boom()), index, 3)) isa Boom
    # A search within, and an update, which is refused.
    expected = knn(index, 3)
    fine = Ref(true)
    knn(index, 3; sink_queries = 100) do x...
        fine[] &= same(knn(index, 3), expected)
        fine[] &= thrown(() -> update!(index; lengthscales = 1.0)) isa IndexInUseError
    end
    @test fine[]
    @test same(knn(index, 3), expected)
    sink(x...) = nothing
    @test throws_text(() -> knn(sink, index, 3; sink_queries = 0), ArgumentError, "sink_queries is 0")
    @test throws_text(() -> knn(sink, index, 3; sink_order = :x), ArgumentError, "sink_order")
    @test throws_text(() -> knn(index, 3; sink_queries = 3), ArgumentError, "there is no keyword sink_queries")
    @test throws_text(() -> knn(sink, index, 3; conditional_variances = true), ArgumentError, "with a sink")
end
