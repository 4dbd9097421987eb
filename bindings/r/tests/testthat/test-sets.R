# Conditional selection and candidate lists against dense algebra in plain R. weights_case() is in helper-definition.R.

# Each selected point leaves the least variance that a candidate can leave, up to rounding. `own` has the residual
# variances of the queries, `between` their residual covariances with the points of the index.
expect_selected <- function(found, case, own, between, candidates, k) {
  expect_s3_class(found, "residual_neighbors")
  for (matrix in found[c("index", "distance", "conditional_variance")]) {
    expect_identical(dim(matrix), c(length(own), as.integer(k)))
  }
  given <- function(i, set) {
    own[i] - drop(between[i, set] %*% solve(case$residual[set, set, drop = FALSE], between[i, set]))
  }
  # One expectation for each quantity: thousands of them take long.
  excess <- numeric()
  error <- numeric()
  distance_error <- numeric()
  for (i in seq_along(own)) {
    set <- found$index[i, ]
    set <- set[!is.na(set)]
    possible <- unique(candidates[[i]])
    found_set <- length(set) == min(k, length(possible)) && all(set %in% possible) && !anyDuplicated(set)
    if (!found_set) fail(paste("the set of query", i, "is", toString(set)))
    variance <- own[i]
    for (rank in seq_along(set)) {
      before <- set[seq_len(rank - 1L)]
      left <- vapply(setdiff(possible, before), function(j) given(i, c(before, j)), 0)
      variance <- given(i, set[seq_len(rank)])
      excess <- c(excess, variance - min(left))
      error <- c(error, found$conditional_variance[i, rank] / variance - 1)
    }
    rest <- found$conditional_variance[i, seq_len(k) > length(set)]
    error <- c(error, rest / variance - 1)
    rho <- between[i, set] / sqrt(own[i] * diag(case$residual)[set])
    distance_error <- c(distance_error, found$distance[i, seq_along(set)] / sqrt(1 - abs(rho)) - 1)
  }
  expect_lt(max(excess, 0), 1e-10)
  expect_lt(max(abs(error)), 1e-9)
  expect_lt(max(abs(distance_error)), 1e-7)
  expect_true(all(is.infinite(found$distance[is.na(found$index)])))
}

# The numbers of the `count` smallest elements of `values` among `rows`.
nearest_of <- function(values, rows, count) utils::head(rows[order(values[rows])], count)

# The candidates of each query, a row of `rho` and of `scaled`, among `allowed[[i]]`.
union_of_nearest <- function(rho, scaled, allowed, residual_count, scaled_count) {
  lapply(seq_along(allowed), function(i) {
    union(
      nearest_of(-abs(rho[i, ]), allowed[[i]], residual_count), nearest_of(scaled[i, ], allowed[[i]], scaled_count)
    )
  })
}

test_that("sets are selected from the nearest points of both kinds", {
  case <- weights_case(61)
  own <- diag(case$residual)
  rho <- case$residual / sqrt(outer(own, own))
  scaled <- scaled_distances(case$points, case$points, 0.3)
  others <- lapply(1:60, function(i) setdiff(1:60, i))
  earlier <- lapply(1:60, function(i) seq_len(i - 1))
  for (counts in list(
    list(NULL, 8, 8), list(11, 6, 5), list(5, 4, 1), list(4, 4, 0), list(c(residual = 9), 9, 0),
    list(c(scaled = 4, residual = 2), 2, 4)
  )) {
    for (search in c("neighbors", "predecessors")) {
      found <- get(search)(case$index, k = 4, selection = "conditional", candidates = counts[[1L]])
      allowed <- if (search == "neighbors") others else earlier
      candidates <- union_of_nearest(rho, scaled, allowed, counts[[2L]], counts[[3L]])
      expect_selected(found, case, own, case$residual, candidates, 4)
      expect_equal(found$statistics$candidates, sum(lengths(candidates)))
    }
  }
  found <- neighbors(case$index, case$new, k = 5, selection = "conditional")
  of_new <- case$of_new$residual_variance
  rho <- case$between / sqrt(outer(of_new, own))
  scaled <- scaled_distances(case$new, case$points, 0.3)
  candidates <- union_of_nearest(rho, scaled, rep(list(1:60), 9), 10, 10)
  expect_selected(found, case, of_new, case$between, candidates, 5)
})

test_that("groups share the sets that leave the least log-determinant", {
  case <- weights_case(67)
  own <- diag(case$residual)
  rho <- case$residual / sqrt(outer(own, own))
  scaled <- scaled_distances(case$points, case$points, 0.3)
  groups <- list(c(40L, 7L, 22L), 60L, c(31L, 30L), c(1L, 5L), 45:59)
  log_det <- function(group, set) {
    r <- case$residual
    given <- r[group, set, drop = FALSE] %*% solve(r[set, set, drop = FALSE], r[set, group, drop = FALSE])
    determinant(r[group, group, drop = FALSE] - given)$modulus[1L]
  }
  for (search in c("group_neighbors", "group_predecessors")) {
    # With 60 of each kind, all points are candidates; otherwise at least the 8 nearest of each row.
    for (count in c(8, 60)) {
      candidates <- if (count == 60) c(residual = 60, scaled = 60)
      found <- get(search)(case$index, groups, k = 4, selection = "conditional", candidates = candidates)
      expect_identical(dim(found$index), c(5L, 4L))
      expect_null(found$conditional_variance)
      allowed <- lapply(groups, function(group) {
        if (search == "group_neighbors") setdiff(1:60, group) else seq_len(min(group) - 1L)
      })
      for (g in seq_along(groups)) {
        group <- groups[[g]]
        of_rows <- rep(allowed[g], length(group))
        possible <- unlist(union_of_nearest(rho[group, , drop = FALSE], scaled[group, , drop = FALSE], of_rows, count, count))
        set <- found$index[g, !is.na(found$index[g, ])]
        expect_length(set, min(4L, length(allowed[[g]])))
        expect_true(all(set %in% allowed[[g]]) && !anyDuplicated(set))
        for (rank in seq_along(set)) {
          before <- set[seq_len(rank - 1L)]
          left <- vapply(setdiff(possible, before), function(j) log_det(group, c(before, j)), 0)
          expect_lt(log_det(group, c(before, set[rank])) - min(left), 1e-9)
        }
        nearest <- apply(abs(rho[group, set, drop = FALSE]), 2L, max)
        expect_equal(found$distance[g, seq_along(set)], sqrt(1 - nearest), tolerance = 1e-7)
        expect_true(all(is.infinite(found$distance[g, is.na(found$index[g, ])])))
      }
      expect_gte(found$statistics$candidates, sum(pmin(lengths(allowed), count)))
      if (count == 60) expect_equal(found$statistics$candidates, sum(lengths(allowed)))
    }
  }
  single <- group_neighbors(case$index, as.list(1:60), k = 4, selection = "conditional", candidates = 11)
  points <- neighbors(case$index, k = 4, selection = "conditional", candidates = 11)
  expect_identical(single[c("index", "distance")], points[c("index", "distance")])
  invalid <- "residualknn_error_invalid_argument"
  expect_error(group_neighbors(case$index, groups, k = 4, candidates = 9), "candidates must be NULL", class = invalid)
  expect_error(
    group_neighbors(case$index, groups, k = 4, selection = "conditional", candidates = 3), "must be at least k = 4",
    class = invalid
  )
  expect_error(
    group_predecessors(case$index, groups, k = 4, selection = "conditional", ranking = "signed"), "ranking is",
    class = invalid
  )
})

test_that("sets are selected from lists of candidates", {
  case <- weights_case(62)
  own <- diag(case$residual)
  rows <- c(60L, 3L, 17L, 17L, 1L, 30L)
  lists <- list(c(5, 9, 9, 60, 22, NA, 41), c(50, 1, 2), integer(), c(NA, 1:16), 2:60, NULL)
  earlier <- lapply(seq_along(rows), function(i) setdiff(lists[[i]], c(NA, rows[i]:60)))
  others <- lapply(seq_along(rows), function(i) setdiff(lists[[i]], c(NA, rows[i])))
  found <- predecessors(case$index, k = 4, rows = rows, selection = "conditional", candidate_lists = lists)
  expect_selected(found, case, own[rows], case$residual[rows, ], earlier, 4)
  expect_identical(found$statistics$candidates, as.double(sum(lengths(earlier))))
  found <- neighbors(case$index, k = 4, rows = rows, selection = "conditional", candidate_lists = lists)
  expect_selected(found, case, own[rows], case$residual[rows, ], others, 4)
  # The variance of the whole set is that of the weights.
  expect_equal(found$conditional_variance[, 4], vecchia_weights(case$index, found)$variances, tolerance = 1e-10)

  # A matrix with NA has the same candidates as a list.
  width <- max(lengths(lists))
  sets <- t(vapply(lists, function(list) c(as.double(list), rep(NA, width))[seq_len(width)], numeric(width)))
  for (matrix in list(sets, `storage.mode<-`(sets, "integer"))) {
    again <- neighbors(case$index, k = 4, rows = rows, selection = "conditional", candidate_lists = matrix)
    expect_identical(again[c("index", "distance", "conditional_variance")],
      found[c("index", "distance", "conditional_variance")]
    )
  }
  # New points.
  lists <- lapply(1:9, function(i) sample.int(60, i))
  found <- neighbors(case$index, case$new, k = 3, selection = "conditional", candidate_lists = lists)
  expect_selected(found, case, case$of_new$residual_variance, case$between, lists, 3)
})

test_that("the nearest among lists of candidates are those of the definition", {
  case <- weights_case(63)
  own <- diag(case$residual)
  truth <- sqrt(1 - abs(case$residual) / sqrt(outer(own, own)))
  lists <- lapply(1:60, function(i) sample.int(60, i %% 7, replace = TRUE))
  for (i in 1:60) truth[i, setdiff(1:60, setdiff(lists[[i]], i))] <- Inf
  found <- neighbors(case$index, k = 3, candidate_lists = lists)
  expect_nearest(found, truth, 3)
  expect_null(found$conditional_variance)
  expect_match(found$statistics$reason, "candidates")
  # The result of a search is a matrix of candidates; all its neighbors are kept, and again in order.
  twenty <- predecessors(case$index, k = 20)
  expect_identical(predecessors(case$index, k = 20, candidate_lists = twenty)$index, twenty$index)
  expect_identical(predecessors(case$index, k = 5, candidate_lists = twenty)$index, twenty$index[, 1:5])
})

test_that("indexes from V and p, with and without a covariance function, select sets", {
  case <- weights_case(64)
  own <- residual_index_from_factor(case$parts$factor, case$parts$residual_variance, case$points, 0.3, variance = 1.7)
  both <- rbind(case$points, case$new)
  called <- residual_index_from_callback(function(i, j) {
    1.7 * kernels$matern32(scaled_distances(both[i, , drop = FALSE], both[j, , drop = FALSE], 0.3))
  }, case$parts$factor, case$parts$residual_variance)
  variance <- diag(case$residual)
  rho <- case$residual / sqrt(outer(variance, variance))
  earlier <- lapply(1:60, function(i) seq_len(i - 1))
  candidates <- union_of_nearest(rho, rho, earlier, 12, 0)
  for (given in list(NULL, 12, c(residual = 12))) {
    found <- predecessors(called, k = 3, selection = "conditional", candidates = given)
    expect_selected(found, case, variance, case$residual, candidates, 3)
  }
  found <- predecessors(own, k = 3, selection = "conditional", candidates = c(residual = 12))
  expect_selected(found, case, variance, case$residual, candidates, 3)
  lists <- lapply(1:9, function(i) 60:(50 + i))
  for (found in list(
    neighbors(own, case$new,
      k = 3, query_factor = case$of_new$factor, query_residual_variance = case$of_new$residual_variance,
      selection = "conditional", candidate_lists = lists
    ),
    neighbors(called,
      k = 3, query_factor = case$of_new$factor, query_residual_variance = case$of_new$residual_variance,
      selection = "conditional", candidate_lists = lists
    )
  )) {
    expect_selected(found, case, case$of_new$residual_variance, case$between, lists, 3)
  }
  expect_error(predecessors(called, k = 3, selection = "conditional", candidates = c(residual = 3, scaled = 1)),
    "candidates[\"scaled\"] is 1, must be 0: an index with a covariance function has no points",
    fixed = TRUE, class = "residualknn_error_unsupported"
  )
  failing <- residual_index_from_callback(function(i, j) stop("mine"), case$parts$factor, case$parts$residual_variance)
  expect_error(predecessors(failing, k = 3, selection = "conditional"), "^mine$")
})

test_that("without inducing points, all candidates are nearest in distance", {
  case <- weights_case(65)
  plain <- residual_index(case$points, lengthscales = c(0.2, 0.5))
  scaled <- scaled_distances(case$points, case$points, c(0.2, 0.5))
  case$residual <- kernels$matern32(scaled)
  candidates <- lapply(1:60, function(i) nearest_of(scaled[i, ], setdiff(1:60, i), 11))
  found <- neighbors(plain, k = 4, selection = "conditional", candidates = 11)
  expect_selected(found, case, rep(1, 60), case$residual, candidates, 4)
})

test_that("points that are not informative come last and are counted", {
  points <- rbind(random_points(10, 2), random_points(1, 2))[c(1:10, 1:10, 11), ]
  index <- residual_index(points, lengthscales = 0.5)
  found <- predecessors(index, k = 15, rows = 21, selection = "conditional")
  expect_identical(found$statistics$uninformative_picks, 5)
  expect_setequal(found$index[1, 1:10], 1:10)
  expect_true(all(diff(found$conditional_variance[1, ]) <= 0))
  shown <- capture.output(print(found))
  expect_match(shown[2], "selected by conditional variance from 20 candidates a query; 5 neighbors not informative")
  expect_true(any(grepl("the first 10", shown)) && any(grepl("conditional variances", shown)))
  expect_identical(names(as.data.frame(found)), c("query", "rank", "neighbor", "distance"))
})

test_that("without queries, the answer is empty", {
  case <- weights_case(66)
  for (lists in list(NULL, list(), matrix(0L, 0, 5))) {
    none <- predecessors(case$index, k = 3, rows = integer(), selection = "conditional", candidate_lists = lists)
    expect_identical(dim(none$index), c(0L, 3L))
    expect_identical(dim(none$conditional_variance), c(0L, 3L))
    expect_output(print(none), "0 queries")
  }
  expect_identical(dim(neighbors(case$index, case$new[0, ], k = 2, candidate_lists = list())$index), c(0L, 2L))
})

test_that("results for other queries are neither candidates nor a start", {
  case <- weights_case(68)
  index <- case$index
  rows <- c(50L, 20L)
  of_rows <- neighbors(index, k = 9, rows = rows)
  of_new <- neighbors(index, case$new, k = 9)
  of_groups <- group_neighbors(index, list(1:2, 50:51), k = 9)
  expected <- predecessors(index, k = 3, rows = c(50, 20), candidate_lists = of_rows$index)
  expect_identical(predecessors(index, k = 3, rows = c(50, 20), candidate_lists = of_rows)$index, expected$index)
  # All rows, with and without their numbers.
  all <- neighbors(index, k = 9, rows = 1:60)
  expect_identical(neighbors(index, k = 3, candidate_lists = all)$index, all$index[, 1:3])
  expect_identical(neighbors(index, k = 3, rows = 1:60, start = neighbors(index, k = 3))$index, all$index[, 1:3])
  expect_identical(neighbors(index, case$new, k = 3, candidate_lists = of_new)$index, of_new$index[, 1:3])
  for (name in c("candidate_lists", "start")) {
    refused <- function(text, result, ...) {
      arguments <- c(list(index, k = 3, ...), stats::setNames(list(result), name))
      expect_error(do.call(neighbors, arguments), paste0(name, text), fixed = TRUE,
        class = "residualknn_error_invalid_argument"
      )
    }
    refused(" has the neighbors of other rows: query 2 is row 21, but ", of_rows, rows = c(50, 21))
    refused(" has the neighbors of other rows: query 1 is row 1, but ", neighbors(index, k = 9, rows = 60:1))
    refused(" has 2 rows, must have 60", of_rows)
    refused(" has the neighbors of groups, must be those of single points", of_groups, rows = rows)
    refused(" has the neighbors of new points, but no new points are given", of_new, rows = 1:9)
    refused(" has the neighbors of points of the index, but there are new points", of_rows, query = case$new[1:2, ])
  }
})

test_that("wrong selections and candidates are errors with the names of R", {
  case <- weights_case(67)
  index <- case$index
  refused <- function(text, ..., search = predecessors) {
    expect_error(search(index, k = 4, ...), text, fixed = TRUE, class = "residualknn_error_invalid_argument")
  }
  refused("selection is \"greedy\", must be one of \"nearest\", \"conditional\"", selection = "greedy")
  refused("ranking is \"signed\", must be \"absolute\"", selection = "conditional", ranking = "signed")
  refused("candidates must be NULL unless selection is \"conditional\"", candidates = 10)
  refused("candidates is 3, must be at least k = 4", selection = "conditional", candidates = 3)
  refused("candidates is 7.5, must be a whole number", selection = "conditional", candidates = 7.5)
  refused("candidates is -1, must be at least k = 4", selection = "conditional", candidates = -1)
  refused("candidates is c(5, 6), must be a whole number", selection = "conditional", candidates = c(5, 6))
  refused("one of the two must be at least k = 4", selection = "conditional", candidates = c(residual = 3, scaled = 3))
  refused("candidates[\"scaled\"] is -1, must not be negative",
    selection = "conditional", candidates = c(residual = 8, scaled = -1)
  )
  refused("must have the names \"residual\" and \"scaled\"", selection = "conditional", candidates = c(near = 8))
  refused("candidates must be NULL if there are candidate_lists",
    selection = "conditional", candidates = 8, candidate_lists = list(1)
  )
  for (selection in c("nearest", "conditional")) {
    lists <- rep(list(1:3), 60)
    refused("candidate_lists has 59 lists, must have 60, one for each query",
      selection = selection, candidate_lists = lists[-1]
    )
    refused("candidate_lists has 1 row, must have 2", candidate_lists = matrix(1, 1, 2), rows = 1:2)
    refused("candidate_lists has 2 rows, must have 9", search = function(...) neighbors(query = case$new, ...),
      candidate_lists = matrix(1, 2, 2)
    )
    lists[[2]] <- integer()
    refused("candidate_lists[[3]][2] is 61, must be a whole number between 1 and 60, or NA",
      selection = selection, candidate_lists = replace(lists, 3, list(c(2, 61)))
    )
    refused("candidate_lists[[60]][1] is 0,", candidate_lists = replace(lists, 60, list(0L)))
    refused("candidate_lists[[1]][3] is 1.5,", candidate_lists = replace(lists, 1, list(c(1, 2, 1.5))))
    refused("candidate_lists[[1]][1] is NaN,", candidate_lists = replace(lists, 1, list(NaN)))
    refused("candidate_lists[[4]] is \"a\", must be a vector", candidate_lists = replace(lists, 4, list("a")))
    refused("candidate_lists[2, 1] is 70,", candidate_lists = matrix(c(1, 70), 2, 1), rows = 1:2)
  }
  refused("must be a list of vectors of row numbers, a matrix", candidate_lists = 1:60)
  refused("must be a list of vectors of row numbers, a matrix", candidate_lists = data.frame(a = 1:60))
  expect_error(predecessors(index, k = 4, selection = "conditional", progress = function(done, total) FALSE),
    class = "residualknn_error_cancelled"
  )
})

test_that("sets have the same bytes with any number of threads", {
  set.seed(68)
  points <- random_points(2000, 2)
  index <- residual_index(points, points[1:20, ], 0.2, nugget = 0.1)
  kept <- c("index", "distance", "conditional_variance")
  sets <- lapply(1:2, function(threads) predecessors(index, k = 8, selection = "conditional", threads = threads)[kept])
  expect_identical(sets[[1]], sets[[2]])
})
