# Pairs above a threshold and neighbors of groups, against the definition in R.

pairs_case <- function(seed, n = 150) {
  set.seed(seed)
  points <- random_points(n, 2)
  inducing <- random_points(8, 2)
  covariance <- function(a, b) kernels$matern32(scaled_distances(a, b, 0.3))
  new <- random_points(12, 2)
  truth <- distances_by_definition(points, points, inducing, covariance, 0.05)
  diag(truth) <- Inf
  list(
    points = points, inducing = inducing, new = new, covariance = covariance, truth = truth,
    index = residual_index(points, inducing, 0.3, kernel = "matern32", nugget = 0.05)
  )
}

# `truth` has a row for each query; correlations within the tolerance of the threshold may be on either side.
expect_above <- function(found, truth, threshold, tolerance = 1e-9) {
  expect_s3_class(found, "residual_pairs")
  expect_identical(found$offsets[1], 0)
  expect_length(found$offsets, nrow(truth) + 1L)
  expect_length(found$index, found$offsets[nrow(truth) + 1L])
  holds <- vapply(seq_len(nrow(truth)), function(i) {
    own <- seq_len(found$offsets[i + 1] - found$offsets[i]) + found$offsets[i]
    rho <- 1 - truth[i, ]^2
    all(which(rho > threshold + tolerance) %in% found$index[own]) &&
      all(rho[found$index[own]] > threshold - tolerance) && !is.unsorted(found$distance[own])
  }, NA)
  expect_identical(which(!holds), integer())
  query <- rep(seq_len(nrow(truth)), diff(found$offsets))
  expect_equal(found$distance, truth[cbind(query, found$index)], tolerance = 1e-7)
}

test_that("pairs above a threshold are those of the definition", {
  case <- pairs_case(41)
  for (threshold in c(0.9, 0.3, 0.01)) {
    expect_above(neighbors_above(case$index, threshold), case$truth, threshold)
    expect_above(predecessors_above(case$index, threshold), only_predecessors(case$truth), threshold)
  }
  rows <- c(150L, 3L, 3L)
  some <- neighbors_above(case$index, 0.2, rows = rows)
  expect_above(some, case$truth[rows, ], 0.2)
  of_new <- distances_by_definition(case$new, case$points, case$inducing, case$covariance, 0.05)
  expect_above(neighbors_above(case$index, 0.2, case$new), of_new, 0.2)
  parts <- residual_factor(case$index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, case$points, 0.3)
  new <- factor_by_definition(case$new, case$inducing, case$covariance, 0.05)
  found <- neighbors_above(own, 0.2, case$new,
    query_factor = new$factor, query_residual_variance = new$residual_variance
  )
  expect_above(found, of_new, 0.2)
  frame <- as.data.frame(some)
  expect_identical(frame$query, rep(rows, diff(some$offsets)))
  expect_identical(frame$neighbor, some$index)
  expect_identical(frame$rank[frame$query == 150L], seq_len(some$offsets[2]))
  expect_output(print(some), "3 queries, .* pairs above 0.2")
  # All pairs, and none.
  expect_identical(neighbors_above(case$index, 0)$offsets, as.double(149 * 0:150))
  expect_length(neighbors_above(case$index, 1)$index, 0L)
})

test_that("points at the same place are found above a threshold near 1", {
  set.seed(44)
  points <- random_points(200, 2)
  index <- residual_index(rbind(points, points), random_points(5, 2), 0.5)
  found <- predecessors_above(index, 1 - 1e-12)
  expect_identical(diff(found$offsets), rep(c(0, 1), each = 200))
  expect_identical(found$index, 1:200)
  expect_output(print(found), "200 pairs above 0.999999999999,")
})

test_that("wrong thresholds and rankings are shown as they must be written", {
  case <- pairs_case(45, n = 30)
  invalid <- "residualknn_error_invalid_argument"
  for (call in list(function(...) neighbors_above(case$index, ...), function(...) predecessors_above(case$index, ...))) {
    expect_error(call(1 + 1e-15), "threshold is 1.0000000000000011, must be", fixed = TRUE, class = invalid)
    expect_error(call(1.1), "threshold is 1.1, must", fixed = TRUE, class = invalid)
    expect_error(call(-1e-20), "threshold is -1e-20, must", fixed = TRUE, class = invalid)
    expect_error(call(Inf), "threshold is Inf, must", fixed = TRUE, class = invalid)
    expect_error(call(0.5, ranking = "scaled_distance"), "^ranking is \"scaled_distance\", but", class = invalid)
  }
})

test_that("the number of pairs is bounded, and the room grows as needed", {
  case <- pairs_case(42, n = 1200)
  all <- predecessors_above(case$index, 0)
  expect_length(all$index, 1200 * 1199 / 2)
  total <- length(predecessors_above(case$index, 0.5)$index)
  expect_length(predecessors_above(case$index, 0.5, max_pairs = total)$index, total)
  expect_error(predecessors_above(case$index, 0.5, max_pairs = total - 1),
    paste0("max_pairs is ", total - 1, ", but there are ", total, " pairs"),
    class = "residualknn_error_invalid_argument"
  )
  # More pairs than the first room of 2^20.
  twice <- neighbors_above(case$index, 0)
  expect_length(twice$index, 1200 * 1199)
  expect_identical(twice$offsets[1201], 1200 * 1199)
})

test_that("groups have the neighbors of the definition", {
  case <- pairs_case(43)
  groups <- split(sample(150, 90), rep(1:12, c(1, 1, 30, 2, 3, 5, 8, 13, 7, 9, 10, 1)))
  nearest <- function(group, candidates, k) {
    distances <- apply(case$truth[group, candidates, drop = FALSE], 2, min)
    sort(distances)[seq_len(k)]
  }
  found <- group_neighbors(case$index, groups, k = 4)
  before <- group_predecessors(case$index, groups, k = 4)
  expect_identical(dim(found$index), c(12L, 4L))
  for (i in seq_along(groups)) {
    outside <- setdiff(1:150, groups[[i]])
    expect_equal(found$distance[i, ], nearest(groups[[i]], outside, 4), tolerance = 1e-7)
    expect_false(any(found$index[i, ] %in% groups[[i]]))
    earlier <- seq_len(min(groups[[i]]) - 1L)
    expected <- c(nearest(groups[[i]], earlier, min(length(earlier), 4L)), rep(Inf, 4))[1:4]
    expect_equal(before$distance[i, ], expected, tolerance = 1e-7)
    expect_identical(is.na(before$index[i, ]), is.infinite(expected))
  }
  # A vector with the group of each row.
  group <- rep(NA, 150)
  for (i in seq_along(groups)) group[groups[[i]]] <- i
  expect_identical(group_neighbors(case$index, group, k = 4)$index, found$index)
  expect_identical(group_neighbors(case$index, factor(group), k = 4)$index, found$index)
  # Names of groups.
  named <- stats::setNames(groups, c("", letters[2:12]))
  found <- group_neighbors(case$index, named, k = 4)
  frame <- as.data.frame(found)
  expect_identical(names(frame), c("query", "group", "rank", "neighbor", "distance"))
  expect_identical(frame$group, c("", letters[2:12])[frame$query])
  shown <- capture.output(print(found))
  expect_match(shown[4], "^\\[1,\\]")
  expect_match(shown[5], "^b ")
  expect_output(print(group_neighbors(case$index, factor(group, labels = LETTERS[1:12]), k = 4)), "\nA ")
  expect_false("group" %in% names(as.data.frame(group_neighbors(case$index, unname(groups), k = 4))))
  # Groups of one row.
  single <- group_neighbors(case$index, as.list(1:150), k = 3)
  expect_identical(single$index, neighbors(case$index, k = 3)$index)
  expect_error(vecchia_weights(case$index, single), "neighbors of groups", class = "residualknn_error_invalid_argument")
  expect_identical(dim(group_neighbors(case$index, list(), k = 3)$index), c(0L, 3L))
})
