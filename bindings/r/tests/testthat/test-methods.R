test_that("indexes and results print themselves", {
  set.seed(15)
  points <- random_points(1500, 2)
  index <- residual_index(points, points[1:10, ], kernel = "matern52", threads = 2)
  expect_output(print(index), "^<residual_index> 1,500 points in 2 dimensions, 10 inducing points, kernel matern52$")
  utils::capture.output(expect_invisible(print(index)))
  parts <- residual_factor(index)
  expect_output(print(residual_index_from_factor(parts$factor, parts$residual_variance, points)), "10 columns of V")
  found <- neighbors(index, k = 4)
  expect_output(print(found), "neighbors: 1500 queries, k = 4")
  expect_output(print(neighbors(index, points[1, , drop = FALSE], k = 4)), "new points: 1 query")
})

test_that("summaries hold what the library knows of an index", {
  points <- random_points(100, 3)
  about <- summary(residual_index(points, points[1:10, ]))
  expect_identical(about[c("n", "d", "m")], list(n = 100, d = 3, m = 10))
  expect_gt(about$bytes, 100 * (10 + 3 + 3) * 8)
  expect_identical(about$degenerate_points, 0)
  expect_length(about$residual_share, 7)
  expect_false(is.unsorted(about$residual_share))
  expect_output(print(about), "inducing points: +10")
  expect_output(print(about), "median")
})

test_that("statistics say how a search went", {
  index <- residual_index(random_points(100, 2))
  about <- predecessors(index, k = 3, strategy = "brute_force", threads = 1)$statistics
  expect_identical(about$strategy, "brute_force")
  expect_identical(about$threads, 1L)
  expect_identical(about$queries, 100)
  expect_identical(about$pairs, 100 * 99 / 2)
  expect_match(about$reason, "asked|request", ignore.case = TRUE)
})

test_that("a picture has the residual and the Euclidean neighbors", {
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

test_that("a picture may be of one point, and its legend anywhere", {
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

test_that("searches use the threads of their index unless told otherwise", {
  points <- random_points(3000, 2)
  threads <- function(index, ...) neighbors(index, k = 3, strategy = "brute_force", ...)$statistics$threads
  one <- residual_index(points, threads = 1)
  expect_identical(threads(one), 1L)
  expect_identical(predecessors(one, k = 3, strategy = "brute_force")$statistics$threads, 1L)
  expect_identical(threads(one, threads = 2), 2L)
  update(one, 0.5)
  expect_identical(threads(one), 1L)
  update(one, 0.5, threads = 2)
  expect_identical(threads(one), 2L)
  parts <- residual_factor(one)
  expect_identical(threads(residual_index_from_factor(parts$factor, parts$residual_variance, points, threads = 1)), 1L)
  # Without threads of its own the index leaves it to the option.
  any <- residual_index(points, threads = NULL)
  for (option in 1:2) {
    old <- options(residualknn.threads = option)
    expect_identical(threads(any), option)
    options(old)
  }
})
