# Errors are conditions with the classes residualknn_error_* and residualknn_error, * being the library's
# word for what went wrong, for example invalid_argument.

condition_of <- function(what, message, ..., call = NULL) {
  structure(
    class = c(paste0("residualknn_error_", what), "residualknn_error", "error", "condition"),
    list(message = message, call = call, ...)
  )
}

stop_invalid <- function(...) stop(condition_of("invalid_argument", paste0(...)))

# The result of a SWIG wrapper: its outputs, a single one as it is, unless the call failed. `result` is
# the status (NULL for success), in a list with the outputs if there are any.
status_result <- function(result) {
  status <- if (is.list(result) && is.null(names(result))) result[[1L]] else result
  if (!is.null(status)) {
    name <- names(which(enum_values("status_code") == status$code))
    stop(condition_of(
      if (length(name) == 1L) sub("^error_", "", name) else "unknown",
      status$message,
      code = status$code, interrupted = status$interrupted
    ))
  }
  if (length(result) == 2L) result[[2L]] else result[-1L]
}

# Runs `call(report)`, where `report` is for the element "progress" of the library's options: the
# function that the user gave, which must not jump over the library. What happened in it, or in a
# covariance function with the same `state`, takes its effect here, when the library has returned.
run_call <- function(progress, call, state = callback_state()) {
  user_call <- sys.call(-1L)
  reporter <- progress_reporter(progress)
  on.exit(reporter$close())
  state$error <- NULL
  state$interrupted <- FALSE
  report <- reporter$report
  if (!is.null(report)) {
    report <- guarded(state, failed = FALSE, function(done, total) {
      !identical(reporter$report(done, total), FALSE)
    })
  }
  result <- tryCatch(call(report), residualknn_error = identity)
  if (!inherits(result, "residualknn_error")) {
    reporter$finish()
    return(result)
  }
  if (inherits(result, c("residualknn_error_cancelled", "residualknn_error_callback"))) {
    if (state$interrupted || result$interrupted) raise_interrupt()
    if (!is.null(state$error)) stop(state$error)
  }
  result$call <- user_call
  stop(result)
}

callback_state <- function() {
  state <- new.env(parent = emptyenv())
  state$error <- NULL
  state$interrupted <- FALSE
  state
}

# `f`, from which errors and interrupts go to `state`; it then returns `failed`.
guarded <- function(state, failed, f) {
  force(f)
  function(...) {
    tryCatch(f(...), error = function(e) {
      state$error <- e
      failed
    }, interrupt = function(e) {
      state$interrupted <- TRUE
      failed
    })
  }
}

# The interrupt that the library was left for reaches R a second time, now where R can act on it.
raise_interrupt <- function() {
  pskill(Sys.getpid(), SIGINT)
  Sys.sleep(1)
  stop(condition_of("cancelled", "interrupted")) # where R ignores the signal
}

# What to do for progress = FALSE, TRUE or a function: report(done, total), NULL if there is nothing to
# report; finish(), after success; close(), always.
progress_reporter <- function(progress) {
  nothing <- function() NULL
  if (is.function(progress)) {
    return(list(report = progress, finish = nothing, close = nothing))
  }
  if (!isTRUE(progress) && !isFALSE(progress)) stop_invalid("progress must be TRUE, FALSE or a function")
  if (!progress) {
    return(list(report = NULL, finish = nothing, close = nothing))
  }
  bar <- NULL
  list(
    report = function(done, total) {
      if (is.null(bar)) bar <<- txtProgressBar(style = 3, file = stderr())
      setTxtProgressBar(bar, done / total)
      TRUE
    },
    finish = function() if (!is.null(bar)) setTxtProgressBar(bar, 1),
    close = function() if (!is.null(bar)) close(bar)
  )
}
