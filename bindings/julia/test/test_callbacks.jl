# SPDX-License-Identifier: Apache-2.0

@testset "covariance function" begin
    model = random_model(60)
    n = 300
    factor, p = residual_factor(index_of(model))
    queries = rand(MersenneTwister(3), 2, 10)
    everything = [model.points queries] # numbers from n + 1 on are new points
    thread = Threads.threadid()
    foreign = Ref(false)
    index = ResidualIndex(factor, p) do rows, columns
        foreign[] |= Threads.threadid() != thread
        all(in(1:n+10), rows) && all(in(1:n), columns) || error("numbers out of range")
        covariances(model, everything[:, rows], everything[:, columns])
    end
    d = distances(model, model.points)
    @test agrees(knn(index, 5), d, j -> setdiff(1:n, j))
    @test agrees(predecessors(index, 5), d, j -> 1:j-1)
    v, q = factor_of(model, queries)
    @test agrees(knn(index, v, q, 5), distances(model, queries), j -> 1:n)
    @test !foreign[]
    @test thrown(() -> knn(index, queries, 5)) isa UnsupportedError
    @test repr(MIME("text/plain"), index) ==
          "ResidualIndex\n  Number of points: 300\n  Inducing points: 12\n" *
          "  Metric: residual correlation, a covariance function"

    # Not symmetric in rows and columns, to detect a transposed block.
    lopsided = ResidualIndex(zeros(0, 40), fill(1.0, 40)) do rows, columns
        [i == j ? 1.0 : i == 1 ? j / 100 : 1e-3 for i in rows, j in columns]
    end
    idxs, dists = knn(lopsided, [1], 3)
    @test idxs[:, 1] == [40, 39, 38] && dists[:, 1] ≈ sqrt.(1 .- [0.40, 0.39, 0.38])
end

@testset "failures of a covariance function" begin
    model = random_model(61)
    factor, p = residual_factor(index_of(model))
    behavior = Ref{Any}(block -> block)
    index = ResidualIndex(factor, p) do rows, columns
        behavior[](covariances(model, model.points[:, rows], model.points[:, columns]))
    end
    expected = knn(index, 5)
    for repetition in 1:20
        behavior[] = block -> throw(Boom())
        @test thrown(() -> knn(index, 5)) isa Boom
        behavior[] = block -> block[2:end, :]
        @test thrown(() -> knn(index, 5)) isa DimensionMismatch
        behavior[] = block -> "not a matrix"
        @test throws_text(() -> knn(index, 5), ArgumentError, "returned \"not a matrix\", must return a matrix")
        behavior[] = block -> block .+ im
        @test throws_text(() -> knn(index, 5), ArgumentError, "block of covariances[1, 1] is")
        behavior[] = block -> fill(NaN, size(block))
        @test throws_text(() -> knn(index, 5), CallbackError, "not finite")
        behavior[] = block -> (yield(); block)
        @test same(knn(index, 5), expected)
    end
    # Any object can be thrown, even `nothing`.
    for (value, call) in ((nothing, () -> knn(index, 5)), (:symbol, () -> knn(index, 5)),
                          (nothing, () -> index_of(model; progress = (done, total) -> throw(nothing))))
        behavior[] = block -> throw(value)
        came = Ref{Any}("nothing came")
        try
            call()
        catch failure
            came[] = failure
        end
        @test came[] === value
    end
    # A search inside a covariance function, which catches its failure.
    other = index_of(model)
    spoiled = fill(NaN, 1, 1)
    behavior[] = function (block)
        thrown(() -> ResidualIndex(spoiled; lengthscales = 1))
        thrown(() -> knn(other, fill(NaN, 2, 1), 3))
        return block
    end
    @test same(knn(index, 5), expected)
    # The function lives as long as the index.
    make() = ResidualIndex((rows, columns) -> [exp(-abs(i - j)) for i in rows, j in columns], zeros(0, 50), ones(50))
    short = make()
    GC.gc()
    @test sort(knn(short, [25], 2)[1][:, 1]) == [24, 26]
end

@testset "progress and cancelling" begin
    points = rand(MersenneTwister(62), 3, 40_000)
    inducing = choose_inducing(points, 100; lengthscales = 0.05)
    index = ResidualIndex(points; lengthscales = 0.05, inducing = inducing, kernel = :matern12)
    settings = (strategy = :brute_force, threads = 1)
    reports = Tuple{Int,Int}[]
    thread = Threads.threadid()
    foreign = Ref(false)
    expected = knn(index, 1:4000, 10; settings...)
    function note(done, total)
        foreign[] |= Threads.threadid() != thread
        push!(reports, (done, total))
        return nothing
    end
    answer = knn(index, 1:4000, 10; settings..., progress = note)
    @test same(answer, expected)
    @test !isempty(reports) && all(0 <= done <= total for (done, total) in reports) && issorted(first.(reports))
    @test !foreign[]

    for repetition in 1:3
        @test thrown(() -> knn(index, 10; settings..., progress = (done, total) -> false)) isa CancelledError
        @test thrown(() -> predecessors(index, 10; settings..., progress = (done, total) -> throw(Boom()))) isa Boom
        @test thrown(() -> ResidualIndex(points; lengthscales = 0.05, inducing = inducing, threads = 1,
                                         progress = (done, total) -> false)) isa CancelledError
        @test thrown(() -> choose_inducing(points, 500; lengthscales = 0.05, threads = 1,
                                           progress = (done, total) -> throw(Boom()))) isa Boom
        @test same(knn(index, 1:4000, 10; settings...), expected)
    end
    # Cancelled during the search, which ends soon.
    cancelled_at = Ref(0.0)
    function cancel(done, total)
        done == 0 && return true
        cancelled_at[] = time()
        return false
    end
    failure = thrown(() -> knn(index, 10; settings..., progress = cancel))
    @test failure isa CancelledError
    @test 0 < time() - cancelled_at[] < 2 # the library promises 100 ms; other programs may be busy here
end

# A search in another process gets Ctrl-C. It must throw InterruptException within the documented time, and later
# searches must work.
const INTERRUPTED = """
using ResidualKNN
Base.exit_on_sigint(false)
points = reshape([sin(3.7i * i) for i in 1:200_000], 2, 100_000)
inducing = choose_inducing(points, 100; lengthscales = 0.01)
index = ResidualIndex(points; lengthscales = 0.01, inducing = inducing, kernel = :matern12)
expected = knn(index, 1:50, 5)
ccall(:alarm, Cuint, (Cuint,), 60) # should Ctrl-C do nothing
started = Ref(0.0)
function interrupt(done, total)
    if started[] == 0
        started[] = time()
        ccall(:kill, Cint, (Cint, Cint), getpid(), 2)
    end
    return true
end
progress = ARGS[1] == "progress" ? interrupt : nothing
if progress === nothing
    Base.run(`sh -c "(sleep 1; kill -INT \$(getpid())) > /dev/null 2>&1 &"`)
    started[] = time() + 1
end
try
    knn(index, 10; strategy = :brute_force, threads = 1, progress = progress)
    println("finished")
catch failure
    println(failure isa InterruptException && time() - started[] < 2 ? "interrupted" : failure)
end
println(isequal(knn(index, 1:50, 5), expected) ? "intact" : "broken")
"""

@testset "Ctrl-C" begin
    for how in ("progress", "signal")
        command = `$(Base.julia_cmd()) --startup-file=no --project=$(Base.active_project()) -e $INTERRUPTED $how`
        @test read(command, String) == "interrupted\nintact\n"
    end
end
