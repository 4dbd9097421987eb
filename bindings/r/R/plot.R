# A picture of one point's neighbors.

plot.residual_index <- function(x, target = 1L, k = 10L, predecessors = FALSE, dims = c(1L, 2L),
                                legend = TRUE, ...) {
  x <- require_index(x)
  if (is.null(x$points)) stop(condition_of("unsupported", "the index has no points to plot"))
  target <- as_rows(target)
  if (length(target) != 1L || target < 1L || target > x$n) {
    stop_invalid("target must be a row number between 1 and ", x$n)
  }
  dims <- as_rows(dims)
  if (x$d == 1) dims <- 1L
  if (!length(dims) %in% c(1L, 2L) || any(dims < 1L) || any(dims > x$d)) {
    stop_invalid("dims must be one or two of the ", x$d, " coordinates")
  }
  search <- if (isTRUE(predecessors)) get("predecessors", topenv()) else neighbors
  found <- search(x, k = k, rows = target)$index[1L, ]
  residual <- found[!is.na(found)]
  candidates <- if (isTRUE(predecessors)) seq_len(target - 1L) else seq_len(x$n)[-target]
  euclidean <- candidates[order(squared_distances(x, target)[candidates])]
  euclidean <- euclidean[seq_len(min(as_k(k), length(euclidean)))]
  if (length(dims) == 1L) {
    place <- cbind(x$points[, dims], 0)
    labels <- c(axis_labels(x)[dims], "")
  } else {
    place <- x$points[, dims]
    labels <- axis_labels(x)[dims]
  }
  arguments <- list(
    x = place[, 1L], y = place[, 2L], xlab = labels[1L], ylab = labels[2L], pch = 20, cex = 0.5,
    col = "grey70"
  )
  given <- list(...)
  arguments[names(given)] <- given
  do.call(plot, arguments)
  if (!is.null(x$state$inducing) && nrow(x$state$inducing) > 0L) {
    inducing <- if (length(dims) == 1L) cbind(x$state$inducing[, dims], 0) else x$state$inducing[, dims, drop = FALSE]
    points(inducing, pch = 3, cex = 0.7, col = "grey40")
  }
  both <- intersect(residual, euclidean)
  draw <- function(rows, ...) points(place[rows, , drop = FALSE], ...)
  draw(setdiff(euclidean, residual), pch = 1, cex = 1.2, lwd = 2, col = "darkorange")
  draw(both, pch = 19, cex = 1, col = "steelblue")
  draw(setdiff(residual, euclidean), pch = 17, cex = 1.1, col = "blue")
  draw(target, pch = 19, cex = 1.4, col = "magenta")
  if (isTRUE(legend)) {
    graphics::legend("topright",
      bg = "white", cex = 0.8, pch = c(19, 19, 17, 1, 3),
      col = c("magenta", "steelblue", "blue", "darkorange", "grey40"),
      legend = c("target", "neighbor in both", "residual only", "Euclidean only", "inducing point")
    )
  }
  invisible(list(residual = residual, euclidean = euclidean))
}

# Of all points from one, after division by the lengthscales.
squared_distances <- function(index, target) {
  scale <- rep_len(index$state$lengthscales, index$d)
  total <- numeric(index$n)
  for (j in seq_len(index$d)) {
    total <- total + ((index$points[, j] - index$points[target, j]) / scale[j])^2
  }
  total
}

axis_labels <- function(index) {
  names <- colnames(index$points)
  if (is.null(names)) paste0("x", seq_len(index$d)) else names
}
