test_that("indexes and results can be printed", {
  set.seed(15)
  points <- random_points(1500, 2)
  index <- residual_index(points, points[1:10, ], kernel = "matern52", threads = 2)
  expect_output(print(index), "^<residual_index> 1,500 points in 2 dimensions, 10 inducing points, kernel matern52$")
  utils::capture.output(expect_invisible(print(index)))
  parts <- residual_factor(index)
  expect_output(print(residual_index_from_factor(parts$factor, parts$residual_variance, points)), "10 columns of V")
  found <- neighbors(index, k = 4)
  expect_output(print(found), "neighbors: 1500 queries, k = 4")
  expect_output(print(neighbors(index, points[11, , drop = FALSE], k = 4)), "new points: 1 query")
})

test_that("printing, head() and as.data.frame() of results show neighbors that exist", {
  set.seed(20)
  points <- random_points(40, 2)
  index <- residual_index(points, lengthscales = 0.5)
  found <- predecessors(index, k = 4)
  printed <- utils::capture.output(print(found))
  expect_match(printed[2], "^index of the first queries with all 4 neighbors:$")
  # Rows 5, 6 and 7 are the first with four predecessors, of which the fifth has them all.
  expect_match(printed[4], "^\\[5,\\]( +[1-4]){4}$")
  expect_identical(as.integer(strsplit(trimws(sub("\\[6,\\]", "", printed[5])), " +")[[1]]), found$index[6, ])
  expect_match(printed[7], "and their distances")
  expect_false(any(grepl("NA", printed)))
  # Queries are shown by their row numbers.
  expect_output(print(predecessors(index, k = 4, rows = c(2, 31, 9))), "\n\\[31,\\][^\n]*\n\\[9,\\][^\n]*\nand their")
  # If no query has k neighbors, the queries with the most neighbors are shown.
  expect_output(print(predecessors(index, 4, rows = 1:3)), "the largest number of neighbors \\(2\\):\n +1 2\n\\[3,\\]")
  expect_output(print(predecessors(index, k = 4, rows = 1)), "\nno query has a candidate$")
  expect_output(print(predecessors(index, k = 4, rows = integer())), "^<[^\n]*\n?$")
  expect_output(print(neighbors(index, k = 12)), "with all 12 neighbors, the nearest 10:")

  frame <- as.data.frame(found)
  expect_identical(names(frame), c("query", "rank", "neighbor", "distance"))
  expect_identical(nrow(frame), sum(!is.na(found$index)))
  expect_identical(frame$neighbor, found$index[cbind(frame$query, frame$rank)])
  expect_identical(frame$distance, found$distance[cbind(frame$query, frame$rank)])
  expect_false(is.unsorted(order(frame$query, frame$rank)))
  expect_identical(utils::head(found, 3)$query, c(2L, 3L, 3L))
  expect_identical(utils::head(found), utils::head(frame))
  expect_identical(utils::tail(found, 2), utils::tail(frame, 2))
  some <- as.data.frame(neighbors(index, k = 2, rows = c(9, 4, 9)))
  expect_identical(some$query, c(9L, 9L, 4L, 4L, 9L, 9L))
  expect_identical(some$rank, rep(1:2, 3))
  none <- as.data.frame(neighbors(index, points[0, ], k = 2))
  expect_identical(dim(none), c(0L, 4L))
  expect_identical(vapply(none, typeof, ""), vapply(frame, typeof, ""))
})

test_that("summaries describe an index", {
  points <- random_points(100, 3)
  about <- summary(residual_index(points, points[1:10, ]))
  expect_identical(about[c("n", "d", "m")], list(n = 100, d = 3, m = 10))
  expect_gt(about$bytes, 100 * (10 + 3 + 3) * 8)
  expect_identical(about$degenerate_points, 0)
  expect_length(about$residual_share, 7)
  expect_false(is.unsorted(about$residual_share))
  expect_output(print(about), "inducing points: +10")
  expect_output(print(about), "median")
})

test_that("statistics describe a search", {
  index <- residual_index(random_points(100, 2))
  about <- predecessors(index, k = 3, strategy = "brute_force", threads = 1)$statistics
  expect_identical(about$strategy, "brute_force")
  expect_identical(about$threads, 1L)
  expect_identical(about$queries, 100)
  expect_identical(about$pairs, 100 * 99 / 2)
  expect_match(about$reason, "asked|request", ignore.case = TRUE)
})

test_that("searches use the threads of their index unless they have a threads argument", {
  points <- random_points(3000, 2)
  threads <- function(index, ...) neighbors(index, k = 3, strategy = "brute_force", ...)$statistics$threads
  one <- residual_index(points, threads = 1)
  expect_identical(threads(one), 1L)
  expect_identical(predecessors(one, k = 3, strategy = "brute_force")$statistics$threads, 1L)
  expect_identical(threads(one, threads = 2), 2L)
  update(one, 0.5)
  expect_identical(threads(one), 1L)
  update(one, 0.5, threads = 2)
  expect_identical(threads(one), 2L)
  parts <- residual_factor(one)
  expect_identical(threads(residual_index_from_factor(parts$factor, parts$residual_variance, points, threads = 1)), 1L)
  # If the index has no threads argument, the option is used.
  any <- residual_index(points, threads = NULL)
  for (option in 1:2) {
    old <- options(residualknn.threads = option)
    expect_identical(threads(any), option)
    options(old)
  }
})
