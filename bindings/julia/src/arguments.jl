# SPDX-License-Identifier: Apache-2.0
# Converts arguments for the library. Types and shapes are checked here, with the names that users know. The library
# checks values, such as NaN or a negative nugget.

invalid(parts...) = throw(ArgumentError(string(parts...)))

# A text for messages: scalars by their value, other objects by their type.
described(x::Union{Number,Symbol,AbstractString,Nothing,Missing}) = repr(x)
described(x) = summary(x)

as_float(x::Union{AbstractFloat,Integer,Rational}, name) = Float64(x)
function as_float(x, name)
    x isa Real || invalid(name, " is ", described(x), ", must be a number")
    try
        return Float64(x)
    catch # numbers of other packages
        invalid(name, " is a ", typeof(x), ", which cannot be converted to Float64")
    end
end

function number(x, name)
    x isa Bool && invalid(name, " is ", x, ", must be a number")
    return as_float(x, name)
end

# Converts a whole number of any type, also 3.0, to the type of `most`.
function whole(x, name, least, most, what = "")
    x isa Real && !(x isa Bool) && isinteger(x) || invalid(name, " is ", described(x), ", must be a whole number")
    x >= least || invalid(name, " is ", x, ", must be at least ", least)
    x <= most || invalid(name, " is ", x, ", must be at most ", most, what)
    return typeof(most)(x)
end

function flag(x, name)
    x isa Bool || invalid(name, " is ", described(x), ", must be true or false")
    return x
end

function check_size(what, found, needed, hint = "")
    found == needed || throw(DimensionMismatch("$what is $found, must be $needed$hint"))
end

# Float64 arrays whose columns are contiguous in memory have the library's point-major layout. Other arrays are copied
# once.
is_dense(x) = false
is_dense(x::StridedVector{Float64}) = stride(x, 1) == 1
is_dense(x::StridedMatrix{Float64}) = stride(x, 1) == 1 && (size(x, 2) <= 1 || stride(x, 2) == size(x, 1))

function dense(x::AbstractArray, name)
    Base.has_offset_axes(x) && invalid(name, " does not count from 1")
    is_dense(x) && return x
    result = Array{Float64}(undef, size(x))
    for place in CartesianIndices(x)
        value = x[place]
        value isa Real || invalid(name, "[", join(Tuple(place), ", "), "] is ", described(value), ", must be a number")
        result[place] = as_float(value, name)
    end
    return result
end

function dense_matrix(x, name)
    x isa AbstractMatrix || invalid(name, " is ", described(x), ", must be a matrix")
    return dense(x, name)
end

function dense_vector(x, name)
    x isa AbstractVector || invalid(name, " is ", described(x), ", must be a vector")
    return dense(x, name)
end

# 0-based row numbers for the library.
function row_numbers(rows, n, name = "rows")
    rows isa AbstractVector || invalid(name, " is ", described(rows), ", must be a vector of column numbers")
    Base.has_offset_axes(rows) && invalid(name, " does not count from 1")
    eltype(rows) === Bool && invalid(name, " are Bool, must be numbers; use findall(", name, ")")
    for (place, row) in enumerate(rows)
        row isa Integer && !(row isa Bool) ||
            invalid(name, "[", place, "] is ", described(row), ", must be the number of a column (new points are the ",
                    "columns of a matrix)")
        1 <= row <= n || invalid(name, "[", place, "] is ", row, ", must be between 1 and ", n)
    end
    return Int64[row - 1 for row in rows]
end

# The k of a search as an Int32. It is limited to the number of points.
function check_k(k, n)
    asked = whole(k, "k", 1, Inf)
    asked <= n || @warn "k is $k, but there $(n == 1 ? "is only 1 point" : "are only $n points"): k = $n is used"
    return Int32(min(asked, n, typemax(Int32)))
end

default_k(n) = Int32(min(10, n))
