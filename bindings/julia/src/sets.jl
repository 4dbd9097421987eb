# SPDX-License-Identifier: Apache-2.0
# How a search selects the set of a query, among which candidates, and from which neighbors it starts.

# Sets the options of these keywords of a search; `selection` and `ranking` are set already. Returns the arrays to which
# the options then point: the offsets and rows of candidate lists, and the conditional variances, or `nothing` for what
# is not used. The caller keeps them alive during the search.
function set_selection!(options, index, k, num_queries; candidates, candidate_lists, conditional_variances)
    conditional = options.selection == SELECTIONS[:conditional]
    conditional && options.ranking != RANKINGS[:absolute] &&
        invalid("ranking is ", repr(symbol_of(RANKINGS, options.ranking)), ", must be :absolute with selection = :conditional")
    if candidates !== nothing
        conditional || invalid("candidates is for selection = :conditional only")
        candidate_lists === nothing || invalid("candidates must not be given together with candidate_lists")
        counts = candidate_counts(candidates, index, k)
        # 0 means the default in the library.
        options.residual_candidates, options.scaled_candidates = map(count -> count == 0 ? -1 : count, counts)
    end
    offsets, rows = candidate_arrays(candidate_lists, index.n, num_queries)
    if offsets !== nothing
        options.candidate_offsets = pointer(offsets)
        options.candidate_rows = pointer(rows)
    end
    flag(conditional_variances, "conditional_variances")
    conditional_variances || return offsets, rows, nothing
    conditional || invalid("conditional_variances is for selection = :conditional only")
    variances = Matrix{Float64}(undef, k, num_queries)
    options.conditional_variances = pointer(variances)
    return offsets, rows, variances
end

# The numbers of candidates by residual correlation and by distance, from both numbers or from their sum. Half of the sum
# are nearest by residual correlation, but at least k, and the rest by distance. An index with a covariance function has
# only the first kind. Without inducing points, both kinds are the same points.
function candidate_counts(candidates::NamedTuple, index, k)
    isempty(candidates) || all(in((:residual, :scaled)), keys(candidates)) ||
        invalid("candidates has the names ", join(keys(candidates), ", "), ", must have residual and scaled")
    residual, scaled = map((:residual, :scaled)) do name
        whole(get(candidates, name, 0), "candidates.$name", 0, typemax(Int64))
    end
    index.source === :callback && scaled > 0 &&
        throw(UnsupportedError("candidates.scaled is $scaled, must be 0: an index with a covariance function has no points"))
    max(residual, scaled) >= k || invalid("candidates.residual and candidates.scaled are ", residual, " and ", scaled,
                                          ", one of them must be at least k = ", k)
    return residual, scaled
end

function candidate_counts(candidates, index, k)
    total = whole(candidates, "candidates", 1, typemax(Int64))
    total >= k || invalid("candidates is ", total, ", must be at least k = ", k)
    index.source === :callback && return total, 0
    index.source === :inducing && index.m == 0 && return 0, total
    residual = max(cld(total, 2), Int64(k))
    return residual, total - residual
end

# Sets the options of the keyword `start`. Returns the array to which the options then point, or `nothing`. The caller
# keeps it alive during the search.
set_start!(options, index, num_queries, ::Nothing) = nothing

function set_start!(options, index, num_queries, start)
    idxs = idxs_of(start)
    # The answer for a single point is a vector.
    idxs isa AbstractVector && num_queries == 1 && (idxs = reshape(idxs, :, 1))
    rows = neighbor_matrix(idxs, "start", index.n, num_queries)
    options.start_k = size(rows, 1)
    isempty(rows) || (options.start = pointer(rows))
    return rows
end

# The neighbors in the answer of a search, or given alone.
idxs_of(neighbors) = neighbors isa Tuple && !isempty(neighbors) ? first(neighbors) : neighbors

# Neighbors of all queries as 0-based row numbers, -1 in places without a neighbor.
function neighbor_matrix(neighbors, name, n, num_queries)
    idxs = idxs_of(neighbors)
    idxs isa AbstractMatrix || invalid(name, " is ", described(idxs), ", must be a matrix of column numbers with a ",
                                       "column for each query, or the answer of knn or predecessors")
    Base.has_offset_axes(idxs) && invalid(name, " does not count from 1")
    k, count = size(idxs)
    hint = k == num_queries ? "; the set of a query is a column here: did you mean permutedims($name)?" : ""
    check_size("the number of columns of $name", count, num_queries, hint)
    return zero_based(idxs, n, name, "neighbor")
end

# The row numbers of a matrix of column numbers; 0 becomes -1.
function zero_based(numbers::AbstractMatrix, n, name, what)
    for place in CartesianIndices(numbers)
        is_row(numbers[place], n) || refuse_row(numbers[place], n, (name, "[", join(Tuple(place), ", "), "]"), what)
    end
    rows = Matrix{Int64}(numbers)
    rows .-= 1
    return rows
end

# Whether x is the number of a point, or 0.
is_row(x, n) = x isa Integer && !(x isa Bool) && 0 <= x <= n

# `place` has the parts of a text. It takes much longer than the check, so callers make it only for a bad row.
@noinline refuse_row(row, n, place, what) =
    invalid(place..., " is ", described(row), ", must be a number between 1 and ", n, ", or 0 for no ", what)

# The lists of all queries one after the other, as offsets and 0-based row numbers. A matrix has a list in each column.
candidate_arrays(::Nothing, n, num_queries) = (nothing, nothing)

function candidate_arrays(lists::AbstractMatrix, n, num_queries)
    Base.has_offset_axes(lists) && invalid("candidate_lists does not count from 1")
    check_size("the number of columns of candidate_lists", size(lists, 2), num_queries)
    rows = zero_based(lists, n, "candidate_lists", "candidate")
    return Int64[size(lists, 1) * i for i in 0:size(lists, 2)], vec(rows)
end

function candidate_arrays(lists::AbstractVector, n, num_queries)
    Base.has_offset_axes(lists) && invalid("candidate_lists does not count from 1")
    # The answer for a single point is a vector of numbers.
    num_queries == 1 && eltype(lists) <: Integer && return candidate_arrays(reshape(lists, :, 1), n, 1)
    check_size("the number of candidate_lists", length(lists), num_queries)
    offsets = zeros(Int64, num_queries + 1)
    for (query, list) in enumerate(lists)
        list isa Union{AbstractVector,Tuple} ||
            invalid("candidate_lists[", query, "] is ", described(list), ", must be a vector of column numbers")
        offsets[query+1] = offsets[query] + length(list)
    end
    rows = Vector{Int64}(undef, offsets[end])
    for (query, list) in enumerate(lists)
        copy_list!(rows, offsets[query], list, n, query)
    end
    return offsets, rows
end

# Copies a list of candidates to the elements after `offset`.
function copy_list!(rows, offset, list, n, query)
    for (place, row) in enumerate(list)
        is_row(row, n) || refuse_row(row, n, ("candidate_lists[", query, "][", place, "]"), "candidate")
        rows[offset+place] = Int64(row) - 1
    end
end

# The answer of a search, whose first part is a matrix, or a vector of numbers for a single point.
candidate_arrays(answer::Tuple{AbstractMatrix,Vararg}, n, num_queries) = candidate_arrays(answer[1], n, num_queries)
candidate_arrays(answer::Union{Tuple{AbstractVector{<:Integer}},
                               Tuple{AbstractVector{<:Integer},AbstractVector{<:AbstractFloat},Vararg}}, n,
                 num_queries) = candidate_arrays(answer[1], n, num_queries)

candidate_arrays(lists, n, num_queries) =
    invalid("candidate_lists is ", described(lists), ", must be a vector of vectors of column numbers, a matrix with a ",
            "column for each query, or the answer of knn or predecessors",
            lists isa Tuple && !isempty(lists) ? "; for lists in a tuple, use collect(candidate_lists)" : "")
