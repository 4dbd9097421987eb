start_index <- function(n = 800) {
  set.seed(31)
  points <- random_points(n, 2)
  residual_index(points, random_points(12, 2), 0.2, threads = 2)
}

expect_same_answer <- function(found, expected) {
  expect_identical(found$index, expected$index)
  expect_identical(found$distance, expected$distance)
}

test_that("a start does not change the answer", {
  index <- start_index()
  earlier <- predecessors(index, k = 6)
  update(index, lengthscales = 0.21)
  expected <- predecessors(index, k = 6)
  for (strategy in c("automatic", "brute_force", "dual_tree")) {
    expect_same_answer(predecessors(index, k = 6, start = earlier, strategy = strategy), expected)
  }
  other <- matrix(sample.int(800, 800 * 9, replace = TRUE), 800)
  other[1, ] <- NA
  expect_same_answer(predecessors(index, k = 6, start = other), expected)
  expect_same_answer(predecessors(index, k = 6, start = other + 0), expected)
  expect_same_answer(predecessors(index, k = 6, start = matrix(NA, 800, 0)), expected)
  for (ranking in c("signed", "scaled_distance")) {
    cold <- predecessors(index, k = 4, ranking = ranking)
    expect_same_answer(predecessors(index, k = 4, ranking = ranking, start = earlier), cold)
  }

  rows <- c(700L, 3L)
  expect_same_answer(
    neighbors(index, rows = rows, k = 3, start = neighbors(index, rows = rows, k = 5)),
    neighbors(index, rows = rows, k = 3)
  )
  query <- random_points(20, 2)
  expect_same_answer(
    neighbors(index, query, k = 3, start = neighbors(index, query, k = 3)$index), neighbors(index, query, k = 3)
  )
  sets <- predecessors(index, k = 3, selection = "conditional")
  expect_same_answer(predecessors(index, k = 3, selection = "conditional", start = earlier), sets)
})

test_that("a start makes less work for a tree", {
  index <- start_index(3000)
  cold <- predecessors(index, k = 6, strategy = "dual_tree")
  warm <- predecessors(index, k = 6, strategy = "dual_tree", start = cold)
  expect_same_answer(warm, cold)
  expect_lt(warm$statistics$survivors, cold$statistics$survivors)
})

test_that("a start that does not fit is an error", {
  index <- start_index()
  invalid <- "residualknn_error_invalid_argument"
  expect_error(predecessors(index, k = 2, start = 1:3), "start is .*, must be a matrix", class = invalid)
  expect_error(predecessors(index, k = 2, start = matrix("a", 800, 1)), "must be a matrix", class = invalid)
  expect_error(predecessors(index, k = 2, start = matrix(1L, 7, 2)), "start has 7 rows, must have 800", class = invalid)
  wrong <- matrix(1L, 800, 2)
  wrong[5, 2] <- 801L
  expect_error(predecessors(index, k = 2, start = wrong), "start\\[5, 2\\] is 801", class = invalid)
  expect_error(neighbors(index, k = 2, rows = 1:2, start = wrong), "must have 2", class = invalid)
  wrong[5, 2] <- 0L
  expect_error(predecessors(index, k = 2, start = wrong), "start\\[5, 2\\] is 0", class = invalid)
  expect_error(predecessors(index, k = 2, start = wrong + 0.5), "start\\[1, 1\\] is 1.5", class = invalid)
  lists <- list(1:3, 4:6)
  expect_error(
    neighbors(index, k = 2, rows = 1:2, start = wrong[1:2, ], candidate_lists = lists), "start",
    class = invalid
  )
})
