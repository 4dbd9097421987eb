# SPDX-License-Identifier: Apache-2.0

"""
    ResidualIndex(points; lengthscales, inducing, kernel = :matern32, ...)
    ResidualIndex(points, factor, residual_variance; lengthscales, kernel = :matern32, ...)
    ResidualIndex(covariance, factor, residual_variance; ...)
    ResidualIndex(f, any of these; ...)

Points, a covariance and inducing points, prepared for searches with [`knn`](@ref) and
[`predecessors`](@ref).

`points` is a d x n matrix, a point in each column, or a list of n points: a vector of vectors, static vectors or
tuples, or `eachcol(x)`. With dense `Float64` columns (a `Matrix{Float64}`, a view of some of its columns) the library
reads Julia's memory; anything else is converted once. It keeps what it needs: the matrix may change or go afterwards.

- `lengthscales`: one for all coordinates, or a vector or tuple of d
- `inducing`: d x m matrix (or a list) of inducing points, see [`choose_inducing`](@ref); or how many, as `200`, which
  `choose_inducing` then chooses by k-means with `seed` (default 1); none by default, which makes ρ the plain correlation
- `lonlat`: `true` where the first two coordinates are longitude (up to ±360) and latitude (up to ±90) in degrees, or
  the numbers of those that are, as `(2, 1)`. They become x, y and z on the unit sphere, before all other coordinates:
  a point then has d + 1 coordinates, for which `lengthscales` count too, and 0.1 on the sphere is about 640 km of the
  Earth. So it is for inducing points and new points: these have longitude and latitude where `points` have them, or are
  on the sphere already if they have d + 1 coordinates. Default `false`
- `kernel`, a symbol, a string or a type with such a name: `:squared_exponential`, `:matern12`, `:matern32` (default),
  `:matern52`, `:matern` with smoothness `nu` (default 1.5, at most 50), `:rational_quadratic` with `alpha` (default 1),
  or a name from another package; see below
- `variance`: K(x, x) without the nugget; default 1
- `nugget`: added to each point's residual variance; default 0
- `jitter`: added to the diagonal of K(Z, Z), relative to `variance`; default 1e-8. With `max_jitter`
  above it, it is multiplied by 10 up to that value until K(Z, Z) is positive definite.
- `threads`: worker threads, of searches too unless they say otherwise; default 0, one for each processor, whatever
  `Threads.nthreads()` is
- `progress`: `true` shows a bar on stderr; or a function of the work done and all work, called about every 50 ms on
  the calling thread.
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

Any number of threads may search an index at the same time. Closing or updating it meanwhile, also in a callback, is an
[`IndexInUseError`](@ref). An index cannot be copied or serialized: another name for it is enough within a process,
and another process makes one of its own from the same arguments.

`close(index)` frees its memory, which is about n (m + 2d + 3) numbers of 8 bytes, and that much again after
searches; closing twice is fine. Without it that happens once the index is unreachable and Julia's collector has run.
The collector is asked to run when a new index is made and 256 MB of indexes (half as much as was in use, if that is
more) have come since it last was; sooner, it is up to you. The last form closes the index itself, and returns
`f(index)`.

```julia
idxs, dists = ResidualIndex(points; lengthscales = 0.2) do index
    predecessors(index, 10)
end
```

# Kernels

With r the Euclidean distance of two points after division by the lengthscales, K is `variance` times

- `:squared_exponential`: exp(-r² / 2)
- `:matern12`: exp(-r)
- `:matern32`: (1 + a) exp(-a), a = √3 r
- `:matern52`: (1 + a + a² / 3) exp(-a), a = √5 r
- `:matern`: 2^(1 - ν) / Γ(ν) a^ν K_ν(a), a = √(2ν) r, with K_ν the modified Bessel function of the second kind
  (Rasmussen and Williams 2006, 4.14)
- `:rational_quadratic`: (1 + r² / (2α))^-α (Rasmussen and Williams 2006, 4.19)

# Kernels and parameters of other packages

A name from another package stands for the formula that it has there. With `lengthscales` what is called range there, the
covariances are the same.

- GpGp: `:exponential_isotropic`: exp(-r); `:matern_isotropic`: as `:matern`, but with a = r;
  `:matern15_isotropic`: (1 + r) exp(-r); `:matern25_isotropic`: (1 + r + r² / 3) exp(-r); `:matern35_isotropic` and
  `:matern45_isotropic`, which fix ν to 3.5 and 4.5; and all these with `_scaledim` instead of `_isotropic`:
  `:exponential_scaledim`, `:matern_scaledim`, `:matern15_scaledim`, `:matern25_scaledim`, `:matern35_scaledim`,
  `:matern45_scaledim`. There is no √(2ν) in them: `:matern15_isotropic` is `:matern32` with √3 times the lengthscales,
  `:matern25_isotropic` is `:matern52` with √5 times. GpGp's nugget is relative: `nugget = variance * nugget_of_gpgp`
- spNNGP: `:exponential`: exp(-r) and `:gaussian`: exp(-r²), with `lengthscales = 1 / phi`; for its Matérn, `:matern`
  with `lengthscales = sqrt(2nu) / phi`. `variance = sigma.sq`, `nugget = tau.sq`
- GPBoost: `:exponential`, `:gaussian` and `:matern`, which has the √(2ν), also as `:exponential_ard`, `:gaussian_ard` and
  `:matern_ard`; `variance` and `lengthscales` are variance and range, `nugget` is the error variance
- KernelFunctions.jl: `:SqExponentialKernel`, `:SEKernel`, `:GaussianKernel` and `:RBFKernel`: exp(-r² / 2);
  `:ExponentialKernel`, `:LaplacianKernel` and `:Matern12Kernel`; `:Matern32Kernel`; `:Matern52Kernel`; `:MaternKernel`;
  `:RationalQuadraticKernel`. They are those above: `σ² * Matern32Kernel() ∘ ScaleTransform(1 / l)` is
  `kernel = :Matern32Kernel, variance = σ², lengthscales = l`, an `ARDTransform(v)` is `lengthscales = 1 ./ v`,
  `MaternKernel(ν = 2)` is `kernel = :MaternKernel, nu = 2`, `RationalQuadraticKernel(α = 2)` is
  `kernel = :RationalQuadraticKernel, alpha = 2`
"""
mutable struct ResidualIndex
    handle::Ptr{residual_knn_index}
    n::Int
    d::Int
    m::Int
    source::Symbol # :inducing, :factor or :callback
    coordinates::Coordinates # of points, and of new ones
    lengthscales::Vector{Float64} # these, the kernel and the options are what update! starts from
    kernel::Symbol # by the user's name for it
    options::LibResidualKNN.residual_knn_model_options
    covariance::Union{Nothing,Covariance} # the library holds its address
    users::Threads.Atomic{Int} # see access.jl
    bytes::Int # that have been counted, see memory.jl

    function ResidualIndex(handle::Ptr{residual_knn_index}, source, coordinates, lengthscales, kernel, options, covariance)
        index = new(handle, 0, 0, 0, source, coordinates, lengthscales, kernel, options, covariance,
                    Threads.Atomic{Int}(0), 0)
        return finalizer(free_unreachable, index)
    end
end

Base.propertynames(::ResidualIndex, private::Bool = false) = private ? fieldnames(ResidualIndex) : (:n, :d, :m)

# Arrays are made by these numbers, which the library then fills.
Base.setproperty!(::ResidualIndex, name::Symbol, value) =
    invalid("$name of an index cannot be set; update! gives it another model")

# The library's memory has one owner, which frees it.
no_copy() = invalid("an index cannot be copied or serialized; make another from the same arguments")
Base.copy(::ResidualIndex) = no_copy()
Base.deepcopy_internal(::ResidualIndex, ::IdDict) = no_copy()
Serialization.serialize(::AbstractSerializer, ::ResidualIndex) = no_copy()

# In a ccall, the handle, with the index kept alive until the call is over.
Base.cconvert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex) = index
function Base.unsafe_convert(::Type{Ptr{residual_knn_index}}, index::ResidualIndex)
    isopen(index) || invalid("the index is closed")
    return index.handle
end

# Makes an index by create(options, handle), a call of the library.
function create_index(create, source, options, progress, coordinates, lengthscales, kernel, covariance = nothing)
    collect_dropped_indexes()
    handle = Ref{Ptr{residual_knn_index}}(C_NULL)
    try
        run(options -> create(options, handle), options, progress)
    catch # Ctrl-C may come when the index is there already
        LibResidualKNN.residual_knn_index_free(handle[])
        rethrow()
    end
    index = ResidualIndex(handle[], source, coordinates, lengthscales, kernel, options, covariance)
    warning = shared_shortly(index) do
        note_sizes!(index)
        text_of(LibResidualKNN.residual_knn_index_warning(index))
    end
    say(warning)
    return index
end

# The caller uses the index.
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
        seed === nothing || invalid("seed is ", described(seed), ", but there is nothing to choose unless inducing is ",
                                    "a number of points")
        inducing = inducing === nothing ? zeros(d, 0) : points_like(inducing, "inducing", coordinates)
    end
    scales = library_scales(lengthscales, kernel, options.nu)
    return create_index(:inducing, options, progress, coordinates, lengthscales, kernel) do options, handle
        LibResidualKNN.residual_knn_index_create(points, n, d, scales, length(scales), inducing, size(inducing, 2),
                                                 options, handle)
    end
end

# So many inducing points as choose_inducing makes.
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

# V has a column for each of `count` points.
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
                                   "index; inducing points are a keyword")
    index = ResidualIndex(arguments...; settings...)
    try
        return f(index)
    finally
        close(index)
    end
end

"""
    update!(index; lengthscales, inducing, kernel, variance, nugget, jitter, max_jitter, nu, alpha, threads, progress)

Gives an index made from points, a kernel and inducing points new hyper-parameters, and new inducing points if given,
on the same points: a step of an optimizer. Keywords that are left out stay as they are, but for
`progress`, and for a `nu` that the name of a kernel fixes, which goes with that kernel. The answers are those of a new
index, at less cost. Returns the index. `inducing` is points, not a number of them, for the index does not keep its own
points for [`choose_inducing`](@ref).

Nothing else may use the index meanwhile, see [`IndexInUseError`](@ref). Where the arguments are wrong or K(Z, Z)
is not positive definite, the index stays what it was. After an update that was cancelled it may hold nothing, as its
display then says, and searches throw until another `update!` succeeds, for which the inducing points of before are
still there.
"""
function update!(index::ResidualIndex; lengthscales = nothing, inducing = nothing, progress = nothing, settings...)
    options = set!(deepcopy(index.options), MODEL_SETTINGS, settings, (:lengthscales, :inducing, :progress))
    kernel = index.source === :inducing ? note_kernel!(options, settings, index.kernel) : :none
    index.source === :inducing || throw(UnsupportedError("the index was made from V and p, and has no inducing " *
                                                         "points to update from; make another"))
    lengthscales = lengthscales === nothing ? index.lengthscales :
                   lengthscale_vector(lengthscales, index.coordinates, index.n)
    if inducing !== nothing
        inducing isa Number && invalid("inducing is ", inducing, ", must be points: choose_inducing(points, ", inducing,
                                       "; lengthscales = ...) makes them, for an index does not keep its points")
        inducing = points_like(inducing, "inducing", index.coordinates)
        size(inducing, 2) == 0 && invalid("inducing has no points, must have at least one")
    end
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
                warning[] = text_of(LibResidualKNN.residual_knn_index_warning(index))
            end
            return status
        end
    end
    say(warning[])
    return index
end

Base.isopen(index::ResidualIndex) = index.handle != C_NULL

# The caller is alone with the index.
function free_handle!(index)
    handle = index.handle
    setfield!(index, :handle, Ptr{residual_knn_index}(C_NULL))
    LibResidualKNN.residual_knn_index_free(handle) # NULL is fine
    count_bytes!(index, 0)
    return nothing
end

function Base.close(index::ResidualIndex)
    isopen(index) || return nothing
    return alone_shortly(() -> free_handle!(index), index, "closed")
end

# The finalizer. An unreachable index is in no use, but finalize(index) and the end of the process come at any
# time: then it is for the next collection.
function free_unreachable(index)
    enter_alone!(index) || return finalizer(free_unreachable, index)
    free_handle!(index)
    leave_alone!(index)
end

# Does it hold nothing, after an update that broke off? A search for no point tells; `nothing`: not now.
function holds_nothing(index)
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
        print(io, index.n, index.n == 1 ? " point" : " points", holds_nothing(index) === true ? ", not usable)" : ")")
    end
end

function Base.show(io::IO, ::MIME"text/plain", index::ResidualIndex)
    isopen(index) || return print(io, "ResidualIndex (closed)")
    empty = holds_nothing(index)
    println(io, "ResidualIndex", empty === nothing ? " (being updated)" :
                                 empty ? " (holds nothing, for an update broke off; update! mends it)" : "")
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
0.95, 0.99 and 1: the share of the variance, the nugget included, that the inducing points leave over.
"""
function index_info(index::ResidualIndex)
    holds_nothing(index) === true && invalid("the index holds nothing since an update broke off; update! it again, or ",
                                             "close it")
    return named_tuple(shared_shortly(() -> read_info(index), index))
end

"""
    residual_factor(index)

Copies of V (m x n) and p (n): `factor, residual_variance`, as the constructor with three arguments takes them.
"""
function residual_factor(index::ResidualIndex)
    return shared_shortly(index) do # m stays what it is
        factor = Matrix{Float64}(undef, index.m, index.n)
        residual_variance = Vector{Float64}(undef, index.n)
        run() do
            LibResidualKNN.residual_knn_index_factor(index, Int32(LibResidualKNN.RESIDUAL_KNN_POINT_MAJOR), factor,
                                                     residual_variance)
        end
        return factor, residual_variance
    end
end
