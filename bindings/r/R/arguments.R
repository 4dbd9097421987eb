# Arguments of the exported functions, as the library wants them. Values are judged by the library;
# here it is only types and shapes, which C could not know.

# The values of an enum of the header with their names in lower case and without prefix, for example
# c(kmeans = 0L, random_rows = 1L).
enum_values <- function(enum) {
  values <- get(paste0(".__E___residual_knn_", enum))
  names(values) <- sub("^residual_knn_(order_)?", "", tolower(names(values)))
  values
}

# The value of an enum that is called `value`; NULL, the library's default, remains NULL.
enum_value <- function(value, enum, name) {
  if (is.null(value)) {
    return(NULL)
  }
  values <- enum_values(enum)
  if (!is.character(value) || length(value) != 1L || !value %in% names(values)) {
    stop_invalid(
      name, " is ", deparse(value, nlines = 1L), ", must be one of ",
      paste0("\"", names(values), "\"", collapse = ", ")
    )
  }
  values[[value]]
}

# Points in rows: a matrix of doubles as it is, anything else converted once.
as_points <- function(x, name) {
  if (is.data.frame(x)) {
    if (!all(vapply(x, is.numeric, TRUE))) stop_invalid(name, " has columns that are not numeric")
    x <- as.matrix(x)
  }
  if (!is.numeric(x) || length(dim(x)) > 2L) {
    stop_invalid(name, " must be a numeric matrix, a data frame of numbers or a numeric vector")
  }
  if (!is.matrix(x)) x <- matrix(x, ncol = 1L)
  if (!is.double(x)) storage.mode(x) <- "double"
  x
}

# Points with as many columns as others.
as_points_like <- function(x, columns, name, like) {
  x <- as_points(x, name)
  if (ncol(x) != columns) stop_invalid(name, " has ", ncol(x), " columns, ", like, " ", columns)
  x
}

as_vector <- function(x, name, length = NULL) {
  if (!is.numeric(x)) stop_invalid(name, " must be a numeric vector")
  if (!is.null(length) && length(x) != length) {
    stop_invalid(name, " has ", length(x), " values, must have ", length)
  }
  as.double(x)
}

# lengthscales: one or as many as there are columns. The library checks that, but in words of its own
# arguments.
as_lengthscales <- function(x, columns) {
  x <- as_vector(x, "lengthscales")
  if (!length(x) %in% c(1L, columns)) {
    stop_invalid("lengthscales has ", length(x), " values, must have 1 or ", columns)
  }
  x
}

as_number <- function(x, name) {
  if (is.null(x)) {
    return(NULL)
  }
  if (!is.numeric(x) || length(x) != 1L) stop_invalid(name, " must be a single number")
  as.double(x)
}

as_whole <- function(x, name, most = .Machine$integer.max) {
  if (is.null(x)) {
    return(NULL)
  }
  x <- as_number(x, name)
  if (is.na(x) || x != round(x) || abs(x) > most) {
    stop_invalid(name, " is ", x, ", must be a whole number of at most ", most)
  }
  x
}

as_rows <- function(rows) {
  if (is.null(rows)) {
    return(NULL)
  }
  if (!is.numeric(rows)) stop_invalid("rows must be a vector of row numbers")
  if (anyNA(rows)) stop_invalid("rows[", which(is.na(rows))[1L], "] is NA")
  bad <- which(rows != round(rows) | abs(rows) > .Machine$integer.max)
  if (length(bad) > 0L) stop_invalid("rows[", bad[1L], "] is ", rows[bad[1L]], ", must be a row number")
  as.integer(rows)
}

as_threads <- function(threads) as_whole(threads, "threads")

model_options <- function(kernel = NULL, variance = NULL, nugget = NULL, jitter = NULL,
                          max_jitter = NULL, nu = NULL, alpha = NULL, factor_error = NULL,
                          threads = NULL) {
  list(
    kernel = enum_value(kernel, "kernel", "kernel"),
    variance = as_number(variance, "variance"),
    nugget = as_number(nugget, "nugget"),
    jitter = as_number(jitter, "jitter"),
    max_jitter = as_number(max_jitter, "max_jitter"),
    nu = as_number(nu, "nu"),
    alpha = as_number(alpha, "alpha"),
    factor_error = as_number(factor_error, "factor_error"),
    threads = as_threads(threads)
  )
}

# The seed of a call: one drawn from R's generator, so that set.seed() decides, unless there is one.
as_seed <- function(seed) {
  if (is.null(seed)) {
    return(as.double(sample.int(.Machine$integer.max, 1L)))
  }
  seed <- as_whole(seed, "seed", most = 2^53)
  if (seed < 0) stop_invalid("seed is ", seed, ", must not be negative")
  seed
}

# An index whose handle can be used.
require_index <- function(index) {
  if (!inherits(index, "residual_index")) stop_invalid("index must be made by residual_index()")
  if (!handle_is_open(index$handle)) {
    stop_invalid("index is closed, or was saved and read again, and must be made anew")
  }
  index
}
