# Searches for the neighbors that groups of rows share.

group_neighbors <- function(index, groups, k = min(10L, index$n), ranking = "absolute", strategy = "automatic",
                            threads = NULL, progress = FALSE, selection = "nearest", candidates = NULL) {
  choices <- list(ranking = ranking, strategy = strategy, selection = selection, candidates = candidates)
  find_groups(residual_knn_group_neighbors_int32, index, groups, k, choices, threads, progress)
}

group_predecessors <- function(index, groups, k = min(10L, index$n), ranking = "absolute", strategy = "automatic",
                               threads = NULL, progress = FALSE, selection = "nearest", candidates = NULL) {
  choices <- list(ranking = ranking, strategy = strategy, selection = selection, candidates = candidates)
  find_groups(residual_knn_group_predecessors_int32, index, groups, k, choices, threads, progress)
}

find_groups <- function(find, index, groups, k, choices, threads, progress) {
  index <- require_index(index)
  require_whole(index)
  options <- search_options(choices$ranking, choices$strategy, search_threads(index, threads))
  groups <- as_groups(groups, index$n)
  k <- as_k(k, index$n)
  sets <- set_options(index, k, list(count = length(groups)), choices$ranking, choices$selection, choices$candidates)
  sets$conditional_variances <- FALSE # the library has none for groups
  options <- c(options, sets)
  found <- run_call(progress, function(report) find(index$handle, groups, c(options, progress = report), k))
  found <- new_neighbors(found, "groups", index)
  found$groups <- groups
  found
}

# A list of vectors of row numbers. A factor, or a vector with one element for each row, says in which group a row is; a
# row with NA is in none.
as_groups <- function(groups, n) {
  if (is.atomic(groups) && !is.null(groups) && is.null(dim(groups)) && length(groups) == n) {
    groups <- split(seq_len(n), groups, drop = TRUE)
  }
  if (!is.list(groups) || is.object(groups)) {
    stop_invalid(
      "groups is ", shown(groups), ", must be a list of row numbers, or a vector that gives the group of each of the ",
      counted(n, "row")
    )
  }
  group_of_row <- integer(n)
  for (i in seq_along(groups)) {
    name <- paste0("groups[[", i, "]]")
    rows <- as_positions(groups[[i]], name, n)
    if (length(rows) == 0L) stop_invalid(name, " is empty")
    twice <- which(group_of_row[rows] > 0L | duplicated(rows))
    if (length(twice) > 0L) {
      row <- rows[twice[1L]]
      where <- if (group_of_row[row] > 0L) paste0("groups[[", group_of_row[row], "]]") else "the group"
      stop_invalid(name, "[", twice[1L], "] is ", row, ", which is in ", where, " already")
    }
    group_of_row[rows] <- i
    groups[[i]] <- rows
  }
  groups
}
