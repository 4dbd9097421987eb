# SPDX-License-Identifier: Apache-2.0
# Kernels by their names in the header and in other packages. A name of another package stands for the formula of that
# package in r, the distance after division by the lengthscales. The library computes the same formula with `scale`
# times the lengthscales. The R package does the same.

const KERNELS = enum_symbols(LibResidualKNN.residual_knn_kernel)

# The smoothness of the library's kernels that are Matérn covariances with one smoothness.
const NU_OF_KERNELS = (matern12 = 0.5, matern32 = 1.5, matern52 = 2.5)

# The library's kernel, nu if the name fixes it, and the scale as a function of nu.
struct Formula
    kernel::Symbol
    nu::Union{Nothing,Float64}
    scale::Function
end
Formula(kernel::Symbol) = Formula(kernel, nothing, nu -> 1.0)

function formulas_by_name()
    by_root(nu) = sqrt(2nu)
    result = Dict{Symbol,Formula}(name => Formula(name) for name in keys(KERNELS))
    for suffix in ("isotropic", "scaledim") # GpGp, without the √(2ν)
        result[Symbol("exponential_", suffix)] = Formula(:matern12)
        result[Symbol("matern_", suffix)] = Formula(:matern, nothing, by_root)
        result[Symbol("matern15_", suffix)] = Formula(:matern32, nothing, nu -> by_root(1.5))
        result[Symbol("matern25_", suffix)] = Formula(:matern52, nothing, nu -> by_root(2.5))
        result[Symbol("matern35_", suffix)] = Formula(:matern, 3.5, by_root)
        result[Symbol("matern45_", suffix)] = Formula(:matern, 4.5, by_root)
    end
    for name in (:exponential, :exponential_ard) # spNNGP and GPBoost
        result[name] = Formula(:matern12)
    end
    for name in (:gaussian, :gaussian_ard) # the same, without the 2 of exp(-r² / 2)
        result[name] = Formula(:squared_exponential, nothing, nu -> 1 / sqrt(2))
    end
    result[:matern_ard] = Formula(:matern)
    for (kernel, names) in ( # KernelFunctions.jl
            :squared_exponential => (:SqExponentialKernel, :SEKernel, :GaussianKernel, :RBFKernel),
            :matern12 => (:ExponentialKernel, :LaplacianKernel, :Matern12Kernel),
            :matern32 => (:Matern32Kernel,), :matern52 => (:Matern52Kernel,), :matern => (:MaternKernel,),
            :rational_quadratic => (:RationalQuadraticKernel,)), name in names
        result[name] = Formula(kernel)
    end
    return result
end

const FORMULAS = formulas_by_name()

# The kernel name that a user gives as a symbol, a string or a type with that name.
function kernel_name(kernel, what)
    name = kernel isa Type ? nameof(kernel) : kernel
    name isa Union{Symbol,AbstractString} && haskey(FORMULAS, Symbol(name)) && return Symbol(name)
    object = nameof(typeof(kernel))
    invalid(what, " is ", described(kernel), ", must be ",
            haskey(FORMULAS, object) ? "a name: :$object, with its parameters as lengthscales, variance, nu or alpha" :
            "one of $(join(sort!(repr.(collect(keys(KERNELS)))), ", "))", "; ?ResidualIndex lists the names of other ",
            "packages")
end

kernel_code(kernel, what) = KERNELS[FORMULAS[kernel_name(kernel, what)].kernel]

# The name of the kernel in the keywords `given`, or `before` if there is none. Its nu is stored in the options.
function note_kernel!(options, given, before = :matern32)
    kernel = get(given, :kernel, nothing)
    name = kernel === nothing ? before : kernel_name(kernel, "kernel")
    check_shape(name, given)
    fixed = FORMULAS[name].nu
    nu = get(given, :nu, nothing)
    if fixed === nothing
        # If the previous name fixed nu, that nu is dropped.
        nu === nothing && FORMULAS[before].nu !== nothing && name != before &&
            (options.nu = LibResidualKNN.residual_knn_model_options().nu)
        return name
    end
    options.nu = fixed
    return name
end

# Refuses a nu or an alpha in the keywords `given` that the kernel does not have. The only nu that a kernel without it may be
# given is its own.
function check_shape(name, given)
    formula = FORMULAS[name]
    nu, alpha = get(given, :nu, nothing), get(given, :alpha, nothing)
    if nu !== nothing && !(formula.kernel === :matern && formula.nu === nothing)
        own = formula.nu === nothing ? get(NU_OF_KERNELS, formula.kernel, nothing) : formula.nu
        nu == own || invalid("nu is ", nu, ", but ", own === nothing ? "the kernel $(repr(name)) has no nu" :
                                                    "the nu of $(repr(name)) is $own", "; kernel = :matern takes any nu")
    end
    if alpha !== nothing && formula.kernel !== :rational_quadratic
        invalid("alpha is ", alpha, ", but the kernel ", repr(name), " has no alpha; :rational_quadratic has")
    end
end

# The factor of the lengthscales that the library gets.
library_scale(kernel, nu) = isfinite(nu) && nu > 0 ? FORMULAS[kernel].scale(nu) : 1 # the library rejects any other nu

# The lengthscales for the library.
function library_scales(lengthscales, kernel, nu)
    scale = library_scale(kernel, nu)
    return scale == 1 ? lengthscales : lengthscales .* scale
end
