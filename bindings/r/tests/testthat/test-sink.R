sink_index <- function(n = 600) {
  set.seed(41)
  points <- random_points(n, 2)
  residual_index(points, random_points(12, 2), c(0.2, 0.3), nugget = 0.01, threads = 2)
}

# The answer of search(sink), put together, with the sizes of its batches.
collected <- function(search, num_queries, k) {
  index <- matrix(-1L, num_queries, k)
  distance <- matrix(-1, num_queries, k)
  variance <- NULL
  sizes <- integer()
  statistics <- search(function(queries, i, d, v = NULL) {
    stopifnot(is.integer(queries), is.integer(i), all(index[queries, ] == -1L, na.rm = TRUE))
    index[queries, ] <<- i
    distance[queries, ] <<- d
    if (!is.null(v)) {
      if (is.null(variance)) variance <<- matrix(-1, num_queries, k)
      variance[queries, ] <<- v
    }
    sizes <<- c(sizes, length(queries))
  })
  list(index = index, distance = distance, conditional_variance = variance, sizes = sizes, statistics = statistics)
}

expect_same_as <- function(got, expected) {
  expect_identical(got$index, expected$index)
  expect_identical(got$distance, expected$distance)
  expect_identical(got$conditional_variance, expected$conditional_variance)
  expect_identical(got$statistics$pairs, expected$statistics$pairs)
  expect_identical(got$statistics$queries, expected$statistics$queries)
}

test_that("a sink gets the answer of a search in batches", {
  index <- sink_index()
  expected <- predecessors(index, k = 6)
  for (order in c("query", "space")) {
    for (most in list(NULL, 1, 7, 600, 1000)) {
      got <- collected(function(f) predecessors(index, k = 6, sink = f, sink_queries = most, sink_order = order), 600, 6)
      expect_same_as(got, expected)
      if (!is.null(most)) expect_true(all(utils::head(got$sizes, -1) == min(most, 600)))
    }
  }
  for (ranking in c("signed", "scaled_distance")) {
    got <- collected(function(f) neighbors(index, k = 4, ranking = ranking, sink = f, sink_queries = 100), 600, 4)
    expect_same_as(got, neighbors(index, k = 4, ranking = ranking))
  }
  rows <- c(500L, 3L, 77L)
  got <- collected(function(f) neighbors(index, rows = rows, k = 3, sink = f, sink_queries = 2), 3, 3)
  expect_same_as(got, neighbors(index, rows = rows, k = 3))
  query <- random_points(20, 2)
  got <- collected(function(f) neighbors(index, query, k = 3, sink = f, sink_queries = 6), 20, 3)
  expect_same_as(got, neighbors(index, query, k = 3))
  got <- collected(function(f) predecessors(index, k = 3, selection = "conditional", sink = f, sink_queries = 50), 600, 3)
  expect_same_as(got, predecessors(index, k = 3, selection = "conditional"))
  lists <- lapply(1:600, function(i) sample.int(600, 5))
  got <- collected(function(f) predecessors(index, k = 3, candidate_lists = lists, sink = f, sink_queries = 50), 600, 3)
  expect_same_as(got, predecessors(index, k = 3, candidate_lists = lists))
})

test_that("distances in a sink have the units of the user", {
  set.seed(42)
  points <- random_points(100, 2)
  index <- residual_index(points, random_points(5, 2), 0.2, kernel = "matern15_isotropic", threads = 2)
  got <- collected(function(f) neighbors(index, k = 2, ranking = "scaled_distance", sink = f), 100, 2)
  expect_same_as(got, neighbors(index, k = 2, ranking = "scaled_distance"))
})

test_that("a sink can end the search", {
  index <- sink_index()
  for (last in c(1, 3)) {
    calls <- 0
    stop_at <- function(...) {
      calls <<- calls + 1
      calls < last
    }
    expect_error(predecessors(index, k = 3, sink = stop_at, sink_queries = 100), class = "residualknn_error_cancelled")
    expect_identical(calls, last)
  }
  mine <- simpleError("mine")
  caught <- tryCatch(neighbors(index, k = 3, sink = function(...) stop(mine)), error = identity)
  expect_identical(caught, mine)
  expect_identical(
    withCallingHandlers(
      {
        messages <- 0
        neighbors(index, k = 3, sink = function(...) message("got"), sink_queries = 300)
        messages
      },
      message = function(m) {
        messages <<- messages + 1
        invokeRestart("muffleMessage")
      }
    ), 2
  )
})

test_that("a sink may search the same index, but not update it", {
  index <- sink_index()
  expected <- predecessors(index, k = 3)
  same <- TRUE
  refused <- 0
  neighbors(index, k = 3, sink_queries = 200, sink = function(...) {
    same <<- same && identical(predecessors(index, k = 3)$index, expected$index)
    tryCatch(update(index, lengthscales = 1), error = function(e) refused <<- refused + 1)
  })
  expect_true(same)
  expect_identical(refused, 3)
})

test_that("errors of a sink show its arguments by names", {
  index <- sink_index()
  calls_of <- function(sink, ...) {
    frames <- list()
    error <- tryCatch(
      withCallingHandlers(neighbors(index, k = 5, sink = sink, ...), error = function(e) frames <<- sys.calls()),
      error = identity
    )
    expect_lt(nchar(conditionMessage(error)), 200)
    # No frame has the values.
    expect_lt(max(vapply(frames, function(frame) sum(nchar(deparse(frame))), 0)), 2000)
    conditionCall(error)
  }
  for (ranking in c("absolute", "scaled_distance")) {
    expect_identical(calls_of(function(i, j, k) stop("x"), ranking = ranking), quote(sink(queries, index, distance)))
    expect_identical(calls_of(function(i) NULL, ranking = ranking), quote(sink(queries, index, distance)))
  }
  expect_identical(
    calls_of(function(...) stop("x"), selection = "conditional"),
    quote(sink(queries, index, distance, conditional_variance))
  )
})

test_that("arguments of sinks are checked", {
  index <- sink_index(50)
  expect_error(neighbors(index, k = 2, sink = 1), "sink is 1, must be a function")
  expect_error(neighbors(index, k = 2, sink_queries = 5), "sink_queries must be NULL without a sink")
  expect_error(neighbors(index, k = 2, sink_order = "space"), "without a sink")
  expect_error(neighbors(index, k = 2, sink = print, sink_order = "x"), "must be one of \"query\", \"space\"")
  expect_error(neighbors(index, k = 2, sink = print, sink_queries = 0), "sink_queries is 0, must be positive")
  expect_error(neighbors(index, k = 2, sink = print, sink_queries = 1.5), "must be a whole number")
})
