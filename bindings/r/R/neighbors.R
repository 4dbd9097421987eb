# Results of searches: a list with the matrices `index` and `distance`, which have one row for each query.

# `matrices` are the matrices that the library got, with their names in R.
new_neighbors <- function(found, kind, index, rows = NULL, matrices = list(), ranking = "absolute") {
  statistics <- user_statistics(found[[2L]], index, matrices)
  # NULL, unless the sets were selected by conditional variance, and then not an element of the list.
  conditional_variance <- found[[1L]][[3L]]
  distance <- found[[1L]][[2L]]
  if (ranking == "scaled_distance") distance <- in_given_lengthscales(distance, index)
  structure(class = "residual_neighbors", c(
    list(index = found[[1L]][[1L]], distance = distance),
    if (!is.null(conditional_variance)) list(conditional_variance = conditional_variance),
    list(statistics = statistics, kind = kind, rows = rows)
  ))
}

# The statistics of a search as users get them. Raises the warning of the library about the search.
user_statistics <- function(statistics, index, matrices) {
  # SWIG returns a list of the text and the statistics.
  warn_of(residual_knn_search_warning(index$handle, statistics)[[1L]], index, matrices)
  # Only the warning needs these fields.
  statistics[c("coarse_query", "coarse_coordinate", "coarse_value", "coarse_lengthscale")] <- NULL
  statistics$nearest_lengthscales <- in_given_lengthscales(statistics$nearest_lengthscales, index)
  statistics$strategy <- residual_knn_strategy_name(statistics$strategy)
  statistics$reason <- residual_knn_reason_string(statistics$reason)
  statistics
}

# Row numbers of the queries in the index or among the new points.
query_numbers <- function(x) if (is.null(x$rows)) seq_len(nrow(x$index)) else x$rows

# The names of groups, one for each query; NULL for other queries, and for groups without names.
group_names <- function(x) names(x$groups)

# One row for each neighbor, query by query, as in the files of the command-line program.
as.data.frame.residual_neighbors <- function(x, row.names = NULL, optional = FALSE, ...) {
  frame_of_neighbors(x, "distance", row.names)
}

# A data frame of the neighbors in `x` and of their values in the matrix x[[value]], a column with the name `name`.
frame_of_neighbors <- function(x, value, row.names, name = value) {
  k <- ncol(x$index)
  rank <- rep(seq_len(k), nrow(x$index))
  neighbor <- c(t(x$index))
  there <- !is.na(neighbor)
  frame <- data.frame(query = rep(query_numbers(x), each = k)[there])
  if (!is.null(group_names(x))) frame$group <- rep(group_names(x), each = k)[there]
  frame$rank <- rank[there]
  frame$neighbor <- neighbor[there]
  frame[[name]] <- c(t(x[[value]]))[there]
  if (!is.null(row.names)) row.names(frame) <- row.names
  frame
}

head.residual_neighbors <- function(x, ...) utils::head(as.data.frame(x), ...)

tail.residual_neighbors <- function(x, ...) utils::tail(as.data.frame(x), ...)

# Parts of the first line of a printed answer.
kind_of_answer <- function(x) switch(x$kind, "new points" = "neighbors of new points", x$kind)
counted_queries <- function(count) paste(count, if (count == 1L) "query" else "queries")
time_of_search <- function(x) {
  paste0("by ", x$statistics$strategy, " in ", format(x$statistics$seconds, digits = 3), " s")
}

print.residual_neighbors <- function(x, ...) {
  cat("<residual_neighbors> ", kind_of_answer(x), ": ", counted_queries(nrow(x$index)), ", k = ", ncol(x$index), ", ",
    time_of_search(x), "\n",
    sep = ""
  )
  conditional <- !is.null(x$conditional_variance)
  if (conditional) print_selection(x$statistics)
  # The first rows have few predecessors or none, so they are not typical.
  count <- rowSums(!is.na(x$index))
  shown <- utils::head(which(count == max(count, 0L)), 3L)
  if (length(shown) == 0L || count[shown[1L]] == 0L) {
    if (nrow(x$index) > 0L) cat("no query has a candidate\n")
    return(invisible(x))
  }
  most <- count[shown[1L]]
  ranks <- seq_len(min(most, 10L))
  table <- function(values) {
    values <- values[shown, ranks, drop = FALSE]
    dimnames(values) <- list(query_labels(x)[shown], ranks)
    print(values, digits = 4)
  }
  cut_off <- if (conditional) ", the first 10" else ", the nearest 10"
  cat("index of the first queries with ", if (most == ncol(x$index)) paste("all", counted(most, "neighbor")) else
      paste0("the largest number of neighbors (", most, ")"), if (length(ranks) < most) cut_off, ":\n",
    sep = ""
  )
  table(x$index)
  cat("and their distances:\n")
  table(x$distance)
  if (conditional) {
    cat("and the conditional variances given the neighbors up to each:\n")
    table(x$conditional_variance)
  }
  invisible(x)
}

# The names of the rows in a printed answer: names of groups, or numbers in the form of R's matrices.
query_labels <- function(x) {
  labels <- paste0("[", query_numbers(x), ",]")
  names <- group_names(x)
  if (is.null(names)) labels else ifelse(is.na(names) | !nzchar(names), labels, names)
}

print_selection <- function(statistics) {
  mean <- if (statistics$queries > 0) statistics$candidates / statistics$queries else 0
  cat("selected by conditional variance from ", format(mean, digits = 3), " candidates a query; ",
    counted(statistics$uninformative_picks, "neighbor"), " not informative\n",
    sep = ""
  )
}

as_nnarray <- function(x) {
  if (!inherits(x, "residual_neighbors") || x$kind != "predecessors" || !is.null(x$rows)) {
    stop_invalid("x must be the result of predecessors() for all rows")
  }
  unname(cbind(seq_len(nrow(x$index)), x$index))
}
