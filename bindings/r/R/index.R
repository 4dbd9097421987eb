# Indexes. The object is a list around the external pointer `handle`, with the caller's own points, which
# R does not copy, for plot().

new_index <- function(handle, source, points, inducing, lengthscales, kernel, state) {
  info <- residual_knn_index_info(handle)
  structure(class = "residual_index", list(
    handle = handle, source = source, n = info$n, d = info$d, m = info$m, points = points,
    inducing = inducing, lengthscales = lengthscales, kernel = kernel, state = state
  ))
}

# NULL: the library's default, which is called by its name only in the header.
kernel_label <- function(kernel) if (is.null(kernel)) "default" else kernel

residual_index <- function(points, inducing = NULL, lengthscales = 1, kernel = "matern32",
                           variance = NULL, nugget = NULL, nu = NULL, alpha = NULL, jitter = NULL,
                           max_jitter = NULL, threads = getOption("residualknn.threads"),
                           progress = FALSE) {
  points <- as_points(points, "points")
  if (is.null(inducing)) inducing <- matrix(0, 0L, ncol(points))
  inducing <- as_points_like(inducing, ncol(points), "inducing", "points has")
  lengthscales <- as_lengthscales(lengthscales, ncol(points))
  options <- model_options(
    kernel = kernel, variance = variance, nugget = nugget, nu = nu, alpha = alpha, jitter = jitter,
    max_jitter = max_jitter, threads = threads
  )
  handle <- run_call(progress, function(report) {
    residual_knn_index_create(points, lengthscales, inducing, c(options, progress = report))
  })
  new_index(handle, "inducing", points, inducing, lengthscales, kernel, callback_state())
}

residual_index_from_factor <- function(factor, residual_variance, points, lengthscales = 1,
                                       kernel = "matern32", variance = NULL, nu = NULL, alpha = NULL,
                                       factor_error = NULL,
                                       threads = getOption("residualknn.threads"), progress = FALSE) {
  points <- as_points(points, "points")
  factor <- as_factor(factor, "factor", nrow(points))
  residual_variance <- as_vector(residual_variance, "residual_variance", nrow(points))
  lengthscales <- as_lengthscales(lengthscales, ncol(points))
  options <- model_options(
    kernel = kernel, variance = variance, nu = nu, alpha = alpha, factor_error = factor_error,
    threads = threads
  )
  handle <- run_call(progress, function(report) {
    residual_knn_index_create_from_factor(
      factor, residual_variance, points, lengthscales, c(options, progress = report)
    )
  })
  new_index(handle, "factor", points, NULL, lengthscales, kernel, callback_state())
}

residual_index_from_callback <- function(covariance, factor, residual_variance, progress = FALSE) {
  if (!is.function(covariance)) stop_invalid("covariance must be a function")
  residual_variance <- as_vector(residual_variance, "residual_variance")
  factor <- as_factor(factor, "factor", length(residual_variance))
  state <- callback_state()
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
  new_index(handle, "callback", NULL, NULL, NULL, NULL, state)
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

close.residual_index <- function(con, ...) {
  if (!close_handle(con$handle)) {
    stop(condition_of("unsupported", "an index cannot be closed in a callback"))
  }
  invisible(NULL)
}

print.residual_index <- function(x, ...) {
  cat("<residual_index> ", counted(x$n, "point"), sep = "")
  if (x$d > 0) cat(" in ", counted(x$d, "dimension"), sep = "")
  what <- if (x$source == "inducing") "inducing point" else "column"
  cat(", ", counted(x$m, what), if (x$source != "inducing") " of V", sep = "")
  cat(", kernel ", if (x$source == "callback") "by callback" else kernel_label(x$kernel), sep = "")
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
  info <- c(info, list(source = object$source, kernel = kernel_label(object$kernel)))
  structure(info, class = "summary.residual_index")
}

print.summary.residual_index <- function(x, ...) {
  line <- function(what, ...) cat("  ", formatC(paste0(what, ":"), width = -20L), ..., "\n", sep = "")
  cat("Index of ", counted(x$n, "point"), "\n", sep = "")
  if (x$d > 0) line("coordinates", x$d)
  line(if (x$source == "inducing") "inducing points" else "columns of V", x$m)
  line("kernel", if (x$source == "callback") "by callback" else x$kernel)
  if (x$source == "inducing") line("relative jitter", format(x$jitter))
  line("degenerate points", x$degenerate_points)
  line("memory", format(structure(x$bytes, class = "object_size"), units = "auto"))
  line("built in", format(x$build_seconds, digits = 3), " s")
  cat("Share of the variance that is left over:\n")
  print(x$residual_share, digits = 3)
  invisible(x)
}
