test_that("a large matrix is not copied", {
  points <- random_points(1e6, 3)
  lengthscales <- c(1, 2, 3)
  index <- residual_index(points[1:10, ], lengthscales = lengthscales) # everything is loaded
  # The peak memory of R's vectors in MB.
  invisible(gc(reset = TRUE))
  before <- gc(reset = TRUE)["Vcells", "used"] * 8 / 2^20
  index <- residual_index(points, lengthscales = lengthscales, threads = 2)
  after <- gc()["Vcells", "max used"] * 8 / 2^20
  expect_lt(after - before, 1)
  expect_identical(index$n, 1e6)
  # The object does not keep a copy either; it refers to the caller's matrix.
  expect_identical(index$points[1e6, ], points[1e6, ])
  close(index)
})

test_that("results are written into matrices of R, once", {
  points <- random_points(20000, 2)
  index <- residual_index(points)
  found <- neighbors(index, k = 20, rows = 1:10)
  invisible(gc(reset = TRUE))
  before <- gc(reset = TRUE)["Vcells", "used"] * 8 / 2^20
  found <- neighbors(index, k = 20)
  after <- gc()["Vcells", "max used"] * 8 / 2^20
  expect_lt(after - before, 20000 * 20 * 12 / 2^20 + 1)
})

test_that("memory does not grow when indexes are closed, or collected by R", {
  skip_on_cran() # measures the process
  skip_on_os(c("windows", "mac"))
  points <- random_points(2000, 2)
  inducing <- points[1:30, ]
  make <- function(times, done) {
    for (i in seq_len(times)) {
      index <- residual_index(points, inducing, threads = 1)
      neighbors(index, k = 2, rows = 101:105)
      done(index)
      if (i %% 50 == 0) invisible(gc())
    }
  }
  make(200, close)
  make(100, identity)
  before <- resident_memory()
  make(1000, close)
  make(300, identity)
  # An index takes more than half a megabyte, so a thousand of them would be noticed.
  expect_lt(resident_memory() - before, 30)
})

test_that("unreachable indexes do not accumulate", {
  skip_on_cran() # measures the process
  skip_on_os(c("windows", "mac"))
  points <- random_points(20000, 2)
  inducing <- points[1:100, ]
  index <- residual_index(points, inducing)
  each <- summary(index)$bytes / 2^20
  before <- resident_memory()
  # The allocations of R alone would not cause a collection.
  for (i in 1:40) index <- residual_index(points, inducing)
  expect_gt(40 * each, 600)
  expect_lt(resident_memory(collect = FALSE) - before, 400)
})

test_that("all wrappers survive collections at their allocations", {
  skip_on_cran() # takes half a minute
  # Every 7th allocation with scripts/check-r --long.
  long <- as.integer(Sys.getenv("RESIDUAL_KNN_R_SEARCHES", "1000")) >= 10000L
  points <- random_points(12, 2)
  answers <- function() {
    index <- residual_index(points, points[1:2, ], threads = 1)
    parts <- residual_factor(index)
    own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
    kernel <- function(rows, columns) {
      kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 1))
    }
    by_callback <- residual_index_from_callback(kernel, parts$factor, parts$residual_variance)
    failed <- tryCatch(residual_index(points, lengthscales = NaN), error = conditionMessage)
    broken <- points
    broken[2, 1] <- NaN
    refused <- tryCatch(residual_index(broken), error = conditionMessage)
    jumping <- residual_index_from_callback(function(rows, columns) stop("boom"), NULL, rep(1, 12))
    jumped <- tryCatch(neighbors(jumping), error = conditionMessage)
    list(
      neighbors(index, k = 2)$index, predecessors(index, k = 2)$distance,
      neighbors(index, points[3:4, ], k = 2)$index, neighbors(own, k = 2)$index,
      neighbors(by_callback, k = 2)$index, failed, refused, jumped, unlist(summary(index)[c("n", "degenerate_points")]),
      choose_inducing(points, 3, seed = 1), order_points(points), residual_order(index), residual_order(by_callback),
      vecchia_weights(index, predecessors(index, k = 2))[1:4],
      neighbors_above(index, 0.1)[1:3], predecessors_above(index, 0)[1:3],
      neighbors_above(index, 0.1, points[3:4, ])[1:3],
      group_neighbors(index, list(1:3, 7), k = 2)$index, group_predecessors(index, list(5:6), k = 2)$distance,
      vecchia_weights(index, matrix(1:2, 2, 1), points[3:4, ])$weights,
      vecchia_weights(own, matrix(1:2, 2, 1), points[3:4, ],
        query_factor = parts$factor[3:4, ], query_residual_variance = parts$residual_variance[3:4]
      )$weights,
      residual_covariances(index, predecessors(index, k = 2)),
      covariance_blocks(index, matrix(1:2, 2, 1), points[3:4, ]),
      covariance_blocks(own, matrix(1:2, 2, 1), points[3:4, ],
        query_factor = parts$factor[3:4, ], query_residual_variance = parts$residual_variance[3:4]
      )
    )
  }
  expected <- answers()
  gctorture2(step = if (long) 7 else 41, wait = 0)
  on.exit(gctorture2(step = 0))
  found <- answers()
  gctorture2(step = 0)
  expect_identical(found, expected)
})
