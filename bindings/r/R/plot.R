# A plot of the neighbors of one point.

plot.residual_index <- function(x, target = 1L, k = min(10L, x$n), predecessors = FALSE, dims = c(1L, 2L),
                                legend = TRUE, ...) {
  x <- require_index(x)
  if (is.null(x$points)) stop_unsupported("the index has no points to plot")
  target <- as_positions(target, "target", x$n)
  if (length(target) != 1L) stop_invalid("target has ", counted(length(target), "value"), ", must have 1")
  num_columns <- ncol(x$columns)
  dims <- if (num_columns == 1L && missing(dims)) 1L else as_positions(dims, "dims", num_columns)
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
  place <- in_dims(x$columns)
  inducing <- if (NROW(x$state$inducing) > 0L) in_dims(inducing_columns(x))
  both <- intersect(residual, euclidean)
  layers <- list(
    "inducing point" = list(at = inducing, pch = 3, cex = 0.7, lwd = 1, col = "grey40"),
    "Euclidean only" = list(
      at = place[setdiff(euclidean, residual), ], pch = 1, cex = 1.2, lwd = 2, col = "darkorange"
    ),
    "neighbor in both" = list(at = place[both, ], pch = 19, cex = 1, lwd = 1, col = "steelblue"),
    "residual only" = list(at = place[setdiff(residual, euclidean), ], pch = 17, cex = 1.1, lwd = 1, col = "blue"),
    "target" = list(at = place[target, ], pch = 19, cex = 1.4, lwd = 1, col = "magenta")
  )
  layers <- Filter(function(layer) length(layer$at) > 0L, layers)

  labels <- c(column_labels_of_plot(x)[dims], "")
  arguments <- list(
    x = place[, 1L], y = place[, 2L], xlab = labels[1L], ylab = labels[2L], pch = 20, cex = 0.5,
    col = "grey70"
  )
  if (length(dims) == 2L) arguments$asp <- aspect(x, dims)
  entries <- legend_entries(layers)
  makes_room <- identical(legend, above) && !"ylim" %in% names(given)
  if (makes_room) arguments$ylim <- with_room_above(rbind(place, inducing)[, 2L], entries$share)
  arguments[names(given)] <- given
  do.call(plot, arguments)
  for (layer in layers) {
    points(matrix(layer$at, ncol = 2L), pch = layer$pch, cex = layer$cex, lwd = layer$lwd, col = layer$col)
  }
  if (!is.null(legend)) do.call(graphics::legend, c(list(if (legend == above) "top" else legend), entries$arguments))
  invisible(list(residual = residual, euclidean = euclidean))
}

# The ratio of the scales of the two axes. For longitude and latitude, it is right at the middle of the map. For other
# coordinates, it is 1 if they have the same lengthscale. Otherwise NA: each axis fills its side.
aspect <- function(index, dims) {
  reading <- index$reading
  if (!is.null(reading) && reading$lonlat) {
    if (!setequal(dims, 1:2)) {
      return(NA)
    }
    middle <- cos(mean(range(index$columns[, 2L])) * (pi / 180))
    # The limit avoids the poles, where such a map is not possible.
    ratio <- 1 / max(middle, 0.05)
    return(if (dims[1L] == 1L) ratio else 1 / ratio)
  }
  scale <- rep_len(index$state$lengthscales, index$d)[dims]
  if (scale[1L] == scale[2L]) 1 else NA
}

# The inducing points in the columns of the user: on the sphere, converted back to degrees.
inducing_columns <- function(index) {
  inducing <- index$state$inducing
  if (is.null(index$reading) || !index$reading$lonlat) {
    return(inducing)
  }
  map <- on_map(inducing[, 1:3, drop = FALSE])
  # Longitudes are shifted by multiples of 360 degrees to lie near those of the points.
  middle <- mean(range(index$columns[, 1L]))
  map[, 1L] <- middle + (map[, 1L] - middle + 180) %% 360 - 180
  cbind(map, inducing[, -(1:3), drop = FALSE])
}

# The default place of the legend: above the points, in added space.
above <- "above"

# The place for graphics::legend(); NULL for no legend.
as_legend_place <- function(legend) {
  places <- c("topright", "topleft", "top", "bottomright", "bottomleft", "bottom", "right", "left", "center")
  if (isTRUE(legend)) {
    return(above)
  }
  if (isFALSE(legend)) {
    return(NULL)
  }
  if (!is.character(legend) || length(legend) != 1L || !legend %in% places) {
    stop_invalid("legend is ", shown(legend), ", must be TRUE, FALSE or one of ", quoted(places))
  }
  legend
}

# The legend of the layers that were drawn. It has as many columns as fit the width, and its letters are small enough
# that it takes at most half of the height. `share` is the share of the height that it takes.
legend_entries <- function(layers) {
  layers <- rev(layers)
  for (cex in c(0.8, 0.6, 0.45)) {
    # A letter is about 0.7 times as wide as par("cin"). A symbol with its gaps is as wide as four letters.
    widest <- 0.7 * (max(nchar(names(layers))) + 4) * par("cin")[1L] * cex
    columns <- max(1, min(length(layers), floor(par("pin")[1L] / widest)))
    rows <- ceiling(length(layers) / columns)
    # legend() is one line higher than its rows. An axis extends beyond its limits by 4 % at each end.
    share <- 1.08 * (rows + 1.5) * cex * par("cin")[2L] / par("pin")[2L]
    if (share <= 0.5) break
  }
  sign <- function(what, mode) vapply(layers, `[[`, mode, what)
  list(share = min(share, 0.5), arguments = list(
    legend = names(layers), pch = sign("pch", 0), col = sign("col", ""), pt.lwd = sign("lwd", 0),
    ncol = ceiling(length(layers) / rows), bg = "white", cex = cex
  ))
}

# Limits of the vertical axis that leave a share of its length free above the points.
with_room_above <- function(y, share) {
  limits <- range(y)
  if (limits[1L] == limits[2L]) limits <- limits + c(-1, 1) * max(abs(limits[1L]), 1) / 2
  c(limits[1L], limits[1L] + diff(limits) / (1 - share))
}

# Squared distances of all points from one, after division by the lengthscales.
squared_distances <- function(index, target) {
  scale <- rep_len(index$state$lengthscales, index$d)
  total <- numeric(index$n)
  for (j in seq_len(index$d)) {
    total <- total + ((index$points[, j] - index$points[target, j]) / scale[j])^2
  }
  total
}

column_labels_of_plot <- function(index) {
  names <- colnames(index$columns)
  if (is.null(names)) paste0("x", seq_len(ncol(index$columns))) else names
}
