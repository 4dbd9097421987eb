# SPDX-License-Identifier: Apache-2.0

"""
    ResidualIndex(points; lengthscales, inducing, kernel = :matern32, ...)
    ResidualIndex(points, factor, residual_variance; lengthscales, kernel = :matern32, ...)
    ResidualIndex(covariance, factor, residual_variance; ...)

Points, a covariance and inducing points, prepared for searches with [`knn`](@ref) and
[`predecessors`](@ref).

`points` is a d x n matrix, a point in each column. With dense `Float64` columns (a `Matrix{Float64}`, a
view of some of its columns) the library reads Julia's memory; anything else is converted once. It
keeps what it needs: the matrix may change or go afterwards.

- `lengthscales`: one for all coordinates or a vector of d
- `inducing`: d x m matrix of inducing points, see [`choose_inducing`](@ref); none by default, which
  makes ρ the plain correlation
- `kernel`: `:squared_exponential`, `:matern12`, `:matern32` (default), `:matern52`, `:matern` with
  smoothness `nu` (default 1.5), `:rational_quadratic` with `alpha` (default 1)
- `variance`: K(x, x) without the nugget; default 1
- `nugget`: added to each point's residual variance; default 0
- `jitter`: added to the diagonal of K(Z, Z), relative to `variance`; default 1e-8. With `max_jitter`
  above it, it is multiplied by 10 up to that value until K(Z, Z) is positive definite.
- `threads`: worker threads; default 0, one for each processor
- `progress`: a function of the work done and all work, called about every 50 ms on the calling thread.
  If it returns `false` or throws, the call ends within 100 ms by a [`CancelledError`](@ref), or by what
  was thrown. Ctrl-C ends a call likewise, with or without such a function.

With your own V and p, `factor` is the m x n matrix V (column i is V_i = L⁻¹ K(Z, x_i)) and
`residual_variance` the vector p with the nugget in it; both are copied. `nugget` and `jitter` are then
unknown keywords. `factor_error` is a promise, needed for pruning, of how exact they are; see
`?ResidualKNN.LibResidualKNN.residual_knn_model_options`.

The third form is for any kernel at all: `covariance(rows, columns)` returns the matrix of covariances of
the points with numbers `rows` with those with numbers `columns`, `length(rows)` x `length(columns)`.
Numbers from n + 1 on are the new points of the search under way. It runs on the thread that searches and
nowhere else, one block at a time; what it throws ends the search. A pair's value must not depend on its block.

```julia
index = ResidualIndex(V, p) do rows, columns
    [my_kernel(X[:, i], X[:, j]) for i in rows, j in columns]
end
```

Any number of threads may search an index at the same time. `close(index)` frees its memory; without it
that happens once the index is unreachable. Closing twice is fine, closing or updating during a search is not.
"""
mutable struct ResidualIndex
    handle::Ptr{residual_knn_index}
    n::Int
    d::Int
    m::Int
    lengthscales::Vector{Float64} # these and the options are what update! starts from
    options::LibResidualKNN.residual_knn_model_options
    covariance::Union{Nothing,Covariance} # the library holds its address
end

# In a ccall, the handle, with the index kept alive until the call is over.
Base.cconvert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex) = index
function Base.unsafe_convert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex)
    isopen(index) || throw(ArgumentError("the index is closed"))
    return index.handle
end

# Makes an index by create(options, handle), a call of the library.
function create_index(create, options, progress, lengthscales, covariance = nothing)
    handle = Ref{Ptr{residual_knn_index}}(C_NULL)
    try
        run(options -> create(options, handle), options, progress)
    catch # Ctrl-C may come when the index is there already
        LibResidualKNN.residual_knn_index_free(handle[])
        rethrow()
    end
    index = ResidualIndex(handle[], 0, 0, 0, lengthscales, options, covariance)
    finalizer(close, index)
    return note_sizes!(index)
end

function note_sizes!(index)
    info = index_info(index)
    index.n, index.d, index.m = info.n, info.d, info.m
    return index
end

function check_inducing(inducing, d)
    size(inducing, 2) == 0 || check_size("the number of coordinates of inducing points", size(inducing, 1), d)
    return inducing
end

function ResidualIndex(points::AbstractMatrix{<:Real}; lengthscales, inducing = nothing, kernel = nothing,
                       variance = nothing, nugget = nothing, jitter = nothing, max_jitter = nothing,
                       nu = nothing, alpha = nothing, threads = nothing, progress = nothing)
    points = dense(points)
    d, n = size(points)
    inducing = inducing === nothing ? zeros(d, 0) : check_inducing(dense(inducing), d)
    lengthscales = Vector{Float64}(dense(lengthscales)) # a copy, for the index keeps it
    options = set!(LibResidualKNN.residual_knn_model_options();
                   kernel = code_or_nothing(KERNELS, kernel, "kernel"), variance = variance, nugget = nugget,
                   jitter = jitter, max_jitter = max_jitter, nu = nu, alpha = alpha, threads = threads)
    return create_index(options, progress, lengthscales) do options, handle
        LibResidualKNN.residual_knn_index_create(points, n, d, lengthscales, length(lengthscales), inducing,
                                                 size(inducing, 2), options, handle)
    end
end

function check_factor(factor, residual_variance)
    check_size("the length of residual_variance", length(residual_variance), size(factor, 2))
end

function ResidualIndex(points::AbstractMatrix{<:Real}, factor::AbstractMatrix{<:Real},
                       residual_variance::AbstractVector{<:Real}; lengthscales, kernel = nothing,
                       variance = nothing, nu = nothing, alpha = nothing, factor_error = nothing,
                       threads = nothing, progress = nothing)
    points, factor, residual_variance = dense(points), dense(factor), dense(residual_variance)
    d, n = size(points)
    check_size("the number of columns of factor", size(factor, 2), n)
    check_factor(factor, residual_variance)
    lengthscales = Vector{Float64}(dense(lengthscales)) # a copy, for the index keeps it
    options = set!(LibResidualKNN.residual_knn_model_options();
                   kernel = code_or_nothing(KERNELS, kernel, "kernel"), variance = variance, nu = nu,
                   alpha = alpha, factor_error = factor_error, threads = threads)
    return create_index(options, progress, lengthscales) do options, handle
        LibResidualKNN.residual_knn_index_create_from_factor(
            factor, size(factor, 1), residual_variance, points, n, d, lengthscales, length(lengthscales),
            options, handle)
    end
end

function ResidualIndex(covariance, factor::AbstractMatrix{<:Real}, residual_variance::AbstractVector{<:Real};
                       factor_error = nothing, threads = nothing, progress = nothing)
    factor, residual_variance = dense(factor), dense(residual_variance)
    check_factor(factor, residual_variance)
    state = Covariance(covariance)
    options = set!(LibResidualKNN.residual_knn_model_options(); factor_error = factor_error,
                   threads = threads)
    return create_index(options, progress, Float64[], state) do options, handle
        GC.@preserve state LibResidualKNN.residual_knn_index_create_from_callback(
            factor, size(factor, 2), size(factor, 1), residual_variance,
            LibResidualKNN.@residual_knn_covariance(compute_covariances), pointer_from_objref(state), options,
            handle)
    end
end

"""
    update!(index; lengthscales, inducing, kernel, variance, nugget, jitter, max_jitter, nu, alpha, threads, progress)

Gives an index made from points, a kernel and inducing points new hyper-parameters, and new inducing points if given,
on the same points: a step of an optimizer. Keywords that are left out stay as they are, but for
`progress`. The answers are those of a new index, at less cost. Returns the index.

No other thread may use the index meanwhile. Where the arguments are wrong or K(Z, Z) is not positive
definite, the index stays what it was. After an update that was cancelled it may hold nothing, and searches then
throw until another update succeeds.
"""
function update!(index::ResidualIndex; lengthscales = nothing, inducing = nothing, kernel = nothing,
                 variance = nothing, nugget = nothing, jitter = nothing, max_jitter = nothing, nu = nothing,
                 alpha = nothing, threads = nothing, progress = nothing)
    lengthscales = lengthscales === nothing ? index.lengthscales : Vector{Float64}(dense(lengthscales))
    inducing = inducing === nothing ? nothing : check_inducing(dense(inducing), index.d)
    options = set!(deepcopy(index.options); kernel = code_or_nothing(KERNELS, kernel, "kernel"),
                   variance = variance, nugget = nugget, jitter = jitter, max_jitter = max_jitter, nu = nu,
                   alpha = alpha, threads = threads)
    run(options, progress) do options
        LibResidualKNN.residual_knn_index_update(index, lengthscales, length(lengthscales),
                                                 inducing === nothing ? C_NULL : inducing,
                                                 inducing === nothing ? 0 : size(inducing, 2), options)
    end
    index.lengthscales, index.options = lengthscales, options
    return note_sizes!(index)
end

Base.isopen(index::ResidualIndex) = index.handle != C_NULL

function Base.close(index::ResidualIndex)
    handle, index.handle = index.handle, C_NULL
    LibResidualKNN.residual_knn_index_free(handle) # NULL is fine
    return nothing
end

function Base.show(io::IO, index::ResidualIndex)
    print(io, "ResidualIndex(", isopen(index) ? "$(index.n) points" : "closed", ")")
end

function Base.show(io::IO, ::MIME"text/plain", index::ResidualIndex)
    isopen(index) || return print(io, "ResidualIndex (closed)")
    println(io, "ResidualIndex")
    println(io, "  Number of points: ", index.n)
    index.covariance === nothing && println(io, "  Dimensions: ", index.d)
    println(io, "  Inducing points: ", index.m)
    print(io, "  Metric: residual correlation, ",
          index.covariance === nothing ? symbol_of(KERNELS, index.options.kernel) : "a covariance function")
end

# A record of the library as a named tuple, without its size.
function named_tuple(record::T; replaced...) where {T}
    names = filter(!=(:struct_size), fieldnames(T))
    return merge(NamedTuple{names}(map(name -> getfield(record, name), names)), (; replaced...))
end

"""
    index_info(index)

What an index holds, as a named tuple: `n`, `d` and `m`; `degenerate_points`, whose residual variance is at its
rounding level, which puts them at distance 1 from every point; `bytes`; `build_seconds`; the
`jitter` that was used; `residual_share`, quantiles of p / (p + |V|²) at the levels 0, 0.01, 0.05, 0.5,
0.95, 0.99 and 1: the share of the variance that the inducing points leave over.
"""
function index_info(index::ResidualIndex)
    record = LibResidualKNN.residual_knn_info()
    run(() -> LibResidualKNN.residual_knn_index_info(index, record))
    return named_tuple(record)
end

"""
    residual_factor(index)

Copies of V (m x n) and p (n): `factor, residual_variance`, as the constructor with three arguments takes them.
"""
function residual_factor(index::ResidualIndex)
    factor = Matrix{Float64}(undef, index.m, index.n)
    residual_variance = Vector{Float64}(undef, index.n)
    run() do
        LibResidualKNN.residual_knn_index_factor(index, Int32(LibResidualKNN.RESIDUAL_KNN_POINT_MAJOR), factor,
                                                 residual_variance)
    end
    return factor, residual_variance
end
