# A picture of one point's neighbors.

plot.residual_index <- function(x, target = 1L, k = min(10L, x$n), predecessors = FALSE, dims = c(1L, 2L),
                                legend = TRUE, ...) {
  x <- require_index(x)
  if (is.null(x$points)) stop_unsupported("the index has no points to plot")
  target <- as_positions(target, "target", x$n)
  if (length(target) != 1L) stop_invalid("target has ", counted(length(target), "value"), ", must have 1")
  dims <- if (x$d == 1 && missing(dims)) 1L else as_positions(dims, "dims", x$d)
  if (!length(dims) %in% c(1L, 2L)) stop_invalid("dims has ", counted(length(dims), "value"), ", must have 1 or 2")
  predecessors <- as_flag(predecessors, "predecessors")
  legend <- as_legend_place(legend)
  given <- list(...)
  if (!all_named(given)) stop_invalid("an argument for plot() has no name")
  k <- as_k(k, x$n)
  search <- if (predecessors) get("predecessors", topenv()) else neighbors
  found <- search(x, k = k, rows = target)$index[1L, ]
  residual <- found[!is.na(found)]
  candidates <- if (predecessors) seq_len(target - 1L) else seq_len(x$n)[-target]
  euclidean <- candidates[order(squared_distances(x, target)[candidates])]
  euclidean <- euclidean[seq_len(min(k, length(euclidean)))]
  in_dims <- function(points) if (length(dims) == 1L) cbind(points[, dims], 0) else points[, dims, drop = FALSE]
  place <- in_dims(x$points)
  labels <- c(axis_labels(x)[dims], "")
  arguments <- list(
    x = place[, 1L], y = place[, 2L], xlab = labels[1L], ylab = labels[2L], pch = 20, cex = 0.5,
    col = "grey70"
  )
  arguments[names(given)] <- given
  do.call(plot, arguments)
  if (!is.null(x$state$inducing) && nrow(x$state$inducing) > 0L) {
    points(in_dims(x$state$inducing), pch = 3, cex = 0.7, col = "grey40")
  }
  both <- intersect(residual, euclidean)
  draw <- function(rows, ...) points(place[rows, , drop = FALSE], ...)
  draw(setdiff(euclidean, residual), pch = 1, cex = 1.2, lwd = 2, col = "darkorange")
  draw(both, pch = 19, cex = 1, col = "steelblue")
  draw(setdiff(residual, euclidean), pch = 17, cex = 1.1, col = "blue")
  draw(target, pch = 19, cex = 1.4, col = "magenta")
  if (!is.null(legend)) {
    graphics::legend(legend,
      bg = "white", cex = 0.8, pch = c(19, 19, 17, 1, 3),
      col = c("magenta", "steelblue", "blue", "darkorange", "grey40"),
      legend = c("target", "neighbor in both", "residual only", "Euclidean only", "inducing point")
    )
  }
  invisible(list(residual = residual, euclidean = euclidean))
}

# Where graphics::legend() shall draw; NULL for nowhere.
as_legend_place <- function(legend) {
  places <- c("topright", "topleft", "top", "bottomright", "bottomleft", "bottom", "right", "left", "center")
  if (isTRUE(legend)) {
    return(places[1L])
  }
  if (isFALSE(legend)) {
    return(NULL)
  }
  if (!is.character(legend) || length(legend) != 1L || !legend %in% places) {
    stop_invalid("legend is ", shown(legend), ", must be TRUE, FALSE or one of ", quoted(places))
  }
  legend
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
