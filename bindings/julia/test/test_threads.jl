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
        fresh = index_of(model) # trees are made by the first searches, here at once
        good = zeros(Int, Threads.nthreads())
        used = zeros(Bool, Threads.nthreads())
        Threads.@threads for round in 1:8*Threads.nthreads()
            thread = Threads.threadid()
            strategy = (:automatic, :dual_tree, :brute_force, :best_first)[round%4+1]
            wrong = thrown(() -> knn(index, fill(NaN, 2, 1), 3))
            right = same(knn(fresh, 8; strategy = strategy, threads = 1), expected_all) &&
                    same(predecessors(index, 8; strategy = strategy, threads = 2), expected_predecessors) &&
                    same(knn(callback, 8), expected_callback) && wrong isa ArgumentError &&
                    thrown(() -> knn(callback, 8; progress = (done, total) -> throw(Boom()))) in (nothing, Boom())
            GC.gc(false)
            good[thread] += right
            used[thread] = true
        end
        @test sum(good) == 8 * Threads.nthreads()
        @test count(used) > 1
    end
else
    @info "one Julia thread: the test of several threads on one index needs JULIA_NUM_THREADS=2"
end
