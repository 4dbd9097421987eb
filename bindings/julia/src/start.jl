# SPDX-License-Identifier: Apache-2.0
# Earlier neighbors as the start of a search.

# Sets the options of the keyword `start`. Returns the array to which the options then point, or `nothing`. The caller
# keeps it alive during the search.
function set_start!(options, start, n, num_queries)
    rows = start_rows(start, n, num_queries)
    rows === nothing && return nothing
    options.start_k = size(rows, 1)
    isempty(rows) || (options.start = pointer(rows))
    return rows
end

# A 0-based list in each column; -1 for no row.
start_rows(::Nothing, n, num_queries) = nothing
start_rows(start::Tuple, n, num_queries) = start_rows(first(start), n, num_queries)

# The answer for a single point.
start_rows(start::AbstractVector, n, num_queries) = start_rows(reshape(start, :, 1), n, num_queries)

start_rows(start::Tuple{}, n, num_queries) = bad_start(start)
start_rows(start, n, num_queries) = bad_start(start)

bad_start(start) = invalid("start is ", described(start), ", must be the answer of knn or predecessors, or a matrix with a ",
                           "column for each query")

function start_rows(start::AbstractMatrix, n, num_queries)
    Base.has_offset_axes(start) && invalid("start does not count from 1")
    check_size("the number of columns of start", size(start, 2), num_queries)
    for place in CartesianIndices(start)
        row = start[place]
        row isa Integer && !(row isa Bool) && 0 <= row <= n ||
            invalid("start[", join(Tuple(place), ", "), "] is ", described(row), ", must be a number between 1 and ", n,
                    ", or 0 for no neighbor")
    end
    return Int64[row - 1 for row in start]
end
