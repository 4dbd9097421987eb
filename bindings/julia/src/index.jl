# SPDX-License-Identifier: Apache-2.0

"""
    ResidualIndex(points; lengthscales, inducing, kernel = :matern32, ...)
    ResidualIndex(points, factor, residual_variance; lengthscales, kernel = :matern32, ...)
    ResidualIndex(covariance, factor, residual_variance; ...)
    ResidualIndex(f, any of these; ...)

Makes an index from points, a covariance and inducing points, for searches with [`knn`](@ref) and [`predecessors`](@ref).

`points` is a d x n matrix with a point in each column, or a list of n points: a vector of vectors, static vectors or
tuples, or `eachcol(x)`. Dense `Float64` columns (a `Matrix{Float64}`, or a view of some of its columns) are not copied.
Other points are converted once. The index keeps what it needs, so the matrix may change afterwards.

- `lengthscales`: positive numbers in the units of the points: one for all coordinates, or a vector or tuple of d
- `inducing`: d x m matrix (or a list) of inducing points, see [`choose_inducing`](@ref); or their number, such as
  `200`, and then `choose_inducing` chooses them by k-means with `seed` (default 1). By default there are none, and ρ is
  the correlation itself
- `lonlat`: `true` if the first two coordinates are longitude (between -360 and 360) and latitude (between -90 and 90)
  in degrees, or the numbers of these two coordinates, such as `(2, 1)`; default `false`. See "Longitude and latitude"
- `kernel`, a symbol, a string or a type with such a name: `:squared_exponential`, `:matern12`, `:matern32` (default),
  `:matern52`, `:matern` with smoothness `nu` (default 1.5, at most 50), `:rational_quadratic` with `alpha` (default 1),
  or a name of another package; see below. Other kernels do not take `nu` and `alpha`
- `variance`: K(x, x) without the nugget; default 1
- `nugget`: added to the residual variance of each point; default 0
- `jitter`: relative to `variance`; default 1e-8. `jitter * variance` is added to the diagonal of K(Z, Z)
- `max_jitter`: if this exceeds `jitter`, and K(Z, Z) is not positive definite, the jitter is multiplied by 10 until
  K(Z, Z) is positive definite or this value is reached
- `factor_storage`: `:stored`, the index keeps V, m numbers a point; `:computed`, it does not, and searches compute the
  rows that they need, which takes longer, with the same answers; `:automatic` (default), V is kept unless `max_bytes` is
  too small
- `max_bytes`: a limit on the memory of the index, what searches add to it included; searches do without trees and other
  aids that need more. What a call needs while it runs, and the k-d trees of searches by scaled distance, are not counted.
  Default: no limit
- `threads`: number of worker threads of this call and of the searches of the index, unless these have a `threads`
  keyword; default 0, one for each available processor. It does not depend on `Threads.nthreads()`
- `progress`: `true` shows a bar on stderr; or a function of the work done and of all work, which is called about every
  50 ms on the calling thread. If the function returns `false`, the call ends within 100 ms with a
  [`CancelledError`](@ref). If it throws, the call ends with that exception. Ctrl-C ends a call in the same way, with or
  without such a function

# Your own V and p

`factor` is the m x n matrix V (column i is V_i = L⁻¹ K(Z, x_i)), and `residual_variance` is the vector p, nugget
included. Both are copied. There are no keywords `nugget` and `jitter` then. `factor_error` bounds the error of V and p.
Pruning needs this bound; without it, searches compare all pairs. See
`?ResidualKNN.LibResidualKNN.residual_knn_model_options`.

# Your own kernel

In the third form, the kernel can be any. `covariance(rows, columns)` returns the `length(rows)` x `length(columns)`
matrix of the covariances of the points with the numbers `rows` with the points with the numbers `columns`. Numbers from
n + 1 on are the new points of the present search. The function runs on the searching thread only, for one block at a
time. An exception in it ends the search. The value of a pair must not depend on the block that contains it.

```julia
index = ResidualIndex(V, p) do rows, columns
    [my_kernel(X[:, i], X[:, j]) for i in rows, j in columns]
end
```

# Longitude and latitude

With `lonlat`, longitude and latitude are converted to x, y and z on the unit sphere. These come first; the other
coordinates follow. A point then has d + 1 coordinates, and `lengthscales` has one value or d + 1 values. Distances are
straight lines through the sphere in units of its radius: on the Earth, 0.1 is 637 km. Inducing points and new
points may have longitude and latitude in the same places as `points`, or d + 1 coordinates, of which the first three are on
the sphere, for inducing points also inside it.

# Threads and memory

Any number of threads may search an index at the same time. Closing or updating it during a search, also in a callback,
is an [`IndexInUseError`](@ref). An index cannot be copied or serialized. Within a process, let another variable refer to
the same index; for another process, save it by [`save_index`](@ref) and load it there, or make a new one.

An index takes about n (m + 2d + 2) numbers of 8 bytes, and up to twice as much after searches. `close(index)` frees this
memory; it may be called more than once. Otherwise the memory is freed when the index is unreachable and Julia's
collector has run. Before a new index is made, the package runs the collector if indexes of at least 256 MB (or half of
the memory of the older indexes, if that is more) were added since its last run. The last form closes the index itself
and returns `f(index)`.

```julia
idxs, dists = ResidualIndex(points; lengthscales = 0.2) do index
    predecessors(index, 10)
end
```

# Kernels

Let r be the Euclidean distance of two points after division by the lengthscales. K is `variance` times one of these:

- `:squared_exponential`: exp(-r² / 2)
- `:matern12`: exp(-r)
- `:matern32`: (1 + a) exp(-a), a = √3 r
- `:matern52`: (1 + a + a² / 3) exp(-a), a = √5 r
- `:matern`: 2^(1 - ν) / Γ(ν) a^ν K_ν(a), a = √(2ν) r, where K_ν is the modified Bessel function of the second kind
  (Rasmussen and Williams 2006, 4.14)
- `:rational_quadratic`: (1 + r² / (2α))^-α (Rasmussen and Williams 2006, 4.19)

# Kernels and parameters of other packages

A name of another package stands for the formula of that package. If `lengthscales` is the range in that package, the
covariances are the same.

- GpGp: `:exponential_isotropic`: exp(-r); `:matern_isotropic`: as `:matern`, but with a = r;
  `:matern15_isotropic`: (1 + r) exp(-r); `:matern25_isotropic`: (1 + r + r² / 3) exp(-r); `:matern35_isotropic` and
  `:matern45_isotropic`, which fix ν to 3.5 and 4.5. The same names with `_scaledim` instead of `_isotropic`:
  `:exponential_scaledim`, `:matern_scaledim`, `:matern15_scaledim`, `:matern25_scaledim`, `:matern35_scaledim`,
  `:matern45_scaledim`. These formulas do not contain √(2ν): `:matern15_isotropic` is `:matern32` with √3 times the
  lengthscales, and `:matern25_isotropic` is `:matern52` with √5 times the lengthscales. GpGp's nugget is relative to the
  variance: `nugget = variance * nugget_of_gpgp`
- spNNGP: `:exponential`: exp(-r) and `:gaussian`: exp(-r²), with `lengthscales = 1 / phi`. For its Matérn covariance,
  use `:matern` with `lengthscales = sqrt(2nu) / phi`. `variance = sigma.sq`, `nugget = tau.sq`
- GPBoost: `:exponential`, `:gaussian` and `:matern`, also as `:exponential_ard`, `:gaussian_ard` and `:matern_ard`. Its
  Matérn covariance contains √(2ν), as here. `variance` and `lengthscales` are its variance and range, `nugget` is its
  error variance
- KernelFunctions.jl: `:SqExponentialKernel`, `:SEKernel`, `:GaussianKernel` and `:RBFKernel`: exp(-r² / 2);
  `:ExponentialKernel`, `:LaplacianKernel` and `:Matern12Kernel`; `:Matern32Kernel`; `:Matern52Kernel`; `:MaternKernel`;
  `:RationalQuadraticKernel`. The formulas are those above. `σ² * Matern32Kernel() ∘ ScaleTransform(1 / l)` is
  `kernel = :Matern32Kernel, variance = σ², lengthscales = l`; an `ARDTransform(v)` is `lengthscales = 1 ./ v`;
  `MaternKernel(ν = 2)` is `kernel = :MaternKernel, nu = 2`; `RationalQuadraticKernel(α = 2)` is
  `kernel = :RationalQuadraticKernel, alpha = 2`
"""
mutable struct ResidualIndex
    handle::Ptr{residual_knn_index}
    n::Int
    d::Int
    m::Int
    source::Symbol # :inducing, :factor or :callback
    coordinates::Coordinates # of the points and of new points
    lengthscales::Vector{Float64} # update! starts from these, the kernel and the options
    kernel::Symbol # the user's name of the kernel
    options::LibResidualKNN.residual_knn_model_options
    covariance::Union{Nothing,Covariance} # the library holds its address
    users::Threads.Atomic{Int} # see access.jl
    bytes::Int # as counted in memory.jl

    function ResidualIndex(handle::Ptr{residual_knn_index}, source, coordinates, lengthscales, kernel, options, covariance)
        index = new(handle, 0, 0, 0, source, coordinates, lengthscales, kernel, options, covariance,
                    Threads.Atomic{Int}(0), 0)
        return finalizer(free_unreachable, index)
    end
end

Base.propertynames(::ResidualIndex, private::Bool = false) = private ? fieldnames(ResidualIndex) : (:n, :d, :m)

# Arrays for the library are made with these sizes, so they must not be changed.
Base.setproperty!(::ResidualIndex, name::Symbol, value) =
    invalid("$name of an index cannot be set; use update! to change its model")

# The library's memory has one owner, which frees it, so there are no copies.
no_copy() = invalid("an index cannot be copied or serialized; save it by save_index and load it, or make another from the " *
                   "same arguments")
Base.copy(::ResidualIndex) = no_copy()
Base.deepcopy_internal(::ResidualIndex, ::IdDict) = no_copy()
Serialization.serialize(::AbstractSerializer, ::ResidualIndex) = no_copy()

# A ccall gets the handle; the index is kept alive until the call ends.
Base.cconvert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex) = index
function Base.unsafe_convert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex)
    isopen(index) || invalid("the index is closed")
    return index.handle
end

# Makes an index by create(options, handle), a call of the library.
function create_index(create, source, options, progress, coordinates, lengthscales, kernel, covariance = nothing)
    return index_from(covariance) do handle
        run(options -> create(options, handle), options, progress)
        return source, coordinates, lengthscales, kernel, options
    end
end

# Makes an index by make(handle), which lets the library write to the handle and returns the fields of the index after it.
function index_from(make, covariance)
    collect_dropped_indexes()
    handle = Ref{Ptr{residual_knn_index}}(C_NULL)
    local fields
    try
        fields = make(handle)
    catch # Ctrl-C may come after the index was created
        LibResidualKNN.residual_knn_index_free(handle[])
        rethrow()
    end
    index = ResidualIndex(handle[], fields..., covariance)
    warning = shared_shortly(index) do
        note_sizes!(index)
        keep_note(index)
        text_of(LibResidualKNN.residual_knn_index_warning(index))
    end
    say(warning)
    return index
end

# Gives the index of the library its note. Nothing else may use it.
function keep_note(index)
    index.source === :callback && return
    text = note_text(index.coordinates, index.kernel, index.lengthscales, index.options) *
           kept_lines(unsafe_string(LibResidualKNN.residual_knn_index_note(index)))
    run(() -> LibResidualKNN.residual_knn_index_set_note(index, text))
end

# The caller must have entered the index, see access.jl.
function note_sizes!(index)
    info = read_info(index)
    setfield!(index, :n, info.n)
    setfield!(index, :d, info.d)
    setfield!(index, :m, info.m)
    count_bytes!(index, info.bytes)
    return index
end

function read_info(index)
    record = LibResidualKNN.residual_knn_info()
    run(() -> LibResidualKNN.residual_knn_index_info(index, record))
    return record
end

function ResidualIndex(points; lengthscales = nothing, inducing = nothing, lonlat = nothing, seed = nothing,
                       progress = nothing, settings...)
    options = set!(LibResidualKNN.residual_knn_model_options(), MODEL_SETTINGS, settings,
                   (:lengthscales, :inducing, :lonlat, :seed, :progress))
    kernel = note_kernel!(options, settings)
    points, coordinates = own_points(points, lonlat)
    d, n = size(points)
    lengthscales = lengthscale_vector(lengthscales, coordinates, n)
    if inducing isa Number
        inducing = counted_inducing(inducing, points, lengthscales, seed, options.threads, progress)
    else
        require_no_seed(seed)
        inducing = inducing === nothing ? zeros(d, 0) : points_like(inducing, "inducing", coordinates)
    end
    scales = library_scales(lengthscales, kernel, options.nu)
    return create_index(:inducing, options, progress, coordinates, lengthscales, kernel) do options, handle
        LibResidualKNN.residual_knn_index_create(points, n, d, scales, length(scales), inducing, size(inducing, 2),
                                                 options, handle)
    end
end

function require_no_seed(seed)
    seed === nothing || invalid("seed is ", described(seed), ", but it is used only if inducing is a number of points")
end

# The points as the library has them.
function points_of(index)
    return shared_shortly(index) do
        points = Matrix{Float64}(undef, index.d, index.n)
        run() do
            LibResidualKNN.residual_knn_index_points(index, Int32(LibResidualKNN.RESIDUAL_KNN_POINT_MAJOR), points, C_NULL)
        end
        return points
    end
end

# `count` inducing points, chosen by choose_inducing.
function counted_inducing(count, points, lengthscales, seed, threads, progress)
    m = whole(count, "inducing", 0, size(points, 2), ", the number of points")
    options = set!(LibResidualKNN.residual_knn_helper_options(), INDUCING_SETTINGS,
                   pairs((seed = seed, threads = threads)), ())
    try
        return chosen_inducing(points, m, lengthscales, INDUCING_METHODS[:kmeans], options, progress)
    catch failure
        failure isa ArgumentError && startswith(failure.msg, "m is ") || rethrow()
        invalid(replace(failure.msg, r"^m " => "inducing "))
    end
end

function ResidualIndex(points, factor, residual_variance; settings...)
    factor = dense_matrix(factor, "factor")
    residual_variance = dense_vector(residual_variance, "residual_variance")
    isempty(residual_variance) && invalid("residual_variance is empty, must have a value for each point")
    check_factor(factor, "factor", length(residual_variance))
    make = are_points(points) ? index_from_factor : index_from_callback
    return make(points, factor, residual_variance; settings...)
end

# Checks that V has a column for each of `count` points.
function check_factor(factor, name, count)
    hint = size(factor, 1) == count ? "; V has a column for each point: did you mean permutedims($name)?" : ""
    check_size("the number of columns of $name", size(factor, 2), count, hint)
end

function index_from_factor(points, factor, residual_variance; lengthscales = nothing, lonlat = nothing,
                           progress = nothing, settings...)
    options = set!(LibResidualKNN.residual_knn_model_options(), FACTOR_SETTINGS, settings,
                   (:lengthscales, :lonlat, :progress))
    kernel = note_kernel!(options, settings)
    points, coordinates = own_points(points, lonlat)
    d, n = size(points)
    lengthscales = lengthscale_vector(lengthscales, coordinates, n)
    check_factor(factor, "factor", n)
    scales = library_scales(lengthscales, kernel, options.nu)
    return create_index(:factor, options, progress, coordinates, lengthscales, kernel) do options, handle
        LibResidualKNN.residual_knn_index_create_from_factor(
            factor, size(factor, 1), residual_variance, points, n, d, scales, length(scales), options, handle)
    end
end

function index_from_callback(covariance, factor, residual_variance; progress = nothing, settings...)
    options = set!(LibResidualKNN.residual_knn_model_options(), CALLBACK_SETTINGS, settings, (:progress,))
    applicable(covariance, Int[], Int[]) ||
        invalid("the first argument is ", described(covariance), ", must be points (a matrix with a point in each ",
                "column, or a vector of points) or a covariance function of rows and columns")
    state = Covariance(covariance)
    return create_index(:callback, options, progress, Coordinates(0, nothing), Float64[], :none,
                        state) do options, handle
        GC.@preserve state LibResidualKNN.residual_knn_index_create_from_callback(
            factor, size(factor, 2), size(factor, 1), residual_variance,
            LibResidualKNN.@residual_knn_covariance(compute_covariances), pointer_from_objref(state), options,
            handle)
    end
end

ResidualIndex(f, points; settings...) = closed_after(f, points; settings...)
ResidualIndex(f, points, factor, residual_variance; settings...) =
    closed_after(f, points, factor, residual_variance; settings...)

function closed_after(f, arguments...; settings...)
    f isa Base.Callable || invalid("the first of several arguments is ", described(f), ", must be a function of the ",
                                   "index; give inducing points by the keyword inducing")
    index = ResidualIndex(arguments...; settings...)
    try
        return f(index)
    finally
        close(index)
    end
end

"""
    update!(index; lengthscales, inducing, kernel, variance, nugget, jitter, max_jitter, nu, alpha, seed, threads, progress)

Gives an index new hyperparameters and, if wanted, new inducing points, as a step of an optimizer does. The index must be
made from points, a kernel and inducing points; its points stay the same. Returns the index. Later answers are those of a
new index; the update costs less than making one.

Keywords that are not given keep their values. There are two exceptions: `progress` is not kept, and a `nu` that the name
of the previous kernel fixed is dropped with that kernel. `inducing` may be a number: [`choose_inducing`](@ref) then chooses
that many of the points by k-means, with `seed` and the new lengthscales.

No other call may use the index during an update, see [`IndexInUseError`](@ref). If an argument is wrong or K(Z, Z) is not
positive definite, the index is unchanged. After an update that was cancelled or ran out of memory, the index may be empty.
Its display shows this, and searches throw until another `update!` succeeds. That update can still keep the previous
inducing points.
"""
function update!(index::ResidualIndex; lengthscales = nothing, inducing = nothing, seed = nothing, progress = nothing,
                 settings...)
    options = set!(deepcopy(index.options), UPDATE_SETTINGS, settings, (:lengthscales, :inducing, :seed, :progress))
    kernel = index.source === :inducing ? note_kernel!(options, settings, index.kernel) : :none
    index.source === :inducing || throw(UnsupportedError("the index was made from V and p and cannot be updated; " *
                                                         "make a new one"))
    lengthscales = lengthscales === nothing ? index.lengthscales :
                   lengthscale_vector(lengthscales, index.coordinates, index.n)
    if inducing isa Number
        inducing = counted_inducing(inducing, points_of(index), lengthscales, seed, options.threads, progress)
    else
        require_no_seed(seed)
        inducing === nothing || (inducing = points_like(inducing, "inducing", index.coordinates))
    end
    inducing !== nothing && size(inducing, 2) == 0 && invalid("inducing has no points, must have at least one")
    scales = library_scales(lengthscales, kernel, options.nu)
    warning = Ref("")
    run(options, progress) do options
        alone(index, "updated") do
            status = LibResidualKNN.residual_knn_index_update(index, scales, length(scales),
                                                              inducing === nothing ? C_NULL : inducing,
                                                              inducing === nothing ? 0 : size(inducing, 2), options)
            if status == STATUS_CODES[:ok]
                setfield!(index, :lengthscales, lengthscales)
                setfield!(index, :kernel, kernel)
                setfield!(index, :options, options)
                note_sizes!(index)
                keep_note(index)
                warning[] = text_of(LibResidualKNN.residual_knn_index_warning(index))
            end
            return status
        end
    end
    say(warning[])
    return index
end

Base.isopen(index::ResidualIndex) = index.handle != C_NULL

# No other call may use the index.
function free_handle!(index)
    handle = index.handle
    setfield!(index, :handle, Ptr{residual_knn_index}(C_NULL))
    LibResidualKNN.residual_knn_index_free(handle) # NULL does nothing
    count_bytes!(index, 0)
    return nothing
end

function Base.close(index::ResidualIndex)
    isopen(index) || return nothing
    return alone_shortly(() -> free_handle!(index), index, "closed")
end

# The finalizer. No call uses an unreachable index. But finalize(index) or the end of the process may come during a call;
# then the next collection tries again.
function free_unreachable(index)
    enter_alone!(index) || return finalizer(free_unreachable, index)
    free_handle!(index)
    leave_alone!(index)
end

# Whether the index is empty after a failed update; `nothing` if this cannot be found out now. A search without queries
# fails on an empty index.
function is_empty(index)
    try
        return shared_shortly(index) do
            LibResidualKNN.residual_knn_predecessors(index, Int64[], 0, C_NULL, 1, C_NULL, C_NULL, C_NULL) !=
                STATUS_CODES[:ok]
        end
    catch failure
        failure isa IndexInUseError || rethrow()
        return nothing
    end
end

function Base.show(io::IO, index::ResidualIndex)
    print(io, "ResidualIndex(")
    if !isopen(index)
        print(io, "closed)")
    else
        print(io, index.n, index.n == 1 ? " point" : " points", is_empty(index) === true ? ", empty)" : ")")
    end
end

function Base.show(io::IO, ::MIME"text/plain", index::ResidualIndex)
    isopen(index) || return print(io, "ResidualIndex (closed)")
    empty = is_empty(index)
    println(io, "ResidualIndex", empty === nothing ? " (being updated)" :
                                 empty ? " (empty because an update failed; update! it again)" : "")
    println(io, "  Number of points: ", index.n)
    index.covariance === nothing && println(io, "  Dimensions: ", index.d, sphere_text(index.coordinates))
    println(io, "  Inducing points: ", index.m)
    print(io, "  Metric: residual correlation, ", covariance_text(index))
end

sphere_text(coordinates) = coordinates.lonlat === nothing ? "" :
                           ", with longitude and latitude (coordinates $(join(coordinates.lonlat, " and "))) as x, y, z"

function covariance_text(index)
    index.covariance === nothing || return "a covariance function"
    options = index.options
    formula = FORMULAS[index.kernel].kernel
    shape = formula === :matern ? ", nu $(options.nu)" : formula === :rational_quadratic ? ", alpha $(options.alpha)" : ""
    nugget = index.source === :inducing ? ", nugget $(options.nugget)" : ""
    scales = index.lengthscales
    return string(index.kernel, shape, "\n  ", length(scales) == 1 ? "Lengthscale: " : "Lengthscales: ",
                  join(scales[1:min(5, end)], ", "), length(scales) > 5 ? ", ..." : "", "; variance ", options.variance, nugget)
end

# A struct of the library as a named tuple, without the field struct_size.
function named_tuple(record::T; replaced...) where {T}
    names = filter(!=(:struct_size), fieldnames(T))
    return merge(NamedTuple{names}(map(name -> getfield(record, name), names)), (; replaced...))
end

"""
    index_info(index)

Describes an index by a named tuple:

- `n`, `d`, `m`: the numbers of points, coordinates and inducing points
- `degenerate_points`: the number of points whose residual variance is at its rounding level; their distance to every
  point is 1
- `bytes`: the memory of the index
- `build_seconds`: the seconds that its creation took
- `jitter`: the relative jitter that was used
- `residual_share`: quantiles of p / (p + |V|²) at the levels 0, 0.01, 0.05, 0.5, 0.95, 0.99 and 1. This is the share of
  the variance that the inducing points do not explain; the nugget counts as variance
- `given_factor`: 1 if the index was made from V and p, else 0
"""
function index_info(index::ResidualIndex)
    is_empty(index) === true &&
        invalid("the index is empty because an update was cancelled or ran out of memory: update! it again, or close it")
    return named_tuple(shared_shortly(() -> read_info(index), index))
end

"""
    residual_factor(index)

Returns copies of V (m x n) and p (length n) as `factor, residual_variance`, the form for the constructor with three
arguments.
"""
function residual_factor(index::ResidualIndex)
    return shared_shortly(index) do # m must not change
        factor = Matrix{Float64}(undef, index.m, index.n)
        residual_variance = Vector{Float64}(undef, index.n)
        run() do
            LibResidualKNN.residual_knn_index_factor(index, Int32(LibResidualKNN.RESIDUAL_KNN_POINT_MAJOR), factor,
                                                     residual_variance)
        end
        return factor, residual_variance
    end
end
