# Converts arguments of the exported functions for the library. Types, shapes and missing values are checked here, with
# the names that users know. The library checks the ranges of values.

# A short text of any value, for messages.
shown <- function(x) {
  brief <- is.null(x) || (is.atomic(x) && !is.object(x) && length(x) <= 3L)
  text <- if (brief) deparse(unname(x), nlines = 1L)[1L] else described(x)
  if (nchar(text) > 40L) paste0(substr(text, 1L, 37L), "...") else text
}

# A number with all digits that it needs to be told from others.
all_digits <- function(x) {
  for (digits in c(7L, 15L, 17L)) {
    text <- format(x, digits = digits)
    if (as.double(text) == x) break
  }
  text
}

# Possible names of a value, for messages.
quoted <- function(names) paste0("\"", names, "\"", collapse = ", ")

# Whether all arguments of a `...`, given as a list, have names.
all_named <- function(given) length(given) == 0L || (!is.null(names(given)) && all(nzchar(names(given))))

# The values of an enum of the header. Their names are in lower case and without prefix, for example
# c(kmeans = 0L, random_rows = 1L).
enum_values <- function(enum) {
  values <- get(paste0(".__E___residual_knn_", enum))
  names(values) <- sub("^residual_knn_(order_|select_|factor_|sink_by_)?", "", tolower(names(values)))
  values
}

# The value of an enum with the name `value`.
enum_value <- function(value, enum, name) {
  values <- enum_values(enum)
  if (!is.character(value) || length(value) != 1L || !value %in% names(values)) {
    others <- if (enum == "kernel") ", or a name that ?kernels lists"
    stop_invalid(name, " is ", shown(value), ", must be one of ", quoted(names(values)), others)
  }
  values[[value]]
}

# integer64 is excluded, because R would read its bits as doubles with other values.
is_number <- function(x) is.numeric(x) && !inherits(x, "integer64")

as_vector <- function(x, name) {
  if (!is_number(x)) stop_invalid(name, " is ", shown(x), ", must be a numeric vector")
  as.double(x)
}

# p: one number for each point.
as_residual_variance <- function(x, name) {
  x <- as_vector(x, name)
  bad <- which(!is.finite(x) | x < 0)
  if (length(bad) > 0L) stop_invalid(name, "[", bad[1L], "] is ", x[bad[1L]], ", must be finite and not negative")
  x
}

# One value, or one for each column of the points; see spread_lengthscales() for longitude and latitude.
as_lengthscales <- function(x, points, reading = NULL) {
  given <- length(x)
  x <- spread_lengthscales(x, reading)
  names <- names(x)
  x <- as_vector(x, "lengthscales")
  if (!length(x) %in% c(1L, ncol(points))) {
    of_sphere <- if (isTRUE(reading$lonlat) && length(reading$labels) > 2L) {
      paste0(", or ", length(reading$labels) - 1L, " (one for the sphere)")
    }
    stop_invalid("lengthscales has ", counted(given, "value"), ", must have 1 or ", ncol(points), of_sphere)
  }
  require_order(names, colnames(points), "lengthscales")
  bad <- which(!is.finite(x) | x <= 0)
  if (length(bad) > 0L) stop_invalid("lengthscales[", bad[1L], "] is ", x[bad[1L]], ", must be positive and finite")
  x
}

# A number. NULL, which stands for the library's default, remains NULL.
as_number <- function(x, name) {
  if (is.null(x)) {
    return(NULL)
  }
  if (!is_number(x) || length(x) != 1L || is.na(x)) stop_invalid(name, " is ", shown(x), ", must be a single number")
  as.double(x)
}

as_whole <- function(x, name, most = .Machine$integer.max) {
  if (is.null(x)) {
    return(NULL)
  }
  if (!is_number(x) || length(x) != 1L || is.na(x) || !is.finite(x) || x != round(x) || abs(x) > most) {
    too_large <- is_number(x) && length(x) == 1L && isTRUE(x == round(x)) && is.finite(x)
    limit <- if (too_large) paste(" of at most", format(most, scientific = FALSE))
    stop_invalid(name, " is ", shown(x), ", must be a whole number", limit)
  }
  as.double(x)
}

# A positive number of bytes; NULL stands for no limit.
as_size <- function(x, name) {
  x <- as_whole(x, name, most = 2^53)
  if (!is.null(x) && x < 1) stop_invalid(name, " is ", x, ", must be positive")
  x
}

as_needed_whole <- function(x, name, ...) {
  if (is.null(x)) stop_invalid(name, " is NULL, must be a whole number")
  as_whole(x, name, ...)
}

as_flag <- function(x, name) {
  if (!isTRUE(x) && !isFALSE(x)) stop_invalid(name, " is ", shown(x), ", must be TRUE or FALSE")
  x
}

# Numbers from 1 to `most`, of rows or of coordinates.
as_positions <- function(x, name, most) {
  if (!is_number(x)) {
    cure <- if (is.logical(x) && !is.object(x)) paste0("; which(", name, ") gives the numbers of the TRUE elements")
    stop_invalid(name, " is ", shown(x), ", must be whole numbers between 1 and ", most, cure)
  }
  bad <- which(!is.finite(x) | x != round(x) | x < 1 | x > most)
  if (length(bad) > 0L) {
    stop_invalid(name, "[", bad[1L], "] is ", x[bad[1L]], ", must be a whole number between 1 and ", most)
  }
  as.integer(x)
}

# Whether x may be numbers from 1 on, or NA. The NA of matrix(NA, 1, 5) is logical, and the rows of an empty list are NULL.
may_be_positions <- function(x) is_number(x) || is.null(x) || (is.logical(x) && all(is.na(x)))

# The places of values that are neither numbers from 1 to `most` nor NA.
bad_positions <- function(x, most) {
  if (is.double(x)) which(is.nan(x) | x != round(x) | x < 1 | x > most) else which(x < 1L | x > most)
}

stop_position <- function(place, value, most) {
  stop_invalid(place, " is ", value, ", must be a whole number between 1 and ", most, ", or NA")
}

# NULL means all rows.
as_rows <- function(rows, n) if (!is.null(rows)) as_positions(rows, "rows", n)

# The library checks the number of threads too, but an index from a file keeps it for later searches.
as_threads <- function(threads) {
  most <- 1024
  threads <- as_whole(threads, "threads")
  if (!is.null(threads) && threads < 0) stop_invalid("threads is ", threads, ", must be at least 0")
  if (!is.null(threads) && threads > most) stop_invalid("threads is ", threads, ", must be at most ", most)
  threads
}

model_options <- function(kernel, variance = NULL, nugget = NULL, jitter = NULL, max_jitter = NULL,
                          nu = NULL, alpha = NULL, factor_error = NULL, factor_storage = "automatic",
                          max_bytes = NULL, threads = NULL) {
  kernel <- resolve_kernel(kernel, nu)
  list(
    kernel = kernel$code, nu = kernel$nu,
    scale = kernel$scale, # factor of the lengthscales; not a field of the library
    variance = as_number(variance, "variance"),
    nugget = as_number(nugget, "nugget"),
    jitter = as_number(jitter, "jitter"),
    max_jitter = as_number(max_jitter, "max_jitter"),
    alpha = as_number(alpha, "alpha"),
    factor_error = as_number(factor_error, "factor_error"),
    factor_storage = enum_value(factor_storage, "factor_storage", "factor_storage"),
    max_bytes = as_size(max_bytes, "max_bytes"),
    threads = as_threads(threads)
  )
}

# The seed of a call. Without one, it is drawn from R's generator, so that set.seed() makes results reproducible.
as_seed <- function(seed) {
  if (is.null(seed)) {
    return(as.double(sample.int(.Machine$integer.max, 1L)))
  }
  seed <- as_whole(seed, "seed", most = 2^53)
  if (seed < 0) stop_invalid("seed is ", seed, ", must not be negative")
  seed
}

# Checks that `index` is an index whose handle can be used.
require_index <- function(index) {
  if (!inherits(index, "residual_index")) stop_invalid("index is ", shown(index), ", must be made by residual_index()")
  if (!handle_is_open(index$handle)) {
    stop_invalid("index is closed, or was saved by saveRDS() and read again; make a new index, or use save_index() and load_index()")
  }
  if (is_being_updated(index)) stop_unsupported("index is being updated and cannot be used until the update ends")
  index
}
