# Selects the columns of points that are coordinates. Two of them may be longitude and latitude in degrees; these are
# converted to a point on the unit sphere. The `reading` of an index records these choices. It applies to the points of
# the index, its inducing points, its new points and its lengthscales. It is NULL if all columns are coordinates and
# none is converted.

# Reads the points of an index or of a helper. Returns a list of `points`, the coordinates for the library; `reading`;
# and `columns`, the selected columns before conversion.
read_points <- function(points, lonlat = FALSE, columns = NULL) {
  if (isFALSE(lonlat) && is.null(columns)) {
    points <- as_own_points(points)
    return(list(points = points, reading = NULL, columns = points))
  }
  require_no_foreign_object(points, "points")
  points <- as_table(points, "points")
  places <- lonlat_columns(lonlat, points)
  others <- if (!is.null(columns)) column_places(columns, points, "columns") else integer()
  twice <- intersect(places, others)
  if (length(twice) > 0L) stop_invalid("columns has ", column_label(points, twice[1L]), ", which lonlat has too")
  if (is.null(columns)) say_left_out(points, places)
  if (length(c(places, others)) == 0L) stop_invalid("columns has no values, must have at least 1")
  labels <- column_labels(points)[c(places, others)]
  columns <- as_own_points(points[, c(places, others), drop = FALSE])
  reading <- list(lonlat = length(places) > 0L, names = colnames(columns), labels = labels)
  list(points = to_coordinates(columns, reading, "points"), reading = reading, columns = columns)
}

# Reads inducing points or new points with the `reading` of an index whose coordinates are `points`.
read_like <- function(x, reading, points, name) {
  if (is.null(reading)) {
    return(as_points_like(x, points, name))
  }
  require_no_foreign_object(x, name)
  # As choose_inducing() returns them.
  if (reading$lonlat && identical(colnames(x), coordinate_names(reading))) {
    x <- as_points(x, name)
    require_on_sphere(x, name)
    return(x)
  }
  x <- as_table(x, name)
  names <- reading$names
  if (!is.null(names) && all(names %in% colnames(x))) {
    x <- x[, names, drop = FALSE]
  } else if (ncol(x) != length(reading$labels) || any(names %in% colnames(x))) {
    stop_invalid(
      name, " has ", counted(ncol(x), "column"), if (!is.null(colnames(x))) paste0(" (", toString(colnames(x)), ")"),
      ", must have ", if (is.null(names)) "only " else paste0("the columns ", toString(names), ", or only "),
      length(reading$labels), " columns in ",
      if (is.null(names)) "the order of those read from the points" else "this order"
    )
  } else {
    require_order(colnames(x), names, name) # Lat, Lon for lon, lat
  }
  to_coordinates(as_points(x, name), reading, name)
}

# A matrix or data frame whose columns can be taken by name or number.
as_table <- function(x, name) {
  if (is.data.frame(x)) {
    return(as.data.frame(x)) # other classes may select columns differently
  }
  if (is.matrix(x)) x else as_points(x, name)
}

# Column numbers of longitude and latitude: none for FALSE, the first two for TRUE.
lonlat_columns <- function(lonlat, points) {
  if (isFALSE(lonlat)) {
    return(integer())
  }
  if (isTRUE(lonlat)) {
    if (ncol(points) < 2L) stop_invalid("lonlat is TRUE, but points has ", counted(ncol(points), "column"))
    return(1:2)
  }
  if (!(is.character(lonlat) || is_number(lonlat)) || length(lonlat) != 2L) {
    stop_invalid("lonlat is ", shown(lonlat), ", must be TRUE, FALSE or two columns of points: longitude, latitude")
  }
  column_places(lonlat, points, "lonlat")
}

# Column numbers of `columns`, which are names or numbers.
column_places <- function(columns, points, name) {
  if (is.character(columns)) {
    unknown <- setdiff(columns, colnames(points))
    if (length(unknown) > 0L) {
      has <- if (is.null(colnames(points))) "no column names" else quoted(colnames(points))
      stop_invalid(name, " has ", shown(unknown[1L]), ", points has ", has)
    }
    columns <- match(columns, colnames(points))
  }
  columns <- as_positions(columns, name, ncol(points))
  if (anyDuplicated(columns) > 0L) {
    stop_invalid(name, " has ", column_label(points, columns[anyDuplicated(columns)]), " twice")
  }
  columns
}

# Tells which columns are not used. Columns that were not selected are not coordinates: an id column would otherwise be
# a coordinate with lengthscale 1.
say_left_out <- function(points, places) {
  left_out <- setdiff(seq_len(ncol(points)), places)
  if (length(left_out) == 0L) {
    return(invisible())
  }
  labels <- column_labels(points)
  message(
    "coordinates are the longitude ", labels[places[1L]], " and the latitude ", labels[places[2L]],
    "; left out: ", toString(labels[left_out]), " (use the argument columns to add coordinates)"
  )
}

column_labels <- function(x) {
  names <- colnames(x)
  if (is.null(names)) paste("column", seq_len(ncol(x))) else names
}

# The names of the coordinates, as in the command-line program.
coordinate_names <- function(reading) {
  if (!reading$lonlat) {
    return(reading$names)
  }
  c(paste0(c("x", "y", "z"), " of ", reading$labels[1L], ",", reading$labels[2L]), reading$labels[-(1:2)])
}

# Converts the selected columns to the coordinates for the library.
to_coordinates <- function(columns, reading, name) {
  force(columns) # so that errors name the user's call and not a call inside R's own functions
  if (!reading$lonlat) {
    return(columns)
  }
  not_finite <- first_not_finite(stats::setNames(list(columns), name))
  if (!is.null(not_finite)) stop_invalid(not_finite)
  require_degrees(columns, 1L, 360, name, "longitude")
  require_degrees(columns, 2L, 90, name, "latitude")
  coordinates <- cbind(on_sphere(columns[, 1L], columns[, 2L]), columns[, -(1:2), drop = FALSE])
  dimnames(coordinates) <- list(NULL, coordinate_names(reading))
  coordinates
}

require_degrees <- function(columns, column, most, name, what) {
  bad <- which(abs(columns[, column]) > most)
  if (length(bad) == 0L) {
    return(invisible())
  }
  place <- element(columns, bad[1L] + (column - 1L) * nrow(columns), name)
  cure <- if (column == 1L && all(abs(columns[, 1L]) <= 2 * most)) {
    "; longitudes beyond 360 are the same places after %% 360"
  } else if (column == 2L && all(abs(columns[, 1L]) <= 90)) {
    "; lonlat takes the longitude first, then the latitude"
  }
  stop_invalid(
    place, " is ", columns[bad[1L], column], ", must be a ", what, " between -", most, " and ", most, " degrees", cure
  )
}

# Checks x, y and z of points that are already converted. Inducing points may lie inside the sphere, as means of points do.
require_on_sphere <- function(points, name) {
  most <- 1 + 1e-6 # rounding errors of points on the sphere are smaller
  least <- if (name == "inducing") 0 else 1 - 1e-6
  radius <- sqrt(rowSums(points[, 1:3, drop = FALSE]^2))
  bad <- which(radius > most | radius < least) # the library finds what is not finite
  if (length(bad) > 0L) {
    stop_invalid(
      name, "[", bad[1L], ", ] has the distance ", format(radius[bad[1L]]), " from the center of the unit sphere, must have ",
      if (name == "inducing") "at most 1" else "1", ": by their names, its first three columns are x, y and z"
    )
  }
}

on_sphere <- function(longitude, latitude) {
  longitude <- longitude * (pi / 180)
  latitude <- latitude * (pi / 180)
  cbind(cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude))
}

# Longitude and latitude in degrees. The points may lie inside the sphere, as means of other points do.
on_map <- function(xyz) {
  radius <- sqrt(rowSums(xyz^2))
  cbind(atan2(xyz[, 2L], xyz[, 1L]), asin(pmin(pmax(xyz[, 3L] / radius, -1), 1))) * (180 / pi)
}

# Returns one lengthscale for all coordinates or one for each. With longitude and latitude, users may also give one for
# the sphere and one for each other column.
spread_lengthscales <- function(lengthscales, reading) {
  given <- length(lengthscales)
  if (is.null(reading) || !reading$lonlat || given == 1L || given != length(reading$labels) - 1L) {
    return(lengthscales)
  }
  require_order(names(lengthscales), c("the sphere", reading$labels[-(1:2)]), "lengthscales")
  unname(lengthscales[c(1L, 1L, seq_len(given))])
}

# The text of print() about the coordinates.
described_coordinates <- function(index) {
  reading <- index$reading
  if (is.null(reading) || !reading$lonlat) {
    return(paste("in", counted(index$d, "dimension")))
  }
  others <- reading$labels[-(1:2)]
  paste0(
    "on the sphere (", reading$labels[1L], ", ", reading$labels[2L], ")",
    if (length(others) > 0L) paste0(" and in ", toString(others))
  )
}
