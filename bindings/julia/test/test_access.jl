# SPDX-License-Identifier: Apache-2.0

@testset "no copies of the handle" begin
    model = random_model(110)
    index = index_of(model)
    expected = knn(index, 3)
    holder = (index = index, note = "a model of the user's")
    for f in (() -> deepcopy(index), () -> deepcopy(holder), () -> deepcopy([index]), () -> copy(index),
              () -> serialize(IOBuffer(), index), () -> serialize(IOBuffer(), holder))
        @test throws_text(f, ArgumentError, "cannot be copied or serialized")
    end
    @test index == index && hash(index) == hash(index) && index != index_of(model)
    @test holder == (index = index, note = holder.note) && length(Set([index, index])) == 1
    for name in (:n, :m, :d, :handle)
        @test throws_text(() -> setproperty!(index, name, 1), ArgumentError, "cannot be set")
    end
    @test propertynames(index) == (:n, :d, :m)
    @test same(knn(index, 3), expected)
end

@testset "in use by its own callback" begin
    points = rand(MersenneTwister(111), 2, 15_000)
    inducing = points[:, 1:50]
    index = ResidualIndex(points; lengthscales = 0.3, inducing = inducing, threads = 1)
    expected = knn(index, 1:100, 3)
    search(progress) = knn(index, 10; strategy = :brute_force, progress = progress)
    for act in (close, index -> update!(index; nugget = 0.5))
        @test throws_text(() -> search((done, total) -> act(index)), IndexInUseError, "in use")
        caught = Ref{Any}(nothing)
        search() do done, total
            caught[] = thrown(() -> act(index))
            return true
        end
        @test caught[] isa IndexInUseError
        @test same(knn(index, 1:100, 3), expected)
    end
    # finalize() must wait, so a garbage collection cannot free an index in use.
    search((done, total) -> (finalize(index); GC.gc(false); true))
    @test isopen(index) && same(knn(index, 1:100, 3), expected)
    finalize(index)
    @test !isopen(index)

    # During an update.
    index = ResidualIndex(points; lengthscales = 0.3, inducing = points[:, 1:400], threads = 1)
    for act in (index -> knn(index, [1], 2), index -> predecessors(index, 2), index_info, residual_factor, close, residual_order,
                index -> knn(index, points[:, 1:2], 2), index -> update!(index; nugget = 1.0))
        caught = Ref{Any}(nothing)
        shown = Ref("")
        update!(index; nugget = 0.1, progress = function (done, total)
            caught[] = thrown(() -> act(index))
            shown[] = repr(MIME("text/plain"), index)
            return true
        end)
        @test caught[] isa IndexInUseError
        @test occursin("being updated", shown[])
        @test repr(index) == "ResidualIndex(15000 points)"
    end
    @test same(knn(index, [5], 3), knn(ResidualIndex(points; lengthscales = 0.3, inducing = points[:, 1:400],
                                                     nugget = 0.1), [5], 3))

    # In a covariance function.
    behavior = Ref{Any}(nothing)
    called = ResidualIndex(zeros(0, 100), ones(100)) do rows, columns
        behavior[](called)
        return [i == j ? 1.0 : 1 / (1 + abs(i - j)) for i in rows, j in columns]
    end
    behavior[] = close
    @test thrown(() -> knn(called, 2)) isa IndexInUseError
    behavior[] = identity
    @test isopen(called) && knn(called, [50], 2)[1] == [49 51]'
end

@testset "in use by another task" begin
    points = rand(MersenneTwister(112), 2, 15_000)
    index = ResidualIndex(points; lengthscales = 0.3, inducing = points[:, 1:50], threads = 1)
    expected = predecessors(index, 10; strategy = :brute_force)
    # A callback that waits lets another task of the same thread run.
    started = Channel{Nothing}(1)
    over = Channel{Nothing}(1)
    waiting = Ref(true)
    searching = @async predecessors(index, 10; strategy = :brute_force, progress = function (done, total)
        if waiting[]
            waiting[] = false
            put!(started, nothing)
            take!(over)
        end
        return true
    end)
    take!(started)
    @test thrown(() -> close(index)) isa IndexInUseError
    @test thrown(() -> update!(index; nugget = 1.0)) isa IndexInUseError
    @test same(predecessors(index, [7], 10), (expected[1][:, 7:7], expected[2][:, 7:7])) # searching is fine
    put!(over, nothing)
    @test same(fetch(searching), expected)
    close(index)
    @test !isopen(index)
end

if Threads.nthreads() > 1
    @testset "closing and updating while other threads search" begin
        points = rand(MersenneTwister(114), 2, 3000)
        # Each search succeeds or throws the right exception.
        for round in 1:30
            shared = ResidualIndex(points; lengthscales = 0.3, inducing = points[:, 1:50], threads = 1)
            answer = knn(shared, 3)
            failures = Vector{Any}(nothing, 8)
            Threads.@threads for i in 1:8
                failures[i] = thrown() do
                    i == 4 && update!(shared; nugget = 0.0)
                    i == 8 && round % 2 == 0 && close(shared)
                    same(knn(shared, 3), answer) || error("a wrong answer")
                end
            end
            @test all(f -> f === nothing || f isa IndexInUseError ||
                           (f isa ArgumentError && occursin("closed", f.msg)), failures)
            close(shared)
        end
    end
else
    @warn "SKIPPED: closing and updating while other threads search: that needs JULIA_NUM_THREADS=2"
    @testset "closing and updating while other threads search" begin
        @test_skip Threads.nthreads() > 1
    end
end

@testset "closed after use" begin
    model = random_model(113)
    used = Ref{Any}(nothing)
    keep(index) = (used[] = index; knn(index, 3))
    expected = knn(index_of(model), 3)
    settings = (lengthscales = model.lengthscales, variance = model.variance)
    factor, p = residual_factor(index_of(model))
    answer = ResidualIndex(keep, model.points; settings..., inducing = model.inducing, nugget = model.nugget,
                           jitter = model.jitter)
    @test same(answer, expected) && !isopen(used[])
    @test same(ResidualIndex(keep, model.points, factor, p; settings...), expected) && !isopen(used[])
    block(rows, columns) = covariances(model, model.points[:, rows], model.points[:, columns])
    @test ResidualIndex(keep, block, factor, p)[1] == expected[1] && !isopen(used[])
    @test thrown(() -> ResidualIndex(index -> (used[] = index; throw(Boom())), model.points; lengthscales = 1)) isa Boom
    @test !isopen(used[])
    @test throws_text(() -> ResidualIndex(model.points, model.inducing; lengthscales = 1), ArgumentError, "keyword")
end
