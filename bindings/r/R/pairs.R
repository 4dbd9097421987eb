# Searches for all neighbors above a threshold. The result is a list with compressed rows: the neighbors of query i are
# the elements offsets[i] + 1 to offsets[i + 1] of `index` and `distance`.

neighbors_above <- function(index, threshold, query = NULL, rows = NULL, ranking = "absolute", strategy = "automatic",
                            query_factor = NULL, query_residual_variance = NULL, max_pairs = Inf, threads = NULL,
                            progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  options <- search_options(ranking, strategy, search_threads(index, threads))
  threshold <- as_threshold(threshold)
  new <- as_new_points(index, query, query_factor, query_residual_variance, rows)
  if (is.null(new)) rows <- as_rows(rows, index$n)
  num_queries <- count_queries(index, rows, new)
  found <- find_pairs(num_queries, index$n, max_pairs, progress, new$matrices, function(report, room) {
    call_for_queries(
      index, rows, new, residual_knn_neighbors_above_int32, residual_knn_neighbors_of_new_points_above_int32,
      residual_knn_neighbors_of_new_factor_above_int32, c(options, progress = report), threshold, room
    )
  })
  new_pairs(found, threshold, if (is.null(new)) "neighbors" else "new points", index, rows, new$matrices)
}

predecessors_above <- function(index, threshold, rows = NULL, ranking = "absolute", strategy = "automatic",
                               max_pairs = Inf, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  options <- search_options(ranking, strategy, search_threads(index, threads))
  threshold <- as_threshold(threshold)
  rows <- as_rows(rows, index$n)
  num_queries <- count_queries(index, rows)
  found <- find_pairs(num_queries, index$n, max_pairs, progress, list(), function(report, room) {
    residual_knn_predecessors_above_int32(index$handle, rows, c(options, progress = report), threshold, room)
  })
  new_pairs(found, threshold, "predecessors", index, rows)
}

as_threshold <- function(x) {
  if (is.null(x)) stop_invalid("threshold is NULL, must be a single number")
  x <- as_number(x, "threshold")
  if (!(x >= 0 && x <= 1)) stop_invalid("threshold is ", all_digits(x), ", must be between 0 and 1")
  x
}

# Calls search(report, room), where `report` is as in run_call(), and `room` is the number of pairs for which there is
# memory. If it is too small, the number that is needed is known, and the search is repeated.
find_pairs <- function(num_queries, n, max_pairs, progress, matrices, search) {
  if (!is_number(max_pairs) || length(max_pairs) != 1L || is.na(max_pairs) || max_pairs < 0) {
    stop_invalid("max_pairs is ", shown(max_pairs), ", must be a single number that is not negative")
  }
  room <- min(max(2^20, 32 * num_queries), num_queries * n, floor(max_pairs))
  run <- function(room) {
    run_call(progress, matrices = matrices, function(report) search(report, room))
  }
  found <- run(room)
  if (is.null(found[[1L]][[2L]])) {
    needed <- found[[1L]][[1L]][num_queries + 1]
    if (needed > max_pairs) {
      stop_invalid(
        "max_pairs is ", format(max_pairs, scientific = FALSE), ", but there are ",
        format(needed, scientific = FALSE), " pairs"
      )
    }
    found <- run(needed)
  }
  found
}

new_pairs <- function(found, threshold, kind, index, rows, matrices = list()) {
  statistics <- user_statistics(found[[2L]], index, matrices)
  structure(class = "residual_pairs", list(
    offsets = found[[1L]][[1L]], index = found[[1L]][[2L]], distance = found[[1L]][[3L]], threshold = threshold,
    statistics = statistics, kind = kind, rows = rows
  ))
}

# One row for each pair, query by query, as in the files of the command-line program.
as.data.frame.residual_pairs <- function(x, row.names = NULL, optional = FALSE, ...) {
  counts <- diff(x$offsets)
  queries <- if (is.null(x$rows)) seq_along(counts) else x$rows
  frame <- data.frame(
    query = rep(queries, counts), rank = sequence(counts), neighbor = x$index, distance = x$distance
  )
  if (!is.null(row.names)) row.names(frame) <- row.names
  frame
}

head.residual_pairs <- function(x, ...) utils::head(as.data.frame(x), ...)

tail.residual_pairs <- function(x, ...) utils::tail(as.data.frame(x), ...)

print.residual_pairs <- function(x, ...) {
  cat("<residual_pairs> ", kind_of_answer(x), ": ", counted_queries(length(x$offsets) - 1L), ", ",
    counted(length(x$index), "pair"), " above ", all_digits(x$threshold), ", ", time_of_search(x), "\n",
    sep = ""
  )
  invisible(x)
}
