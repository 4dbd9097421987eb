# Weights and conditional variances of conditioning sets. The result is a list with the matrices `index` and `weights`,
# which have one row for each query.

vecchia_weights <- function(index, neighbors, query = NULL, rows = NULL, query_factor = NULL,
                            query_residual_variance = NULL, jitter = 0, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  options <- list(jitter = as_number(jitter, "jitter"), threads = as_threads(search_threads(index, threads)))
  call <- call_on_sets(
    index, neighbors, list(query, query_factor, query_residual_variance, rows), options, progress,
    residual_knn_weights_int32, residual_knn_weights_of_new_points_int32, residual_knn_weights_of_new_factor_int32
  )
  found <- call$found
  report <- found[[2L]]
  if (report$jittered_sets == 0) report$first_jittered <- NA_real_
  structure(class = "residual_weights", c(
    list(index = call$sets, weights = found[[1L]][[1L]], variances = found[[1L]][[2L]]), report,
    list(n = index$n, kind = call$kind, rows = call$rows)
  ))
}

# Calls the function of the library for this kind of queries. `given` has the arguments query, query_factor,
# query_residual_variance and rows.
call_on_sets <- function(index, neighbors, given, options, progress, of_rows, of_new_points, of_new_factor) {
  rows <- given[[4L]]
  new <- as_new_points(index, given[[1L]], given[[2L]], given[[3L]], rows)
  if (is.null(new)) rows <- rows_of_sets(neighbors, rows, index$n)
  num_queries <- count_queries(index, rows, new)
  sets <- as_sets(neighbors, num_queries, index$n, is_new = !is.null(new))
  found <- run_call(progress, matrices = new$matrices, function(report) {
    call_for_queries(
      index, rows, new, of_rows, of_new_points, of_new_factor, c(options, progress = report), sets
    )
  })
  list(found = found, sets = sets, rows = rows, kind = if (is.null(new)) "points" else "new points")
}

# The rows of the queries: those of the search whose result `neighbors` is, or those of the caller. NULL means all rows.
rows_of_sets <- function(neighbors, rows, n) {
  if (!inherits(neighbors, "residual_neighbors")) {
    return(as_rows(rows, n))
  }
  if (!is.null(rows)) stop_invalid("rows must be NULL: the result of a search has its rows")
  if (!is.null(neighbors$rows)) as_positions(neighbors$rows, "neighbors$rows", n)
}

# Conditioning sets as a matrix of integers.
as_sets <- function(neighbors, num_queries, n, is_new) {
  if (inherits(neighbors, "residual_neighbors")) require_single_points(neighbors, "neighbors", is_new)
  sets <- as_neighbor_matrix(neighbors, "neighbors", num_queries, n)
  if (ncol(sets) == 0L) stop_invalid("neighbors has no columns, must have at least 1")
  sets
}

# A row of B for each query, with a 1 for the query itself if it is a point of the index.
vecchia_triplets <- function(x) {
  if (!inherits(x, "residual_weights")) stop_invalid("x is ", shown(x), ", must be the result of vecchia_weights()")
  there <- which(!is.na(x$index))
  queries <- if (x$kind == "points") seq_len(nrow(x$index)) else integer()
  list(
    i = c(queries, row(x$index)[there]),
    j = c(if (length(queries) > 0L) as.integer(query_numbers(x)), x$index[there]),
    x = c(rep(1, length(queries)), -x$weights[there]),
    dims = as.integer(c(nrow(x$index), x$n))
  )
}

# One row for each neighbor, query by query, as in the files of the command-line program.
as.data.frame.residual_weights <- function(x, row.names = NULL, optional = FALSE, ...) {
  frame_of_neighbors(x, "weights", row.names, name = "weight")
}

print.residual_weights <- function(x, ...) {
  cat("<residual_weights> ", if (x$kind == "new points") "of new points: ", counted_queries(nrow(x$index)), ", k = ",
    ncol(x$index), ", log-determinant ", format(x$log_determinant), "\n",
    sep = ""
  )
  if (x$jittered_sets > 0) {
    cat(counted(x$jittered_sets, "set"), " needed the jitter, the first is that of query ", x$first_jittered, "\n",
      sep = ""
    )
  }
  if (x$degenerate_queries > 0) {
    cat(x$degenerate_queries, if (x$degenerate_queries == 1) "query is" else "queries are", "degenerate\n")
  }
  invisible(x)
}
