# SPDX-License-Identifier: Apache-2.0

test_that("an index without V has the same answers in less memory", {
  set.seed(11)
  points <- matrix(runif(6000), ncol = 2)
  inducing <- points[1:40, ]
  stored <- residual_index(points, inducing, lengthscales = 0.2)
  v_bytes <- 3000 * 40 * 8
  without <- summary(stored)$bytes - v_bytes
  for (arguments in list(list(factor_storage = "computed"), list(max_bytes = v_bytes))) {
    computed <- do.call(residual_index, c(list(points, inducing, lengthscales = 0.2), arguments))
    expect_equal(summary(computed)$bytes, without)
    for (part in c("index", "distance")) {
      expect_identical(predecessors(stored, k = 7)[[part]], predecessors(computed, k = 7)[[part]])
    }
    update(computed, lengthscales = 0.3)
    fresh <- residual_index(points, inducing, lengthscales = 0.3)
    expect_identical(neighbors(computed, k = 3)$distance, neighbors(fresh, k = 3)$distance)
  }
})

test_that("a limit that is too small is an error that tells what is needed", {
  expect_error(
    residual_index(matrix(runif(600), ncol = 2), inducing = 4, lengthscales = 0.2, max_bytes = 1000),
    "max_bytes is 1000, but the index needs [0-9]+ bytes without V"
  )
  expect_error(residual_index(1:9, factor_storage = "no"), "factor_storage is \"no\", must be one of", fixed = TRUE)
  expect_error(residual_index(1:9, max_bytes = 0), "max_bytes is 0, must be positive", fixed = TRUE)
})
