test_that("inducing points are chosen with R's generator, or with a seed", {
  points <- random_points(500, 2)
  colnames(points) <- c("east", "north")
  for (method in names(residualknn:::enum_values("inducing_method"))) {
    set.seed(11)
    first <- choose_inducing(points, 15, method = method)
    second <- choose_inducing(points, 15, method = method)
    set.seed(11)
    expect_identical(choose_inducing(points, 15, method = method), first)
    expect_false(identical(first, second))
    # The draw from R's generator is the seed.
    set.seed(11)
    drawn <- sample.int(.Machine$integer.max, 1)
    state <- .Random.seed
    expect_identical(choose_inducing(points, 15, method = method, seed = drawn), first)
    set.seed(11)
    choose_inducing(points, 15, method = method)
    expect_identical(.Random.seed, state)
    expect_identical(dim(first), c(15L, 2L))
    expect_identical(colnames(first), colnames(points))
    set.seed(12)
    state <- .Random.seed
    seeded <- choose_inducing(points, 15, method = method, seed = 3)
    expect_identical(.Random.seed, state)
    expect_identical(choose_inducing(points, 15, method = method, seed = 3, threads = 1), seeded)
  }
  rows <- choose_inducing(points, 10, method = "random_rows", seed = 1)
  expect_true(all(paste(rows[, 1], rows[, 2]) %in% paste(points[, 1], points[, 2])))
  expect_identical(dim(choose_inducing(points, 0, seed = 1)), c(0L, 2L))
  expect_error(choose_inducing(points, 501), class = "residualknn_error_invalid_argument")
  expect_error(choose_inducing(points, -1), class = "residualknn_error_invalid_argument")
})

test_that("orderings are permutations, and maximin follows its definition", {
  points <- random_points(300, 2)
  expect_identical(order_points(points, "given"), 1:300)
  set.seed(13)
  random <- order_points(points, "random")
  expect_false(identical(order_points(points, "random"), random))
  set.seed(13)
  expect_identical(order_points(points, "random"), random)
  expect_identical(sort(random), 1:300)
  state <- .Random.seed
  order <- order_points(points, "maximin", lengthscales = c(1, 3))
  expect_identical(.Random.seed, state)
  expect_identical(sort(order), 1:300)
  distances <- scaled_distances(points, points, c(1, 3))
  for (i in 2:300) {
    to_chosen <- apply(distances[, order[seq_len(i - 1)], drop = FALSE], 1, min)
    expect_gte(to_chosen[order[i]], max(to_chosen) - 1e-12)
  }
})

test_that("the order by residual distance follows its definition", {
  points <- random_points(120, 2)
  index <- residual_index(points, 8, lengthscales = 0.5, seed = 4)
  found <- neighbors(index, k = 119)
  distances <- matrix(0, 120, 120)
  distances[cbind(rep(1:120, 119), c(found$index))] <- c(found$distance)
  parts <- residual_factor(index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points, lengthscales = 0.5)
  by_callback <- residual_index_from_callback(
    function(rows, columns) {
      kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 0.5))
    },
    parts$factor, parts$residual_variance
  )
  order <- which.max(parts$residual_variance)
  nearest <- distances[, order]
  while (length(order) < 120) {
    nearest[order] <- -1
    order <- c(order, which.max(nearest))
    nearest <- pmin(nearest, distances[, order[length(order)]])
  }
  for (threads in 1:2) expect_identical(residual_order(index, threads = threads), order)
  expect_identical(residual_order(own), order)
  expect_identical(sort(residual_order(by_callback)), 1:120)
  reports <- 0L
  expect_identical(residual_order(index, progress = function(done, total) reports <<- reports + 1L), order)
  close(index)
  expect_error(residual_order(index), "closed", class = "residualknn_error_invalid_argument")
})

test_that("the residual order has points at the same place late", {
  set.seed(48)
  points <- random_points(80, 2)
  order <- residual_order(residual_index(rbind(points, points), random_points(5, 2), 0.5))
  place <- (order - 1L) %% 80L
  expect_identical(sort(order), 1:160)
  expect_identical(anyDuplicated(place[1:80]), 0L)
  expect_identical(anyDuplicated(place[81:160]), 0L)
})

test_that("a neighbor array has the form of GpGp", {
  points <- random_points(40, 2)
  index <- residual_index(points[order_points(points), ])
  array <- as_nnarray(predecessors(index, k = 5))
  expect_type(array, "integer")
  expect_identical(dim(array), c(40L, 6L))
  expect_identical(array[, 1], 1:40)
  expect_identical(array[1, -1], rep(NA_integer_, 5))
  for (i in seq_len(40)) {
    there <- array[i, -1][!is.na(array[i, -1])]
    expect_length(there, min(i - 1, 5))
    expect_true(all(there < i))
    expect_identical(array[i, seq_len(length(there) + 1)], c(i, there))
  }
  expect_error(as_nnarray(neighbors(index)), class = "residualknn_error_invalid_argument")
  expect_error(as_nnarray(predecessors(index, rows = 1:3)), class = "residualknn_error_invalid_argument")
  expect_error(as_nnarray(array), class = "residualknn_error_invalid_argument")
})

test_that("a neighbor array with all predecessors gives the exact log-likelihood", {
  set.seed(14)
  points <- random_points(30, 2)
  covariance <- kernels$matern32(scaled_distances(points, points, 0.5)) + diag(0.1, 30)
  y <- drop(crossprod(chol(covariance), rnorm(30)))
  array <- as_nnarray(predecessors(residual_index(points, lengthscales = 0.5, nugget = 0.1), k = 29))
  # The loop of GpGp's vecchia_meanzero_loglik.
  vecchia <- 0
  for (i in seq_len(30)) {
    set <- array[i, !is.na(array[i, ])]
    upper <- chol(covariance[rev(set), rev(set)])
    z <- backsolve(upper, y[rev(set)], transpose = TRUE)
    last <- length(set)
    vecchia <- vecchia - log(upper[last, last]) - z[last]^2 / 2 - log(2 * pi) / 2
  }
  upper <- chol(covariance)
  exact <- -sum(log(diag(upper))) - sum(backsolve(upper, y, transpose = TRUE)^2) / 2 - 15 * log(2 * pi)
  expect_equal(vecchia, exact, tolerance = 1e-10)
})

test_that("residualknn_library() describes the library", {
  about <- residualknn_library()
  expect_match(about$version, "^[0-9]+\\.[0-9]+\\.[0-9]+$")
  expect_type(about$abi_version, "integer")
  expect_true(nzchar(about$simd_target) && nzchar(about$blas))
})
