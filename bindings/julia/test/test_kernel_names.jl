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
    for (name, formula) in ResidualKNN.FORMULAS
        @test same(make(string(name)), make(name))
        formula.scale(1.5) == 1 && @test same(make(name), make(formula.kernel))
    end
    @test same(make(SqExponentialKernel), make(:squared_exponential)) && same(make(Matern32Kernel), make(:matern32))
    @test same(make(MaternKernel; nu = 2.2), make(:matern; nu = 2.2))
    for (object, name) in ((SqExponentialKernel(), :SqExponentialKernel), (MaternKernel(2.0), :MaternKernel))
        @test throws_text(() -> make(object), ArgumentError, "must be a name: :$name, with its parameters as lengthscales")
    end
    for unknown in (:wendland, :Rbf, "Matern", Int, ConstantKernel -> 1)
        @test throws_text(() -> make(unknown), ArgumentError, "must be one of :matern, :matern12")
    end
    # The lengthscales are those of the name, also after an update of the kernel or its nu.
    index = ResidualIndex(model.points; lengthscales = 0.3, kernel = :gaussian)
    @test occursin("gaussian\n  Lengthscale: 0.3;", repr(MIME("text/plain"), index))
    plain(; settings...) = ResidualIndex(model.points; settings...)
    for (settings, expected) in [
        ((nugget = 0.1,), (kernel = :squared_exponential, lengthscales = 0.3 / sqrt(2), nugget = 0.1)),
        ((kernel = "Matern52Kernel",), (kernel = :matern52, lengthscales = 0.3, nugget = 0.1)),
        ((kernel = :matern25_isotropic, nugget = 0), (kernel = :matern52, lengthscales = sqrt(5) * 0.3)),
        ((lengthscales = (0.2, 0.4),), (kernel = :matern52, lengthscales = sqrt(5) .* (0.2, 0.4))),
        ((kernel = :matern_isotropic, nu = 2,), (kernel = :matern, nu = 2, lengthscales = 2 .* (0.2, 0.4))),
        ((nu = 4.5,), (kernel = :matern, nu = 4.5, lengthscales = 3 .* (0.2, 0.4))),
        ((kernel = :matern35_scaledim,), (kernel = :matern, nu = 3.5, lengthscales = sqrt(7) .* (0.2, 0.4))),
    ]
        update!(index; settings...)
        @test same(knn(index, 3), knn(plain(; expected...), 3))
    end
    for call in (() -> make(:matern35_isotropic; nu = 2.5), () -> update!(index; nu = 2.5))
        @test throws_text(call, ArgumentError, "nu is 2.5, but the nu of :matern35_")
    end
    # Parameters that a kernel does not have.
    p = ones(size(model.points, 2))
    for (kernel, given, text) in [
        (:matern32, (nu = 0.5,), "nu is 0.5, but the nu of :matern32 is 1.5; kernel = :matern takes any nu"),
        (:Matern52Kernel, (nu = 1.5f0,), "nu is 1.5, but the nu of :Matern52Kernel is 2.5"),
        (:matern15_isotropic, (nu = 2,), "nu is 2, but the nu of :matern15_isotropic is 1.5"),
        (:squared_exponential, (nu = 1.5,), "nu is 1.5, but the kernel :squared_exponential has no nu"),
        (:rational_quadratic, (nu = 1.5,), "nu is 1.5, but the kernel :rational_quadratic has no nu"),
        (:matern32, (alpha = 3.0,), "alpha is 3.0, but the kernel :matern32 has no alpha; :rational_quadratic has"),
        (:matern, (nu = 2, alpha = 1), "alpha is 1, but the kernel :matern has no alpha"),
    ]
        for call in (() -> make(kernel; given...), () -> update!(plain(lengthscales = 1); kernel = kernel, given...),
                     () -> update!(plain(lengthscales = 1, kernel = kernel); given...),
                     () -> ResidualIndex(model.points, zeros(0, length(p)), p; lengthscales = 1, kernel = kernel, given...))
            @test throws_text(call, ArgumentError, text)
        end
    end
    @test same(make(:matern52; nu = 2.5), make(:matern52)) && same(make(:exponential; nu = 1 // 2), make(:matern12))
    # Those of other kernels are kept.
    kept = plain(lengthscales = 0.3, kernel = :matern, nu = 2)
    update!(update!(kept; kernel = :rational_quadratic, alpha = 2); kernel = :matern52)
    @test same(knn(kept, 3), knn(plain(lengthscales = 0.3, kernel = :matern52), 3))
    @test same(knn(update!(kept; kernel = :matern), 3), knn(plain(lengthscales = 0.3, kernel = :matern, nu = 2), 3))
    # Scaled distances are in the lengthscales that the user gave.
    for (kernel, settings) in ((:gaussian, ()), (:matern15_isotropic, ()), (:matern_isotropic, (nu = 0.7,)), (:matern52, ()))
        scaled = plain(; kernel = kernel, lengthscales = (2.0, 3.0), settings...)
        idxs, dists = knn(scaled, 3; ranking = :scaled_distance)
        expected = [norm((model.points[:, i] - model.points[:, j]) ./ (2.0, 3.0)) for (i, column) in enumerate(eachcol(idxs))
                    for j in column]
        @test vec(dists) ≈ expected rtol = 1e-12
        @test predecessors(scaled, 3; ranking = :scaled_distance)[2][1] == Inf
    end
    # A nu that a name fixes is dropped with the name.
    update!(index; kernel = :matern)
    @test same(knn(index, 3), knn(plain(kernel = :matern32, lengthscales = (0.2, 0.4)), 3))
    update!(index; nu = 2.2)
    update!(index; kernel = :matern_ard)
    @test same(knn(index, 3), knn(plain(kernel = :matern, nu = 2.2, lengthscales = (0.2, 0.4)), 3))
    for nu in (NaN, -1, 0, 51)
        @test throws_text(() -> make(:matern_isotropic; nu = nu), ArgumentError, "nu is ")
    end
end

# Compares the kernels of other packages with their documented formulas, in their own parameters.
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
        (h -> (1 + h / range) * exp(-h / range), :matern15_isotropic, range),
        (h -> (1 + h / range + (h / range)^2 / 3) * exp(-h / range), :matern25_isotropic, range),
        (h -> (1 + h / range + 2 / 5 * (h / range)^2 + (h / range)^3 / 15) * exp(-h / range), :matern35_isotropic, range),
        (h -> (1 + h / range + 3 / 7 * (h / range)^2 + 2 / 21 * (h / range)^3 + (h / range)^4 / 105) * exp(-h / range),
         :matern45_scaledim, range),
        # spNNGP
        (h -> exp(-phi * h), :exponential, 1 / phi),
        (h -> exp(-(phi * h)^2), :gaussian, 1 / phi),
        # GPBoost
        (h -> exp(-h / range), :exponential_ard, range),
        (h -> exp(-(h / range)^2), :gaussian_ard, range),
        (h -> (1 + sqrt(3) * h / range) * exp(-sqrt(3) * h / range), :matern32, range),
        # KernelFunctions.jl
        (h -> exp(-(h / range)^2 / 2), :SqExponentialKernel, range),
        (h -> (1 + sqrt(5) * h / range + 5 * (h / range)^2 / 3) * exp(-sqrt(5) * h / range), :Matern52Kernel, range),
    ]
        (idxs, dists), (found, distances) = ranked(formula), own(kernel, scale)
        @test idxs == found && maximum(abs, dists - distances) < 1e-7
    end
    # The general Matérn with ν = 3/2: GpGp divides by its range, spNNGP multiplies with φ.
    @test own(:matern_isotropic, range; nu = 1.5)[2] ≈
          ranked(h -> (1 + h / range) * exp(-h / range))[2] atol = 1e-7
    @test own(:matern, sqrt(2 * 1.5) / phi; nu = 1.5)[2] ≈ ranked(h -> (1 + phi * h) * exp(-phi * h))[2] atol = 1e-7
    # GpGp's nugget is relative.
    relative = knn(ResidualIndex((rows, columns) -> [2.0 * exp(-distance(i, j) / range) for i in rows, j in columns],
                                 zeros(0, 60), fill(2.0 * (1 + 0.1), 60)), 5)
    @test knn(ResidualIndex(points; lengthscales = range, kernel = :exponential, variance = 2.0, nugget = 2.0 * 0.1),
              5)[2] ≈ relative[2] atol = 1e-9
end
