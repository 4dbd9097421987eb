# SPDX-License-Identifier: Apache-2.0
# Saves indexes in files, and makes them again. The note of an index in a file holds what the library does not know: how the
# points were read, and the kernel as the user named it. docs/index-format.md describes its lines, which the program and the
# packages for R and Python write too.

"""
    save_index(index, path; prepare = true, threads, progress)

Saves an index in a file, from which [`load_index`](@ref) makes it again, also in another process. Returns `path`.

A file with this name is replaced; ".rknn" is a usual ending. The new file appears complete or not at all, and Ctrl-C waits
for it. An index with a covariance function is an [`UnsupportedError`](@ref), and a file that cannot be written a
[`FileError`](@ref).

- `prepare`: `true` (default) first makes what searches for the k nearest would make when they begin, such as trees; the
  file then holds that, too, and searches of the loaded index begin at once. `false` saves what earlier searches have made
- `threads`, `progress`: for `prepare`, as in [`knn`](@ref)

```julia
index = ResidualIndex(points; lengthscales = 0.2, inducing = 200)
save_index(index, "points.rknn")
index = load_index("points.rknn")
```
"""
function save_index(index::ResidualIndex, path; prepare = true, threads = nothing, progress = nothing)
    name = file_path(path)
    flag(prepare, "prepare")
    index.source === :callback && throw(UnsupportedError("the index has a covariance function, which a file cannot hold"))
    options = set!(LibResidualKNN.residual_knn_helper_options(), RESIDUAL_ORDER_SETTINGS,
                   pairs((threads = something(threads, Int(index.options.threads)),)), (:prepare, :progress))
    if prepare
        run(options, progress) do options
            shared(() -> LibResidualKNN.residual_knn_index_prepare(index, options), index)
        end
    end
    shared_shortly(index) do
        run(() -> LibResidualKNN.residual_knn_index_save(index, name))
    end
    return path
end

"""
    load_index(path; mapped = false, verify = false, max_bytes, threads, progress)

Makes an index again from a file that [`save_index`](@ref) or the program `residual-knn index` has written. Its answers have
the same bytes as those of the saved index, and it can be updated.

- `mapped`: `false` (default) reads the whole file into memory, and tests all checksums. With `true`, large parts of it are
  read only when they are needed, and processes that open the same file share the memory. The file must not be changed while
  the index exists, but may be replaced or deleted. A program that truncates it ends the process
- `verify`: with `mapped`, test all checksums too
- `max_bytes`, `threads`, `progress`: as in [`ResidualIndex`](@ref)

Throws a [`FileError`](@ref) if the file cannot be read, and a [`ResidualKNNError`](@ref) with the code
`:error_not_an_index`, `:error_corrupt`, `:error_too_new` or `:error_other_target` if it is no saved index, is damaged, needs
a newer version of the library, or was written on a processor with another SIMD target, whose numbers differ in the last bits.

Points have the numbers of the index that was saved. A file of `residual-knn index --order` has its points in that order;
`--write-order` tells their rows.
"""
function load_index(path; mapped = false, verify = false, max_bytes = nothing, threads = 0, progress = nothing)
    name = file_path(path)
    load = flag(mapped, "mapped") ? LibResidualKNN.residual_knn_index_open : LibResidualKNN.residual_knn_index_load
    options = LibResidualKNN.residual_knn_load_options()
    options.verify = flag(verify, "verify")
    max_bytes === nothing || (options.max_bytes = whole(max_bytes, "max_bytes", 1, typemax(Int64)))
    threads = thread_count(threads, "threads")
    index = index_from(nothing) do handle
        run(options -> load(name, options, handle), options, progress)
        return described_handle(handle[], name, threads)
    end
    return index
end

# The name of a file, for the library.
function file_path(path)
    path isa AbstractString && !isempty(path) && !('\0' in path) ||
        invalid("path is ", described(path), ", must be the name of a file")
    return String(path)
end

# The source, coordinates, lengthscales, name of the kernel and options of an index from a file.
function described_handle(handle, path, threads)
    info = LibResidualKNN.residual_knn_info()
    run(() -> LibResidualKNN.residual_knn_index_info(handle, info))
    options = LibResidualKNN.residual_knn_model_options()
    scales = Vector{Float64}(undef, info.d)
    run(() -> LibResidualKNN.residual_knn_index_model(handle, options, scales))
    options.threads = threads
    note = parsed_note(unsafe_string(LibResidualKNN.residual_knn_index_note(handle)), info.d, path)
    kernel, lengthscales = named_model(note, options, scales)
    source = info.given_factor == 1 ? :factor : :inducing
    options.jitter, options.max_jitter = given_jitter(note, options.jitter, source === :inducing && info.m > 0)
    return source, note.coordinates, lengthscales, kernel, options
end

# The kernel and the lengthscales as the user gave them, if the note still fits the model; otherwise as the library has them.
function named_model(note, options, scales)
    name, given = note.kernel, note.lengthscales
    if haskey(FORMULAS, name) && given !== nothing && length(given) in (1, length(scales)) &&
       KERNELS[FORMULAS[name].kernel] == options.kernel && all(library_scales(given, name, options.nu) .== scales)
        return name, given
    end
    return symbol_of(KERNELS, options.kernel), scales
end

const NOTE_BEGINS = "residual-knn note 1"

# The text that a file holds.
function note_text(coordinates, kernel, lengthscales, options)
    lines = [NOTE_BEGINS, "columns $(coordinates.given)"]
    coordinates.lonlat === nothing || push!(lines, "lonlat " * join(coordinates.lonlat .- 1, " "))
    # Adding 0 makes -0 to 0.
    push!(lines, "kernel $kernel", "lengthscales " * join(lengthscales, " "),
          "jitter $(options.jitter + 0.0) $(options.max_jitter + 0.0)")
    return join(lines, "\n") * "\n"
end

# The lines of a note that mean nothing in Julia: the order of the rows, the names of columns and the choice of them.
function kept_lines(text)
    lines = filter(line -> startswith(line, r"(order|name|chosen) "), split(text, '\n'))
    return join(lines .* "\n")
end

# The note of an index with d coordinates in the library, from a file. A text of another form is as good as none. Names of
# columns have no meaning for matrices of Julia.
function parsed_note(text, d, path)
    lines = split(text, '\n')
    values = Dict{String,String}()
    num_names = 0
    first(lines) == NOTE_BEGINS && for line in lines[2:end]
        key, value = split(line * " ", ' '; limit = 2)
        num_names += key == "name"
        key in ("columns", "lonlat", "kernel", "lengthscales", "jitter") || continue
        haskey(values, key) && refuse_note(path, "it has two lines ", repr(String(key)))
        values[key] = chop(value)
    end
    numbers(key, what, form, fit) = numbers_of_note(get(values, key, nothing), key, what, form, fit, path)
    places = numbers("lonlat", "two different numbers of columns below $(d - 1)", WHOLE_NUMBER,
                     places -> length(places) == 2 && allunique(places) && maximum(places) < d - 1)
    given = d - (places !== nothing)
    numbers("columns", "the number of columns, $given", WHOLE_NUMBER, ==([given]))
    num_names in (0, given) || refuse_note(path, "it has ", num_names, " names for ", given, " columns")
    lonlat = places === nothing ? nothing : (Int(places[1]) + 1, Int(places[2]) + 1)
    return (coordinates = Coordinates(given, lonlat), kernel = Symbol(get(values, "kernel", "")),
            lengthscales = numbers("lengthscales", "positive numbers", DECIMAL_NUMBER, scales -> minimum(scales) > 0),
            jitter = numbers("jitter", "two numbers", DECIMAL_NUMBER, jitter -> length(jitter) == 2))
end

const WHOLE_NUMBER = r"^[0-9]{1,15}$"
const DECIMAL_NUMBER = r"^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^-0(\.0)?$"

# The numbers of a line of a note, or nothing without that line. `what` says which numbers `fit`.
function numbers_of_note(value, key, what, form, fit, path)
    value === nothing && return nothing
    words = split(value, ' ')
    numbers = Float64[occursin(form, word) ? something(tryparse(Float64, word), NaN) + 0.0 : NaN for word in words]
    all(isfinite, numbers) && fit(numbers) ||
        refuse_note(path, "the line ", repr(first(key * " " * value, 60)), " must have ", what)
    return numbers
end

refuse_note(path, parts...) =
    throw(ResidualKNNError{:error_corrupt}(string(path, ": the note does not fit the index: ", parts...)))

# The jitter and the largest one as the user gave them. If they cannot lead to the jitter that the index uses, another program
# has updated the index since, and that jitter counts. Without inducing points, the index uses none.
function given_jitter(note, used, is_used)
    note.jitter === nothing &&
        return (is_used ? used : LibResidualKNN.residual_knn_model_options().jitter), 0.0
    jitter, most = note.jitter
    return is_used && !leads_to(used, jitter, most) ? (used, 0.0) : (jitter, most)
end

# Whether the library can raise a jitter to the one that was used.
function leads_to(used, jitter, most)
    while jitter < used
        jitter = jitter > 0 ? 10 * jitter : 1e-12
        jitter > most * (1 + 1e-9) && return false
    end
    return jitter == used
end
