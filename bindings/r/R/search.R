# Searches.

neighbors <- function(index, query = NULL, k = 10L, rows = NULL, ranking = "absolute",
                      strategy = "automatic", query_factor = NULL, query_residual_variance = NULL,
                      threads = getOption("residualknn.threads"), progress = FALSE) {
  index <- require_index(index)
  is_new <- !is.null(query) || !is.null(query_factor) || !is.null(query_residual_variance)
  if (is_new && !is.null(rows)) stop_invalid("rows and new points exclude one another")
  options <- search_options(ranking, strategy, threads)
  k <- as_k(k)
  if (!is_new) {
    rows <- as_rows(rows)
    found <- run_call(progress, state = index$state, function(report) {
      residual_knn_neighbors_int32(index$handle, rows, c(options, progress = report), k)
    })
    return(new_neighbors(found, "neighbors", rows))
  }
  if (is.null(query_factor) && is.null(query_residual_variance)) {
    query <- as_query(query, index)
    found <- run_call(progress, function(report) {
      residual_knn_neighbors_of_new_points_int32(index$handle, query, c(options, progress = report), k)
    })
    return(new_neighbors(found, "new points", NULL))
  }
  if (is.null(query_residual_variance)) stop_invalid("query_factor needs query_residual_variance")
  query_residual_variance <- as_vector(query_residual_variance, "query_residual_variance")
  num_queries <- length(query_residual_variance)
  query_factor <- as_factor(query_factor, "query_factor", num_queries)
  columns <- num_columns(index)
  if (ncol(query_factor) != columns) {
    stop_invalid("query_factor has ", ncol(query_factor), " columns, the factor of the index ", columns)
  }
  if (index$source == "callback") {
    if (!is.null(query)) stop_invalid("query must be NULL: an index with a covariance function has no points")
    if (index$n + num_queries > .Machine$integer.max) stop_invalid("there are too many new points")
    query <- matrix(0, num_queries, 0L)
  } else {
    query <- as_query(query, index)
    if (nrow(query) != num_queries) {
      stop_invalid("query has ", nrow(query), " rows, query_residual_variance ", num_queries, " values")
    }
  }
  found <- run_call(progress, state = index$state, function(report) {
    residual_knn_neighbors_of_new_factor_int32(
      index$handle, query_factor, query_residual_variance, query, c(options, progress = report), k
    )
  })
  new_neighbors(found, "new points", NULL)
}

predecessors <- function(index, k = 10L, rows = NULL, ranking = "absolute", strategy = "automatic",
                         threads = getOption("residualknn.threads"), progress = FALSE) {
  index <- require_index(index)
  options <- search_options(ranking, strategy, threads)
  rows <- as_rows(rows)
  k <- as_k(k)
  found <- run_call(progress, state = index$state, function(report) {
    residual_knn_predecessors_int32(index$handle, rows, c(options, progress = report), k)
  })
  new_neighbors(found, "predecessors", rows)
}

as_k <- function(k) {
  if (is.null(k)) stop_invalid("k is NULL, must be a whole number")
  as.integer(as_whole(k, "k"))
}

# New points for an index; without any coordinates the library itself says why that does not work.
as_query <- function(query, index) {
  if (index$source == "callback") {
    return(as_points(query, "query"))
  }
  if (is.null(query)) stop_invalid("query is NULL, must be the new points")
  as_points_like(query, index$d, "query", "the points of the index have")
}

search_options <- function(ranking, strategy, threads) {
  list(
    ranking = enum_value(ranking, "ranking", "ranking"),
    strategy = enum_value(strategy, "strategy", "strategy"),
    threads = as_threads(threads)
  )
}

new_neighbors <- function(found, kind, rows) {
  statistics <- found[[2L]]
  statistics$strategy <- residual_knn_strategy_name(statistics$strategy)
  statistics$reason <- residual_knn_reason_string(statistics$reason)
  structure(class = "residual_neighbors", list(
    index = found[[1L]][[1L]], distance = found[[1L]][[2L]], statistics = statistics, kind = kind, rows = rows
  ))
}

print.residual_neighbors <- function(x, ...) {
  what <- switch(x$kind, "new points" = "neighbors of new points", x$kind)
  cat("<residual_neighbors> ", what, ": ", paste(nrow(x$index), if (nrow(x$index) == 1L) "query" else "queries"), ", k = ", ncol(x$index),
    ", by ", x$statistics$strategy, " in ", format(x$statistics$seconds, digits = 3), " s\n",
    sep = ""
  )
  shown <- seq_len(min(nrow(x$index), 3L))
  if (length(shown) > 0L) {
    cat("index of the first queries:\n")
    print(x$index[shown, , drop = FALSE])
  }
  invisible(x)
}

as_nnarray <- function(x) {
  if (!inherits(x, "residual_neighbors") || x$kind != "predecessors" || !is.null(x$rows)) {
    stop_invalid("x must be the result of predecessors() for all rows")
  }
  unname(cbind(seq_len(nrow(x$index)), x$index))
}
