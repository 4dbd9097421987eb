test_that("without inducing points a stationary kernel ranks as Euclidean distance does", {
  skip_if_not_installed("RANN")
  set.seed(6)
  points <- random_points(2000, 3)
  queries <- random_points(100, 3)
  k <- 8L
  # exp(-r) falls strictly over these distances, so that ranks and sets must be the same.
  index <- residual_index(points, kernel = "matern12", lengthscales = 2)
  theirs <- RANN::nn2(points, k = k + 1L)
  ours <- neighbors(index, k = k)
  expect_identical(theirs$nn.idx[, 1], seq_len(2000))
  expect_identical(ours$index, theirs$nn.idx[, -1])
  expect_equal(ours$distance, sqrt(1 - exp(-theirs$nn.dists[, -1] / 2)), tolerance = 1e-10)
  theirs <- RANN::nn2(points, queries, k)
  expect_identical(neighbors(index, queries, k = k)$index, theirs$nn.idx)
})
