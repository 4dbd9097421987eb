expect_same_answers <- function(index, fresh) {
  for (search in list(neighbors, predecessors)) {
    found <- search(index, k = 5)
    expected <- search(fresh, k = 5)
    expect_identical(found$index, expected$index)
    expect_identical(found$distance, expected$distance)
  }
  expect_identical(residual_factor(index), residual_factor(fresh))
}

test_that("an updated index gives the answers of a new one", {
  set.seed(17)
  points <- random_points(600, 2)
  inducing <- points[1:15, ]
  index <- residual_index(points, inducing, 0.3, nugget = 0.1, threads = 2)
  copy <- index
  expect_invisible(update(index, lengthscales = c(0.2, 0.5)))
  expect_same_answers(index, residual_index(points, inducing, c(0.2, 0.5), nugget = 0.1))
  # Earlier arguments are kept.
  update(index, variance = 3, kernel = "matern52")
  expect_same_answers(index, residual_index(points, inducing, c(0.2, 0.5), "matern52", variance = 3, nugget = 0.1))
  expect_output(print(copy), "15 inducing points, kernel matern52")
  expect_identical(copy$state$lengthscales, c(0.2, 0.5))
  other <- choose_inducing(points, 25)
  updated <- update(index, inducing = other, nugget = NULL)
  expect_same_answers(updated, residual_index(points, other, c(0.2, 0.5), "matern52", variance = 3))
  expect_output(print(copy), "25 inducing points")
})

test_that("an impossible update leaves the index unchanged", {
  points <- random_points(100, 2)
  index <- residual_index(points, points[1:5, ], 0.3)
  invalid <- "residualknn_error_invalid_argument"
  expect_error(update(index, lengthscales = NaN), "lengthscales", class = invalid)
  expect_error(update(index, variance = -1), "variance is -1", class = invalid)
  expect_error(update(index, nuget = 1), "nuget; update\\(\\) takes", class = invalid)
  expect_error(update(index, NULL, NULL, 1), "no name; update\\(\\) takes", class = invalid)
  expect_error(update(index, nugget = 1, nugget = 2), "nugget is given twice", class = invalid)
  expect_error(update(index, factor_error = 0.1), "no argument factor_error", class = invalid)
  expect_error(update(index, inducing = matrix(0, 0, 2)), "at least 1", class = invalid)
  expect_error(update(index, inducing = c(1, 2, 3)), "inducing has 1 column,", class = invalid)
  expect_error(update(index, inducing = points[c(1, 1), ], jitter = 0),
    class = "residualknn_error_not_positive_definite"
  )
  expect_same_answers(index, residual_index(points, points[1:5, ], 0.3))
  parts <- residual_factor(index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
  expect_error(update(own, 0.2), class = "residualknn_error_unsupported")
  by_callback <- residual_index_from_callback(function(rows, columns) 0, NULL, rep(1, 10))
  expect_error(update(by_callback), "residual_index", class = "residualknn_error_unsupported")
  expect_same_answers(index, residual_index(points, points[1:5, ], 0.3))
})

test_that("during an update, an index cannot be searched, closed or updated", {
  points <- random_points(150000, 3)
  index <- residual_index(points, points[1:5, ])
  met <- 0L
  check <- function(done, total) {
    met <<- met + 1L
    for (use in list(neighbors, predecessors, residual_factor, summary, update)) {
      expect_error(use(index), "is being updated", class = "residualknn_error_unsupported")
    }
    expect_error(close(index), "in use by a search or an update", class = "residualknn_error_unsupported")
    expect_output(print(index), "being updated$")
    FALSE
  }
  expect_error(update(index, inducing = points[1:400, ], progress = check), class = "residualknn_error_cancelled")
  expect_identical(met, 1L)
  update(index, 0.3, inducing = points[1:5, ])
  some_neighbors <- function(index) neighbors(index, k = 3, rows = 11:15)$index
  expect_identical(some_neighbors(index), some_neighbors(residual_index(points, points[1:5, ], 0.3)))
})

test_that("after an update, an index without inducing points still has none", {
  points <- random_points(50, 2)
  index <- residual_index(points)
  update(index, 0.1)
  expect_same_answers(index, residual_index(points, lengthscales = 0.1))
})

test_that("after a failed update, errors give the remedy, and another update succeeds", {
  skip_on_cran() # takes some seconds
  points <- random_points(200000, 3)
  break_off <- function(index) {
    # The library calls about every 50 ms, and this update takes some seconds.
    first_quarter <- function(done, total) done < total / 4
    expect_error(
      update(index, inducing = points[1:600, ], kernel = "matern", nu = 0.8, threads = 1, progress = first_quarter),
      class = "residualknn_error_cancelled"
    )
    empty <- "is empty because an update was cancelled or ran out of memory: update\\(\\) it again"
    expect_error(neighbors(index, k = 2, rows = 1), empty, class = "residualknn_error_invalid_argument")
    expect_error(residual_factor(index), empty, class = "residualknn_error_invalid_argument")
    expect_output(print(index), empty)
    expect_output(print(summary(index)), empty)
  }
  index <- residual_index(points, points[1:50, ], 0.3)
  break_off(index)
  update(index, 0.2)
  expect_output(print(index), "50 inducing points, kernel matern32$")
  fresh <- residual_index(points, points[1:50, ], 0.2)
  expect_identical(neighbors(index, k = 3, rows = 700:705)$distance, neighbors(fresh, k = 3, rows = 700:705)$distance)
  plain <- residual_index(points)
  break_off(plain)
  expect_error(update(plain, 0.2), "the last update failed", class = "residualknn_error_invalid_argument")
  update(plain, 0.2, inducing = points[1:50, ])
  expect_identical(neighbors(plain, k = 3, rows = 700:705)$index, neighbors(fresh, k = 3, rows = 700:705)$index)
})

test_that("the nugget alone can be updated", {
  points <- matrix(seq(0.01, 0.6, length.out = 60), ncol = 2)
  index <- residual_index(points, points[1:4, ], 0.3)
  update(index, nugget = 0.1)
  expect_same_answers(index, residual_index(points, points[1:4, ], 0.3, nugget = 0.1))
})
