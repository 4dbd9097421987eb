# Residual covariances against their definition, in plain R.

covariances_case <- function(seed, n = 60, num_new = 9) {
  set.seed(seed)
  points <- random_points(n, 2)
  new <- random_points(num_new, 2)
  inducing <- random_points(8, 2)
  covariance <- function(a, b) 1.7 * kernels$matern32(scaled_distances(a, b, 0.3))
  index <- residual_index(points, inducing, 0.3, kernel = "matern32", variance = 1.7, nugget = 0.05)
  parts <- residual_factor(index)
  of_new <- factor_by_definition(new, inducing, covariance, 0.05)
  both <- rbind(points, new)
  v <- rbind(parts$factor, of_new$factor)
  r <- covariance(both, both) - tcrossprod(v)
  diag(r) <- c(parts$residual_variance, of_new$residual_variance)
  list(index = index, points = points, new = new, parts = parts, of_new = of_new, r = r)
}

# `own` are the numbers of the queries in `r`.
expect_covariances <- function(found, blocks, sets, r, own) {
  k <- ncol(sets)
  expect_identical(found$index, sets)
  expect_identical(dim(found$covariances), dim(sets))
  expect_identical(dim(blocks), c(k + 1L, k + 1L, nrow(sets)))
  expect_equal(found$residual_variances, diag(r)[own], tolerance = 1e-12)
  for (i in seq_len(nrow(sets))) {
    there <- !is.na(sets[i, ])
    expected <- diag(k + 1)
    at <- c(TRUE, there)
    expected[at, at] <- r[c(own[i], sets[i, there]), c(own[i], sets[i, there])]
    expect_equal(blocks[, , i], expected, tolerance = 1e-12)
    expect_identical(blocks[, , i], t(blocks[, , i]))
    expect_identical(found$covariances[i, ], blocks[1, -1, i])
    expect_identical(found$residual_variances[i], blocks[1, 1, i])
  }
}

test_that("covariances and blocks of points of the index are those of the definition", {
  case <- covariances_case(51)
  preceding <- predecessors(case$index, k = 6)
  expect_covariances(
    residual_covariances(case$index, preceding), covariance_blocks(case$index, preceding), preceding$index, case$r, 1:60
  )
  sets <- rbind(c(NA, 3L, 59L), c(8L, NA, NA), c(NA, NA, NA), c(40L, 1L, 2L))
  rows <- c(5, 60, 4, 30)
  expect_covariances(
    residual_covariances(case$index, sets, rows = rows), covariance_blocks(case$index, sets, rows = rows), sets, case$r,
    rows
  )
  one <- residual_covariances(case$index, matrix(c(4, 7, 7), 1), rows = 4)
  expect_equal(c(one$covariances), case$r[4, c(4, 7, 7)], tolerance = 1e-12)
})

test_that("covariances of new points are those of the definition, with V and p of the index or of the caller", {
  case <- covariances_case(52)
  sets <- neighbors(case$index, case$new, k = 5)$index
  sets[2, 4] <- NA
  own <- residual_index_from_factor(case$parts$factor, case$parts$residual_variance, case$points, 0.3, variance = 1.7)
  by_callback <- residual_index_from_callback(function(rows, columns) {
    both <- rbind(case$points, case$new)
    1.7 * kernels$matern32(scaled_distances(both[rows, , drop = FALSE], both[columns, , drop = FALSE], 0.3))
  }, case$parts$factor, case$parts$residual_variance)
  expect_all <- function(...) {
    expect_covariances(residual_covariances(...), covariance_blocks(...), sets, case$r, 60 + 1:9)
  }
  factor <- case$of_new$factor
  variance <- case$of_new$residual_variance
  expect_all(case$index, sets, case$new)
  expect_all(own, sets, case$new, query_factor = factor, query_residual_variance = variance)
  expect_all(by_callback, sets, query_factor = factor, query_residual_variance = variance)
})

test_that("the conditional variance follows from a block", {
  case <- covariances_case(53)
  found <- predecessors(case$index, k = 4)
  blocks <- covariance_blocks(case$index, found)
  # The query comes last, so that the last pivot is its conditional variance.
  variances <- apply(blocks, 3, function(block) chol(block[5:1, 5:1])[5, 5]^2)
  expect_equal(variances, vecchia_weights(case$index, found)$variances, tolerance = 1e-10)
})

test_that("wrong sets are errors that name the place, and calls can be cancelled", {
  case <- covariances_case(54)
  sets <- predecessors(case$index, k = 3)$index
  invalid <- "residualknn_error_invalid_argument"
  for (compute in list(residual_covariances, covariance_blocks)) {
    wrong <- replace(sets, 67, 61L)
    expect_error(compute(case$index, wrong), "neighbors[7, 2] is 61", fixed = TRUE, class = invalid)
    expect_error(compute(case$index, sets[1:5, ]), "neighbors has 5 rows, must have 60", class = invalid)
    expect_error(compute(case$index, sets, progress = function(done, total) FALSE), class = "residualknn_error_cancelled")
    expect_error(compute(case$index, sets, progress = function(done, total) stop("mine")), "^mine$")
    expect_identical(compute(case$index, sets, threads = 1), compute(case$index, sets, threads = 2))
  }
  wrong <- replace(sets, 67, 7L)
  expect_error(covariance_blocks(case$index, wrong), "place 2 of query 7 is 7, the query itself", class = invalid)
  none <- residual_covariances(case$index, matrix(0L, 0, 3), rows = integer())
  expect_identical(dim(none$covariances), c(0L, 3L))
  expect_identical(dim(covariance_blocks(case$index, matrix(0L, 0, 3), rows = integer())), c(4L, 4L, 0L))
})
