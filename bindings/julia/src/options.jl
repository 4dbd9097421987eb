# SPDX-License-Identifier: Apache-2.0

const KERNELS = enum_symbols(LibResidualKNN.residual_knn_kernel)
const RANKINGS = enum_symbols(LibResidualKNN.residual_knn_ranking)
const STRATEGIES = enum_symbols(LibResidualKNN.residual_knn_strategy)
const INDUCING_METHODS = enum_symbols(LibResidualKNN.residual_knn_inducing_method)
const ORDERINGS = enum_symbols(LibResidualKNN.residual_knn_ordering)

# Sets the fields for which a value is given; `nothing` leaves the library's default.
function set!(options; fields...)
    for (name, value) in fields
        value === nothing || setproperty!(options, name, value)
    end
    return options
end

code_or_nothing(symbols, name, what) = name === nothing ? nothing : code_of(symbols, name, what)

# A d x n matrix with its points one after the other in memory is the library's point-major layout as it is;
# anything else is copied once.
is_dense(x::AbstractMatrix) = false
is_dense(x::StridedMatrix{Float64}) =
    stride(x, 1) == 1 && (size(x, 2) <= 1 || stride(x, 2) == size(x, 1))

function dense(x::AbstractMatrix{<:Real})
    Base.require_one_based_indexing(x)
    return is_dense(x) ? x : Matrix{Float64}(x)
end

dense(x::Real) = [Float64(x)]

function dense(x::AbstractVector{<:Real})
    Base.require_one_based_indexing(x)
    return x isa StridedVector{Float64} && stride(x, 1) == 1 ? x : Vector{Float64}(x)
end

function check_size(what, found, needed)
    found == needed || throw(DimensionMismatch("$what is $found, must be $needed"))
end
