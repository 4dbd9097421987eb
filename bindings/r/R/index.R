# Indexes. The object is a list around the external pointer `handle`, with the caller's own points, which
# R does not copy, for plot(). What update() changes is in the environment `state`, so that all copies of
# the object, which share the handle, tell the same.

new_index <- function(handle, source, points, state) {
  info <- residual_knn_index_info(handle)
  structure(class = "residual_index", list(
    handle = handle, source = source, n = info$n, d = info$d, points = points, state = state
  ))
}

# The state of an index: what goes wrong in its callbacks, and the model.
index_state <- function(lengthscales, inducing, arguments) {
  state <- callback_state()
  state$lengthscales <- lengthscales
  state$inducing <- inducing
  state$arguments <- arguments # of model_options()
  state
}

num_columns <- function(index) residual_knn_index_info(index$handle)$m

# NULL: the library's default, which is called by its name only in the header.
kernel_label <- function(index) {
  if (index$source == "callback") {
    return("by callback")
  }
  kernel <- index$state$arguments$kernel
  if (is.null(kernel)) "default" else kernel
}

residual_index <- function(points, inducing = NULL, lengthscales = 1, kernel = "matern32",
                           variance = NULL, nugget = NULL, nu = NULL, alpha = NULL, jitter = NULL,
                           max_jitter = NULL, threads = getOption("residualknn.threads"),
                           progress = FALSE) {
  points <- as_points(points, "points")
  if (is.null(inducing)) inducing <- matrix(0, 0L, ncol(points))
  inducing <- as_points_like(inducing, ncol(points), "inducing", "points has")
  lengthscales <- as_lengthscales(lengthscales, ncol(points))
  arguments <- list(
    kernel = kernel, variance = variance, nugget = nugget, nu = nu, alpha = alpha, jitter = jitter,
    max_jitter = max_jitter, threads = threads
  )
  options <- do.call(model_options, arguments)
  handle <- run_call(progress, function(report) {
    residual_knn_index_create(points, lengthscales, inducing, c(options, progress = report))
  })
  new_index(handle, "inducing", points, index_state(lengthscales, inducing, arguments))
}

residual_index_from_factor <- function(factor, residual_variance, points, lengthscales = 1,
                                       kernel = "matern32", variance = NULL, nu = NULL, alpha = NULL,
                                       factor_error = NULL,
                                       threads = getOption("residualknn.threads"), progress = FALSE) {
  points <- as_points(points, "points")
  factor <- as_factor(factor, "factor", nrow(points))
  residual_variance <- as_vector(residual_variance, "residual_variance", nrow(points))
  lengthscales <- as_lengthscales(lengthscales, ncol(points))
  arguments <- list(
    kernel = kernel, variance = variance, nu = nu, alpha = alpha, factor_error = factor_error,
    threads = threads
  )
  options <- do.call(model_options, arguments)
  handle <- run_call(progress, function(report) {
    residual_knn_index_create_from_factor(
      factor, residual_variance, points, lengthscales, c(options, progress = report)
    )
  })
  new_index(handle, "factor", points, index_state(lengthscales, NULL, arguments))
}

residual_index_from_callback <- function(covariance, factor, residual_variance, progress = FALSE) {
  if (!is.function(covariance)) stop_invalid("covariance must be a function")
  residual_variance <- as_vector(residual_variance, "residual_variance")
  factor <- as_factor(factor, "factor", length(residual_variance))
  state <- index_state(NULL, NULL, NULL)
  block <- guarded(state, failed = NULL, function(rows, columns) {
    values <- covariance(rows, columns)
    if (!is.numeric(values) || length(values) != length(rows) * length(columns)) {
      stop_invalid(
        "covariance must return a numeric matrix with ", length(rows), " rows and ", length(columns),
        " columns"
      )
    }
    as.double(values)
  })
  handle <- run_call(progress, state = state, function(report) {
    residual_knn_index_create_from_callback(factor, residual_variance, block, list(progress = report))
  })
  set_handle_covariance(handle, block)
  new_index(handle, "callback", NULL, state)
}

# V: a matrix with a row for each point; NULL has no columns.
as_factor <- function(factor, name, rows) {
  factor <- if (is.null(factor)) matrix(0, rows, 0L) else as_points(factor, name)
  if (nrow(factor) != rows) stop_invalid(name, " has ", nrow(factor), " rows, must have ", rows)
  factor
}

residual_factor <- function(index) {
  index <- require_index(index)
  result <- residual_knn_index_factor(index$handle, NULL)
  names(result) <- c("factor", "residual_variance")
  result
}

update.residual_index <- function(object, lengthscales = NULL, inducing = NULL, ..., progress = FALSE) {
  index <- require_index(object)
  require_no_callback("updated")
  if (index$source != "inducing") {
    stop(condition_of("unsupported", "only an index made by residual_index() can be updated"))
  }
  given <- list(...)
  possible <- setdiff(names(formals(model_options)), "factor_error")
  unknown <- setdiff(names(given), possible)
  if (length(unknown) > 0L || length(given) != sum(nzchar(names(given)))) {
    stop_invalid("update() takes lengthscales, inducing, progress, ", paste(possible, collapse = ", "))
  }
  state <- index$state
  if (is.null(lengthscales)) lengthscales <- state$lengthscales
  lengthscales <- as_lengthscales(lengthscales, index$d)
  if (is.null(inducing)) {
    # Handed over again, for an update that broke off may have left others in the index.
    inducing <- state$inducing
    if (nrow(inducing) == 0L && num_columns(index) > 0) {
      stop_invalid("inducing is NULL, must be given: an update broke off, and an index cannot go back to none")
    }
  } else {
    inducing <- as_points_like(inducing, index$d, "inducing", "points has")
    if (nrow(inducing) == 0L) stop_invalid("inducing has no rows, must have at least 1")
  }
  arguments <- state$arguments
  arguments[names(given)] <- given
  options <- do.call(model_options, arguments)
  run_call(progress, function(report) {
    residual_knn_index_update(index$handle, lengthscales, inducing, c(options, progress = report))
  })
  state$lengthscales <- lengthscales
  state$arguments <- arguments
  state$inducing <- inducing
  invisible(index)
}

close.residual_index <- function(con, ...) {
  require_no_callback("closed")
  close_handle(con$handle)
  invisible(NULL)
}

require_no_callback <- function(what) {
  if (in_callback() != 0L) stop(condition_of("unsupported", paste0("an index cannot be ", what, " in a callback")))
}

print.residual_index <- function(x, ...) {
  cat("<residual_index> ", counted(x$n, "point"), sep = "")
  if (x$d > 0) cat(" in ", counted(x$d, "dimension"), sep = "")
  if (handle_is_open(x$handle)) {
    what <- if (x$source == "inducing") "inducing point" else "column"
    cat(", ", counted(num_columns(x), what), if (x$source != "inducing") " of V", sep = "")
  }
  cat(", kernel ", kernel_label(x), sep = "")
  if (!handle_is_open(x$handle)) cat(", closed")
  cat("\n")
  invisible(x)
}

counted <- function(n, what) paste0(format(n, big.mark = ",", scientific = FALSE), " ", what, if (n != 1) "s")

# The levels of residual_share in residual_knn_info.
share_levels <- c("min", "1%", "5%", "median", "95%", "99%", "max")

summary.residual_index <- function(object, ...) {
  object <- require_index(object)
  info <- residual_knn_index_info(object$handle)
  names(info$residual_share) <- share_levels
  info <- c(info, list(source = object$source, kernel = kernel_label(object)))
  structure(info, class = "summary.residual_index")
}

print.summary.residual_index <- function(x, ...) {
  line <- function(what, ...) cat("  ", formatC(paste0(what, ":"), width = -20L), ..., "\n", sep = "")
  cat("Index of ", counted(x$n, "point"), "\n", sep = "")
  if (x$d > 0) line("coordinates", x$d)
  line(if (x$source == "inducing") "inducing points" else "columns of V", x$m)
  line("kernel", x$kernel)
  if (x$source == "inducing") line("relative jitter", format(x$jitter))
  line("degenerate points", x$degenerate_points)
  line("memory", format(structure(x$bytes, class = "object_size"), units = "auto"))
  line("built in", format(x$build_seconds, digits = 3), " s")
  cat("Share of the variance that is left over:\n")
  print(x$residual_share, digits = 3)
  invisible(x)
}
