# SPDX-License-Identifier: Apache-2.0

const STATUS_CODES = enum_symbols(LibResidualKNN.residual_knn_status_code)

"""
    ResidualKNNError{code} <: Exception

A call of the library failed. `message` gives the reason. `code` is the status in `residual_knn.h` as a symbol:
`:error_not_positive_definite`, `:error_cancelled`, ... The most common types have names:

- [`NotPositiveDefiniteError`](@ref): K(Z, Z) + jitter, or the residual covariance of a conditioning set, is not positive
  definite
- [`CancelledError`](@ref): `progress` returned `false`
- [`CallbackError`](@ref): a covariance function returned a value that is not finite
- [`UnsupportedError`](@ref): this kind of index does not support the call
- [`FileError`](@ref): the file of an index cannot be opened, read or written

[`load_index`](@ref) lists the codes for files that are no index, or none for this library.

Other exceptions of this package: `ArgumentError` for wrong arguments (NaN, a negative nugget, an unknown kernel or
keyword, a closed index); `DimensionMismatch` for wrong shapes; [`IndexInUseError`](@ref) for an index that another call
uses. An exception thrown in a callback reaches the caller unchanged. Messages count points and coordinates from 1.
"""
struct ResidualKNNError{code} <: Exception
    message::String
end

"""
K(Z, Z) + jitter is not positive definite; the message names the pivot at which the factorization failed. Or the residual
covariance of a query and its neighbors is not; the message names the query.
"""
const NotPositiveDefiniteError = ResidualKNNError{:error_not_positive_definite}
"`progress` returned `false`."
const CancelledError = ResidualKNNError{:error_cancelled}
"A covariance function returned a value that is not finite."
const CallbackError = ResidualKNNError{:error_callback}
"This kind of index does not support the call. Example: new points without V and p for an index made from V and p."
const UnsupportedError = ResidualKNNError{:error_unsupported}
"The file of an index cannot be opened, read or written. The message has the reason of the operating system."
const FileError = ResidualKNNError{:error_file}

"""
    IndexInUseError <: Exception

A call tried to close or update an index during another call that uses it, or to use an index during its update. The
other call is in another task, or the failing call is in its callback. The index is unchanged; repeat the call
after the other one has ended.
"""
struct IndexInUseError <: Exception
    message::String
end

Base.showerror(io::IO, e::IndexInUseError) = print(io, "IndexInUseError: ", e.message)

function Base.showerror(io::IO, e::ResidualKNNError{code}) where {code}
    print(io, "ResidualKNNError: ", e.message, " (", code, ")")
end

# Converts a text of the library to the terms of this package: its function names, and points instead of rows. Numbers in
# the text count from 1 already.
function julia_text(text)
    for change in (r"^residual_knn_\w+: " => "",
                   r"\bcoordinate (\d+) of row (\d)" => s"coordinate \1 of point \2",
                   r"^(factor|query_factor): column (\d+) of row (\d+)" => s"\1[\2, \3]",
                   r"^group_rows\[\d+\], in group (\d+), is (\d+)" => s"groups[\1] has point \2",
                   r"^group (\d+) is empty" => s"groups[\1] is empty",
                   r"^neighbors: place (\d+) of query (\d+)" => s"neighbors[\1, \2]",
                   r"\brow(s?)\b(?!\[)" => s"point\1",
                   r"^ranking is scaled distance" => "ranking is :scaled_distance",
                   r" is (-?)nan\b" => " is NaN",
                   r" is (-?)inf\b" => s" is \1Inf",
                   "update it again, or free it" => "update! it again, or close it")
        text = replace(text, change)
    end
    return text
end

# The same for a C string.
text_of(text) = julia_text(unsafe_string(text))

# Logs a warning of the library, if there is one.
say(warning) = isempty(warning) || @warn warning

# The exception for a status that is not OK, with the text of the thread's last error.
function exception_of(status::Integer, text::AbstractString)
    code = symbol_of(STATUS_CODES, status)
    text = julia_text(text)
    return code === :error_invalid_argument ? ArgumentError(text) : ResidualKNNError{code}(text)
end
