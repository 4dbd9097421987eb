# SPDX-License-Identifier: Apache-2.0

if Threads.nthreads() > 1
    @testset "several threads, one index" begin
        model = random_model(80; n = 3000, m = 40)
        index = index_of(model)
        expected_all = knn(index, 8)
        expected_predecessors = predecessors(index, 8)
        factor, p = residual_factor(index)
        callback = ResidualIndex(factor[:, 1:200], p[1:200]) do rows, columns
            covariances(model, model.points[:, rows], model.points[:, columns])
        end
        expected_callback = knn(callback, 8)
        fresh = index_of(model)
        rounds = 8 * Threads.nthreads()
        good = zeros(Bool, rounds)
        thread = zeros(Int, rounds)
        Threads.@threads for round in 1:rounds
            strategy = (:automatic, :dual_tree, :brute_force, :best_first)[round%4+1]
            wrong = thrown(() -> knn(index, fill(NaN, 2, 1), 3))
            thread[round] = Threads.threadid()
            good[round] = same(knn(fresh, 8; strategy = strategy, threads = 1), expected_all) &&
                          same(predecessors(index, 8; strategy = strategy, threads = 2), expected_predecessors) &&
                          same(knn(callback, 8), expected_callback) && wrong isa ArgumentError &&
                          thrown(() -> knn(callback, 8; progress = (done, total) -> throw(Boom()))) isa Boom
        end
        @test all(good)
        @test length(unique(thread)) > 1
    end

    # A thread in the library must not delay the garbage collection of another thread for long, and must not block it if
    # both need the same tree, which the first of them makes.
    @testset "garbage collection during searches" begin
        points = rand(MersenneTwister(81), 2, 60_000)
        inducing = choose_inducing(points, 50; lengthscales = 0.1)
        fresh = ResidualIndex(points; lengthscales = 0.1, inducing = inducing)
        collect_garbage(done, total) = (GC.gc(false); nothing)
        answers = Vector{Any}(undef, 4)
        Threads.@threads for i in 1:4
            progress = isodd(i) ? collect_garbage : nothing
            answers[i] = predecessors(fresh, 5; strategy = :dual_tree, threads = 1, progress = progress)
        end
        @test all(answer -> same(answer, answers[1]), answers)

        searching = Threads.Atomic{Bool}(true)
        waited = zeros(2)
        Threads.@threads for i in 1:2
            if i == 1
                waited[1] = @elapsed predecessors(fresh, 5; strategy = :brute_force, threads = 1)
                searching[] = false
            else
                while searching[]
                    waited[2] = max(waited[2], @elapsed(GC.gc(false)))
                end
            end
        end
        @test waited[2] < waited[1] / 2
    end
else
    @warn "SKIPPED: several threads on one index: that needs JULIA_NUM_THREADS=2"
    @testset "several threads, one index" begin
        @test_skip Threads.nthreads() > 1
    end
end
