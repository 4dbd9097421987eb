# SPDX-License-Identifier: Apache-2.0
# Kernels by their names in the header, and by those that they have in other packages.

const KERNELS = enum_symbols(LibResidualKNN.residual_knn_kernel)

const OTHER_NAMES = Dict(
    :squared_exponential => (:gaussian, :gaussian_ard, :rbf, :se, :SqExponentialKernel, :SEKernel, :GaussianKernel,
                             :RBFKernel),
    :matern12 => (:exponential, :exponential_isotropic, :exponential_scaledim, :laplacian, :ExponentialKernel,
                  :LaplacianKernel, :Matern12Kernel),
    :matern32 => (:matern15, :matern15_isotropic, :matern15_scaledim, :Matern32Kernel),
    :matern52 => (:matern25, :matern25_isotropic, :matern25_scaledim, :Matern52Kernel),
    :matern => (:matern_isotropic, :matern_scaledim, :matern_ard, :MaternKernel),
    :rational_quadratic => (:RationalQuadraticKernel,))

const KERNELS_BY_ANY_NAME = merge(KERNELS, Dict(other => KERNELS[name] for (name, others) in OTHER_NAMES
                                                for other in others))

# A name, or a type with one of the names.
function kernel_code(kernel, what)
    name = kernel isa Type ? nameof(kernel) : kernel
    name isa Union{Symbol,AbstractString} && haskey(KERNELS_BY_ANY_NAME, Symbol(name)) &&
        return KERNELS_BY_ANY_NAME[Symbol(name)]
    object = haskey(KERNELS_BY_ANY_NAME, nameof(typeof(kernel)))
    invalid(what, " is ", described(kernel), ", must be ",
            object ? "a name: :$(nameof(typeof(kernel))), with its parameters as lengthscales, variance, nu or alpha" :
            "one of $(join(sort!(repr.(collect(keys(KERNELS)))), ", "))", "; ?ResidualIndex has the names and ",
            "parameters of other packages")
end
