# Earlier neighbors as the start of a search.

# The options of the library for the argument `start` of a search for `num_queries` queries: a matrix with a list in each
# row, or an answer.
as_start <- function(start, num_queries, n) {
  if (is.null(start)) {
    return(NULL)
  }
  if (inherits(start, "residual_neighbors")) start <- start$index
  if (length(dim(start)) != 2L || !is_candidates(start)) {
    stop_invalid(
      "start is ", shown(start), ", must be a matrix of row numbers with one row for each query, or the result of ",
      "neighbors() or predecessors()"
    )
  }
  if (nrow(start) != num_queries) {
    stop_invalid("start has ", counted(nrow(start), "row"), ", must have ", num_queries, ", one for each query")
  }
  bad <- bad_candidates(start, n)
  if (length(bad) > 0L) stop_candidate(element(start, bad[1L], "start"), start[bad[1L]], n)
  storage.mode(start) <- "integer"
  list(start = start)
}
