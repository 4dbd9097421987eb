# SPDX-License-Identifier: Apache-2.0

# The names of an enum of the header as symbols in lower case. The common prefix up to its last underscore is dropped:
# RESIDUAL_KNN_ORDER_MAXIMIN is :maximin.
function enum_symbols(E)
    names = [string(Symbol(value)) for value in instances(E)]
    shared = first(names)
    for name in names
        while !startswith(name, shared)
            shared = chop(shared)
        end
    end
    skipped = findlast('_', shared)
    return Dict(Symbol(lowercase(name[skipped+1:end])) => Int32(value) for (name, value) in zip(names, instances(E)))
end

symbol_of(symbols::Dict{Symbol,Int32}, code::Integer) =
    something(findfirst(==(code), symbols), Symbol("unknown_", code))

# The code of a name, which is a symbol or a string.
function code_of(symbols::Dict{Symbol,Int32}, name, what)
    name isa Union{Symbol,AbstractString} && haskey(symbols, Symbol(name)) && return symbols[Symbol(name)]
    invalid(what, " is ", described(name), ", must be one of ", join(sort!(repr.(keys(symbols))), ", "))
end
