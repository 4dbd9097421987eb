# Errors are conditions of the classes residualknn_error_* and residualknn_error. The * is the library's name of the
# error, for example invalid_argument.

condition_of <- function(what, message, call = NULL, ...) {
  structure(
    class = c(paste0("residualknn_error_", what), "residualknn_error", "error", "condition"),
    list(message = message, call = call, ...)
  )
}

stop_invalid <- function(...) stop(condition_of("invalid_argument", paste0(...), user_call()))

stop_unsupported <- function(...) stop(condition_of("unsupported", paste0(...), user_call()))

warn_user <- function(...) {
  warning(structure(
    class = c("residualknn_warning", "warning", "condition"), list(message = paste0(...), call = user_call())
  ))
}

# Raises a warning of the library about an index or an answer; "" is no warning.
warn_of <- function(text, index, matrices) {
  if (!nzchar(text)) {
    return(invisible())
  }
  warn_user(with_elements(with_names_of_r(text), matrices), lengthscales_of_alias(index))
}

# The innermost call of a function of this package that code outside the package made.
user_call <- function() {
  call <- NULL
  for (frame in rev(seq_len(sys.nframe() - 1L))) {
    home <- topenv(environment(sys.function(frame)))
    if (identical(home, topenv())) {
      call <- sys.call(frame)
    } else if (!identical(home, baseenv()) && !identical(home, .BaseNamespaceEnv)) {
      break
    }
  }
  call
}

# The outputs of a SWIG wrapper: the output itself if there is one, otherwise a list. If the call failed, an object of
# class residualknn_failure. `result` is the status (NULL for success), or a list of the status and the outputs.
status_result <- function(result) {
  status <- if (is.list(result) && is.null(names(result))) result[[1L]] else result
  if (!is.null(status)) {
    return(structure(status, class = "residualknn_failure"))
  }
  if (length(result) == 2L) result[[2L]] else result[-1L]
}

# The `result` of a wrapper; an error if the call failed. `matrices` are the matrices that the library got, with their
# names in R. `names` maps names of other arguments in the header to their names in R where these differ.
checked <- function(result, matrices = list(), names = character()) {
  if (!inherits(result, "residualknn_failure")) {
    return(result)
  }
  status <- names(which(enum_values("status_code") == result$code))
  what <- if (length(status) == 1L) sub("^error_", "", status) else "unknown"
  message <- if (what == "invalid_argument") first_not_finite(matrices)
  if (is.null(message)) message <- with_elements(with_names_of_r(result$message, names), matrices)
  stop(condition_of(what, message, user_call(), code = result$code))
}

# A message of the library without the name of the C function and with names of R. The argument `queries` of the header
# is `query` in R.
with_names_of_r <- function(message, names = character()) {
  message <- sub("^residual_knn_[a-z0-9_]+: ", "", message)
  message <- gsub(" is (-?)inf\\b", " is \\1Inf", message)
  message <- sub("^ranking is scaled distance", "ranking is \"scaled_distance\"", message)
  names <- c(queries = "query", names)
  first <- sub("\\W.*", "", message)
  if (first %in% names(names)) sub(first, names[[first]], message, fixed = TRUE) else message
}

# Replaces "query: coordinate 2 of row 7 is" by the element as R writes it: query[7, "lat"] is.
with_elements <- function(message, matrices) {
  parts <- regmatches(message, regexec("^(\\w+): (coordinate|column) (\\d+) of row (\\d+) is", message))[[1L]]
  if (length(parts) == 0L || !parts[2L] %in% names(matrices)) {
    return(message)
  }
  matrix <- matrices[[parts[2L]]]
  position <- as.double(parts[5L]) + (as.double(parts[4L]) - 1) * nrow(matrix)
  sub(parts[1L], paste(element(matrix, position, parts[2L]), "is"), message, fixed = TRUE)
}

# Runs `call(report)`; `report` is the element "progress" of the library's options. Conditions and jumps in the user's
# functions pass through as in any R function; see library_call in the SWIG interface.
run_call <- function(progress, call, matrices = list(), names = character()) {
  reporter <- progress_reporter(progress)
  on.exit(reporter$close())
  result <- checked(call(reporter$report), matrices, names)
  reporter$finish()
  result
}

# The functions for progress = FALSE, TRUE or a function: report(done, total), or NULL if nothing is reported;
# finish(), called after success; close(), always called.
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
