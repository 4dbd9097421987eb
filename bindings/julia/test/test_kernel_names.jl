# SPDX-License-Identifier: Apache-2.0

# Types with names as in KernelFunctions.jl.
struct SqExponentialKernel end
struct Matern32Kernel end
struct MaternKernel
    ν::Float64
end

@testset "names of kernels in other packages" begin
    model = random_model(150; n = 80, m = 5)
    make(kernel; settings...) = knn(ResidualIndex(model.points; lengthscales = 0.3, inducing = model.inducing,
                                                  kernel = kernel, settings...), 4)
    for (name, others) in ResidualKNN.OTHER_NAMES
        expected = make(name)
        for other in others
            @test same(make(other), expected) && same(make(string(other)), expected)
        end
    end
    @test length(ResidualKNN.KERNELS_BY_ANY_NAME) ==
          length(ResidualKNN.KERNELS) + sum(length, values(ResidualKNN.OTHER_NAMES)) # no name for two
    @test same(make(SqExponentialKernel), make(:squared_exponential)) && same(make(Matern32Kernel), make(:matern32))
    @test same(make(MaternKernel; nu = 2.2), make(:matern; nu = 2.2))
    for (object, name) in ((SqExponentialKernel(), :SqExponentialKernel), (MaternKernel(2.0), :MaternKernel))
        @test throws_text(() -> make(object), ArgumentError, "must be a name: :$name, with its parameters as lengthscales")
    end
    for unknown in (:wendland, :Rbf, "Matern", Int, ConstantKernel -> 1)
        @test throws_text(() -> make(unknown), ArgumentError, "must be one of :matern, :matern12")
    end
    index = ResidualIndex(model.points; lengthscales = 0.3, kernel = :gaussian)
    @test occursin("squared_exponential", repr(MIME("text/plain"), index))
    update!(index; kernel = "Matern52Kernel")
    @test same(knn(index, 3), knn(ResidualIndex(model.points; lengthscales = 0.3, kernel = :matern52), 3))
end

# What the help says of the parameters of other packages, against their formulas, written as they document them.
@testset "parameters of kernels in other packages" begin
    points = rand(MersenneTwister(151), 2, 60)
    range, phi = 0.3, 4.0
    distance(i, j) = norm(points[:, i] - points[:, j])
    ranked(formula) = knn(ResidualIndex((rows, columns) -> [formula(distance(i, j)) for i in rows, j in columns],
                                        zeros(0, 60), ones(60)), 5)
    own(kernel, scale; settings...) = knn(ResidualIndex(points; lengthscales = scale, kernel = kernel, settings...), 5)
    for (formula, kernel, scale) in [
        # GpGp
        (h -> exp(-h / range), :exponential_isotropic, range),
        (h -> (1 + h / range) * exp(-h / range), :matern15_isotropic, sqrt(3) * range),
        (h -> (1 + h / range + (h / range)^2 / 3) * exp(-h / range), :matern25_isotropic, sqrt(5) * range),
        # spNNGP
        (h -> exp(-phi * h), :exponential, 1 / phi),
        (h -> exp(-(phi * h)^2), :gaussian, 1 / (sqrt(2) * phi)),
        # GPBoost
        (h -> exp(-h / range), :exponential, range),
        (h -> exp(-(h / range)^2), :gaussian, range / sqrt(2)),
        (h -> (1 + sqrt(3) * h / range) * exp(-sqrt(3) * h / range), :matern32, range),
        # KernelFunctions.jl
        (h -> exp(-(h / range)^2 / 2), :SqExponentialKernel, range),
        (h -> (1 + sqrt(5) * h / range + 5 * (h / range)^2 / 3) * exp(-sqrt(5) * h / range), :Matern52Kernel, range),
    ]
        (idxs, dists), (found, distances) = ranked(formula), own(kernel, scale)
        @test idxs == found && maximum(abs, dists - distances) < 1e-7
    end
    # The general Matérn with ν = 3/2: √(2ν) over what GpGp divides by and spNNGP multiplies with.
    @test own(:matern_isotropic, sqrt(2 * 1.5) * range; nu = 1.5)[2] ≈
          ranked(h -> (1 + h / range) * exp(-h / range))[2] atol = 1e-7
    @test own(:matern, sqrt(2 * 1.5) / phi; nu = 1.5)[2] ≈ ranked(h -> (1 + phi * h) * exp(-phi * h))[2] atol = 1e-7
    # GpGp's nugget is relative.
    relative = knn(ResidualIndex((rows, columns) -> [2.0 * exp(-distance(i, j) / range) for i in rows, j in columns],
                                 zeros(0, 60), fill(2.0 * (1 + 0.1), 60)), 5)
    @test knn(ResidualIndex(points; lengthscales = range, kernel = :exponential, variance = 2.0, nugget = 2.0 * 0.1),
              5)[2] ≈ relative[2] atol = 1e-9
end
