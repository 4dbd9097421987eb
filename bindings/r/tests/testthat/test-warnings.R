# Warnings about answers that are exact but useless.

warned <- "residualknn_warning"

# Value and warnings of `code`, as conditions.
warnings_of <- function(code) {
  heard <- list()
  withCallingHandlers(code, warning = function(w) {
    heard <<- c(heard, list(w))
    invokeRestart("muffleWarning")
  })
  heard
}

test_that("every search warns if lengthscales and points are in different units", {
  set.seed(51)
  metres <- random_points(300, 2) * 1e6
  index <- residual_index(metres) # lengthscale 1
  searches <- list(
    quote(neighbors(index, k = 3)), quote(predecessors(index, k = 3)),
    quote(neighbors(index, metres[1:9, ] + 1e4, k = 3)), quote(neighbors(index, k = 3, rows = c(5, 9, 14)))
  )
  for (search in searches) {
    heard <- warnings_of(found <- eval(search))
    expect_length(heard, 1)
    expect_s3_class(heard[[1]], warned)
    text <- conditionMessage(heard[[1]])
    expect_match(text, "fewer informative neighbors than requested")
    expect_match(text, "are lengthscale and points in the same units", fixed = TRUE)
    expect_identical(conditionCall(heard[[1]])[[1]], search[[1]])
    expect_gt(found$statistics$uninformative_queries, nrow(found$index) / 2)
    expect_gt(found$statistics$nearest_lengthscales, 3)
  }
  # The answer is the usual one.
  expect_identical(suppressWarnings(neighbors(index, k = 3, rows = 9)$distance[1, ]), c(1, 1, 1))
  # New points in kilometres for points in metres.
  good <- residual_index(metres, lengthscales = 1e5)
  expect_warning(neighbors(good, metres[1:20, ] / 1000 - 1e7, k = 2), "are both in the same units", class = warned)
  # An update to such lengthscales; its searches warn.
  update(good, 1)
  expect_warning(predecessors(good, k = 2), "informative", class = warned)
})

test_that("there is a warning if the inducing points are the points", {
  set.seed(52)
  points <- random_points(100, 2)
  expect_warning(neighbors(residual_index(points, points, 0.3), k = 3), "inducing points themselves", class = warned)
})

test_that("there is no warning about informative answers", {
  set.seed(53)
  points <- random_points(400, 2)
  index <- residual_index(points, 20, 0.2, nugget = 0.1, seed = 1)
  heard <- warnings_of({
    found <- list(neighbors(index, k = 5), predecessors(index, k = 5), neighbors(index, points[0, ], k = 5))
    update(index, 0.3, kernel = "matern15_isotropic")
  })
  expect_length(heard, 0)
  for (result in found) expect_identical(result$statistics$uninformative_queries, 0)
  expect_identical(found[[1]]$statistics$nearest_lengthscales, 0)
  expect_identical(found[[1]]$statistics$coarse_queries, 0)
})

test_that("numbers too coarse for their lengthscale are named as R elements", {
  set.seed(54)
  places <- data.frame(east = runif(60), north = runif(60))
  filled <- places
  filled$north[7] <- 1e20
  filled$east[c(9, 12)] <- -3.4e38
  heard <- warnings_of(index <- residual_index(filled, lengthscales = 0.2))
  expect_length(heard, 1)
  expect_match(conditionMessage(heard[[1]]), "^points\\[7, \"north\"\\] is 1e\\+20, .* 3 rows have such values, of 60$")
  expect_identical(conditionCall(heard[[1]])[[1]], quote(residual_index))
  # The other points have the same neighbors as without these rows.
  rest <- setdiff(1:60, c(7, 9, 12))
  found <- suppressWarnings(neighbors(index, k = 4, rows = rest))
  expected <- neighbors(residual_index(filled[rest, ], lengthscales = 0.2), k = 4)
  expect_identical(found$index, matrix(rest[expected$index], ncol = 4))
  expect_equal(found$distance, expected$distance, tolerance = 1e-9)

  good <- residual_index(places, lengthscales = 0.2)
  found <- NULL
  heard <- warnings_of(found <- neighbors(good, filled, k = 2))
  expect_length(heard, 1)
  expect_match(conditionMessage(heard[[1]]), "^query\\[7, \"north\"\\] is 1e\\+20")
  expect_identical(found$statistics$coarse_queries, 3)
  # Inducing points.
  heard <- warnings_of(residual_index(places, filled[6:8, ], 0.2))
  expect_match(conditionMessage(heard[[1]]), "^inducing\\[2, \"north\"\\] is 1e\\+20")
  heard <- warnings_of(update(good, 0.2, inducing = filled[6:8, ]))
  expect_match(conditionMessage(heard[[1]]), "^inducing\\[2, \"north\"\\] is 1e\\+20")
  expect_identical(conditionCall(heard[[1]])[[1]], quote(update.residual_index))
})

test_that("points that nearly coincide are reported", {
  points <- 1 + random_points(50, 2) * 1e-9
  expect_warning(residual_index(points), "nearly coincide", class = warned)
  expect_warning(residual_index(matrix(3, 50, 2)), "same coordinates", class = warned)
})

test_that("a warning tells if the name of another package has multiplied the lengthscales", {
  set.seed(55)
  metres <- random_points(100, 2) * 1e6
  text <- function(kernel) {
    conditionMessage(warnings_of(neighbors(residual_index(metres, NULL, 2, kernel), k = 2))[[1]])
  }
  expect_match(text("matern15_isotropic"), "(these lengthscales are 1.732 times those given for matern15_isotropic)",
    fixed = TRUE
  )
  expect_false(grepl("these lengthscales", text("matern32")))
  expect_false(grepl("these lengthscales", text("exponential")))
})
