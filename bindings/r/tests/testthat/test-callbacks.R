slow_index <- function() {
  set.seed(8)
  points <- random_points(150000, 3)
  residual_index(points, points[1:80, ], 0.3)
}
slow_search <- function(index, ...) neighbors(index, k = 10, strategy = "brute_force", threads = 2, ...)

test_that("an interrupt leaves a search within 100 ms, and the index as it was", {
  skip_on_os("windows")
  index <- slow_index()
  expected <- neighbors(index, k = 5, rows = 1:20)
  result <- interrupt_after(0.5, slow_search(index))
  expect_identical(result$outcome, "interrupted")
  # Twice the limit, for a machine that is busy with something else.
  expect_lt(result$delay, 0.2)
  result <- interrupt_after(0.5, slow_search(index, progress = function(done, total) TRUE))
  expect_identical(result$outcome, "interrupted")
  result <- interrupt_after(0.5, slow_search(index, progress = function(done, total) Sys.sleep(5)))
  expect_identical(result$outcome, "interrupted")
  expect_lt(result$delay, 0.2)
  found <- neighbors(index, k = 5, rows = 1:20)
  expect_identical(found$index, expected$index)
  expect_identical(found$distance, expected$distance)
})

test_that("progress functions hear of the work, and may stop it or fail", {
  index <- slow_index()
  calls <- NULL
  error <- expect_error(
    slow_search(index, progress = function(done, total) {
      calls <<- rbind(calls, c(done, total))
      nrow(calls) < 3
    }),
    class = "residualknn_error_cancelled"
  )
  expect_match(conditionMessage(error), "cancelled")
  expect_identical(nrow(calls), 3L)
  expect_false(is.unsorted(calls[, 1]))
  expect_true(all(calls[, 1] <= calls[, 2] & calls[, 2] >= 1))
  expect_error(slow_search(index, progress = function(done, total) stop("mine")), "^mine$")
  mine <- structure(class = c("mine", "error", "condition"), list(message = "m", call = NULL))
  expect_error(slow_search(index, progress = function(done, total) stop(mine)), class = "mine")
  # What is neither TRUE nor FALSE goes on.
  found <- neighbors(index, k = 2, rows = 1:3, progress = function(done, total) NULL)
  expect_identical(found$index, neighbors(index, k = 2, rows = 1:3)$index)
  # A jump out of the function ends the search instead of crossing the library.
  expect_error(callCC(function(out) slow_search(index, progress = function(done, total) out("jumped"))))
  bar <- utils::capture.output(
    found <- slow_search(index, progress = TRUE, rows = 1:2000),
    type = "message"
  )
  expect_match(paste(bar, collapse = ""), "100%")
})

test_that("an index cannot be closed in a callback", {
  index <- slow_index()
  expect_error(slow_search(index, progress = function(done, total) close(index)),
    class = "residualknn_error_unsupported"
  )
  expect_identical(dim(neighbors(index, k = 2, rows = 1)$index), c(1L, 2L))
})

test_that("covariances may be an R function, of new points too", {
  set.seed(9)
  points <- random_points(300, 2)
  queries <- random_points(20, 2)
  inducing <- random_points(8, 2)
  # Not stationary: no kernel of the library can do this.
  amplitude <- function(x) 1 + x[, 1]
  covariance <- function(a, b) outer(amplitude(a), amplitude(b)) * exp(-scaled_distances(a, b, 0.4))
  prior <- chol(covariance(inducing, inducing) + diag(1e-10, 8))
  parts <- function(x) {
    factor <- t(backsolve(prior, covariance(inducing, x), transpose = TRUE))
    list(factor = factor, residual_variance = amplitude(x)^2 + 0.1 - rowSums(factor^2))
  }
  truth <- function(a, b) {
    pa <- parts(a)
    pb <- parts(b)
    residual <- covariance(a, b) - tcrossprod(pa$factor, pb$factor)
    sqrt(1 - abs(residual / sqrt(outer(pa$residual_variance, pb$residual_variance))))
  }
  both <- rbind(points, queries)
  blocks <- 0L
  own <- parts(points)
  index <- residual_index_from_callback(function(rows, columns) {
    blocks <<- blocks + 1L
    expect_type(rows, "integer")
    expect_true(all(columns >= 1L & columns <= 300L))
    covariance(both[rows, , drop = FALSE], both[columns, , drop = FALSE])
  }, own$factor, own$residual_variance)
  invisible(gc())
  expect_nearest(neighbors(index, k = 6), without_self(truth(points, points)), 6)
  expect_nearest(predecessors(index, k = 6), only_predecessors(truth(points, points)), 6)
  new <- parts(queries)
  found <- neighbors(index, k = 6, query_factor = new$factor, query_residual_variance = new$residual_variance)
  expect_nearest(found, truth(queries, points), 6)
  expect_gt(blocks, 2L)
  expect_error(neighbors(index, queries), class = "residualknn_error_unsupported")
})

test_that("what goes wrong in a covariance function is an R error after the call", {
  index_with <- function(f) residual_index_from_callback(f, NULL, rep(1, 50))
  expect_error(neighbors(index_with(function(rows, columns) stop("boom"))), "^boom$")
  expect_error(neighbors(index_with(function(rows, columns) 1)), "must return", class = "residualknn_error")
  expect_error(neighbors(index_with(function(rows, columns) "a")), "must return", class = "residualknn_error")
  expect_error(neighbors(index_with(function(rows) 1)), "unused argument")
})

test_that("random failures and interrupts of searches leave neither leaks nor wrong answers", {
  skip_on_os(c("windows", "mac"))
  set.seed(10)
  searches <- as.integer(Sys.getenv("RESIDUAL_KNN_R_SEARCHES", "1000"))
  points <- random_points(60, 2)
  event <- "none"
  covariance <- function(rows, columns) {
    if (event == "error") stop("boom")
    if (event == "interrupt") tools::pskill(Sys.getpid(), tools::SIGINT)
    kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 0.5))
  }
  index <- residual_index_from_callback(covariance, NULL, rep(1, 60))
  expected <- neighbors(residual_index(points, lengthscales = 0.5), k = 3)
  right <- 0L
  events <- sample(c("none", "error", "interrupt"), searches, replace = TRUE)
  run <- function(events) {
    for (event in events) {
      event <<- event
      outcome <- tryCatch(neighbors(index, k = 3),
        interrupt = function(e) "interrupt",
        error = function(e) if (conditionMessage(e) == "boom") "error" else conditionMessage(e)
      )
      right <<- right + if (event == "none") identical(outcome$index, expected$index) else identical(outcome, event)
    }
  }
  run(events[1:200])
  before <- resident_memory()
  run(events[-(1:200)])
  expect_identical(right, searches)
  expect_lt(resident_memory() - before, 8)
})
