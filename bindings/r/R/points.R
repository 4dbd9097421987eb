# Converts points to a matrix of doubles with points in rows. A matrix of doubles is not copied.

as_points <- function(x, name) {
  require_no_foreign_object(x, name)
  if (is.data.frame(x)) x <- matrix_of_columns(x, name)
  # matrix(nrow = 0, ncol = 2) is logical, but contains no value of the wrong type.
  if (!(is.numeric(x) || (is.logical(x) && length(x) == 0L)) || length(dim(x)) > 2L) {
    stop_invalid(name, " is ", described(x), ", must be ", points_are, cure_of(x, name))
  }
  if (!is.matrix(x)) x <- matrix(x, ncol = 1L)
  if (!is.double(x)) storage.mode(x) <- "double"
  x
}

points_are <- "a numeric matrix, a data frame of numbers or a numeric vector"

# The columns of a data frame as a matrix. Without rows, as.matrix() would return a logical matrix.
matrix_of_columns <- function(x, name) {
  require_numeric_columns(x, name)
  if (nrow(x) == 0L) matrix(0, 0L, length(x), dimnames = list(NULL, names(x))) else as.matrix(x)
}

# The points of an index or of a helper.
as_own_points <- function(x) {
  x <- as_points(x, "points")
  if (nrow(x) == 0L) stop_invalid("points has no rows, must have at least 1")
  if (ncol(x) == 0L) stop_invalid("points has no columns, must have at least 1")
  x
}

# Points with the same columns as `points`.
as_points_like <- function(x, points, name) {
  names <- colnames(points)
  # This check comes first: an error about one of the other columns, which are not needed, would mislead.
  if (length(dim(x)) == 2L && ncol(x) > ncol(points) && !is.null(names) && all(names %in% colnames(x))) {
    stop_invalid(
      name, " has ", counted(ncol(x), "column"), ", the points of the index have ", ncol(points), ": ", name, "[, ",
      written(names), "] selects these"
    )
  }
  is_bare <- is.null(dim(x)) && length(x) == ncol(points)
  x <- as_points(x, name)
  if (ncol(x) != ncol(points)) {
    stop_invalid(
      name, " has ", counted(ncol(x), "column"), ", the points of the index have ", ncol(points),
      if (is_bare) paste0("; a single point is matrix(", name, ", nrow = 1)")
    )
  }
  require_order(colnames(x), names, name)
  x
}

# Refuses columns in the wrong order: a column must not have the name of a different column of the points. Case is
# ignored, unless names differ only by case. Names that the points do not have are allowed.
require_order <- function(names, expected, what) {
  if (is.null(names) || is.null(expected) || length(names) != length(expected)) {
    return(invisible())
  }
  as_one <- if (anyDuplicated(tolower(names)) + anyDuplicated(tolower(expected)) == 0L) tolower else identity
  moved <- which(nzchar(names) & as_one(names) %in% as_one(expected) & as_one(names) != as_one(expected))
  if (length(moved) == 0L) {
    return(invisible())
  }
  all_of_them <- if (setequal(names, expected)) paste0(": ", what, if (what == "lengthscales") "[" else "[, ",
    written(expected), "] has their order"
  )
  stop_invalid(
    what, " has ", names[moved[1L]], " in place ", moved[1L], ", but the points have ", expected[moved[1L]],
    " there; its names are ", paste(names, collapse = ", "), ", the names of the points are ",
    paste(expected, collapse = ", "),
    all_of_them
  )
}

# A message about the first element of the matrices that is not finite; NULL if all are finite. It needs memory.
first_not_finite <- function(matrices) {
  for (name in names(matrices)) {
    bad <- which(!is.finite(matrices[[name]]))
    if (length(bad) > 0L) {
      return(paste0(element(matrices[[name]], bad[1L], name), " is ", matrices[[name]][bad[1L]], ", must be finite"))
    }
  }
  NULL
}

# An element of a matrix as R code: x[7, 2], or x[7, "depth"] if the columns have names.
element <- function(x, position, name) {
  place <- arrayInd(position, dim(x))
  paste0(name, "[", place[1L], ", ", column_label(x, place[2L]), "]")
}

column_label <- function(x, column) {
  names <- colnames(x)
  if (is.null(names) || is.na(names[column]) || !nzchar(names[column])) column else deparse(names[column])
}

# A vector of names as R code.
written <- function(names) {
  quotes <- vapply(names, deparse, "", USE.NAMES = FALSE)
  if (length(names) == 1L) quotes else paste0("c(", paste(quotes, collapse = ", "), ")")
}
