# Wrong values of every single-value argument of every exported function.

test_that("a single-value argument of a wrong type is an error that names the argument", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  set.seed(18)
  points <- random_points(20, 2)
  index <- residual_index(points, points[1:3, ])
  parts <- residual_factor(index)
  own <- function(...) residual_index_from_factor(parts$factor, parts$residual_variance, points, ...)
  sets <- predecessors(index, 3)$index
  zero <- function(rows, columns) matrix(0, length(rows), length(columns))

  number <- list(NA, NA_real_, NaN, numeric(), c(1, 2), "1", TRUE, list(1), factor("1"), sum)
  whole <- c(number, 1.5, 1e10, Inf)
  two <- c("matern32", "matern12")
  name <- list(NA, NA_character_, character(), two, "no such name", 1, TRUE, list("matern32"), sum)
  flag <- list(NA, logical(), c(TRUE, FALSE), 1, "TRUE", NULL, list(TRUE))
  needed <- function(values) c(values, list(NULL))
  # A k above the number of points is reduced to that number.
  count <- needed(c(number, 1.5, Inf, 0, -1))
  wrong_groups <- list(
    NULL, NA, 1:2, "a", sum, points, list(1, "a"), list(1, integer()), list(1, 21), list(0), list(1.5), list(1:2, 2:3),
    list(c(4, 4)), list(NA)
  )
  saved <- tempfile()
  on.exit(unlink(saved), add = TRUE)
  save_index(index, saved)
  # Functions with valid arguments, and the wrong values for each argument.
  table <- list(
    list(function(...) residual_index(points, ...), list(
      kernel = needed(name), variance = number, nugget = number, nu = number, alpha = number, jitter = number,
      max_jitter = number, factor_storage = needed(name), max_bytes = c(number, 1.5, -1, 0, Inf), threads = whole, progress = flag[-7]
    )),
    list(own, list(
      kernel = needed(name), variance = number, nu = number, alpha = number, factor_error = number, threads = whole,
      progress = flag
    )),
    list(function(...) residual_index_from_callback(factor = NULL, residual_variance = 1, ...), list(
      covariance = list(NULL, NA, 1, "sum", list(zero))
    )),
    list(function(...) residual_index_from_callback(zero, NULL, rep(1, 3), ...), list(
      factor_error = number, threads = whole, progress = flag
    )),
    list(function(...) update(index, ...), list(
      kernel = needed(name), variance = number, nugget = number, nu = number, alpha = number, jitter = number,
      max_jitter = number, threads = whole, progress = flag
    )),
    list(function(...) neighbors(index, ...), list(
      k = count, ranking = needed(name), strategy = needed(name), threads = whole, progress = flag
    )),
    list(function(...) predecessors(index, ...), list(
      k = count, ranking = needed(name), strategy = needed(name), threads = whole, progress = flag
    )),
    list(function(...) choose_inducing(points, ...), list(m = needed(whole))),
    list(function(...) choose_inducing(points, 3, ...), list(
      method = needed(name), max_iterations = whole, seed = c(whole[-12], 1e300), threads = whole, progress = flag
    )),
    list(function(...) save_index(index, ...), list(path = list(NULL, NA, 3, NA_character_, "", c("a", "b")))),
    list(function(...) save_index(index, tempfile(), ...), list(prepare = flag, threads = whole, progress = flag)),
    list(function(...) load_index(...), list(path = list(NULL, NA, 3, NA_character_, "", c("a", "b")))),
    list(function(...) load_index(saved, ...), list(
      mapped = flag, verify = flag, max_bytes = c(number, 1.5, -1, 0, Inf), threads = whole, progress = flag
    )),
    list(function(...) order_points(points, ...), list(ordering = needed(name), progress = flag)),
    list(function(...) order_points(points, "random", ...), list(seed = c(whole[-12], 1e300))),
    list(function(...) plot(index, ...), list(
      target = c(needed(whole), 0, 21), k = count, predecessors = flag, legend = flag
    )),
    list(function(...) neighbors(...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) predecessors(...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) residual_order(...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) residual_order(index, ...), list(threads = whole, progress = flag)),
    list(function(...) residual_factor(...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) vecchia_weights(neighbors = sets, ...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) vecchia_weights(index, ...), list(
      neighbors = list(NULL, NA, 1, "a", list(), sum, as.data.frame(sets), sets + 0.5, sets[-1, ], sets[, 0])
    )),
    list(function(...) residual_covariances(neighbors = sets, ...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) residual_covariances(index, ...), list(
      neighbors = list(NULL, NA, 1, "a", list(), sum, as.data.frame(sets), sets + 0.5, sets[-1, ], sets[, 0])
    )),
    list(function(...) residual_covariances(index, sets, ...), list(threads = whole, progress = flag)),
    list(function(...) covariance_blocks(neighbors = sets, ...), list(index = list(NULL, NA, 1, "a", points, list()))),
    list(function(...) covariance_blocks(index, ...), list(
      neighbors = list(NULL, NA, 1, "a", list(), sum, as.data.frame(sets), sets + 0.5, sets[-1, ], sets[, 0])
    )),
    list(function(...) covariance_blocks(index, sets, ...), list(threads = whole, progress = flag)),
    list(function(...) vecchia_weights(index, sets, ...), list(
      jitter = c(number, -1, Inf), threads = whole, progress = flag
    )),
    list(function(...) neighbors_above(index, ...), list(threshold = needed(c(number, -1e-9, 1 + 1e-9)))),
    list(function(...) neighbors_above(index, 0.5, ...), list(
      ranking = needed(name), strategy = needed(name), max_pairs = needed(c(number, -1)), threads = whole, progress = flag
    )),
    list(function(...) predecessors_above(index, ...), list(threshold = needed(c(number, -1e-9, 1 + 1e-9)))),
    list(function(...) predecessors_above(index, 0.5, ...), list(
      ranking = needed(name), strategy = needed(name), max_pairs = needed(c(number, -1)), threads = whole, progress = flag
    )),
    list(function(...) group_neighbors(index, ...), list(groups = wrong_groups)),
    list(function(...) group_neighbors(index, list(1, 2:3), ...), list(
      k = count, ranking = needed(name), strategy = needed(name), threads = whole, progress = flag
    )),
    list(function(...) group_predecessors(index, ...), list(groups = wrong_groups)),
    list(function(...) group_predecessors(index, list(1, 2:3), ...), list(
      k = count, ranking = needed(name), strategy = needed(name), threads = whole, progress = flag
    ))
  )
  exported <- setdiff(exported_functions(), c("as_nnarray", "residualknn_library", "vecchia_triplets"))
  met <- character()
  for (row in table) {
    for (argument in names(row[[2]])) {
      for (wrong in row[[2]][[argument]]) {
        error <- tryCatch(do.call(row[[1]], stats::setNames(list(wrong), argument)), error = identity)
        what <- paste(argument, "=", paste(deparse(wrong), collapse = " "))
        expect_s3_class(error, "residualknn_error_invalid_argument")
        expect_match(conditionMessage(error), paste0("(^|: )", argument, "\\b"), label = what)
        # The call is the user's call, not a call inside the package.
        met <- union(met, as.character(conditionCall(error)[[1]]))
      }
    }
  }
  expect_setequal(met, c(exported, "plot.residual_index", "update.residual_index"))
  for (wrong in list(NULL, 1, points, list())) {
    expect_error(as_nnarray(wrong), "x must be", class = "residualknn_error_invalid_argument")
    expect_error(vecchia_triplets(wrong), "^x is ", class = "residualknn_error_invalid_argument")
  }
})

test_that("messages name elements as R does", {
  expect_names <- function(code, text) expect_error(code, text, fixed = TRUE, class = "residualknn_error")
  points <- random_points(20, 2)
  broken <- points
  broken[7, 2] <- NaN
  index <- residual_index(points, points[1:3, ])
  parts <- residual_factor(index)
  expect_names(residual_index(broken), "points[7, 2] is NaN")
  expect_names(residual_index(points, broken), "inducing[7, 2] is NaN")
  expect_names(residual_index(points, lengthscales = c(1, -1)), "lengthscales[2] is -1")
  expect_names(update(index, inducing = broken), "inducing[7, 2] is NaN")
  expect_names(update(index, c(1, Inf)), "lengthscales[2] is Inf")
  expect_names(neighbors(index, broken), "query[7, 2] is NaN")
  # Columns are named if they have names.
  colnames(points) <- colnames(broken) <- c("east", "far north")
  expect_names(residual_index(broken), "points[7, \"far north\"] is NaN")
  expect_names(residual_index(as.data.frame(broken)), "points[7, \"far north\"] is NaN")
  expect_names(neighbors(index, broken), "query[7, \"far north\"] is NaN")
  expect_names(neighbors(index, points * 1e150), "query[1, \"east\"] is ")
  colnames(points) <- colnames(broken) <- c("east", NA)
  expect_names(residual_index(broken), "points[7, 2] is NaN")
  points <- unname(points)
  broken <- unname(broken)
  expect_names(neighbors(index, rows = c(1, 21)), "rows[2] is 21, must be a whole number between 1 and 20")
  expect_names(choose_inducing(broken, 2), "points[7, 2] is NaN")
  expect_names(order_points(broken), "points[7, 2] is NaN")
  expect_names(residual_index_from_factor(broken, rep(1, 20), points), "factor[7, 2] is NaN")
  expect_names(residual_index_from_factor(NULL, c(rep(1, 19), -1), points), "residual_variance[20] is -1")
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
  new <- function(factor, variance) {
    neighbors(own, points[1:2, ], query_factor = factor, query_residual_variance = variance)
  }
  expect_names(new(parts$factor[1:2, ], c(1, NA)), "query_residual_variance[2] is NA")
  expect_names(new(rbind(1:3, c(1, NA, 3)), c(1, 1)), "query_factor[2, 2] is NA")
  # Elements that only the library finds.
  expect_names(residual_index(points, points[c(3, 5, 3), ], jitter = 0), "at pivot 3;")
  expect_names(neighbors(index, points * 1e150), "query[1, 1] is ")
  wide <- parts$factor
  wide[5, 2] <- 1e75
  expect_names(residual_index_from_factor(wide, rep(1, 20), points), "factor[5, 2] is 1e+75, must be at most 1e70")
  # The condition has the user's function. No message begins with a C function.
  for (code in list(
    quote(neighbors(index, points * 1e150)), quote(residual_index(points, threads = -1)),
    quote(choose_inducing(points, 21)), quote(choose_inducing(points, 3, max_iterations = -1)),
    quote(update(index, variance = 0)), quote(residual_index(points, points[c(1, 1), ], jitter = 0))
  )) {
    error <- expect_error(eval(code), class = "residualknn_error")
    expect_false(grepl("residual_knn|_int32", conditionMessage(error)), label = conditionMessage(error))
  }
  expect_error(residual_index(points, variance = 0), "finite$")
})

test_that("a k above the number of points is reduced to that number, with a warning", {
  points <- random_points(300, 2)
  index <- residual_index(points)
  parts <- residual_factor(index)
  own <- residual_index_from_factor(NULL, parts$residual_variance, points)
  variance <- rep(1, 300)
  searches <- list(
    function(...) neighbors(index, ...), function(...) neighbors(index, points[1:5, ], ...),
    function(...) neighbors(own, points, query_factor = NULL, query_residual_variance = variance, ...),
    function(...) predecessors(index, ...), function(...) plot(index, ...)
  )
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  for (search in searches) {
    for (k in c(301, .Machine$integer.max, 1e10, 1e300)) {
      warnings <- list()
      invisible(gc(reset = TRUE))
      before <- gc(reset = TRUE)["Vcells", "used"]
      found <- withCallingHandlers(search(k = k), warning = function(w) {
        warnings <<- c(warnings, list(w))
        invokeRestart("muffleWarning")
      })
      # The answer is 300 x 300.
      expect_lt((gc()["Vcells", "max used"] - before) * 8, 2^22)
      expect_length(warnings, 1)
      expect_s3_class(warnings[[1]], "residualknn_warning")
      expect_identical(conditionMessage(warnings[[1]]), paste0(
        "k is ", if (k > 2^53) "1e+300" else format(k, scientific = FALSE),
        ", but there are only 300 points: k = 300 is used"
      ))
      expect_match(deparse(conditionCall(warnings[[1]]))[1], "^(neighbors|predecessors|plot.*)\\(")
      all_of_them <- search(k = 300)
      expect_identical(found[c("index", "distance", "residual")], all_of_them[c("index", "distance", "residual")])
    }
  }
  for (none in list(Inf, -Inf, NaN, c(1e300, 1e300))) {
    expect_error(neighbors(index, k = none), "^k is .*, must be a whole number$", class = "residualknn_error")
  }
  expect_warning(neighbors(residual_index(1), k = 2), "there is only 1 point: k = 1 is used")
  # The default is 10, or the number of points if that is smaller, without a warning.
  few <- residual_index(points[1:4, ])
  expect_silent(found <- c(ncol(neighbors(few)$index), ncol(predecessors(few)$index), ncol(neighbors(index)$index)))
  expect_identical(found, c(4L, 4L, 10L))
  expect_silent(plot(few))
  # A point is not its own neighbor.
  found <- neighbors(index, k = 300, rows = 7)$index[1, ]
  expect_setequal(found[-300], seq_len(300)[-7])
  expect_identical(found[300], NA_integer_)
  expect_identical(sum(!is.na(predecessors(index, k = 300, rows = 7)$index)), 6L)
})

test_that("a number without dimensions, which may be a point, a row or k, is not accepted as query", {
  invalid <- "residualknn_error_invalid_argument"
  plane <- residual_index(random_points(20, 2))
  line <- residual_index(c(1, 2, 4, 8))
  expect_error(neighbors(plane, 5), "rows = 5 .*k = 5 ", class = invalid)
  expect_error(neighbors(line, 5), "rows = 5 .*k = 5 .*matrix\\(5, nrow = 1\\)", class = invalid)
  expect_error(neighbors(plane, c(3, 7)), "rows = c\\(3, 7\\) .*matrix\\(c\\(3, 7\\), nrow = 1\\)", class = invalid)
  expect_error(neighbors(plane, 1:9), "rows = \\.\\.\\. for", class = invalid)
  # Values that cannot be rows are not suggested as rows, and suggested code is complete.
  expect_error(neighbors(plane, 1:9 + 0.5), "^query is a vector, must be a matrix with 2 columns$", class = invalid)
  expect_error(neighbors(plane, pi), "^query is the number 3.14.*, must be a matrix with 2 columns$", class = invalid)
  expect_error(neighbors(plane, c(0.25, 2)), "columns; write matrix\\(c\\(0.25, 2\\), nrow = 1\\) for a new point$")
  expect_error(neighbors(residual_index(random_points(20, 3)), c(a = 1 / 3, b = 1 / 7, c = 1 / 9)),
    "; write matrix(..., nrow = 1) for a new point",
    fixed = TRUE, class = invalid
  )
  # In one dimension, a vector is a column of points, as for residual_index().
  expect_identical(neighbors(line, c(3.9, 7), k = 1)$index[, 1], c(3L, 4L))
  expect_identical(neighbors(line, matrix(7, nrow = 1), k = 1)$index[, 1], 4L)
})

test_that("new points need V and p if and only if the index was made from V and p", {
  unsupported <- "residualknn_error_unsupported"
  points <- random_points(20, 2)
  index <- residual_index(points, points[1:3, ])
  parts <- residual_factor(index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, points)
  expect_error(neighbors(own, points), "query_factor and query_residual_variance", class = unsupported)
  expect_error(neighbors(index, points, query_residual_variance = 1), "must be NULL", class = unsupported)
})

test_that("a column with the name of a different column is an error", {
  invalid <- "residualknn_error_invalid_argument"
  places <- quakes[1:50, c("long", "lat", "depth")]
  scales <- c(long = 1, lat = 2, depth = 100)
  index <- residual_index(places, places[1:3, ], scales)
  changed <- list(
    all = c("lat", "long", "depth"), some = c("lat", "lon", "z"), one = c("x", "y", "long"),
    last = c("a", "depth", "b"), capitals = c("Lat", "Long", "Depth"), capital = c("x", "LONG", "z")
  )
  for (names in changed) {
    moved <- which(tolower(names) %in% colnames(places) & tolower(names) != colnames(places))[1]
    text <- function(what) {
      paste0(
        "^", what, " has ", names[moved], " in place ", moved, ", but the points have ", colnames(places)[moved],
        " there; its names are ", paste(names, collapse = ", "), ", the names of the points are long, lat, depth"
      )
    }
    frame <- stats::setNames(places[1:3, ], names)
    for (wrong in list(frame, as.matrix(frame), tibble_like(frame))) {
      expect_error(residual_index(places, wrong), text("inducing"), class = invalid)
      expect_error(residual_index(as.matrix(places), wrong), text("inducing"), class = invalid)
      expect_error(neighbors(index, wrong), text("query"), class = invalid)
      expect_error(update(index, inducing = wrong), text("inducing"), class = invalid)
    }
    named <- stats::setNames(scales, names)
    expect_error(residual_index(places, lengthscales = named), text("lengthscales"), class = invalid)
    expect_error(update(index, named), text("lengthscales"), class = invalid)
    expect_error(choose_inducing(places, 2, named), text("lengthscales"), class = invalid)
    expect_error(order_points(places, lengthscales = named), text("lengthscales"), class = invalid)
  }
  # The suggested remedy works.
  all_moved <- places[4:9, changed$all]
  picked <- "query\\[, c\\(\"long\", \"lat\", \"depth\"\\)\\]"
  expect_error(neighbors(index, all_moved), paste(picked, "has their order"), class = invalid)
  # Other names, and no names, are allowed.
  expected <- neighbors(index, places[4:9, ], k = 2)$index
  expect_identical(neighbors(index, all_moved[, names(places)], k = 2)$index, expected)
  expect_identical(neighbors(index, stats::setNames(places[4:9, ], c("x", "y", "z")), k = 2)$index, expected)
  expect_identical(neighbors(index, stats::setNames(places[4:9, ], c("long", "y", "depth")), k = 2)$index, expected)
  expect_identical(neighbors(index, stats::setNames(places[4:9, ], c("Long", "LAT", "z")), k = 2)$index, expected)
  # Names that differ only in case are different names.
  both <- residual_index(stats::setNames(places[1:2], c("x", "X")), lengthscales = 4)
  expect_silent(neighbors(both, stats::setNames(places[4:9, 1:2], c("x", "X")), k = 2))
  expect_error(neighbors(both, stats::setNames(places[4:9, 1:2], c("X", "x"))), "has X in place 1", class = invalid)
  expect_identical(neighbors(index, unname(as.matrix(places[4:9, ])), k = 2)$index, expected)
  # A data frame with other columns besides the coordinates.
  expect_error(neighbors(index, quakes), paste0("5 columns.* 3: ", picked), class = invalid)
})

test_that("integers of 64 bits are errors, because R would read their bits as doubles", {
  column <- structure(c(4.9e-324, 9.9e-324), class = "integer64")
  expect_error(residual_index(column), "integer64", class = "residualknn_error_invalid_argument")
  expect_error(residual_index(structure(list(a = column), class = "data.frame", row.names = 1:2)), "integer64",
    class = "residualknn_error_invalid_argument"
  )
})
