# SPDX-License-Identifier: Apache-2.0
"""
Finds exact k nearest neighbors under the residual-correlation distance of Gaussian-process approximations (Vecchia, VIF)
with the C library libresidual_knn.

Each column of a matrix is a point. Column numbers count from 1; the C library calls them row numbers.

```julia
using ResidualKNN
index = ResidualIndex(points; lengthscales = 0.1, inducing = 200, kernel = :matern52)
idxs, dists = predecessors(index, 10)    # 10 x n matrices; 0 and Inf in places without a neighbor
idxs, dists = knn(index, new_points, 10)
```

See [`ResidualIndex`](@ref), [`update!`](@ref), [`knn`](@ref), [`predecessors`](@ref),
[`neighbors_above`](@ref), [`predecessors_above`](@ref), [`group_neighbors`](@ref), [`group_predecessors`](@ref),
[`vecchia_weights`](@ref), [`vecchia_triplets`](@ref), [`residual_covariances`](@ref), [`covariance_blocks`](@ref),
[`choose_inducing`](@ref), [`order_points`](@ref), [`residual_order`](@ref), [`index_info`](@ref),
[`residual_factor`](@ref), [`save_index`](@ref), [`load_index`](@ref),
[`ResidualKNNError`](@ref) and [`IndexInUseError`](@ref).
`ResidualKNN.LibResidualKNN` is the C interface itself.

The package looks for the library at the path in the environment variable `RESIDUAL_KNN_LIBRARY`. If the variable is not
set, it asks the dynamic linker, first for the soname and then for the name without a version.
"""
module ResidualKNN

using Libdl
using Serialization: Serialization, AbstractSerializer

export ResidualIndex, update!, knn, predecessors, choose_inducing, order_points, residual_order, index_info, residual_factor
export neighbors_above, predecessors_above, group_neighbors, group_predecessors
export vecchia_weights, vecchia_triplets, VecchiaWeights, residual_covariances, covariance_blocks
export save_index, load_index, FileError
export ResidualKNNError, NotPositiveDefiniteError, CancelledError, CallbackError, UnsupportedError, IndexInUseError

include("LibResidualKNN.jl")
using .LibResidualKNN: LibResidualKNN, residual_knn_index

include("arguments.jl")
include("enums.jl")
include("errors.jl")
include("coordinates.jl")
include("kernel_names.jl")
include("options.jl")
include("progress.jl")
include("callbacks.jl")
include("calls.jl")
include("access.jl")
include("memory.jl")
include("index.jl")
include("sets.jl")
include("search.jl")
include("pairs.jl")
include("weights.jl")
include("covariances.jl")
include("helpers.jl")
include("saved.jl")

# The version of the header from which LibResidualKNN.jl was written.
const HEADER_VERSION = VersionNumber(LibResidualKNN.RESIDUAL_KNN_VERSION_MAJOR,
                                     LibResidualKNN.RESIDUAL_KNN_VERSION_MINOR,
                                     LibResidualKNN.RESIDUAL_KNN_VERSION_PATCH)

function open_library()
    named = get(ENV, "RESIDUAL_KNN_LIBRARY", "")
    isempty(named) || return Libdl.dlopen(named)
    names = ["libresidual_knn.so.$(HEADER_VERSION.major)", "libresidual_knn"]
    for name in names
        handle = Libdl.dlopen(name; throw_error = false)
        handle === nothing || return handle
    end
    error("libresidual_knn was not found as $(join(names, " or ")); install it where the dynamic linker " *
          "finds it, or set RESIDUAL_KNN_LIBRARY to its path")
end

function __init__()
    LibResidualKNN.load_symbols!(open_library())
    found = VersionNumber(unsafe_string(LibResidualKNN.residual_knn_version()))
    if found.major != HEADER_VERSION.major || found < HEADER_VERSION
        error("libresidual_knn $found is loaded, but this package needs $HEADER_VERSION or a newer version with the " *
              "same major number")
    end
end

"""
    ResidualKNN.library()

The version, the binary interface, the SIMD target and the BLAS of the loaded library, as a named tuple.
"""
library() = (version = VersionNumber(unsafe_string(LibResidualKNN.residual_knn_version())),
             abi = Int(LibResidualKNN.residual_knn_abi_version()),
             simd_target = unsafe_string(LibResidualKNN.residual_knn_simd_target()),
             blas = unsafe_string(LibResidualKNN.residual_knn_blas()))

end # module
