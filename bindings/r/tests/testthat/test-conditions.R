invalid <- "residualknn_error_invalid_argument"

test_that("errors of the library are conditions with classes and with its text", {
  points <- cbind(c(0, 1, 2), c(0, 1, 0))
  error <- expect_error(residual_index(points, lengthscales = -1), class = invalid)
  expect_s3_class(error, "residualknn_error")
  expect_match(conditionMessage(error), "lengthscales.*-1")
  expect_identical(conditionCall(error)[[1]], quote(residual_index))
  expect_error(residual_index(points, points[c(1, 1), ], jitter = 0), "pivot",
    class = "residualknn_error_not_positive_definite"
  )
  expect_error(residual_index(points, variance = 0), "variance is 0", class = invalid)
  expect_error(residual_index(points, variance = Inf), "^variance is Inf, must be", class = invalid)
  expect_error(residual_index(points, nugget = -Inf), "^nugget is -Inf, must be", class = invalid)
  expect_error(residual_index(points, threads = -1), "threads is -1", class = invalid)
  index <- residual_index(points)
  expect_error(neighbors(index, k = 0), "k is 0", class = invalid)
  expect_error(neighbors(index, rows = 4), "rows[1] is 4, must be a whole number between 1 and 3",
    fixed = TRUE, class = invalid
  )
  expect_error(predecessors(index, rows = 0), "rows[1] is 0", fixed = TRUE, class = invalid)
  parts <- residual_factor(index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
  expect_error(neighbors(own, points), class = "residualknn_error_unsupported")
  # The index is unchanged after these errors.
  expect_identical(neighbors(index, k = 1)$index[, 1], c(2L, 1L, 2L))
})

test_that("every status of the header has its class", {
  codes <- residualknn:::enum_values("status_code")
  raised <- function(result) residualknn:::checked(residualknn:::status_result(result))
  expect_true(all(c("ok", "error_cancelled", "error_internal") %in% names(codes)))
  for (name in setdiff(names(codes), "ok")) {
    status <- list(code = codes[[name]], message = "text")
    expect_error(raised(list(status, NULL)), "^text$", class = paste0("residualknn_", name))
    expect_error(raised(status), "^text$", class = paste0("residualknn_", name))
  }
  status <- list(code = max(codes) + 1L, message = "text")
  expect_error(raised(list(status)), class = "residualknn_error_unknown")
})

test_that("NaN, NA and Inf are errors everywhere", {
  points <- random_points(20, 2)
  index <- residual_index(points)
  parts <- residual_factor(index)
  for (bad in c(NaN, NA, Inf)) {
    broken <- points
    broken[7, 2] <- bad
    expect_error(residual_index(broken), "points", class = invalid)
    expect_error(residual_index(as.data.frame(broken)), "points", class = invalid)
    expect_error(residual_index(points, broken[7, , drop = FALSE]), "inducing", class = invalid)
    expect_error(residual_index(points, lengthscales = c(1, bad)), "lengthscales", class = invalid)
    for (name in c("variance", "nugget", "jitter", "max_jitter")) {
      expect_error(do.call(residual_index, c(list(points), stats::setNames(bad, name))), name, class = invalid)
    }
    expect_error(residual_index(points, kernel = "matern", nu = bad), "nu", class = invalid)
    expect_error(residual_index(points, kernel = "rational_quadratic", alpha = bad), "alpha", class = invalid)
    expect_error(residual_index(points, threads = bad), "threads", class = invalid)
    expect_error(neighbors(index, broken, k = 2), "query", class = invalid)
    expect_error(neighbors(index, k = bad), "k is", class = invalid)
    expect_error(neighbors(index, rows = c(1, bad)), "rows\\[2\\]", class = invalid)
    expect_error(predecessors(index, rows = c(1, bad)), "rows\\[2\\]", class = invalid)
    expect_error(choose_inducing(broken, 3), "points", class = invalid)
    expect_error(choose_inducing(points, bad), "m is", class = invalid)
    expect_error(choose_inducing(points, 3, seed = bad), "seed", class = invalid)
    expect_error(order_points(broken), "points", class = invalid)
    variance <- parts$residual_variance
    variance[3] <- bad
    expect_error(residual_index_from_factor(NULL, variance, points), "residual_variance", class = invalid)
    factor <- matrix(0, 20, 2)
    factor[5, 1] <- bad
    expect_error(residual_index_from_factor(factor, parts$residual_variance, points), "factor", class = invalid)
    broken_kernel <- function(rows, columns) matrix(bad, length(rows), length(columns))
    by_callback <- residual_index_from_callback(broken_kernel, NULL, parts$residual_variance)
    expect_error(neighbors(by_callback), class = "residualknn_error_callback")
  }
})

test_that("wrong shapes are errors before the library is called", {
  points <- random_points(20, 2)
  index <- residual_index(points, points[1:3, ])
  parts <- residual_factor(index)
  expect_error(residual_index("a"), "points is a character vector, must be", class = invalid)
  expect_error(residual_index(data.frame(a = 1:3, b = letters[1:3])), "not numeric", class = invalid)
  expect_error(residual_index(array(0, c(2, 2, 2))), "points is a numeric array of 3", class = invalid)
  expect_error(residual_index(matrix(0, 0, 2)), class = invalid)
  expect_error(residual_index(matrix(0, 2, 0)), class = invalid)
  expect_error(residual_index(points, points[, 1]), "inducing has 1 column,", class = invalid)
  expect_error(residual_index(points, lengthscales = c(1, 1, 1)), "lengthscales has 3", class = invalid)
  expect_error(neighbors(index, points[, 1, drop = FALSE]), "query has 1 column,", class = invalid)
  expect_error(neighbors(index, points, rows = 1), "rows must be NULL", class = invalid)
  expect_error(neighbors(index, rows = 1.5), "rows\\[1\\]", class = invalid)
  expect_error(residual_index_from_factor(parts$factor[-1, ], parts$residual_variance, points),
    "factor has 19 rows", class = invalid
  )
  expect_error(residual_index_from_factor(parts$factor, 1, points), "^residual_variance has 1", class = invalid)
  expect_error(
    residual_index_from_factor(parts$factor, parts$residual_variance, NaN), "^points has 1 row, must have 20",
    class = invalid
  )
  expect_error(residual_index_from_factor(NULL, 1, points), "points has 20 rows, residual_variance has 1 value,",
    class = invalid
  )
  expect_error(
    residual_index_from_callback(sum, parts$factor, 1), "factor has 20 rows, residual_variance has 1 value,",
    class = invalid
  )
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
  expect_error(neighbors(own, points, query_factor = parts$factor), "query_residual_variance", class = invalid)
  expect_error(
    neighbors(own, points, query_factor = parts$factor, query_residual_variance = 1),
    "^query_residual_variance has 1 value, must have 20", class = invalid
  )
  expect_error(
    neighbors(own, points, query_factor = parts$factor[, 1], query_residual_variance = parts$residual_variance),
    "query_factor has 1 column,", class = invalid
  )
  expect_error(
    neighbors(own, points[-1, ], query_factor = parts$factor, query_residual_variance = parts$residual_variance),
    "query has 19 rows", class = invalid
  )
})

test_that("the wrappers refuse arguments of a wrong type", {
  index <- residual_index(c(1, 2, 3))
  low <- residualknn:::residual_knn_neighbors_int32
  expect_error(low(NULL, NULL, list(), 1L), "not the handle")
  expect_error(low(new.env(), NULL, list(), 1L), "not the handle")
  stranger <- methods::new("externalptr")
  expect_error(low(stranger, NULL, list(), 1L), "not the handle")
  expect_error(low(index$handle, 1.5, list(), 1L), "integers")
  expect_error(low(index$handle, NULL, list(1), 1L), "names")
  expect_error(residualknn:::residual_knn_index_create(1, 1, NULL, list()), "matrix of doubles")
})

test_that("an index that is closed, or was saved and read again, says so", {
  index <- residual_index(c(1, 2, 4))
  file <- tempfile()
  on.exit(unlink(file))
  saveRDS(index, file)
  again <- readRDS(file)
  expect_error(neighbors(again), "make a new index", class = invalid)
  expect_error(summary(again), "make a new index", class = invalid)
  expect_output(print(again), "closed")
  expect_null(close(again))
  expect_identical(neighbors(index, k = 1)$index[, 1], c(2L, 1L, 2L))
  close(index)
  close(index)
  expect_error(predecessors(index), "make a new index", class = invalid)
  expect_error(residual_factor(index), "make a new index", class = invalid)
  expect_error(plot(index), "make a new index", class = invalid)
})
