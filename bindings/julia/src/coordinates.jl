# SPDX-License-Identifier: Apache-2.0
# Converts points of users for the library: to a Float64 matrix with a point in each column. Longitude and latitude, if
# there are any, become a point on the unit sphere.

# The coordinates of a point: their number `given`, and the numbers `lonlat` of longitude and latitude among them.
struct Coordinates
    given::Int
    lonlat::Union{Nothing,Tuple{Int,Int}}
end

# The number of coordinates for the library. Longitude and latitude become three coordinates, which come first.
num_used(coordinates) = coordinates.given + (coordinates.lonlat !== nothing)

is_point(x) = x isa Union{AbstractVector,Tuple}

# Whether x is one point. A vector of integers is a vector of column numbers.
is_single_point(x::Tuple) = true
is_single_point(x::AbstractVector{<:Integer}) = false
is_single_point(x::AbstractVector{<:Real}) = true
is_single_point(x::AbstractVector) = any(value -> value isa Real && !(value isa Integer), x) && !any(is_point, x)
is_single_point(x) = false

# Whether x is a matrix or a list of points.
are_points(x) = x isa AbstractMatrix || is_list_of_points(x)
is_list_of_points(x::AbstractVector{T}) where {T} =
    T <: Union{AbstractVector,Tuple} || (!(T <: Real) && any(is_point, x)) # copy_point! reports elements that are not points
is_list_of_points(x::Base.Generator) = true # for example from eachcol
is_list_of_points(x) = false

# A d x n matrix. A list of n points is copied.
function point_matrix(x, name)
    x isa AbstractMatrix && return dense(x, name)
    x isa AbstractVector && isempty(x) && !(eltype(x) <: Real) && return zeros(0, 0)
    is_list_of_points(x) || invalid(name, " is ", described(x), ", must be a matrix with a point in each column, or a ",
                                    "vector of points", point_hint(x))
    list = x isa Base.Generator ? collect(x) : x
    Base.has_offset_axes(list) && invalid(name, " does not count from 1")
    isempty(list) && return zeros(0, 0) # an empty generator
    result = Matrix{Float64}(undef, length(first(list)), length(list))
    for (i, point) in enumerate(list)
        copy_point!(view(result, :, i), point, name, i)
    end
    return result
end

element(name, i) = string(name, "[", i, "]")
element(name, ::Nothing) = name # a single point

point_hint(x::AbstractVector) = "; for points with one coordinate, use reshape(x, 1, :)"
point_hint(x::Tuple) = "; for a single point, use [x]"
point_hint(x::Union{Number,Symbol,AbstractString,Nothing,Missing}) = ""
point_hint(x) = "; for a table, use permutedims(Matrix(x))"

# Copies the i-th point of a list, or a single point if i is nothing.
function copy_point!(column, point, name, i)
    is_point(point) || invalid(element(name, i), " is ", described(point), ", must be a vector or tuple of numbers")
    length(point) == length(column) ||
        check_size("the number of coordinates of $(element(name, i))", length(point), length(column))
    for (c, value) in enumerate(point)
        value isa Real || invalid(element(element(name, i), c), " is ", described(value), ", must be a number")
        column[c] = as_float(value, name)
    end
end

# The points of an index or of a helper, and their Coordinates.
function own_points(x, lonlat)
    points = point_matrix(x, "points")
    d, n = size(points)
    isempty(points) && invalid("points is ", d, " x ", n, ", must have at least one point and coordinate")
    coordinates = Coordinates(d, lonlat_places(lonlat, d))
    looks_transposed(points) && @warn "points has $d coordinates and only $n $(n == 1 ? "point" : "points"); a point is " *
                                      "a column here: did you mean permutedims(points)?"
    return as_used(points, "points", coordinates), coordinates
end

# More coordinates than points, and more than the four of space and time.
looks_transposed(points) = size(points, 1) > max(size(points, 2), 4)

# Inducing points or new points with the given `coordinates`. They may already be converted for the library, as the inducing
# points of choose_inducing are. The result is empty if there are no points.
function points_like(x, name, coordinates)
    points = point_matrix(x, name)
    given, used = coordinates.given, num_used(coordinates)
    d, n = size(points)
    n == 0 && d in (0, given, used) && return zeros(used, 0)
    if d == used # first, because given == used without lonlat
        coordinates.lonlat === nothing || check_sphere(points, name)
        return points
    end
    d == given && return as_used(points, name, coordinates)
    hint = n in (given, used) ? "; a point is a column here: did you mean permutedims($name)?" : ""
    check_size("the number of coordinates of $name", d, given, hint)
end

# Rounding errors of the coordinates of points on the unit sphere are smaller.
const OFF_SPHERE = 1e-6

# Checks x, y and z of points that are already converted. Inducing points may lie inside, as means of points do.
function check_sphere(points, name)
    may_be_inside = name == "inducing"
    for i in axes(points, 2)
        radius = hypot(points[1, i], points[2, i], points[3, i])
        if radius > 1 + OFF_SPHERE || !may_be_inside && radius < 1 - OFF_SPHERE
            d = size(points, 1)
            invalid(name, ": point ", i, " has the distance ", radius, " from the center of the unit sphere, must have ",
                    may_be_inside ? "at most 1" : "1", ": the first three of ", d, " coordinates are x, y and z, and ",
                    "points with longitude and latitude have ", d - 1, " coordinates")
        end
    end
end

# A single point, as a matrix with one column.
function point_like(x, name, coordinates)
    column = Matrix{Float64}(undef, length(x), 1)
    length(x) in (coordinates.given, num_used(coordinates)) || check_size(
        "the number of coordinates of $name", length(x), coordinates.given,
        coordinates.given == 1 ? "; for points with one coordinate, use reshape(x, 1, :)" : "")
    copy_point!(view(column, :, 1), x, name, nothing)
    return points_like(column, name, coordinates)
end

# The numbers of longitude and latitude among d coordinates, or nothing.
function lonlat_places(lonlat, d)
    (lonlat === nothing || lonlat === false) && return nothing
    places = lonlat === true ? (1, 2) : lonlat
    places isa Union{Tuple,AbstractVector} && length(places) == 2 && all(c -> c isa Integer && !(c isa Bool), places) ||
        invalid("lonlat is ", described(lonlat), ", must be true, false, or the numbers of the coordinates that are ",
                "longitude and latitude, such as (1, 2)")
    all(c -> 1 <= c <= d, places) && allunique(places) ||
        invalid("lonlat is ", lonlat === true ? "true, which means (1, 2)" : repr(lonlat), "; it must be two of ",
                "the ", d, d == 1 ? " coordinate" : " coordinates", " of points")
    return Int(first(places)), Int(last(places))
end

# Converts points for the library.
function as_used(points, name, coordinates)
    coordinates.lonlat === nothing && return points
    longitude, latitude = coordinates.lonlat
    others = [c for c in axes(points, 1) if !(c in coordinates.lonlat)]
    result = Matrix{Float64}(undef, num_used(coordinates), size(points, 2))
    for i in axes(points, 2)
        for c in others
            isfinite(points[c, i]) || invalid(place_text(name, c, i), points[c, i], ", must be finite")
        end
        lon = degrees(points, name, longitude, i, 360, "longitude")
        lat = degrees(points, name, latitude, i, 90, "latitude")
        result[1, i] = cos(lat) * cos(lon)
        result[2, i] = cos(lat) * sin(lon)
        result[3, i] = sin(lat)
        result[4:end, i] = view(points, others, i)
    end
    return result
end

place_text(name, c, i) = string(name, ": coordinate ", c, " of point ", i, " is ")

# Converts a coordinate from degrees to radians.
function degrees(points, name, c, i, most, what)
    value = points[c, i]
    isfinite(value) || invalid(place_text(name, c, i), value, ", must be finite")
    abs(value) <= most || invalid(place_text(name, c, i), value, ", must be a ", what, " between -", most, " and ",
                                  most, " degrees", what == "latitude" ? "; lonlat takes the longitude first" : "")
    return value * (π / 180)
end

# The lengthscales, as a copy because an index keeps them.
function lengthscale_vector(x, coordinates, num_points = 0)
    x === nothing && throw(UndefKeywordError(:lengthscales))
    x isa Number && return lengthscale_vector([number(x, "lengthscales")], coordinates)
    x isa Union{AbstractVector,Tuple} || invalid("lengthscales is ", described(x), ", must be a number, or a vector ",
                                                 "or tuple of numbers")
    scales = Vector{Float64}(dense(x isa Tuple ? collect(Any, x) : x, "lengthscales"))
    for (c, scale) in enumerate(scales)
        isfinite(scale) && scale > 0 || invalid("lengthscales[", c, "] is ", scale, ", must be positive and finite")
    end
    d = num_used(coordinates)
    count = length(scales)
    count in (1, d) && return scales
    hint = coordinates.lonlat !== nothing ? ": for x, y and z on the unit sphere, then for the other coordinates" :
           count == num_points ? "; a point is a column here: did you mean permutedims(points)?" : ""
    throw(DimensionMismatch("lengthscales has $count values, must have " * (d == 1 ? "1" : "1 or $d") * hint))
end
