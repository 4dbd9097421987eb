# Searches.

neighbors <- function(index, query = NULL, k = min(10L, index$n), rows = NULL, ranking = "absolute",
                      strategy = "automatic", query_factor = NULL, query_residual_variance = NULL,
                      threads = NULL, progress = FALSE, selection = "nearest", candidates = NULL,
                      candidate_lists = NULL, start = NULL, sink = NULL, sink_queries = NULL, sink_order = "query") {
  index <- require_index(index)
  require_whole(index)
  options <- search_options(ranking, strategy, search_threads(index, threads))
  new <- as_new_points(index, query, query_factor, query_residual_variance, rows)
  if (is.null(new)) rows <- as_rows(rows, index$n)
  k <- as_k(k, index$n)
  queries <- queries_of(index, rows, new)
  options <- c(
    options, set_options(index, k, queries, ranking, selection, candidates, candidate_lists, start),
    sink_options(index, ranking, sink, sink_queries, sink_order)
  )
  found <- run_call(progress, matrices = new$matrices, function(report) {
    call_for_queries(
      index, rows, new, residual_knn_neighbors_int32, residual_knn_neighbors_of_new_points_int32,
      residual_knn_neighbors_of_new_factor_int32, c(options, progress = report), k
    )
  })
  if (!is.null(sink)) {
    return(invisible(user_statistics(found[[2L]], index, new$matrices)))
  }
  new_neighbors(found, if (is.null(new)) "neighbors" else "new points", index, rows, new$matrices, ranking)
}

predecessors <- function(index, k = min(10L, index$n), rows = NULL, ranking = "absolute", strategy = "automatic",
                         threads = NULL, progress = FALSE, selection = "nearest", candidates = NULL,
                         candidate_lists = NULL, start = NULL, sink = NULL, sink_queries = NULL,
                         sink_order = "query") {
  index <- require_index(index)
  require_whole(index)
  options <- search_options(ranking, strategy, search_threads(index, threads))
  rows <- as_rows(rows, index$n)
  k <- as_k(k, index$n)
  queries <- queries_of(index, rows)
  options <- c(
    options, set_options(index, k, queries, ranking, selection, candidates, candidate_lists, start),
    sink_options(index, ranking, sink, sink_queries, sink_order)
  )
  found <- run_call(progress, function(report) {
    residual_knn_predecessors_int32(index$handle, rows, c(options, progress = report), k)
  })
  if (!is.null(sink)) {
    return(invisible(user_statistics(found[[2L]], index, list())))
  }
  new_neighbors(found, "predecessors", index, rows, ranking = ranking)
}

# The options of the library for a function that gets the answers batch by batch.
sink_options <- function(index, ranking, sink, sink_queries, sink_order) {
  order <- enum_value(sink_order, "sink_order", "sink_order")
  if (is.null(sink)) {
    if (!is.null(sink_queries)) stop_invalid("sink_queries must be NULL without a sink")
    if (order != 0L) stop_invalid("sink_order must be \"query\" without a sink")
    return(NULL)
  }
  if (!is.function(sink)) stop_invalid("sink is ", shown(sink), ", must be a function")
  sink_queries <- as_size(sink_queries, "sink_queries")
  searched <- index
  in_units <- function(queries, index, distance) {
    distance <- in_given_lengthscales(distance, searched)
    sink(queries, index, distance)
  }
  c(
    list(sink = if (identical(ranking, "scaled_distance")) in_units else sink, sink_order = order),
    if (!is.null(sink_queries)) list(sink_queries = sink_queries)
  )
}

# The queries of a call are `new`, the result of as_new_points(), or, if it is NULL, the points of the index with the
# numbers `rows`, or all points if `rows` is NULL as well.
count_queries <- function(index, rows, new = NULL) {
  if (!is.null(new)) new$num_queries else if (is.null(rows)) index$n else length(rows)
}

# The queries of a search, for comparison with those of an earlier result.
queries_of <- function(index, rows, new = NULL) {
  list(count = count_queries(index, rows, new), rows = rows, are_new = !is.null(new))
}

# Calls the function of the library for this kind of queries: for points of the index, for new points, or for new points
# with V and p. `...` are the arguments that follow the queries.
call_for_queries <- function(index, rows, new, of_rows, of_new_points, of_new_factor, ...) {
  if (is.null(new)) {
    of_rows(index$handle, rows, ...)
  } else if (is.null(new$query_residual_variance)) {
    of_new_points(index$handle, new$query, ...)
  } else {
    of_new_factor(index$handle, new$query_factor, new$query_residual_variance, new$query, ...)
  }
}

# Limits k to the number of points: a point cannot have more neighbors, and a larger answer would waste memory.
as_k <- function(k, num_points) {
  k <- as_needed_whole(k, "k", most = Inf)
  if (k < 1) stop_invalid("k is ", k, ", must be at least 1")
  if (k > num_points) {
    # Beyond 2^53, not all digits are exact.
    counts <- vapply(c(k, num_points), function(x) format(x, scientific = x > 2^53), "")
    warn_user(
      "k is ", counts[1L], ", but there ", if (num_points == 1) "is only 1 point" else
        paste("are only", counts[2L], "points"), ": k = ", counts[2L], " is used"
    )
    k <- num_points
  }
  as.integer(k)
}

# The new points of a call: a list of their number, of `query`, of `query_factor` and `query_residual_variance` if the
# index was made from V and p, and of the matrices that the library gets. NULL without new points.
as_new_points <- function(index, query, query_factor, query_residual_variance, rows) {
  has_factor <- !is.null(query_factor) || !is.null(query_residual_variance)
  if (is.null(query) && !has_factor) {
    return(NULL)
  }
  if (!is.null(rows)) stop_invalid("rows must be NULL if there are new points")
  if (has_factor && index$source == "inducing") {
    stop_unsupported("query_factor and query_residual_variance must be NULL: the index computes V and p of new points")
  }
  if (!has_factor && index$source != "inducing") {
    stop_unsupported("the index was made from V and p, so new points need query_factor and query_residual_variance")
  }
  if (!has_factor) {
    query <- as_query(query, index)
    return(list(num_queries = nrow(query), query = query, matrices = list(query = query)))
  }
  as_new_factor(index, query, query_factor, query_residual_variance)
}

# V and p of new points, and the points.
as_new_factor <- function(index, query, query_factor, query_residual_variance) {
  if (is.null(query_residual_variance)) stop_invalid("query_factor needs query_residual_variance")
  query_residual_variance <- as_residual_variance(query_residual_variance, "query_residual_variance")
  num_queries <- length(query_residual_variance)
  if (index$source == "callback") {
    if (!is.null(query)) stop_invalid("query must be NULL: an index with a covariance function has no points")
    if (index$n + num_queries > .Machine$integer.max) stop_invalid("there are too many new points")
    query <- matrix(0, num_queries, 0L)
  } else {
    query <- as_query(query, index)
  }
  query_factor <- as_factor(query_factor, "query_factor")
  require_as_many(
    query = if (index$source != "callback") nrow(query), query_factor = nrow(query_factor),
    query_residual_variance = num_queries
  )
  if (is.null(query_factor)) query_factor <- no_factor(num_queries)
  columns <- num_columns(index)
  if (ncol(query_factor) != columns) {
    stop_invalid(
      "query_factor has ", counted(ncol(query_factor), "column"), ", must have ", columns, " as V of the index"
    )
  }
  list(
    num_queries = num_queries, query = query, query_factor = query_factor,
    query_residual_variance = query_residual_variance, matrices = list(query_factor = query_factor, query = query)
  )
}

# New points for an index that has points.
as_query <- function(query, index) {
  if (is.null(query)) stop_invalid("query is NULL, must be the new points")
  is_bare <- is_number(query) && !is.object(query) && is.null(dim(query))
  if (is_bare && (index$d > 1 || length(query) == 1L)) stop_bare_query(query, ncol(index$columns))
  read_like(query, index$reading, index$points, "query")
}

# A number without dimensions may be meant as a point, as a row or as k. A vector without dimensions may be meant as a
# point or as rows, except in one dimension.
stop_bare_query <- function(query, d) {
  what <- if (length(query) <= 3L) shown(query) else "..."
  if (endsWith(what, "...")) what <- "..." # a text that was cut off is not code
  is_whole <- all(is.finite(query) & query == round(query))
  ways <- c(
    if (is_whole) paste0("rows = ", what, " for points of the index"),
    if (is_whole && length(query) == 1L) paste0("k = ", what, " for the number of neighbors"),
    if (length(query) == d) paste0("matrix(", what, ", nrow = 1) for a new point")
  )
  stop_invalid(
    "query is ", if (length(query) == 1L) paste("the number", what) else "a vector", ", must be a matrix with ",
    counted(d, "column"), if (length(ways) > 0L) paste0("; write ", paste(ways, collapse = ", "))
  )
}

# The threads of the call, of the index or of the options, whichever is given first.
search_threads <- function(index, threads) {
  if (is.null(threads)) threads <- index$state$arguments$threads
  if (is.null(threads)) threads <- getOption("residualknn.threads")
  threads
}

search_options <- function(ranking, strategy, threads) {
  list(
    ranking = enum_value(ranking, "ranking", "ranking"),
    strategy = enum_value(strategy, "strategy", "strategy"),
    threads = as_threads(threads)
  )
}

