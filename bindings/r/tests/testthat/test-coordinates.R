# The coordinate columns, longitude and latitude in degrees, and the number of inducing points.

invalid <- "residualknn_error_invalid_argument"

# Longitude, latitude, depth and other columns.
some_places <- function(n) {
  data.frame(
    id = seq_len(n), lat = runif(n, -80, 80), name = "a", depth = runif(n, 0, 500), lon = runif(n, -180, 180)
  )
}

by_definition <- function(places) {
  angle <- as.matrix(places[, c("lon", "lat")]) * pi / 180
  cbind(
    cos(angle[, "lat"]) * cos(angle[, "lon"]), cos(angle[, "lat"]) * sin(angle[, "lon"]), sin(angle[, "lat"]),
    places$depth
  )
}

test_that("longitude and latitude become points on the unit sphere in all functions", {
  set.seed(31)
  places <- some_places(300)
  queries <- some_places(20)
  seeds <- some_places(8)
  others <- some_places(20)
  scales <- c(0.5, 0.5, 0.5, 200)
  plain <- residual_index(by_definition(places), by_definition(seeds), scales)
  same <- function(index, other = plain) {
    expect_equal(predecessors(index, k = 5)$distance, predecessors(other, k = 5)$distance, tolerance = 1e-10)
    expected <- neighbors(other, by_definition(queries), k = 5)
    # Queries as a data frame with other columns, with only the coordinates, and without names.
    used <- queries[, c("lon", "lat", "depth")]
    for (asked in list(queries, tibble_like(queries), used, unname(as.matrix(used)), used[, 3:1])) {
      found <- neighbors(index, asked, k = 5)
      expect_identical(found$index, expected$index)
      expect_equal(found$distance, expected$distance, tolerance = 1e-10)
    }
  }
  make <- function(...) residual_index(places, seeds, ..., lonlat = c("lon", "lat"), columns = "depth")
  expect_silent(index <- make(scales))
  same(index)
  # One lengthscale for the sphere and one for each other column.
  same(make(c(0.5, 200)))
  same(make(c(sphere = 0.5, depth = 200)))
  expect_error(make(c(depth = 200, sphere = 0.5)), "depth in place 1, but .* the sphere", class = invalid)
  expect_error(make(c(1, 2, 3)), "has 3 values, must have 1 or 4, or 2 \\(one for the sphere\\)", class = invalid)
  same(residual_index(places, seeds, scales, lonlat = c(5, 2), columns = 4))
  same(residual_index(places[, c("lon", "lat", "depth")], seeds, scales, lonlat = TRUE, columns = "depth"))
  matrix <- as.matrix(places[, c("depth", "lon", "lat")])
  same(residual_index(matrix, seeds, scales, lonlat = c("lon", "lat"), columns = "depth"))
  expect_output(print(index), "300 points on the sphere \\(lon, lat\\) and in depth, 8 inducing points")
  # Updates, with new inducing points in all forms.
  update(index, c(0.3, 100), inducing = others)
  same(index, residual_index(by_definition(places), by_definition(others), c(0.3, 0.3, 0.3, 100)))
  parts <- residual_factor(plain)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, places, c(0.5, 200),
    lonlat = c("lon", "lat"), columns = "depth"
  )
  expect_equal(predecessors(own, k = 5)$distance, predecessors(plain, k = 5)$distance, tolerance = 1e-10)
})

test_that("orders and inducing points are those of the places on the sphere", {
  set.seed(32)
  places <- some_places(200)
  read <- list(lonlat = c("lon", "lat"), columns = "depth")
  scales <- c(0.5, 0.5, 0.5, 200)
  expect_identical(
    do.call(order_points, c(list(places, lengthscales = c(0.5, 200)), read)),
    order_points(by_definition(places), lengthscales = scales)
  )
  chosen <- do.call(choose_inducing, c(list(places, 12, c(0.5, 200), seed = 5), read))
  expect_identical(colnames(chosen), c("x of lon,lat", "y of lon,lat", "z of lon,lat", "depth"))
  expect_equal(unname(chosen), choose_inducing(by_definition(places), 12, scales, seed = 5), tolerance = 1e-12)
  # An index takes these points, some of them, or their number.
  make <- function(inducing, ...) do.call(residual_index, c(list(places, inducing, c(0.5, 200), ...), read))
  index <- make(chosen)
  expect_identical(summary(make(chosen[1:4, ]))$m, 4)
  expect_identical(residual_factor(make(12, seed = 5)), residual_factor(index))
  # Inducing points may lie inside the sphere, new points may not.
  inside <- chosen
  inside[, 1:3] <- 0.95 * chosen[, 1:3]
  expect_identical(summary(make(inside))$m, 12)
  at <- index$points[7:9, ]
  expect_identical(neighbors(index, at, k = 3)$index, neighbors(index, places[7:9, ], k = 3)$index)
  for (scale in c(0.95, 1 - 2e-6, 1 + 2e-6)) {
    wrong <- at
    wrong[2, 1:3] <- scale * at[2, 1:3]
    expect_error(neighbors(index, wrong, k = 3), class = invalid, fixed = TRUE,
      paste0("query[2, ] has the distance ", format(scale), " from the center of the unit sphere, must have 1")
    )
  }
  inside[5, 1:3] <- 1.5 * inside[5, 1:3]
  expect_error(update(index, inducing = inside), "^inducing\\[5, \\] has the distance .*, must have at most 1:", class = invalid)
  inside[5, 2] <- NaN
  expect_error(update(index, inducing = inside), "is NaN, must be finite", class = invalid)
})

test_that("on the sphere, queries without rows give an empty answer, and one row gives one row", {
  places <- some_places(40)
  read <- list(lonlat = c("lon", "lat"), columns = "depth")
  make <- function(...) do.call(residual_index, c(list(...), read))
  index <- make(places, places[1:3, ], c(0.5, 200))
  for (none in list(places[0, ], tibble_like(places[0, ]), matrix(nrow = 0, ncol = 3), index$points[0, ])) {
    expect_identical(neighbors(index, none, k = 2)$index, matrix(0L, 0, 2))
    expect_identical(summary(make(places, none))$m, 0)
    expect_error(update(index, inducing = none), "inducing has no rows", class = invalid)
  }
  expect_error(make(places[0, ]), "points has no rows", class = invalid)
  expect_identical(neighbors(index, places[7, ], k = 1)$index, matrix(7L))
  expect_identical(neighbors(make(places[7, ], NULL, c(5, 1000)), places[1:2, ], k = 1)$index, matrix(1L, 2))
})

test_that("columns that were not selected are left out, with a message", {
  places <- some_places(30)
  said <- "coordinates are the longitude lon and the latitude lat; left out: id, name, depth (use the argument"
  expect_message(index <- residual_index(places, lonlat = c("lon", "lat")), said, fixed = TRUE)
  expect_identical(index$d, 3)
  expect_message(order_points(places, lonlat = c("lon", "lat")), said, fixed = TRUE)
  expect_message(choose_inducing(places, 3, lonlat = c("lon", "lat")), said, fixed = TRUE)
  expect_silent(residual_index(places, lonlat = c("lon", "lat"), columns = character()))
  expect_silent(residual_index(places[, c("lon", "lat")], lonlat = TRUE))
  # Columns may be selected without a sphere too.
  flat <- residual_index(places, lengthscales = c(10, 50), columns = c("lat", "depth"))
  expected <- residual_index(places[, c("lat", "depth")], lengthscales = c(10, 50))
  expect_identical(neighbors(flat, k = 3)$index, neighbors(expected, k = 3)$index)
  expect_identical(neighbors(flat, places[4:6, ], k = 3)$index, neighbors(expected, places[4:6, c(2, 4)], k = 3)$index)
})

test_that("invalid longitudes and latitudes are errors that name their place", {
  places <- some_places(30)
  refused <- function(text, points = places, lonlat = c("lon", "lat"), columns = character()) {
    expect_error(residual_index(points, lonlat = lonlat, columns = columns), text, fixed = TRUE, class = invalid)
  }
  refused("lonlat has \"long\", points has \"id\", \"lat\"", lonlat = c("long", "lat"))
  refused("lonlat has \"a\", points has no column names", unname(as.matrix(places[, c(2, 4)])), c("a", "b"))
  for (wrong in list("lon", 1, NA, 1:3, c(TRUE, FALSE), NULL, list("lon", "lat"))) refused("lonlat is ", lonlat = wrong)
  refused("lonlat[2] is 6, must be a whole number between 1 and 5", lonlat = c(1, 6))
  refused("lonlat has \"lon\" twice", lonlat = c("lon", "lon"))
  refused("columns has \"lon\", which lonlat has too", columns = c("depth", "lon"))
  refused("columns has \"deep\"", columns = "deep")
  refused("points has a column that is not numeric: \"name\" is a character vector", columns = "name")
  refused("lonlat is TRUE, but points has 1 column", 1:3, TRUE)
  changed <- function(row, column, value) {
    places[row, column] <- value
    places
  }
  refused("points[7, \"lon\"] is 361, must be a longitude between -360 and 360 degrees", changed(7, "lon", 361))
  refused("and 360 degrees; longitudes beyond 360 are the same places after %% 360", changed(7, "lon", 371.6))
  refused("points[9, \"lat\"] is -90.5, must be a latitude between -90 and 90 degrees", changed(9, "lat", -90.5))
  refused("points[9, \"lat\"] is NA, must be finite", changed(9, "lat", NA))
  # The columns of `places` in the order of reading: longitude, latitude, depth.
  refused("points[9, \"depth\"] is Inf, must be finite", changed(9, "depth", Inf), columns = "depth")
  swapped <- data.frame(lat = c(10, 20), lon = c(170, 120))
  expect_error(residual_index(swapped, lonlat = TRUE), "is 170, must be a latitude .*; lonlat takes the long")
  index <- residual_index(places, lonlat = c("lon", "lat"), columns = "depth")
  expect_error(neighbors(index, places[, c("lon", "lat")]), class = invalid, fixed = TRUE,
    "query has 2 columns (lon, lat), must have the columns lon, lat, depth, or only 3 columns in this order"
  )
  moved <- stats::setNames(places[1:3], c("lat", "lon", "z"))
  expect_error(neighbors(index, moved), "query has 3 columns \\(lat, lon, z\\)", class = invalid)
  expect_error(neighbors(index, changed(3, "lon", NaN)), "query[3, \"lon\"] is NaN", fixed = TRUE, class = invalid)
  capitals <- stats::setNames(places[, c("lat", "lon", "depth")], c("Lat", "Lon", "Depth"))
  expect_error(neighbors(index, capitals), "^query has Lat in place 1, but the points have lon there", class = invalid)
  worded <- places
  worded$lat <- "north"
  error <- expect_error(neighbors(index, worded), "query has a column that is not numeric: \"lat\"", class = invalid)
  expect_identical(conditionCall(error)[[1]], quote(neighbors))
  error <- expect_error(update(index, inducing = worded), "inducing has a column that is not numeric", class = invalid)
  expect_identical(conditionCall(error)[[1]], quote(update.residual_index))
  beyond <- changed(3, "lat", 95)
  expect_error(update(index, inducing = beyond), "inducing[3, \"lat\"] is 95", fixed = TRUE, class = invalid)
  expect_error(neighbors(index, c(1, 2, 3)), "matrix with 3 columns", class = invalid)
})

test_that("an index does not copy a matrix whose columns are all coordinates", {
  points <- random_points(1000, 3)
  index <- residual_index(points)
  expect_identical(index$columns, points)
  before <- gc(reset = TRUE)["Vcells", "used"]
  index <- residual_index(points)
  expect_lt((gc()["Vcells", "max used"] - before) * 8, 20000)
})

test_that("a single number is the number of inducing points", {
  set.seed(33)
  points <- random_points(200, 2)
  colnames(points) <- c("east", "north")
  scales <- c(0.2, 0.4)
  chosen <- choose_inducing(points, 9, scales, seed = 7)
  index <- residual_index(points, 9, scales, seed = 7)
  expect_identical(residual_factor(index), residual_factor(residual_index(points, chosen, scales)))
  expect_identical(residual_index(points, 9L, scales, seed = 7)$state$inducing, chosen)
  # Without a seed, R's generator is used. If nothing is drawn, it is not used.
  set.seed(34)
  first <- residual_index(points, 9)$state$inducing
  set.seed(34)
  expect_identical(residual_index(points, 9)$state$inducing, first)
  state <- .Random.seed
  residual_index(points, 9, seed = 1)
  residual_index(points, 0)
  residual_index(points, chosen)
  expect_identical(.Random.seed, state)
  expect_identical(summary(residual_index(points, 0))$m, 0)
  # An update chooses new points with its lengthscales.
  index <- residual_index(points, 9, seed = 7)
  update(index, scales, inducing = 5, seed = 8)
  expect_identical(index$state$inducing, choose_inducing(points, 5, scales, seed = 8))
  for (word in list("50", TRUE, NA, NA_character_)) {
    text <- "^inducing is .*, must be the number of inducing points, such as 50, or the points: a numeric matrix"
    expect_error(residual_index(points, word), text, class = invalid)
    expect_error(update(index, inducing = word), text, class = invalid)
  }
  # An object with dimensions, or a longer vector, is points, also in one dimension.
  line <- seq(0, 10, length.out = 30)
  expect_identical(summary(residual_index(line, 5))$m, 5)
  for (at in list(matrix(5), data.frame(a = 5), array(5, 1))) {
    expect_identical(unname(residual_index(line, at)$state$inducing), matrix(5))
  }
  expect_identical(residual_index(line, c(5, 6))$state$inducing, matrix(c(5, 6)))
  for (wrong in list(0.5, -1, NaN, NA_real_)) {
    expect_error(residual_index(points, wrong), "^inducing is .*: a single number is the number", class = invalid)
  }
  expect_error(residual_index(points, 1e10), "inducing is 1e\\+10, must be a whole number of at most", class = invalid)
  expect_error(residual_index(points, 201), "^inducing is 201, must be at most", class = invalid)
  expect_error(residual_index(points[rep(1:3, 5), ], 4), "^inducing is 4, but .* 3 distinct", class = invalid)
  expect_error(update(index, inducing = 201), "^inducing is 201", class = invalid)
  expect_error(update(index, inducing = 0), "inducing has no rows", class = invalid)
  expect_error(residual_index(points, 3, seed = "a"), "seed is", class = invalid)
  expect_error(residual_index(points, c(0.1, 0.2)), "has 1 column, .*matrix\\(inducing, nrow = 1\\)", class = invalid)
})
