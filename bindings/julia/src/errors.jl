# SPDX-License-Identifier: Apache-2.0

const STATUS_CODES = enum_symbols(LibResidualKNN.residual_knn_status_code)

"""
    ResidualKNNError{code} <: Exception

A call of the library failed. `message` says why; `code` is the status in
`residual_knn.h` as a symbol: `:error_not_positive_definite`, `:error_cancelled`, ... The ones to expect have names:

- [`NotPositiveDefiniteError`](@ref): K(Z, Z) + jitter is not positive definite
- [`CancelledError`](@ref): `progress` returned `false`
- [`CallbackError`](@ref): a covariance function gave a value that is not finite
- [`UnsupportedError`](@ref): the question does not fit this index

Arguments that are wrong (NaN, a negative nugget, an unknown kernel or keyword, a closed index) are an `ArgumentError`,
shapes that do not fit a `DimensionMismatch`, an index that something else uses an [`IndexInUseError`](@ref). What a
callback throws comes through as it is. Messages count points and coordinates from 1.
"""
struct ResidualKNNError{code} <: Exception
    message::String
end

"K(Z, Z) + jitter is not positive definite; the message names the failing pivot."
const NotPositiveDefiniteError = ResidualKNNError{:error_not_positive_definite}
"`progress` returned `false`."
const CancelledError = ResidualKNNError{:error_cancelled}
"A covariance function gave a value that is not finite."
const CallbackError = ResidualKNNError{:error_callback}
"The question does not fit this index: new points without their V and p for an index made from V and p, say."
const UnsupportedError = ResidualKNNError{:error_unsupported}

"""
    IndexInUseError <: Exception

An index was to be closed or updated while something else uses it, or used while it is updated: in a callback of its
own search or update, or in another task. It is as it was; do it when that is over.
"""
struct IndexInUseError <: Exception
    message::String
end

Base.showerror(io::IO, e::IndexInUseError) = print(io, "IndexInUseError: ", e.message)

function Base.showerror(io::IO, e::ResidualKNNError{code}) where {code}
    print(io, "ResidualKNNError: ", e.message, " (", code, ")")
end

# A sentence of the library in this package's words: its functions, and points that are columns. Its numbers count from
# 1 already.
function julia_text(text)
    for change in (r"^residual_knn_\w+: " => "",
                   r"\bcoordinate (\d+) of row (\d)" => s"coordinate \1 of point \2",
                   r"^(factor|query_factor): column (\d+) of row (\d+)" => s"\1[\2, \3]",
                   r"\brow(s?)\b(?!\[)" => s"point\1",
                   r" is (-?)nan\b" => " is NaN",
                   r" is (-?)inf\b" => s" is \1Inf",
                   "update it again, or free it" => "update! it again, or close it")
        text = replace(text, change)
    end
    return text
end

# A text of the library, in words of this package.
text_of(text) = julia_text(unsafe_string(text))

# What the library finds doubtful, if it does.
say(warning) = isempty(warning) || @warn warning

# The exception for a status that is not OK, with the text of the thread's last error.
function exception_of(status::Integer, text::AbstractString)
    code = symbol_of(STATUS_CODES, status)
    text = julia_text(text)
    return code === :error_invalid_argument ? ArgumentError(text) : ResidualKNNError{code}(text)
end
