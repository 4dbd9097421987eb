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

const ALL_TESTS = ["definition", "reference", "update", "arrays", "options", "arguments", "errors", "messages",
                   "warnings", "points", "lonlat", "kernel_names", "callbacks", "access", "lifetime", "threads",
                   "helpers", "pairs", "weights", "sets", "covariances", "start", "sink", "storage", "saved"]

# Pkg.test(test_args = ["threads", "access"]) runs only these files.
@testset "ResidualKNN" begin
    for name in (isempty(ARGS) ? ALL_TESTS : ARGS)
        include("test_$name.jl")
    end
end
