# Describes objects that cannot be used as points, and gives the call that converts them to points.

# Refuses objects that store points or distances in their own form. is.numeric() is TRUE for some of them.
require_no_foreign_object <- function(x, name) {
  if (is.null(x)) stop_invalid(name, " is NULL, must be ", points_are)
  cure <- spatial_cure(x, name)
  if (is.null(cure) && inherits(x, "dist")) {
    cure <- paste0(
      "it holds distances, not points; stats::cmdscale(", name, ") gives points, and residual_index_from_callback() ",
      "takes your own covariances"
    )
  }
  if (is.null(cure) && inherits(x, c("bbox", "SpatExtent", "Extent"))) {
    cure <- "it holds the limits of a box, not points"
  }
  if (is.null(cure) && !is.data.frame(x) && inherits(x, of_other_units)) {
    cure <- sub("^; ", "", cure_of(x, name))
  }
  if (is.null(cure) && inherits(x, "Matrix")) cure <- paste0("as.matrix(", name, ") gives a matrix")
  if (!is.null(cure)) stop_invalid(name, " is ", described(x), ", must be ", points_are, ": ", cure)
}

# Classes whose stored numbers have another meaning or are in units that only the class knows.
of_other_units <- c("integer64", "units", "difftime", "Date", "ITime", "POSIXt")

# The call that gives the coordinates of an object of sf, sp, terra, raster or spatstat; NULL for any other object. None
# of these packages needs to be installed.
spatial_cure <- function(x, name) {
  coordinates <- function(..., after = NULL) paste0(..., " gives its coordinates", after)
  if (inherits(x, c("sf", "sfc", "sfg"))) {
    return(coordinates(sf_call(x, name), after = degrees_hint(sf_in_degrees(x))))
  }
  if (inherits(x, c("SpatVector", "SpatRaster"))) {
    vertices <- if (inherits(x, "SpatVector")) {
      paste0(" (of lines and polygons: terra::crds(terra::centroids(", name, ")))")
    }
    hint <- paste0("; if terra::is.lonlat(", name, "), these are degrees: use lonlat = TRUE")
    return(coordinates("terra::crds(", name, ")", vertices, after = hint))
  }
  if (inherits(x, "Spatial")) {
    return(coordinates("sp::coordinates(", name, ")", after = degrees_hint(sp_in_degrees(x))))
  }
  if (inherits(x, "BasicRaster")) {
    return(coordinates("raster::coordinates(", name, ")"))
  }
  if (inherits(x, "stars")) {
    return(coordinates("sf::st_coordinates(", name, ")"))
  }
  if (inherits(x, c("ppp", "pp3", "ppx"))) coordinates("spatstat.geom::coords(", name, ")")
}

degrees_hint <- function(in_degrees) if (in_degrees) ", which are degrees: use lonlat = TRUE"

# For geometries other than points, st_coordinates() would give vertices, with their numbers in more columns.
sf_call <- function(x, name) {
  geometry <- if (inherits(x, "sf")) x[[attr(x, "sf_column")]] else x
  # Without rows, the geometry has no type.
  if (inherits(geometry, c("sfc_POINT", "POINT")) || (inherits(geometry, "sfc") && length(geometry) == 0L)) {
    return(paste0("sf::st_coordinates(", name, ")"))
  }
  what <- if (inherits(x, "sf")) paste0("sf::st_geometry(", name, ")") else name
  if (inherits(geometry, c("sfc_MULTIPOINT", "MULTIPOINT"))) {
    return(paste0("sf::st_coordinates(sf::st_cast(", what, ", \"POINT\"))"))
  }
  paste0("sf::st_coordinates(sf::st_centroid(", what, "))")
}

# Whether the coordinate reference system, given as text, is in degrees of longitude and latitude.
sf_in_degrees <- function(x) {
  geometry <- if (inherits(x, "sf")) x[[attr(x, "sf_column")]] else x
  system <- attr(geometry, "crs")
  is_geographic(c(if (is.list(system)) unlist(system[c("wkt", "proj4string")])))
}

sp_in_degrees <- function(x) {
  system <- attr(x, "proj4string") # a slot
  is_geographic(c(attr(system, "projargs"), attr(system, "comment")))
}

is_geographic <- function(texts) {
  texts <- texts[!is.na(texts)]
  any(grepl("^[[:space:]]*(GEOGCRS|GEOGCS|GEODCRS|GEOGRAPHICCRS)\\b|\\+proj=(longlat|latlong)", texts))
}

# The type and shape of a value, for messages.
described <- function(x) {
  class <- class(x)[1L]
  if (is.object(x)) {
    return(paste("of class", if (inherits(x, "sfg")) class(x)[2L] else class))
  }
  dims <- length(dim(x))
  shape <- if (dims == 2L) "matrix" else if (dims > 2L) "array" else "vector"
  type <- if (is.numeric(x)) "numeric" else typeof(x)
  if (!is.atomic(x)) {
    return(if (is.function(x)) "a function" else paste(if (grepl("^[aeiou]", type)) "an" else "a", type))
  }
  paste0(if (type == "integer") "an " else "a ", type, " ", shape, if (dims > 2L) paste(" of", dims, "dimensions"))
}

# The call that converts `x` to numbers, in the form "; call gives numbers"; NULL if there is no good one. `text` is
# the code with which users refer to `x`.
cure_of <- function(x, text) {
  call <- function(before, after = ")", says = " gives numbers") paste0("; ", before, text, after, says)
  spatial <- spatial_cure(x, text)
  if (!is.null(spatial)) return(paste0("; ", spatial))
  # For example, names of stations.
  if ((is.factor(x) || is.character(x)) && !holds_numbers(x)) return(NULL)
  if (is.factor(x)) return(call("as.numeric(as.character(", "))", " gives the numbers in its levels"))
  if (inherits(x, "Date")) return(call("as.numeric(", says = " gives days"))
  if (inherits(x, "ITime")) return(call("as.numeric(", says = " gives seconds"))
  if (inherits(x, "POSIXct")) return(call("as.numeric(", says = " gives seconds"))
  if (inherits(x, "POSIXlt")) return(call("as.numeric(as.POSIXct(", "))", " gives seconds"))
  if (inherits(x, "difftime")) return(call("as.numeric(", ", units = \"days\")", " gives days"))
  if (inherits(x, "integer64")) return(call("as.double("))
  if (inherits(x, "units")) return(call("units::drop_units(", says = " gives its numbers in the present unit"))
  if (is.complex(x)) return(paste0("; cbind(Re(", text, "), Im(", text, ")) gives two columns"))
  if (is.character(x) || is.logical(x)) {
    keeps_shape <- if (is.matrix(x)) paste0("array(as.numeric(", text, "), dim(", text, "))")
    return(if (is.null(keeps_shape)) call("as.numeric(") else paste0("; ", keeps_shape, " gives numbers"))
  }
  if (is.numeric(x) && length(dim(x)) > 2L) {
    coordinates <- dim(x)[length(dim(x))]
    return(paste0("; matrix(", text, ", ncol = ", coordinates, ") gives a matrix if its columns are the last dimension"))
  }
  if (is.list(x)) {
    return(paste0(
      "; do.call(cbind, ", text, ") gives a matrix if each element is a coordinate, do.call(rbind, ", text,
      ") if each element is a point"
    ))
  }
  NULL
}

# Whether as.numeric() converts all texts or levels that are not missing.
holds_numbers <- function(x) {
  texts <- unique(as.character(x))
  texts <- texts[!is.na(texts)]
  !anyNA(suppressWarnings(as.numeric(texts)))
}

# Refuses a data frame with columns that are not numeric. The message names them and gives the calls that convert them.
require_numeric_columns <- function(x, name) {
  bad <- which(!vapply(x, is_number_column, TRUE, has_rows = nrow(x) > 0L))
  if (length(bad) == 0L) {
    return(invisible())
  }
  shown <- bad[seq_len(min(length(bad), 3L))]
  say <- function(column) {
    # A list column can hold objects of any type.
    anything <- is.list(x[[column]]) && !inherits(x[[column]], c("POSIXlt", "sfc"))
    cure <- if (!anything) sub("; ", ", and ", cure_of(x[[column]], column_code(x, column, name)), fixed = TRUE)
    paste0(deparse(names(x)[column]), " is ", described(x[[column]]), cure)
  }
  others <- names(x)[-bad]
  stop_invalid(
    name, " has ", if (length(bad) == 1L) "a column that is" else paste(length(bad), "columns that are"),
    " not numeric: ", paste(vapply(shown, say, ""), collapse = "; "),
    if (length(bad) > length(shown)) paste0("; and ", length(bad) - length(shown), " more"),
    if (length(others) > 0L) paste0("; ", name, "[, ", numbers_code(x, bad), "] selects the numeric columns")
  )
}

is_number_column <- function(column, has_rows) {
  if (inherits(column, c("integer64", "units", "ITime"))) {
    return(FALSE)
  }
  # Columns read from a file without rows are logical.
  is.numeric(column) || (!has_rows && is.logical(column))
}

# A column of the data frame `name` as R code.
column_code <- function(x, column, name) {
  label <- names(x)[column]
  if (make.names(label) == label) paste0(name, "$", label) else paste0(name, "[[", deparse(label), "]]")
}

# The index of the columns other than `bad`, as short R code.
numbers_code <- function(x, bad) {
  others <- names(x)[-bad]
  if (length(others) <= 4L) {
    return(written(others))
  }
  paste0("-", if (length(bad) == 1L) bad else paste0("c(", paste(bad, collapse = ", "), ")"))
}
