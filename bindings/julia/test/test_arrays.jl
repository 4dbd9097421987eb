# SPDX-License-Identifier: Apache-2.0

# A matrix type that the package does not know.
struct Odd <: AbstractMatrix{Float64}
    inside::Matrix{Float64}
end
Base.size(x::Odd) = size(x.inside)
Base.getindex(x::Odd, i::Int, j::Int) = x.inside[i, j]

@testset "kinds of arrays" begin
    model = random_model(30; n = 120, d = 3)
    points, inducing = model.points, model.inducing
    expected = knn(index_of(model), 4)
    wide = [points points]
    tall = [points; points]
    backwards = points[:, end:-1:1]
    for other in (view(wide, :, 121:240), view(tall, 4:6, :), view(tall, 1:3, :), Odd(points), Matrix(points')',
                  transpose(Matrix(points')), view(backwards, :, 120:-1:1), big.(points),
                  reshape(vec(points), 3, 120), view(wide, 1:3, 1:120),
                  reshape(reinterpret(Float64, reinterpret(NTuple{3,Float64}, vec(points))), 3, 120))
        index = ResidualIndex(other; lengthscales = model.lengthscales, inducing = inducing,
                              variance = model.variance, nugget = model.nugget)
        @test same(knn(index, 4), expected)
        @test same(knn(index, view(other, :, 1:7), 4), knn(index, points[:, 1:7], 4))
    end
    for z in (Odd(inducing), view(inducing, :, :), Matrix(inducing')', big.(inducing))
        @test same(knn(index_of(Model(points, Matrix(z), model.lengthscales, matern32, 1.7, 0.05, 1e-8)), 4),
                   expected)
    end
    @test isequal(choose_inducing(Odd(points), 5; lengthscales = view(model.lengthscales, 3:-1:1)),
                  choose_inducing(points, 5; lengthscales = model.lengthscales[3:-1:1]))

    whole = rand(MersenneTwister(1), -20:20, 2, 50)
    @test same(knn(ResidualIndex(whole; lengthscales = 5), 3),
               knn(ResidualIndex(Float64.(whole); lengthscales = 5.0), 3))
    single = rand(MersenneTwister(2), Float32, 2, 50)
    @test same(knn(ResidualIndex(single; lengthscales = 1), 3),
               knn(ResidualIndex(Float64.(single); lengthscales = 1), 3))

    # One coordinate, one point, no query.
    line = rand(MersenneTwister(3), 1, 40)
    @test knn(ResidualIndex(line; lengthscales = 0.3), 1)[1][1, 1] ==
          argmin([i == 1 ? Inf : abs(line[i] - line[1]) for i in 1:40])
    alone = ResidualIndex(reshape([1.0, 2.0], 2, 1); lengthscales = 1)
    @test predecessors(alone, 1) == (zeros(Int, 1, 1), fill(Inf, 1, 1))
    @test size.(knn(ResidualIndex(line; lengthscales = 0.3), Int[], 3)) == ((3, 0), (3, 0))
    @test size.(knn(ResidualIndex(line; lengthscales = 0.3), zeros(1, 0), 3)) == ((3, 0), (3, 0))
    rows = Int32[3, 1]
    index = index_of(model)
    @test same(knn(index, rows, 4), knn(index, [3, 1], 4)) && rows == [3, 1]
    @test same(knn(index, 2:5, 4), knn(index, [2, 3, 4, 5], 4))
    @test eltype.(knn(index, 4)) == (Int64, Float64)
end

@testset "the caller's memory is not changed" begin
    points = rand(MersenneTwister(4), 2, 200)
    copied = copy(points)
    index = ResidualIndex(points; lengthscales = 0.2)
    answer = knn(index, 3)
    @test points == copied
    fill!(points, 0)
    @test same(knn(index, 3), answer)
end

@testset "no copies" begin
    make(points, inducing) = ResidualIndex(points; lengthscales = 0.1, inducing = inducing)
    points = rand(MersenneTwister(6), 3, 1_000_000) # 24 MB
    inducing = rand(MersenneTwister(7), 3, 1)
    part = view(points, :, 2:999_999)
    close(make(points[:, 1:10], inducing))
    close(make(view(points, :, 1:10), inducing))
    for x in (points, part)
        local index
        bytes = @allocated index = make(x, inducing)
        @test bytes < 100_000
        @test index.n == size(x, 2)
        search(rows) = predecessors(index, rows, 2)
        search([1, 2])
        @test @allocated(search([1, 2])) < 100_000
        close(index)
    end
end
