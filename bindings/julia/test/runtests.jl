# SPDX-License-Identifier: Apache-2.0
using LinearAlgebra
using Logging
using Random
using ResidualKNN
using ResidualKNN: LibResidualKNN
using Serialization
using SparseArrays
using Test

include("definition.jl")

# Whether two answers have the same bytes; Inf equals Inf.
same(a, b) = isequal(a[1], b[1]) && isequal(a[2], b[2])

# The exception of a failing call.
function thrown(f)
    try
        f()
    catch failure
        return failure
    end
    return nothing
end

# An exception for callbacks of the tests.
struct Boom <: Exception end

throws_text(f, T, text) = (failure = thrown(f); failure isa T && occursin(text, sprint(showerror, failure)))

@testset "ResidualKNN" begin
    include("test_definition.jl")
    include("test_reference.jl")
    include("test_update.jl")
    include("test_arrays.jl")
    include("test_options.jl")
    include("test_arguments.jl")
    include("test_errors.jl")
    include("test_messages.jl")
    include("test_warnings.jl")
    include("test_points.jl")
    include("test_lonlat.jl")
    include("test_kernel_names.jl")
    include("test_callbacks.jl")
    include("test_access.jl")
    include("test_lifetime.jl")
    include("test_threads.jl")
    include("test_helpers.jl")
    include("test_pairs.jl")
    include("test_weights.jl")
    include("test_sets.jl")
    include("test_covariances.jl")
    include("test_start.jl")
    include("test_sink.jl")
    include("test_storage.jl")
    include("test_saved.jl")
end
