# Weights and conditional variances against the regression of each query on its set, in plain R.

# `of_set(i, set)` and `of_pairs(set)` are residual covariances of query i and the rows of its set, and of these rows;
# `own` has the residual variances of the queries.
expect_regressions <- function(found, sets, of_set, of_pairs, own, tolerance = 1e-9) {
  expect_s3_class(found, "residual_weights")
  expect_identical(found$index, sets)
  expect_identical(dim(found$weights), dim(sets))
  expect_length(found$variances, nrow(sets))
  for (i in seq_len(nrow(sets))) {
    there <- which(!is.na(sets[i, ]))
    set <- sets[i, there]
    expected <- if (length(set) > 0L) solve(of_pairs(set), of_set(i, set)) else numeric()
    expect_equal(found$weights[i, there], expected, tolerance = tolerance)
    expect_identical(found$weights[i, is.na(sets[i, ])], rep(0, sum(is.na(sets[i, ]))))
    expect_equal(found$variances[i], own[i] - sum(expected * of_set(i, set)), tolerance = tolerance)
  }
  expect_equal(found$log_determinant, sum(log(found$variances)), tolerance = 1e-12)
}

test_that("weights and variances of points of the index are those of a dense solve", {
  case <- weights_case(31)
  compare <- function(found, sets, rows = seq_len(60)) {
    expect_regressions(
      found, sets, function(i, set) case$residual[rows[i], set],
      function(set) case$residual[set, set, drop = FALSE], diag(case$residual)[rows]
    )
  }
  preceding <- predecessors(case$index, k = 6)
  compare(vecchia_weights(case$index, preceding), preceding$index)
  nearest <- neighbors(case$index, k = 1)
  compare(vecchia_weights(case$index, nearest), nearest$index)
  # The rows of a search, and rows of the caller, in any order.
  rows <- c(60L, 2L, 17L, 17L)
  some <- neighbors(case$index, k = 4, rows = rows)
  found <- vecchia_weights(case$index, some)
  compare(found, some$index, rows)
  expect_identical(found$rows, rows)
  again <- vecchia_weights(case$index, some$index, rows = c(60, 2, 17, 17))
  expect_identical(again$weights, found$weights)
  expect_identical(again$variances, found$variances)
  # Sets of any rows, with free places anywhere, of integers, doubles or only NA.
  sets <- rbind(c(NA, 3L, 59L), c(8L, NA, NA), c(NA, NA, NA), c(40L, 1L, 2L))
  compare(vecchia_weights(case$index, sets, rows = c(5, 60, 4, 30)), sets, c(5, 60, 4, 30))
  doubles <- sets + 0
  expect_identical(vecchia_weights(case$index, doubles, rows = c(5, 60, 4, 30))$index, sets)
  nothing <- vecchia_weights(case$index, matrix(NA, 60, 2))
  expect_identical(nothing$weights, matrix(0, 60, 2))
  expect_equal(nothing$variances, case$parts$residual_variance, tolerance = 1e-15)
})

test_that("with all predecessors, the log-determinant and the likelihood are exact", {
  case <- weights_case(32)
  found <- vecchia_weights(case$index, predecessors(case$index, k = 59))
  expect_equal(found$log_determinant, c(determinant(case$residual)$modulus), tolerance = 1e-10)
  triplets <- vecchia_triplets(found)
  expect_identical(triplets$dims, c(60L, 60L))
  b <- matrix(0, 60, 60)
  expect_false(anyDuplicated(cbind(triplets$i, triplets$j)) > 0)
  b[cbind(triplets$i, triplets$j)] <- triplets$x
  expect_identical(diag(b), rep(1, 60))
  expect_identical(b[upper.tri(b)], rep(0, 60 * 59 / 2))
  expect_equal(b %*% case$residual %*% t(b), diag(found$variances), tolerance = 1e-10)
})

test_that("weights of new points are those of a dense solve, with V and p of the index or of the caller", {
  case <- weights_case(33)
  own <- residual_index_from_factor(
    case$parts$factor, case$parts$residual_variance, case$points, 0.3,
    variance = 1.7
  )
  by_callback <- residual_index_from_callback(function(rows, columns) {
    both <- rbind(case$points, case$new)
    1.7 * kernels$matern32(scaled_distances(both[rows, , drop = FALSE], both[columns, , drop = FALSE], 0.3))
  }, case$parts$factor, case$parts$residual_variance)
  near <- neighbors(case$index, case$new, k = 5)
  sets <- near$index
  sets[2, 4] <- NA
  compare <- function(found, sets) {
    expect_regressions(
      found, sets, function(i, set) case$between[i, set], function(set) case$residual[set, set, drop = FALSE],
      case$of_new$residual_variance
    )
  }
  compare(vecchia_weights(case$index, near, case$new), near$index)
  compare(vecchia_weights(case$index, sets, case$new), sets)
  factor <- case$of_new$factor
  variance <- case$of_new$residual_variance
  compare(vecchia_weights(own, sets, case$new, query_factor = factor, query_residual_variance = variance), sets)
  compare(vecchia_weights(by_callback, sets, query_factor = factor, query_residual_variance = variance), sets)
  # Rows of the index.
  preceding <- predecessors(case$index, k = 5)$index
  expected <- vecchia_weights(case$index, preceding)
  for (index in list(own, by_callback)) {
    found <- vecchia_weights(index, preceding)
    expect_equal(found$weights, expected$weights, tolerance = 1e-9)
    expect_equal(found$variances, expected$variances, tolerance = 1e-9)
  }
  # The triplets of new points have no ones.
  triplets <- vecchia_triplets(vecchia_weights(case$index, sets, case$new))
  expect_identical(triplets$dims, c(9L, 60L))
  expect_length(triplets$x, 9 * 5 - 1)
  values <- rnorm(60)
  product <- vapply(1:9, function(i) sum((triplets$x * values[triplets$j])[triplets$i == i]), 0)
  expected <- vapply(1:9, function(i) {
    set <- sets[i, !is.na(sets[i, ])]
    sum(solve(case$residual[set, set], case$between[i, set]) * values[set])
  }, 0)
  expect_equal(-product, expected, tolerance = 1e-9)
})

test_that("the triplets of some rows are these rows of B", {
  case <- weights_case(34)
  whole <- vecchia_triplets(vecchia_weights(case$index, predecessors(case$index, k = 4)))
  b <- matrix(0, 60, 60)
  b[cbind(whole$i, whole$j)] <- whole$x
  rows <- c(50, 3, 3, 1)
  some <- vecchia_triplets(vecchia_weights(case$index, predecessors(case$index, k = 4, rows = rows)))
  part <- matrix(0, some$dims[1], some$dims[2])
  part[cbind(some$i, some$j)] <- some$x
  expect_identical(part, b[rows, ])
})

test_that("weights can be printed and converted to a data frame", {
  case <- weights_case(35)
  found <- vecchia_weights(case$index, predecessors(case$index, k = 3, rows = c(9, 2)))
  frame <- as.data.frame(found)
  expect_identical(names(frame), c("query", "rank", "neighbor", "weight"))
  expect_identical(frame$query, c(9L, 9L, 9L, 2L))
  expect_identical(frame$rank, c(1:3, 1L))
  expect_identical(frame$neighbor, c(found$index[1, ], 1L))
  expect_identical(frame$weight, c(found$weights[1, ], found$weights[2, 1]))
  expect_output(print(found), "^<residual_weights> 2 queries, k = 3, log-determinant [-0-9.]+$")
  one <- vecchia_weights(case$index, matrix(1:2, 1), case$new[1, , drop = FALSE])
  expect_output(print(one), "of new points: 1 query, k = 2")
})

test_that("jitter is added only to sets that need it, and reported", {
  set.seed(36)
  points <- random_points(30, 2)
  points[c(12, 20), ] <- points[c(3, 3), ] # duplicates
  index <- residual_index(points, lengthscales = 0.3)
  sets <- matrix(c(1L, 12L, 5L, 2L, 3L, 6L), 3)
  error <- expect_error(vecchia_weights(index, sets, rows = c(4, 20, 7)),
    "query 2 \\(row 20\\)",
    class = "residualknn_error_not_positive_definite"
  )
  expect_identical(as.character(conditionCall(error)[[1]]), "vecchia_weights")
  found <- vecchia_weights(index, sets, rows = c(4, 20, 7), jitter = 1e-6)
  expect_identical(found$jittered_sets, 1)
  expect_identical(found$first_jittered, 2)
  expect_output(print(found), "1 set needed the jitter, the first is that of query 2")
  without <- vecchia_weights(index, sets[-2, ], rows = c(4, 7))
  expect_identical(without$jittered_sets, 0)
  expect_identical(without$first_jittered, NA_real_)
  expect_identical(found$weights[-2, ], without$weights)
})

test_that("degenerate queries have weights 0 and are counted", {
  set.seed(37)
  points <- random_points(30, 2)
  index <- residual_index(points, points[4, , drop = FALSE], 0.3, jitter = 0)
  found <- vecchia_weights(index, neighbors(index, k = 3))
  expect_identical(found$degenerate_queries, 1)
  expect_identical(found$weights[4, ], rep(0, 3))
  expect_identical(found$weights[found$index == 4L & !is.na(found$index)], rep(0, sum(found$index == 4L, na.rm = TRUE)))
  expect_identical(found$variances[4], residual_factor(index)$residual_variance[4])
  expect_output(print(found), "\n1 query is degenerate")
})

test_that("wrong sets are errors that name the place", {
  case <- weights_case(38)
  expect_invalid <- function(code, text) {
    expect_error(code, text, fixed = TRUE, class = "residualknn_error_invalid_argument")
  }
  sets <- predecessors(case$index, k = 3)$index
  changed <- function(value, storage = "integer") {
    wrong <- sets
    storage.mode(wrong) <- storage
    wrong[7, 2] <- value
    wrong
  }
  for (wrong in list(changed(61L), changed(0L), changed(-5L), changed(1.5, "double"), changed(Inf, "double"))) {
    expect_invalid(vecchia_weights(case$index, wrong), paste0(
      "neighbors[7, 2] is ", wrong[7, 2], ", must be a whole number between 1 and 60, or NA"
    ))
  }
  expect_invalid(vecchia_weights(case$index, changed(NaN, "double")), "neighbors[7, 2] is NaN")
  expect_invalid(vecchia_weights(case$index, changed(7L)), "neighbors: place 2 of query 7 is 7, the query itself")
  expect_invalid(vecchia_weights(case$index, changed(sets[7, 1])), "which the query has already")
  expect_invalid(vecchia_weights(case$index, sets[1:5, ]), "neighbors has 5 rows, must have 60, one for each query")
  expect_invalid(vecchia_weights(case$index, sets, rows = 1:2), "must have 2, one for each query")
  expect_invalid(vecchia_weights(case$index, sets, case$new), "must have 9, one for each query")
  expect_invalid(vecchia_weights(case$index, sets, rows = 61), "rows[1] is 61")
  # Results of searches of another kind.
  near <- neighbors(case$index, case$new, k = 2)
  expect_invalid(vecchia_weights(case$index, near), "no new points are given")
  expect_invalid(vecchia_weights(case$index, predecessors(case$index), case$points), "but there are new points")
  expect_invalid(vecchia_weights(case$index, predecessors(case$index), rows = 1:60), "rows must be NULL")
  expect_invalid(vecchia_weights(case$index, near, case$new, rows = 1:9), "rows must be NULL")
  expect_invalid(vecchia_weights(case$index, near, replace(case$new, 3, NaN)), "query[3, 1] is NaN")
  larger <- residual_index(rbind(case$points, case$points + 1))
  expect_invalid(vecchia_weights(case$index, neighbors(larger, k = 1, rows = 70)), "neighbors$rows[1] is 70")
  expect_error(vecchia_weights(case$index, near, case$new, query_factor = case$of_new$factor),
    class = "residualknn_error_unsupported"
  )
})

test_that("without queries, the answer is empty", {
  case <- weights_case(39)
  none <- vecchia_weights(case$index, matrix(0L, 0, 3), rows = integer())
  expect_identical(dim(none$weights), c(0L, 3L))
  expect_identical(none$variances, numeric())
  expect_identical(none$log_determinant, 0)
  expect_identical(lengths(vecchia_triplets(none)), c(i = 0L, j = 0L, x = 0L, dims = 2L))
  expect_identical(dim(as.data.frame(none)), c(0L, 4L))
  none <- vecchia_weights(case$index, neighbors(case$index, case$new[0, ], k = 2), case$new[0, ])
  expect_identical(dim(none$weights), c(0L, 2L))
})

test_that("weights have the same bytes with any number of threads, and can be cancelled", {
  set.seed(40)
  points <- random_points(3000, 2)
  index <- residual_index(points, points[1:20, ], 0.2, nugget = 0.1)
  found <- predecessors(index, k = 10)
  one <- vecchia_weights(index, found, threads = 1)
  two <- vecchia_weights(index, found, threads = 2)
  kept <- c("weights", "variances", "log_determinant")
  expect_identical(one[kept], two[kept])
  expect_error(vecchia_weights(index, found, progress = function(done, total) FALSE),
    class = "residualknn_error_cancelled"
  )
  expect_error(vecchia_weights(index, found, progress = function(done, total) stop("mine")), "^mine$")
  # The index is in use during the call.
  refused <- NULL
  vecchia_weights(index, found, progress = function(done, total) {
    refused <<- tryCatch(close(index), error = conditionMessage)
    TRUE
  })
  expect_match(refused, "in use")
  expect_identical(vecchia_weights(index, found)[kept], one[kept])
})
