test_that("every kernel of the header has neighbors, predecessors and new points as defined", {
  set.seed(1)
  points <- random_points(150, 2)
  inducing <- random_points(12, 2)
  queries <- random_points(20, 2)
  lengthscales <- c(0.4, 0.7)
  expect_setequal(names(kernels), names(residualknn:::enum_values("kernel")))
  for (kernel in names(kernels)) {
    covariance <- function(a, b) 2.5 * kernels[[kernel]](scaled_distances(a, b, lengthscales))
    index <- residual_index(points, inducing, lengthscales,
      kernel = kernel, variance = 2.5, nugget = 0.05, nu = if (kernel == "matern") 0.8,
      alpha = if (kernel == "rational_quadratic") 0.7, threads = 2
    )
    truth <- distances_by_definition(points, points, inducing, covariance, nugget = 0.05)
    expect_nearest(neighbors(index, k = 7), without_self(truth), 7)
    expect_nearest(predecessors(index, k = 7), only_predecessors(truth), 7)
    truth <- distances_by_definition(queries, points, inducing, covariance, nugget = 0.05)
    expect_nearest(neighbors(index, queries, k = 7), truth, 7)
  }
})

test_that("the rankings are as defined", {
  set.seed(2)
  points <- random_points(120, 1)
  inducing <- random_points(6, 1)
  covariance <- function(a, b) kernels$matern32(scaled_distances(a, b, 0.3))
  index <- residual_index(points, inducing, 0.3)
  for (ranking in names(residualknn:::enum_values("ranking"))) {
    truth <- distances_by_definition(points, points, inducing, covariance, ranking = ranking, lengthscales = 0.3)
    expect_nearest(neighbors(index, k = 5, ranking = ranking), without_self(truth), 5)
  }
})

test_that("neighbors in scaled space are as defined, for all kinds of queries", {
  set.seed(3)
  points <- random_points(150, 2)
  queries <- random_points(10, 2)
  inducing <- random_points(6, 2)
  lengthscales <- c(0.3, 1.2)
  truth <- scaled_distances(points, points, lengthscales)
  index <- residual_index(points, inducing, lengthscales)
  known <- residual_factor(index)
  given <- residual_index_from_factor(known$factor, known$residual_variance, points, lengthscales)
  for (each in list(index, given)) {
    expect_nearest(neighbors(each, k = 6, ranking = "scaled_distance"), without_self(truth), 6)
    found <- predecessors(each, k = 6, ranking = "scaled_distance", strategy = "best_first")
    expect_nearest(found, only_predecessors(truth), 6)
    expect_identical(found$statistics$strategy, "best_first")
    expect_identical(found$statistics$uninformative_queries, 0)
  }
  truth <- scaled_distances(queries, points, lengthscales)
  expect_nearest(neighbors(index, queries, k = 6, ranking = "scaled_distance"), truth, 6)
  found <- neighbors(given, queries, k = 6, ranking = "scaled_distance", query_factor = known$factor[1:10, ],
                     query_residual_variance = known$residual_variance[1:10])
  expect_nearest(found, truth, 6)
  called <- residual_index_from_callback(function(rows, columns) outer(rows, columns, "=="), known$factor,
                                         known$residual_variance)
  expect_error(neighbors(called, k = 6, ranking = "scaled_distance"), "no coordinates",
               class = "residualknn_error_unsupported")
})

test_that("rows are counted from 1, may repeat, and give the rows of the whole answer", {
  set.seed(3)
  index <- residual_index(random_points(80, 3), random_points(5, 3))
  rows <- c(80, 1, 17, 17, 2)
  for (search in list(neighbors, predecessors)) {
    all_rows <- search(index, k = 4)
    some <- search(index, k = 4, rows = rows)
    expect_identical(some$index, all_rows$index[rows, ])
    expect_identical(some$distance, all_rows$distance[rows, ])
  }
  none <- neighbors(index, k = 4, rows = integer())
  expect_identical(dim(none$index), c(0L, 4L))
})

test_that("places without a candidate are NA and Inf", {
  index <- residual_index(c(1, 2, 4))
  found <- predecessors(index, k = 3)
  expect_identical(found$index[, 1], c(NA, 1L, 2L))
  expect_identical(found$index[1, ], rep(NA_integer_, 3))
  expect_identical(found$distance[1, ], rep(Inf, 3))
  expect_identical(rowSums(!is.na(neighbors(index, k = 3)$index)), c(2, 2, 2))
})

test_that("all strategies return the same bytes with any number of threads", {
  set.seed(4)
  points <- random_points(3000, 2)
  index <- residual_index(points, choose_inducing(points, 60, seed = 1), 0.2)
  expected <- predecessors(index, k = 6, strategy = "brute_force", threads = 1)
  strategies <- names(residualknn:::enum_values("strategy"))
  expect_gt(length(strategies), 4)
  for (strategy in strategies) {
    found <- predecessors(index, k = 6, strategy = strategy, threads = 2)
    expect_identical(found$index, expected$index)
    expect_identical(found$distance, expected$distance)
    if (strategy != "automatic") expect_identical(found$statistics$strategy, strategy)
  }
})

test_that("points may be a matrix of doubles or integers, a data frame, or a vector", {
  points <- cbind(a = c(1, 5, 3, 9, 2), b = c(2, 2, 7, 1, 8))
  whole <- points
  storage.mode(whole) <- "integer"
  expected <- neighbors(residual_index(points), k = 2)$index
  expect_identical(neighbors(residual_index(whole), k = 2)$index, expected)
  expect_identical(neighbors(residual_index(as.data.frame(points)), k = 2)$index, expected)
  expect_identical(
    neighbors(residual_index(points[, 1]), k = 2)$index,
    neighbors(residual_index(points[, 1, drop = FALSE]), k = 2)$index
  )
})

test_that("V and p from an index make an index with the same answers", {
  set.seed(5)
  points <- random_points(200, 2)
  inducing <- random_points(10, 2)
  index <- residual_index(points, inducing, 0.5, kernel = "matern52", nugget = 0.1)
  parts <- residual_factor(index)
  covariance <- function(a, b) kernels$matern52(scaled_distances(a, b, 0.5))
  defined <- factor_by_definition(points, inducing, covariance, nugget = 0.1)
  expect_equal(parts$factor, defined$factor, tolerance = 1e-10)
  expect_equal(parts$residual_variance, defined$residual_variance, tolerance = 1e-10)
  again <- residual_index_from_factor(parts$factor, parts$residual_variance, points, 0.5, "matern52",
    factor_error = 1e-9
  )
  expected <- predecessors(index, k = 5)
  found <- predecessors(again, k = 5)
  expect_identical(found$index, expected$index)
  expect_identical(found$distance, expected$distance)

  queries <- random_points(15, 2)
  of_queries <- factor_by_definition(queries, inducing, covariance, nugget = 0.1)
  found <- neighbors(again, queries, k = 5,
    query_factor = of_queries$factor, query_residual_variance = of_queries$residual_variance
  )
  expected <- neighbors(index, queries, k = 5)
  expect_identical(found$index, expected$index)
  expect_equal(found$distance, expected$distance, tolerance = 1e-10)
})
