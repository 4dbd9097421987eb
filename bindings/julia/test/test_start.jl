# SPDX-License-Identifier: Apache-2.0

@testset "start" begin
    random = MersenneTwister(202)
    model = random_model(200; n = 900, m = 15)
    index = ResidualIndex(model.points; lengthscales = model.lengthscales, inducing = model.inducing, threads = 2)
    earlier = predecessors(index, 6)
    update!(index; lengthscales = 1.01 .* model.lengthscales)
    expected = predecessors(index, 6)
    for strategy in (:automatic, :brute_force, :dual_tree)
        @test same(predecessors(index, 6; start = earlier, strategy = strategy), expected)
    end
    @test same(predecessors(index, 6; start = rand(random, 0:900, 8, 900)), expected)
    @test same(predecessors(index, 6; start = rand(random, Int32(0):Int32(900), 2, 900)), expected)
    @test same(predecessors(index, 6; start = zeros(Int, 0, 900)), expected)
    @test same(predecessors(index, 6; start = nothing), expected)
    scaled = (ranking = :scaled_distance,)
    @test same(predecessors(index, 6; scaled..., start = earlier), predecessors(index, 6; scaled...))
    sets = predecessors(index, 3; selection = :conditional, start = earlier)
    @test same(sets, predecessors(index, 3; selection = :conditional))
    rows = [800, 7]
    @test same(knn(index, rows, 4; start = knn(index, rows, 5), ranking = :signed), knn(index, rows, 4; ranking = :signed))
    points = model.points[:, 1:30] .+ 0.01
    @test same(knn(index, points, 4; start = knn(index, points, 4)[1]), knn(index, points, 4))
    point = points[:, 1]
    @test same(knn(index, point, 4; start = knn(index, point, 4)), knn(index, point, 4))

    # The check of the numbers must not take memory for each of them: it would be slower than the search.
    many = rand(random, 1:10_000, 30, 10_000)
    lists = collect(eachcol(many))
    memory(f, x) = (f(x); @allocated f(x))
    @test memory(x -> ResidualKNN.neighbor_matrix(x, "start", 10_000, 10_000), (many, many)) < 1.2 * sizeof(many)
    @test memory(x -> ResidualKNN.candidate_arrays(x, 10_000, 10_000), many) < 1.2 * sizeof(many)
    @test memory(x -> ResidualKNN.candidate_arrays(x, 10_000, 10_000), lists) < 1.2 * sizeof(many)

    # The trees leave fewer candidates to score.
    large = index_of(random_model(201; n = 3000, m = 15))
    cold = predecessors(large, 6; strategy = :dual_tree, statistics = true)
    warm = predecessors(large, 6; strategy = :dual_tree, statistics = true, start = cold)
    @test warm[1:2] == cold[1:2] && warm[3].survivors < cold[3].survivors

    @test throws_text(() -> predecessors(index, 6; start = 3), ArgumentError, "start is 3, must be a matrix of column numbers")
    @test thrown(() -> predecessors(index, 6; start = zeros(Int, 3, 7))) isa DimensionMismatch
    wrong = zeros(Int, 2, 900)
    wrong[2, 5] = 901
    @test throws_text(() -> predecessors(index, 6; start = wrong), ArgumentError, "start[2, 5] is 901")
    wrong[2, 5] = -1
    @test throws_text(() -> predecessors(index, 6; start = wrong), ArgumentError, "start[2, 5] is -1")
    wrong = fill(1.5, 2, 900)
    @test throws_text(() -> predecessors(index, 6; start = wrong), ArgumentError, "start[1, 1] is 1.5")
    @test throws_text(() -> knn(index, rows, 2; start = [1 2; 3 4], candidate_lists = [[1], [2]]), ArgumentError,
                      "start must not be given")
end
