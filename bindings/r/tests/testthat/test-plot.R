# Plots of an index.

test_that("a plot shows the residual and the Euclidean neighbors", {
  set.seed(16)
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  points <- random_points(400, 3)
  index <- residual_index(points, choose_inducing(points, 30), c(0.3, 0.5, 0.9))
  shown <- plot(index, target = 200, k = 8)
  expect_identical(shown$residual, neighbors(index, k = 8, rows = 200)$index[1, ])
  distances <- scaled_distances(points[200, , drop = FALSE], points, c(0.3, 0.5, 0.9))[1, ]
  expect_identical(shown$euclidean, order(distances)[2:9])
  shown <- plot(index, target = 6, k = 8, predecessors = TRUE, dims = c(3, 1), legend = FALSE, main = "six")
  expect_setequal(shown$residual, 1:5)
  expect_setequal(shown$euclidean, 1:5)
  line <- residual_index(c(1, 2, 4, 8, 16))
  expect_identical(plot(line, target = 3, k = 2), list(residual = c(2L, 1L), euclidean = c(2L, 1L)))
})

test_that("a plot may show one point, and its legend may be anywhere", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  nobody <- list(residual = integer(), euclidean = integer())
  for (d in 1:3) expect_identical(plot(residual_index(random_points(1, d))), nobody)
  index <- residual_index(random_points(400, 3), random_points(1, 3))
  expect_identical(plot(index, target = 1, predecessors = TRUE), nobody)
  for (place in list(TRUE, FALSE, "bottomleft")) expect_length(plot(index, dims = 3, legend = place), 2)
  invalid <- "residualknn_error_invalid_argument"
  expect_error(plot(index, target = 401), "target\\[1\\] is 401, .*between 1 and 400", class = invalid)
  expect_error(plot(index, target = 1:2), "target has 2 values", class = invalid)
  expect_error(plot(index, dims = 4), "dims\\[1\\] is 4, .*between 1 and 3", class = invalid)
  expect_error(plot(index, dims = c(1, NA)), "dims\\[2\\] is NA", class = invalid)
  expect_error(plot(index, dims = 1:3), "dims has 3 values", class = invalid)
  expect_error(plot(index, legend = "north"), "legend is \"north\"", class = invalid)
  expect_error(plot(index, 1, 10, FALSE, 1:2, TRUE, "red"), "no name", class = invalid)
})

# The position of the legend at the top of the last plot.
legend_box <- function(layers) {
  entries <- residualknn:::legend_entries(stats::setNames(rep(list(list(pch = 1, col = "red", lwd = 1)), layers), c(
    "inducing point", "Euclidean only", "neighbor in both", "residual only", "target"
  )[seq_len(layers)]))
  do.call(graphics::legend, c(list("top"), entries$arguments, plot = FALSE))$rect
}

test_that("the legend is above the points and covers none of them, in plots of many shapes", {
  set.seed(21)
  points <- random_points(300, 3)
  index <- residual_index(points, 30, 0.1, seed = 1)
  map <- residual_index(quakes, 30, c(0.1, 150), lonlat = c("long", "lat"), columns = "depth", seed = 1)
  for (size in list(c(7, 7), c(4, 4), c(12, 4), c(4, 12), c(3.2, 3.2), c(3, 7))) {
    grDevices::pdf(NULL, size[1], size[2])
    for (dims in list(c(1, 2), c(3, 1))) {
      plot(index, target = 17, k = 12, dims = dims)
      box <- legend_box(5)
      expect_gt(box$top - box$h, max(points[, dims[2]]))
      expect_lte(box$top, graphics::par("usr")[4])
      plot(map, target = 17, dims = dims)
      box <- legend_box(5)
      expect_gt(box$top - box$h, max(map$columns[, dims[2]]))
    }
    # In one dimension, all points are at height 0.
    plot(residual_index(c(1, 2, 4)), k = 1)
    box <- legend_box(2)
    expect_gt(box$top - box$h, 0)
    grDevices::dev.off()
  }
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  # Limits given by the user are kept.
  plot(index, ylim = c(0, 1), asp = NA)
  expect_equal(graphics::par("usr")[3:4], c(-0.04, 1.04))
  # The axis is not extended for a legend elsewhere, or without a legend.
  for (legend in list(FALSE, "bottomleft")) {
    plot(index, legend = legend, asp = NA)
    expect_equal(graphics::par("usr")[3:4], range(points[, 2]) + c(-1, 1) * 0.04 * diff(range(points[, 2])))
  }
})

test_that("coordinates with the same lengthscale have the same scale", {
  # The ratio of the scales of the two axes; 1 if they are equal.
  ratio <- function(...) {
    grDevices::pdf(NULL, 8, 5)
    on.exit(grDevices::dev.off())
    plot(...)
    usr <- graphics::par("usr")
    ((usr[2] - usr[1]) / graphics::par("pin")[1]) / ((usr[4] - usr[3]) / graphics::par("pin")[2])
  }
  set.seed(22)
  points <- random_points(50, 3) %*% diag(c(1, 3, 100))
  expect_equal(ratio(residual_index(points, lengthscales = 2)), 1)
  index <- residual_index(points, lengthscales = c(2, 2, 50))
  expect_equal(ratio(index), 1)
  expect_gt(abs(log(ratio(index, dims = c(1, 3)))), 1)
  expect_equal(ratio(index, dims = c(1, 3), asp = 1), 1)
  expect_gt(abs(log(ratio(residual_index(points, lengthscales = c(2, 3, 50))))), 0.1)
  # At the middle of a map, a degree of longitude is cos(latitude) times a degree of latitude.
  places <- data.frame(lon = c(5, 25, 10, 12), lat = c(50, 70, 55, 61), day = 1:4)
  map <- residual_index(places, lengthscales = c(0.1, 2), lonlat = TRUE, columns = "day")
  expect_equal(ratio(map), 1 / cos(60 * pi / 180))
  expect_equal(ratio(map, dims = 2:1), cos(60 * pi / 180))
  expect_gt(abs(log(ratio(map, dims = c(1, 3)) / ratio(map))), 0.1)
})

test_that("a plot of an index on the sphere is a map in degrees", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  index <- residual_index(quakes, 30, c(0.1, 150), lonlat = c("long", "lat"), columns = "depth", seed = 1)
  shown <- plot(index, target = 100, k = 8)
  expect_identical(shown$residual, neighbors(index, k = 8, rows = 100)$index[1, ])
  usr <- graphics::par("usr")
  expect_true(all(quakes$long > usr[1] & quakes$long < usr[2] & quakes$lat > usr[3] & quakes$lat < usr[4]))
  # Inducing points given in degrees are drawn at their places.
  update(index, inducing = quakes[3:5, ])
  expect_equal(unname(residualknn:::inducing_columns(index)[, 2:3]), unname(as.matrix(quakes[3:5, c("lat", "depth")])))
  expect_equal(unname(residualknn:::inducing_columns(index)[, 1]), quakes$long[3:5])
  expect_error(plot(index, dims = 4), "dims\\[1\\] is 4, .*between 1 and 3")
})
