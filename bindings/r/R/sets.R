# How a search selects the set of a query, among which candidates, and from which neighbors it starts.

# The options of the library for these arguments of a search with k neighbors of each query. `queries` is the result of
# queries_of().
set_options <- function(index, k, queries, ranking, selection, candidates, candidate_lists = NULL, start = NULL) {
  code <- enum_value(selection, "selection", "selection")
  conditional <- selection == "conditional"
  if (conditional && !identical(ranking, "absolute")) {
    stop_invalid("ranking is ", shown(ranking), ", must be \"absolute\" with selection = \"conditional\"")
  }
  if (!is.null(candidates)) {
    if (!conditional) stop_invalid("candidates must be NULL unless selection is \"conditional\"")
    if (!is.null(candidate_lists)) stop_invalid("candidates must be NULL if there are candidate_lists")
  }
  if (!is.null(start) && !is.null(candidate_lists)) stop_invalid("start must be NULL if there are candidate_lists")
  c(
    list(selection = code, conditional_variances = conditional), candidate_counts(candidates, index, k),
    as_candidate_lists(found_rows(candidate_lists, "candidate_lists", queries), queries$count, index$n),
    start = if (!is.null(start)) {
      list(as_neighbor_matrix(found_rows(start, "start", queries), "start", queries$count, index$n))
    }
  )
}

# The numbers of candidates of both kinds, from their sum or from a vector with the names `residual` and `scaled`.
candidate_counts <- function(candidates, index, k) {
  if (is.null(candidates)) {
    return(NULL)
  }
  counts <- if (is.null(names(candidates))) split_candidates(candidates, index, k) else named_counts(candidates, k)
  if (index$source == "callback" && counts[["scaled"]] > 0) {
    stop_unsupported(
      "candidates[\"scaled\"] is ", counts[["scaled"]], ", must be 0: an index with a covariance function has no points"
    )
  }
  counts[counts == 0] <- -1 # 0 means the default in the library
  list(residual_candidates = counts[["residual"]], scaled_candidates = counts[["scaled"]])
}

# Half of the candidates are nearest by residual correlation, but at least k, and the rest by scaled distance. An index
# with a covariance function has only the first kind. Without inducing points, both kinds are the same points.
split_candidates <- function(candidates, index, k) {
  total <- as_needed_whole(candidates, "candidates", most = 2^53)
  if (total < k) stop_invalid("candidates is ", total, ", must be at least k = ", k)
  if (index$source == "callback") {
    return(c(residual = total, scaled = 0))
  }
  if (index$source == "inducing" && num_columns(index) == 0) {
    return(c(residual = 0, scaled = total))
  }
  residual <- max(ceiling(total / 2), k)
  c(residual = residual, scaled = total - residual)
}

# A name that is not given means 0.
named_counts <- function(candidates, k) {
  names <- names(candidates)
  if (anyDuplicated(names) > 0L || !all(names %in% c("residual", "scaled"))) {
    stop_invalid("candidates has the names ", quoted(names), ", must have the names \"residual\" and \"scaled\"")
  }
  counts <- c(residual = 0, scaled = 0)
  for (name in names) {
    counts[[name]] <- as_needed_whole(candidates[[name]], paste0("candidates[\"", name, "\"]"), most = 2^53)
  }
  bad <- which(counts < 0)
  if (length(bad) > 0L) {
    stop_invalid("candidates[\"", names(counts)[bad[1L]], "\"] is ", counts[bad[1L]], ", must not be negative")
  }
  if (max(counts) < k) {
    stop_invalid(
      "candidates are ", counts[[1L]], " (residual) and ", counts[[2L]],
      " (scaled), one of the two must be at least k = ", k
    )
  }
  counts
}

# Candidate lists as offsets and row numbers: the lists of all queries one after the other.
as_candidate_lists <- function(lists, num_queries, n) {
  if (is.null(lists)) {
    return(NULL)
  }
  of_matrix <- length(dim(lists)) == 2L && may_be_positions(lists)
  if (!of_matrix && (!is.list(lists) || is.object(lists))) {
    stop_invalid(
      "candidate_lists is ", shown(lists), ", must be a list of vectors of row numbers, a matrix with one row for each ",
      "query, or the result of neighbors() or predecessors()"
    )
  }
  count <- if (of_matrix) nrow(lists) else length(lists)
  if (count != num_queries) {
    what <- if (of_matrix) "row" else "list"
    stop_invalid("candidate_lists has ", counted(count, what), ", must have ", num_queries, ", one for each query")
  }
  if (of_matrix) rows_of_matrix(lists, n) else rows_of_lists(lists, n)
}

# The matrix of row numbers in the result `x` of a search, which must be one for the same queries. Any other x is
# returned as it is.
found_rows <- function(x, name, queries) {
  if (!inherits(x, "residual_neighbors")) {
    return(x)
  }
  require_single_points(x, name, queries$are_new)
  own <- query_numbers(x)
  wanted <- if (is.null(queries$rows)) seq_len(queries$count) else queries$rows
  # Another number of queries is found later.
  if (!queries$are_new && length(own) == length(wanted)) {
    bad <- which(own != wanted)
    if (length(bad) > 0L) {
      stop_invalid(
        name, " has the neighbors of other rows: query ", bad[1L], " is row ", wanted[bad[1L]], ", but ", name,
        "$rows has row ", own[bad[1L]], " there"
      )
    }
  }
  x$index
}

# Refuses results of searches for groups, and for new points instead of points of the index or the other way round.
require_single_points <- function(x, name, are_new) {
  if (x$kind == "groups") stop_invalid(name, " has the neighbors of groups, must be those of single points")
  if ((x$kind == "new points") != are_new) {
    stop_invalid(
      name, " has the neighbors of ", if (are_new) "points of the index, but there are new points" else
        "new points, but no new points are given"
    )
  }
}

# Neighbors of the queries, from the result of a search or from a matrix with one row for each query, as a matrix of
# integers. A matrix of integers is not copied.
as_neighbor_matrix <- function(x, name, num_queries, n) {
  if (inherits(x, "residual_neighbors")) x <- x$index
  if (!may_be_positions(x) || length(dim(x)) != 2L) {
    stop_invalid(
      name, " is ", shown(x), ", must be a matrix of row numbers, or the result of neighbors() or predecessors()"
    )
  }
  if (nrow(x) != num_queries) {
    stop_invalid(name, " has ", counted(nrow(x), "row"), ", must have ", num_queries, ", one for each query")
  }
  bad <- bad_positions(x, n)
  if (length(bad) > 0L) stop_position(element(x, bad[1L], name), x[bad[1L]], n)
  if (!is.integer(x)) storage.mode(x) <- "integer"
  x
}

rows_of_matrix <- function(lists, n) {
  bad <- bad_positions(lists, n)
  if (length(bad) > 0L) stop_position(element(lists, bad[1L], "candidate_lists"), lists[bad[1L]], n)
  rows <- t(lists)
  list(candidate_offsets = ncol(lists) * as.double(0:nrow(lists)), candidate_rows = as.integer(rows))
}

rows_of_lists <- function(lists, n) {
  lengths <- lengths(lists)
  fit <- vapply(lists, may_be_positions, NA)
  if (!all(fit)) {
    bad <- which(!fit)[1L]
    stop_invalid("candidate_lists[[", bad, "]] is ", shown(lists[[bad]]), ", must be a vector of row numbers")
  }
  rows <- unlist(lists, use.names = FALSE)
  if (is.null(rows)) rows <- integer()
  bad <- bad_positions(rows, n)
  offsets <- c(0, cumsum(as.double(lengths)))
  if (length(bad) > 0L) {
    list <- findInterval(bad[1L] - 1, offsets)
    # Of several offsets with the same value, findInterval() takes the last: the lists before are empty.
    stop_position(paste0("candidate_lists[[", list, "]][", bad[1L] - offsets[list], "]"), rows[bad[1L]], n)
  }
  list(candidate_offsets = offsets, candidate_rows = as.integer(rows))
}
