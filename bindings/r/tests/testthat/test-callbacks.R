slow_index <- function() {
  set.seed(8)
  points <- random_points(150000, 3)
  residual_index(points, points[1:80, ], 0.3)
}
slow_search <- function(index, ...) neighbors(index, k = 10, strategy = "brute_force", threads = 2, ...)

test_that("an interrupt ends a search within 100 ms and leaves the index unchanged", {
  skip_on_cran() # measures time
  skip_on_os("windows")
  index <- slow_index()
  expected <- neighbors(index, k = 5, rows = 101:120)
  result <- interrupt_after(0.5, slow_search(index))
  expect_identical(result$outcome, "interrupted")
  # Twice the limit, for a busy machine.
  expect_lt(result$delay, 0.2)
  result <- interrupt_after(0.5, slow_search(index, progress = function(done, total) TRUE))
  expect_identical(result$outcome, "interrupted")
  result <- interrupt_after(0.5, slow_search(index, progress = function(done, total) Sys.sleep(5)))
  expect_identical(result$outcome, "interrupted")
  expect_lt(result$delay, 0.2)
  found <- neighbors(index, k = 5, rows = 101:120)
  expect_identical(found$index, expected$index)
  expect_identical(found$distance, expected$distance)
})

test_that("progress functions get reports of the work, and may cancel it or fail", {
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
  # Any value but FALSE continues the search.
  found <- neighbors(index, k = 2, rows = 101:103, progress = function(done, total) NULL)
  expect_identical(found$index, neighbors(index, k = 2, rows = 101:103)$index)
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
  expect_identical(dim(neighbors(index, k = 2, rows = 101)$index), c(1L, 2L))
})

test_that("a callback must not close or update its own index, but may do this with others", {
  unsupported <- "residualknn_error_unsupported"
  index <- slow_index()
  points <- random_points(50, 2)
  other <- residual_index(points, lengthscales = 0.3)
  met <- 0L
  check <- function(done, total) {
    met <<- met + 1L
    # After a nested search, the index is still in use.
    neighbors(index, k = 2, rows = 101)
    expect_error(update(index, 0.5), "in use by a search", class = unsupported)
    expect_error(close(index), "in use by a search", class = unsupported)
    update(other, 0.5)
    mine <- residual_index(points, points[1:3, ])
    neighbors(mine, k = 2)
    expect_null(close(mine))
    expect_error(neighbors(mine, k = 2), "closed")
    FALSE
  }
  expect_error(slow_search(index, progress = check), class = "residualknn_error_cancelled")
  expect_identical(met, 1L)
})

test_that("covariances may be an R function, also for new points", {
  set.seed(9)
  points <- random_points(300, 2)
  queries <- random_points(20, 2)
  inducing <- random_points(8, 2)
  # Not stationary, so no kernel of the library.
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

test_that("with factor_error, a search with an R covariance function uses a tree", {
  set.seed(19)
  points <- random_points(3000, 2)
  index <- residual_index(points, points[1:20, ], 0.2, nugget = 0.1)
  parts <- residual_factor(index)
  covariance <- function(rows, columns) {
    kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 0.2))
  }
  search <- function(...) {
    own <- residual_index_from_callback(covariance, parts$factor, parts$residual_variance, ..., threads = 2)
    predecessors(own, k = 5, strategy = "dual_tree")
  }
  expected <- predecessors(index, k = 5)
  promised <- search(factor_error = 1e-9)
  expect_identical(promised$statistics$strategy, "dual_tree")
  expect_identical(search()$statistics$strategy, "brute_force")
  expect_identical(search()$index, promised$index)
  expect_lt(max(abs(promised$distance - expected$distance), na.rm = TRUE), 1e-9)
  # R functions run on one thread.
  expect_identical(promised$statistics$threads, 1L)
  expect_error(search(factor_error = 2), "factor_error is 2", class = "residualknn_error_invalid_argument")
})

test_that("an error in a covariance function is an R error after the call", {
  index_with <- function(f) residual_index_from_callback(f, NULL, rep(1, 50))
  expect_error(neighbors(index_with(function(rows, columns) stop("boom"))), "^boom$")
  expect_error(neighbors(index_with(function(rows, columns) 1)), "must return", class = "residualknn_error_callback")
  expect_error(neighbors(index_with(function(rows, columns) "a")), "must return", class = "residualknn_error_callback")
  expect_error(neighbors(index_with(function(rows) 1)), "unused argument")
  # The right number of values, but transposed.
  transposed <- index_with(function(rows, columns) matrix(0, length(columns), length(rows)))
  expect_error(neighbors(transposed, rows = 1:7), "7 rows and 50 columns", class = "residualknn_error_callback")
  hole <- index_with(function(rows, columns) ifelse(outer(rows, columns) == 6 & rows == 2, NA_real_, 0))
  expect_error(neighbors(hole), "returned NA for rows 2 and 3", class = "residualknn_error_callback")
})

# A search or an update in which `f` runs, in a progress or in a covariance function.
callers <- function() {
  index <- slow_index()
  updated <- slow_index()
  inducing <- random_points(800, 3)
  by_callback <- function(f) {
    residual_index_from_callback(function(rows, columns) {
      f()
      matrix(0, length(rows), length(columns))
    }, NULL, rep(1, 10))
  }
  list(
    search = function(f) slow_search(index, progress = function(done, total) f()),
    update = function(f) {
      # Just long enough for a call of the function.
      update(updated, inducing = inducing, progress = function(done, total) {
        f()
        FALSE
      })
    },
    covariance = function(f) neighbors(by_callback(f), k = 2)
  )
}

test_that("conditions in callbacks reach the handlers of the caller, and restarts continue", {
  of_class <- function(class) structure(class = c(class, "condition"), list(message = "m", call = NULL))
  for (caller in callers()) {
    signal <- function() signalCondition(of_class("mine"))
    expect_identical(tryCatch(caller(signal), mine = function(c) "caught"), "caught")
    expect_identical(tryCatch(caller(function() message("hello")), message = conditionMessage), "hello\n")
    expect_identical(tryCatch(caller(function() warning("careful")), warning = conditionMessage), "careful")
    expect_identical(withRestarts(caller(function() invokeRestart("out", 42)), out = identity), 42)
    expect_identical(callCC(function(out) caller(function() out("jumped"))), "jumped")
    frames <- NULL
    error <- tryCatch(
      withCallingHandlers(caller(function() stop("boom")), error = function(e) frames <<- sys.calls()),
      error = identity
    )
    expect_identical(conditionMessage(error), "boom")
    # The handler ran on the stack of the failed function.
    expect_true("stop(\"boom\")" %in% vapply(frames, function(frame) deparse(frame)[1], ""))
    expect_s3_class(tryCatch(caller(function() stop(of_class(c("mine", "error")))), error = identity), "mine")
  }
})

test_that("errors in callbacks show their arguments by names", {
  frames <- list()
  call_of <- function(code) {
    conditionCall(tryCatch(
      withCallingHandlers(code, error = function(e) frames <<- sys.calls()),
      error = function(e) e
    ))
  }
  expect_short <- function() expect_lt(max(vapply(frames, function(frame) sum(nchar(deparse(frame))), 0)), 2000)
  index <- residual_index_from_callback(function(rows, columns) stop("x"), NULL, rep(1, 2000))
  expect_identical(call_of(neighbors(index, k = 2)), quote(covariance(rows, columns)))
  expect_short()
  index <- slow_index()
  expect_identical(call_of(slow_search(index, progress = function(a, b) stop("x"))), quote(progress(done, total)))
  expect_short()
})

test_that("after muffled conditions, the search continues to its right answer", {
  points <- random_points(40, 2)
  covariance <- function(rows, columns) {
    message("hello")
    warning("careful")
    kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 0.5))
  }
  index <- residual_index_from_callback(covariance, NULL, rep(1, 40))
  heard <- character()
  hear <- function(restart) {
    function(c) {
      heard <<- c(heard, conditionMessage(c))
      invokeRestart(restart)
    }
  }
  found <- withCallingHandlers(neighbors(index, k = 3),
    message = hear("muffleMessage"), warning = hear("muffleWarning")
  )
  expect_identical(unique(heard), c("hello\n", "careful"))
  expect_identical(found$index, neighbors(residual_index(points, lengthscales = 0.5), k = 3)$index)
  expect_silent(suppressWarnings(suppressMessages(neighbors(index, k = 3))))
})

test_that("a jump passes through nested searches", {
  inner <- residual_index_from_callback(function(rows, columns) stop("deep"), NULL, rep(1, 10))
  outer <- residual_index_from_callback(function(rows, columns) neighbors(inner), NULL, rep(1, 10))
  expect_error(neighbors(outer), "^deep$")
  jumping <- residual_index_from_callback(function(rows, columns) invokeRestart("out", "far"), NULL, rep(1, 10))
  around <- residual_index_from_callback(function(rows, columns) neighbors(jumping), NULL, rep(1, 10))
  expect_identical(withRestarts(neighbors(around), out = identity), "far")
  # A jump that is caught between them does not end the outer search.
  caught <- residual_index_from_callback(function(rows, columns) {
    tryCatch(neighbors(inner), error = function(e) NULL)
    matrix(0, length(rows), length(columns))
  }, NULL, rep(1, 10))
  expect_warning(found <- neighbors(caught, k = 2), "almost uncorrelated")
  expect_identical(dim(found$index), c(10L, 2L))
  # No callback is still active.
  for (index in list(inner, outer, jumping, around, caught)) {
    expect_identical(residualknn:::handle_users(index$handle), 0L)
    expect_null(close(index))
  }
})

test_that("R's time limits end calls with R's own error and leave the index unchanged", {
  skip_on_cran() # takes some seconds
  index <- slow_index()
  expected <- neighbors(index, k = 5, rows = 101:120)
  on.exit(setTimeLimit())
  limited <- function(code) {
    error <- tryCatch({
      setTimeLimit(elapsed = 0.3, transient = TRUE)
      code
    }, error = identity, interrupt = function(e) "interrupt")
    setTimeLimit()
    error
  }
  for (progress in list(FALSE, function(done, total) TRUE)) {
    error <- limited(slow_search(index, progress = progress))
    expect_s3_class(error, "simpleError")
    expect_match(conditionMessage(error), "reached elapsed time limit")
  }
  expect_match(conditionMessage(limited(choose_inducing(index$points, 2000))), "reached elapsed time limit")
  found <- neighbors(index, k = 5, rows = 101:120)
  expect_identical(found$index, expected$index)
  expect_identical(found$distance, expected$distance)
})

test_that("an uncaught error in a callback ends a script in the usual way", {
  script <- tempfile(fileext = ".R")
  on.exit(unlink(script))
  writeLines(c(
    "library(residualknn)",
    "points <- matrix(runif(60000), ncol = 3)",
    "index <- residual_index(points, points[1:80, ], 0.3, threads = 2)",
    "neighbors(index, strategy = 'brute_force', progress = function(done, total) stop('mine'))"
  ), script)
  output <- suppressWarnings(system2(file.path(R.home("bin"), "Rscript"), script, stdout = TRUE, stderr = TRUE))
  expect_identical(attr(output, "status"), 1L)
  expect_match(output, "progress(done, total) : mine", fixed = TRUE, all = FALSE)
  expect_false(any(grepl("segfault|terminate", output)))
})

test_that("random failures and interrupts of searches cause neither leaks nor wrong answers", {
  skip_on_cran() # measures the process
  skip_on_os(c("windows", "mac"))
  set.seed(10)
  searches <- as.integer(Sys.getenv("RESIDUAL_KNN_R_SEARCHES", "1000"))
  points <- random_points(60, 2)
  event <- "none"
  covariance <- function(rows, columns) {
    if (event == "error") stop("boom")
    if (event == "interrupt") tools::pskill(Sys.getpid(), tools::SIGINT)
    if (event == "restart") invokeRestart("out", "restart")
    kernels$matern32(scaled_distances(points[rows, , drop = FALSE], points[columns, , drop = FALSE], 0.5))
  }
  index <- residual_index_from_callback(covariance, NULL, rep(1, 60))
  expected <- neighbors(residual_index(points, lengthscales = 0.5), k = 3)
  right <- 0L
  events <- sample(c("none", "error", "interrupt", "restart"), searches, replace = TRUE)
  run <- function(events) {
    for (event in events) {
      event <<- event
      outcome <- tryCatch(withRestarts(neighbors(index, k = 3), out = identity),
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
