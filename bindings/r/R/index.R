# Indexes. The object is a list with the external pointer `handle`. `points` are the coordinates in the library, and
# `columns` are the columns from which they were read; see coordinates.R. If all columns of the caller's matrix are
# coordinates, both are this matrix, and R does not copy it. The environment `state` holds what update() changes. Copies
# of the object share the handle and this environment, so they all show the present state.

# `read` is the result of read_points(), or NULL without points.
new_index <- function(handle, source, read, state) {
  info <- checked(residual_knn_index_info(handle))
  index <- structure(class = "residual_index", list(
    handle = handle, source = source, n = info$n, d = info$d, points = read$points, columns = read$columns,
    reading = read$reading, state = state
  ))
  keep_note(index)
  index
}

# Warns of numbers that are too coarse for their lengthscale and of points that nearly coincide.
warn_of_index <- function(index) {
  matrices <- list(points = index$points, inducing = index$state$inducing)
  warn_of(residual_knn_index_warning(index$handle), index, matrices)
}

# The model of an index and the `threads` of its searches.
index_state <- function(lengthscales, inducing, arguments) {
  state <- new.env(parent = emptyenv())
  state$lengthscales <- lengthscales
  state$inducing <- inducing
  state$arguments <- arguments # of model_options()
  state
}

num_columns <- function(index) checked(residual_knn_index_info(index$handle))$m

residual_index <- function(points, inducing = NULL, lengthscales = 1, kernel = "matern32",
                           variance = NULL, nugget = NULL, nu = NULL, alpha = NULL, jitter = NULL,
                           max_jitter = NULL, factor_storage = "automatic", max_bytes = NULL,
                           lonlat = FALSE, columns = NULL, seed = NULL,
                           threads = getOption("residualknn.threads"), progress = FALSE) {
  read <- read_points(points, lonlat, columns)
  points <- read$points
  lengthscales <- as_lengthscales(lengthscales, points, read$reading)
  arguments <- list(
    kernel = kernel, variance = variance, nugget = nugget, nu = nu, alpha = alpha, jitter = jitter,
    max_jitter = max_jitter, factor_storage = factor_storage, max_bytes = max_bytes, threads = threads
  )
  options <- do.call(model_options, arguments)
  require_shape(kernel, nu, alpha)
  inducing <- read_inducing(inducing, read, lengthscales, seed, options$threads, progress)
  matrices <- list(points = points, inducing = inducing)
  handle <- run_call(progress, matrices = matrices, function(report) {
    scaled <- scaled_lengthscales(lengthscales, options)
    residual_knn_index_create(points, scaled, inducing, c(options, progress = report))
  })
  index <- new_index(handle, "inducing", read, index_state(lengthscales, inducing, arguments))
  warn_of_index(index)
  index
}

# Reads the argument `inducing`: NULL for none, the number of points to choose, or the points themselves.
read_inducing <- function(inducing, read, lengthscales, seed, threads, progress) {
  if (!is.null(seed)) seed <- as_seed(seed)
  if (is.null(inducing)) inducing <- 0
  if (!is_count(inducing)) {
    require_no_word(inducing)
    return(read_like(inducing, read$reading, read$points, "inducing"))
  }
  if (is.na(inducing) || inducing < 0 || inducing != round(inducing)) {
    stop_invalid(
      "inducing is ", shown(inducing), ": a single number is the number of inducing points, and must be whole and not ",
      "negative; inducing points themselves must be the rows of a matrix"
    )
  }
  if (inducing == 0) {
    return(matrix(0, 0L, ncol(read$points)))
  }
  inducing <- as_whole(inducing, "inducing")
  options <- list(threads = threads, seed = as_seed(seed))
  kmeans <- enum_values("inducing_method")[["kmeans"]]
  choose_among(read$points, lengthscales, inducing, kmeans, options, progress, "inducing")
}

# "50", TRUE and NA are neither points nor a number of points.
require_no_word <- function(inducing) {
  if (is.null(dim(inducing)) && length(inducing) == 1L && (is.character(inducing) || is.logical(inducing))) {
    stop_invalid(
      "inducing is ", shown(inducing), ", must be the number of inducing points, such as 50, or the points: ",
      points_are
    )
  }
}

# A single number without dimensions is a number of points. In one dimension, a point is written as matrix(5).
is_count <- function(x) is_number(x) && !is.object(x) && is.null(dim(x)) && length(x) == 1L

residual_index_from_factor <- function(factor, residual_variance, points, lengthscales = 1,
                                       kernel = "matern32", variance = NULL, nu = NULL, alpha = NULL,
                                       factor_error = NULL, lonlat = FALSE, columns = NULL,
                                       threads = getOption("residualknn.threads"), progress = FALSE) {
  read <- read_points(points, lonlat, columns)
  points <- read$points
  residual_variance <- as_residual_variance(residual_variance, "residual_variance")
  factor <- as_factor(factor, "factor")
  require_as_many(points = nrow(points), factor = nrow(factor), residual_variance = length(residual_variance))
  if (is.null(factor)) factor <- no_factor(nrow(points))
  lengthscales <- as_lengthscales(lengthscales, points, read$reading)
  arguments <- list(
    kernel = kernel, variance = variance, nu = nu, alpha = alpha, factor_error = factor_error,
    threads = threads
  )
  options <- do.call(model_options, arguments)
  require_shape(kernel, nu, alpha)
  handle <- run_call(progress, matrices = list(factor = factor, points = points), function(report) {
    scaled <- scaled_lengthscales(lengthscales, options)
    residual_knn_index_create_from_factor(factor, residual_variance, points, scaled, c(options, progress = report))
  })
  index <- new_index(handle, "factor", read, index_state(lengthscales, NULL, arguments))
  warn_of_index(index)
  index
}

residual_index_from_callback <- function(covariance, factor, residual_variance, factor_error = NULL,
                                         threads = getOption("residualknn.threads"), progress = FALSE) {
  if (!is.function(covariance)) stop_invalid("covariance is ", shown(covariance), ", must be a function")
  residual_variance <- as_residual_variance(residual_variance, "residual_variance")
  if (length(residual_variance) == 0L) stop_invalid("residual_variance has no values, must have one for each point")
  factor <- as_factor(factor, "factor")
  require_as_many(factor = nrow(factor), residual_variance = length(residual_variance))
  if (is.null(factor)) factor <- no_factor(length(residual_variance))
  arguments <- list(factor_error = as_number(factor_error, "factor_error"), threads = as_threads(threads))
  block <- covariance_of_blocks(covariance)
  handle <- run_call(progress, matrices = list(factor = factor), function(report) {
    residual_knn_index_create_from_callback(factor, residual_variance, block, c(arguments, progress = report))
  })
  set_handle_covariance(handle, block)
  new_index(handle, "callback", NULL, index_state(NULL, NULL, arguments))
}

# The user's covariance function with a check of its result.
covariance_of_blocks <- function(covariance) {
  force(covariance)
  function(rows, columns) {
    values <- covariance(rows, columns)
    size <- c(length(rows), length(columns))
    if (!is.numeric(values) || length(values) != prod(size) || (is.matrix(values) && any(dim(values) != size))) {
      stop_covariance(
        "must return a numeric matrix with ", counted(size[1L], "row"), " and ", counted(size[2L], "column")
      )
    }
    bad <- which(!is.finite(values))
    if (length(bad) > 0L) {
      place <- arrayInd(bad[1L], size)
      stop_covariance(
        "returned ", values[bad[1L]], " for rows ", rows[place[1L]], " and ", columns[place[2L]], ", must be finite"
      )
    }
    as.double(values)
  }
}

stop_covariance <- function(...) stop(condition_of("callback", paste0("covariance ", ...)))

# V: a matrix with one row for each point. NULL means no columns.
as_factor <- function(factor, name) if (!is.null(factor)) as_points(factor, name)

no_factor <- function(rows) matrix(0, rows, 0L)

# Checks that counts of points are equal. Their names are the names of the arguments. If all counts but one agree, the
# message names that one as wrong.
require_as_many <- function(...) {
  counts <- unlist(list(...))
  if (length(unique(counts)) == 1L) {
    return(invisible())
  }
  has <- function(name) {
    paste(name, "has", counted(counts[[name]], if (endsWith(name, "residual_variance")) "value" else "row"))
  }
  alone <- names(counts)[!counts %in% counts[duplicated(counts)]]
  if (length(alone) == 1L) {
    others <- setdiff(names(counts), alone)
    stop_invalid(has(alone), ", must have ", counts[[others[1L]]], " as ", paste(others, collapse = " and "))
  }
  stop_invalid(paste(vapply(names(counts), has, ""), collapse = ", "), ", must have the same number")
}

residual_factor <- function(index) {
  index <- require_index(index)
  require_whole(index)
  result <- checked(residual_knn_index_factor(index$handle, NULL))
  names(result) <- c("factor", "residual_variance")
  result
}

update.residual_index <- function(object, lengthscales = NULL, inducing = NULL, ..., seed = NULL, progress = FALSE) {
  index <- require_index(object)
  require_unused(index, "updated")
  if (index$source != "inducing") {
    stop_unsupported("only an index made by residual_index() can be updated")
  }
  given <- update_arguments(...)
  state <- index$state
  if (is.null(lengthscales)) lengthscales <- state$lengthscales
  lengthscales <- as_lengthscales(lengthscales, index$points, index$reading)
  arguments <- state$arguments
  # If the name of the new kernel fixes nu, the previous nu is dropped.
  if (!"nu" %in% names(given) && fixes_nu(given[["kernel"]])) arguments["nu"] <- list(NULL)
  arguments[names(given)] <- given
  options <- do.call(model_options, arguments)
  # Not `given$nu`: `$` takes the beginning of a name for the name, and would return `nugget`.
  require_shape(arguments[["kernel"]], given[["nu"]], given[["alpha"]])
  if (is.null(inducing)) {
    # The library gets the points again, because a failed update may have left others in the index.
    inducing <- state$inducing
    if (nrow(inducing) == 0L && num_columns(index) > 0) {
      stop_invalid(
        "inducing is NULL, must be given: the last update failed, and an update cannot remove all inducing points"
      )
    }
  } else {
    inducing <- read_inducing(inducing, index, lengthscales, seed, options$threads, progress)
    if (nrow(inducing) == 0L) stop_invalid("inducing has no rows, must have at least 1")
  }
  run_call(progress, matrices = list(inducing = inducing), function(report) {
    scaled <- scaled_lengthscales(lengthscales, options)
    residual_knn_index_update(index$handle, scaled, inducing, c(options, progress = report))
  })
  state$lengthscales <- lengthscales
  state$arguments <- arguments
  state$inducing <- inducing
  keep_note(index)
  warn_of_index(index)
  invisible(index)
}

# The `...` of update() as a list with names.
update_arguments <- function(...) {
  given <- list(...)
  possible <- setdiff(names(formals(model_options)), c("factor_error", "factor_storage", "max_bytes"))
  names <- names(given)
  takes <- paste0("; update() takes lengthscales, inducing, ", paste(possible, collapse = ", "), ", seed, progress")
  if (!all_named(given)) stop_invalid("an argument has no name", takes)
  unknown <- setdiff(names, possible)
  if (length(unknown) > 0L) stop_invalid("there is no argument ", unknown[1L], takes)
  if (anyDuplicated(names) > 0L) stop_invalid(names[anyDuplicated(names)], " is given twice")
  given
}

close.residual_index <- function(con, ...) {
  require_unused(con, "closed")
  close_handle(con$handle)
  invisible(NULL)
}

require_unused <- function(index, what) {
  if (handle_users(index$handle) != 0L) {
    stop_unsupported("index is in use by a search or an update, and cannot be ", what, " in a callback of that call")
  }
}

is_being_updated <- function(index) handle_users(index$handle) < 0L

print.residual_index <- function(x, ...) {
  cat("<residual_index> ", counted(x$n, "point"), sep = "")
  if (x$d > 0) cat(" ", described_coordinates(x), sep = "")
  if (is_being_updated(x)) {
    cat(", being updated\n")
    return(invisible(x))
  }
  if (handle_is_open(x$handle) && handle_is_whole(x$handle)) {
    what <- if (x$source == "inducing") "inducing point" else "column"
    cat(", ", counted(num_columns(x), what), if (x$source != "inducing") " of V", sep = "")
  }
  cat(", kernel ", kernel_label(x), sep = "")
  if (!handle_is_open(x$handle)) {
    cat(", closed")
  } else if (!handle_is_whole(x$handle)) {
    cat(", ", is_empty, sep = "")
  }
  cat("\n")
  invisible(x)
}

# The state of an index after an update that was cancelled or ran out of memory.
is_empty <- "is empty because an update was cancelled or ran out of memory: update() it again"

require_whole <- function(index) if (!handle_is_whole(index$handle)) stop_invalid("index ", is_empty)

counted <- function(n, what) paste0(format(n, big.mark = ",", scientific = FALSE), " ", what, if (n != 1) "s")

# The levels of residual_share in residual_knn_info.
share_levels <- c("min", "1%", "5%", "median", "95%", "99%", "max")

summary.residual_index <- function(object, ...) {
  object <- require_index(object)
  info <- checked(residual_knn_index_info(object$handle))
  names(info$residual_share) <- share_levels
  info$given_factor <- NULL # it is in `source`
  info <- c(info, list(
    source = object$source, kernel = kernel_label(object), whole = handle_is_whole(object$handle) != 0L
  ))
  structure(info, class = "summary.residual_index")
}

print.summary.residual_index <- function(x, ...) {
  line <- function(what, ...) cat("  ", formatC(paste0(what, ":"), width = -20L), ..., "\n", sep = "")
  cat("Index of ", counted(x$n, "point"), "\n", sep = "")
  if (x$d > 0) line("coordinates", x$d)
  if (!x$whole) {
    line("state", is_empty)
    return(invisible(x))
  }
  line(if (x$source == "inducing") "inducing points" else "columns of V", x$m)
  line("kernel", x$kernel)
  if (x$source == "inducing") line("relative jitter", format(x$jitter))
  line("degenerate points", x$degenerate_points)
  line("memory", format(structure(x$bytes, class = "object_size"), units = "auto"))
  line("build time", format(x$build_seconds, digits = 3), " s")
  cat("Share of the variance that is not explained:\n")
  print(x$residual_share, digits = 3)
  invisible(x)
}
