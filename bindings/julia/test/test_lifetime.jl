# SPDX-License-Identifier: Apache-2.0

@testset "closing" begin
    model = random_model(70)
    index = index_of(model)
    @test isopen(index)
    @test close(index) === nothing
    @test !isopen(index)
    @test close(index) === nothing
    for f in (() -> knn(index, 3), () -> predecessors(index, 3), () -> index_info(index), () -> residual_factor(index),
              () -> knn(index, model.points, 3))
        @test throws_text(f, ArgumentError, "closed")
    end
    finalize(index) # on a closed one, it has nothing to free
    @test !isopen(index)
end

# Bytes of memory in use by this process.
resident() = parse(Int, split(read("/proc/self/statm", String))[2]) * 4096

if isfile("/proc/self/statm")
    @testset "a thousand indexes" begin
        points = rand(MersenneTwister(71), 2, 2000) # with V about 1 MB each
        inducing = points[:, 1:50]
        function make_and_search()
            index = ResidualIndex(points; lengthscales = 0.1, inducing = inducing, threads = 1)
            knn(index, [100], 1; threads = 1) # no inducing point, about which there would be a warning
            return index
        end
        closed() = foreach(_ -> close(make_and_search()), 1:500)
        dropped() = for i in 1:500
            make_and_search()
            i % 20 == 0 && GC.gc()
        end
        for loop in (closed, dropped)
            loop()
            GC.gc()
            before = resident()
            loop()
            loop()
            GC.gc()
            @test resident() - before < 30_000_000
        end
    end

    @testset "dropped indexes" begin
        points = rand(MersenneTwister(72), 50, 100_000)
        make() = ResidualIndex(points; lengthscales = 1, threads = 1) # 82 MB
        close(make())
        GC.gc()
        before = resident()
        most = 0
        for i in 1:20
            make()
            most = max(most, resident() - before)
        end
        @test 80_000_000 < most < 600_000_000 # of 1.6 GB
        # Indexes in use do not cause repeated collections.
        held = [make() for i in 1:8]
        collections = Base.gc_num().full_sweep
        foreach(i -> close(make()), 1:20)
        @test Base.gc_num().full_sweep <= collections + 1
        before = ResidualKNN.OPEN_BYTES[]
        bytes = sum(index_info(index).bytes for index in held)
        foreach(close, held)
        foreach(finalize, held)
        @test ResidualKNN.OPEN_BYTES[] == before - bytes > -1
    end
else
    @warn "SKIPPED: growth of memory: there is no /proc/self/statm"
    @test_skip isfile("/proc/self/statm")
end
