# SPDX-License-Identifier: Apache-2.0

@testset "the library" begin
    @test ResidualKNN.library().version >= v"0.1.0"
    @test !isempty(ResidualKNN.library().simd_target) && !isempty(ResidualKNN.library().blas)
    # The help has a line for every number of the statistics and for every kernel.
    help(name) = string(Base.Docs.doc(Base.Docs.Binding(ResidualKNN, name)))
    fields = filter(!=(:struct_size), fieldnames(LibResidualKNN.residual_knn_statistics))
    @test all(field -> occursin("- `$field`: ", help(:knn)) || occursin("; `$field`: ", help(:knn)) ||
                       occursin("* `$field`: ", help(:knn)), fields)
    @test all(kernel -> occursin("`:$kernel`: ", help(:ResidualIndex)), keys(ResidualKNN.KERNELS))
    @test all(kernel -> occursin("`:$kernel`", help(:ResidualIndex)), keys(ResidualKNN.FORMULAS))
    # The names made from the enums of the header are those of the library.
    for (name, code) in ResidualKNN.STRATEGIES
        @test unsafe_string(LibResidualKNN.residual_knn_strategy_name(code)) == string(name)
    end
    @test LibResidualKNN.residual_knn_strategy_name(Int32(length(ResidualKNN.STRATEGIES))) == C_NULL
    @test isempty(detect_ambiguities(ResidualKNN))
    @test all(name -> haskey(Docs.meta(ResidualKNN), Docs.Binding(ResidualKNN, name)), names(ResidualKNN))
    @test sort(collect(keys(ResidualKNN.ORDERINGS))) == [:given, :maximin, :random]
    @test sort(collect(keys(ResidualKNN.INDUCING_METHODS))) == [:kmeans, :random_rows]
end

@testset "documented defaults" begin
    options = LibResidualKNN.residual_knn_model_options()
    @test options.kernel == ResidualKNN.KERNELS[:matern32]
    @test (options.variance, options.nu, options.alpha) == (1, 1.5, 1)
    @test (options.nugget, options.jitter, options.max_jitter, options.threads) == (0, 1e-8, 0, 0)
    options = LibResidualKNN.residual_knn_search_options()
    @test options.strategy == ResidualKNN.STRATEGIES[:automatic] && options.ranking == ResidualKNN.RANKINGS[:absolute]
    options = LibResidualKNN.residual_knn_helper_options()
    @test (options.seed, options.max_iterations) == (1, 10)
end

@testset "strategies, threads and statistics" begin
    model = random_model(40; n = 2000, m = 30)
    index = index_of(model; threads = 1)
    expected = predecessors(index, 7)
    for strategy in keys(ResidualKNN.STRATEGIES), threads in (1, 2)
        idxs, dists, statistics = predecessors(index, 7; strategy = strategy, threads = threads, statistics = true)
        @test same((idxs, dists), expected)
        @test statistics.strategy == strategy ||
              (strategy == :automatic && haskey(ResidualKNN.STRATEGIES, statistics.strategy))
        @test statistics.queries == 2000 && statistics.pairs == 2000 * 1999 ÷ 2
        @test statistics.threads <= threads
        @test statistics.reason isa String && (strategy == :automatic || occursin("asked", statistics.reason))
        @test !haskey(statistics, :struct_size)
    end
    for strategy in keys(ResidualKNN.STRATEGIES)
        queries = rand(MersenneTwister(9), 2, 50)
        @test same(knn(index, queries, 7; strategy = strategy), knn(index, queries, 7; strategy = :brute_force))
    end
end

@testset "threads of the index" begin
    model = random_model(42; n = 3000, m = 30)
    factor, p = residual_factor(index_of(model))
    used(index; settings...) =
        predecessors(index, 5; strategy = :brute_force, statistics = true, settings...)[3].threads
    own = ResidualIndex(model.points, factor, p; lengthscales = model.lengthscales, threads = 3)
    for index in (index_of(model; threads = 3), own)
        @test used(index) == 3
        @test used(index; threads = 2) == 2
        @test knn(index, 5; strategy = :brute_force, statistics = true)[3].threads == 3
    end
    index = index_of(model; threads = 1)
    @test used(index) == 1
    @test used(index; threads = 0) == used(index_of(model)) # one for each processor
    update!(index; threads = 3)
    @test used(index) == 3
end

@testset "what an index holds" begin
    model = random_model(41)
    index = index_of(model)
    info = index_info(index)
    @test (info.n, info.d, info.m) == (300, 2, 12) == (index.n, index.d, index.m)
    @test info.jitter == 1e-8 && info.degenerate_points == 0 && info.bytes > 300 * 12 * 8
    @test length(info.residual_share) == 7 && issorted(info.residual_share)
    text = repr(MIME("text/plain"), index)
    @test text == "ResidualIndex\n  Number of points: 300\n  Dimensions: 2\n  Inducing points: 12\n" *
                  "  Metric: residual correlation, matern32\n" *
                  "  Lengthscales: $(join(model.lengthscales, ", ")); variance 1.7, nugget 0.05"
    @test repr(index) == "ResidualIndex(300 points)"
    close(index)
    @test repr(index) == "ResidualIndex(closed)" && repr(MIME("text/plain"), index) == "ResidualIndex (closed)"

    doubled = ResidualIndex(model.points; lengthscales = 0.2, inducing = [model.inducing model.inducing], jitter = 0,
                            max_jitter = 1e-6)
    @test index_info(doubled).jitter > 0
end
