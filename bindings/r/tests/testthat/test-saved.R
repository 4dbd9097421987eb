# SPDX-License-Identifier: Apache-2.0

rknn_file <- function() tempfile(fileext = ".rknn")

same_answers <- function(a, b, new = NULL) {
  searches <- list(
    function(index) neighbors(index, k = 5), function(index) predecessors(index, k = 5, ranking = "signed"),
    function(index) predecessors(index, k = 4, ranking = "scaled_distance"),
    function(index) neighbors(index, k = 3, strategy = "dual_tree"),
    function(index) predecessors(index, k = 4, selection = "conditional"),
    if (!is.null(new)) function(index) neighbors(index, new, k = 4)
  )
  for (search in Filter(Negate(is.null), searches)) {
    ours <- search(a)
    theirs <- search(b)
    expect_identical(ours$index, theirs$index)
    expect_identical(ours$distance, theirs$distance)
  }
  expect_identical(residual_factor(a), residual_factor(b))
}

test_that("a loaded index has the answers and the model of the saved one", {
  set.seed(61)
  points <- matrix(runif(600), ncol = 2)
  new <- matrix(runif(12), ncol = 2)
  models <- list(
    list(lengthscales = 0.2), list(lengthscales = c(0.2, 0.3), inducing = 20, kernel = "matern", nu = 1.1, nugget = 0.1),
    list(lengthscales = 0.2, inducing = 20, factor_storage = "computed", kernel = "rational_quadratic", alpha = 0.7),
    list(lengthscales = 0.3, inducing = 10, kernel = "matern25_isotropic", jitter = 1e-7, max_jitter = 1e-3),
    list(lengthscales = 0.3, inducing = 10, kernel = "matern35_scaledim", variance = 2),
    list(lengthscales = 0.3, inducing = 10, kernel = "gaussian", max_bytes = 1e9)
  )
  file <- rknn_file()
  on.exit(unlink(file))
  for (model in models) {
    for (how in list(list(), list(mapped = TRUE), list(mapped = TRUE, verify = TRUE))) {
      index <- do.call(residual_index, c(list(points), model))
      expect_identical(save_index(index, file, prepare = is.null(how$verify)), index)
      loaded <- do.call(load_index, c(list(file), how))
      expect_s3_class(loaded, "residual_index")
      expect_identical(capture.output(print(loaded)), capture.output(print(index)))
      expect_identical(loaded$points, index$points)
      same_answers(index, loaded, new)
      if (is.null(model$inducing)) next
      update(index, nugget = 0.2)
      update(loaded, nugget = 0.2)
      same_answers(index, loaded, new)
      update(index, lengthscales = 0.25, inducing = points[1:15, ] + 1e-3)
      update(loaded, lengthscales = 0.25, inducing = points[1:15, ] + 1e-3)
      same_answers(index, loaded)
      expect_identical(capture.output(print(loaded)), capture.output(print(index)))
    }
  }
})

test_that("data frames keep the names of their columns", {
  set.seed(62)
  make <- function(n) {
    data.frame(id = seq_len(n), lat = runif(n, -90, 90), `100% of Ä` = runif(n), lon = runif(n, -180, 180), check.names = FALSE)
  }
  places <- make(200)
  new <- make(6)
  file <- rknn_file()
  on.exit(unlink(file))
  index <- residual_index(
    places, 10, lengthscales = 0.4, lonlat = c("lon", "lat"), columns = "100% of Ä", seed = 1
  )
  save_index(index, file)
  loaded <- load_index(file)
  expect_identical(loaded$reading, index$reading)
  expect_identical(colnames(loaded$points), colnames(index$points))
  expect_identical(loaded$columns[, 3], index$columns[, 3])
  expect_equal(loaded$columns[, 1:2], index$columns[, 1:2])
  same_answers(index, loaded, new)
  expect_error(neighbors(loaded, new[, 1:3]), "must have the columns lon, lat, 100% of Ä", fixed = TRUE)
  # New points are read as by the saved index: by names, if the columns were chosen, and otherwise by places.
  chosen <- residual_index(places, 10, lengthscales = c(9, 0.4), columns = c("lat", "100% of Ä"), seed = 1)
  save_index(chosen, file)
  loaded <- load_index(file)
  expect_identical(loaded[c("points", "columns", "reading")], chosen[c("points", "columns", "reading")])
  same_answers(chosen, loaded, new[, 4:1])
  plain <- residual_index(quakes[, c("long", "lat", "depth")], 10, lengthscales = c(4, 4, 150))
  save_index(plain, file)
  loaded <- load_index(file)
  expect_identical(colnames(loaded$points), c("long", "lat", "depth"))
  same_answers(plain, loaded, quakes[1:3, c("long", "lat", "depth")])
  expect_identical(loaded[c("points", "columns", "reading")], plain[c("points", "columns", "reading")])
  for (index in list(plain, loaded)) {
    for (order in list(c("lat", "long", "depth"), c("depth", "lat", "long"), c("long", "lat", "depth", "mag"))) {
      expect_error(neighbors(index, quakes[1:3, order]), "query has", class = "residualknn_error_invalid_argument")
      expect_error(update(index, inducing = quakes[1:9, order]), "inducing has", class = "residualknn_error_invalid_argument")
    }
  }
  pdf(NULL)
  on.exit(dev.off(), add = TRUE)
  expect_silent(plot(loaded, target = 5))
})

test_that("an index from V and p is saved, one with a covariance function is not", {
  points <- matrix(runif(400), ncol = 2)
  both <- residual_factor(residual_index(points, 10, lengthscales = 0.3))
  index <- residual_index_from_factor(both$factor, both$residual_variance, points, lengthscales = 0.3, factor_error = 1e-9)
  file <- rknn_file()
  on.exit(unlink(file))
  save_index(index, file)
  loaded <- load_index(file, mapped = TRUE)
  same_answers(index, loaded)
  expect_equal(loaded$points, index$points)
  expect_error(update(loaded, nugget = 1), class = "residualknn_error_unsupported")
  unlink(file)
  index <- residual_index_from_callback(function(i, j) exp(-abs(outer(i, j, "-"))), NULL, rep(1, 4))
  expect_error(save_index(index, file), "covariance function", class = "residualknn_error_unsupported")
  expect_false(file.exists(file))
})

test_that("paths may have ~ and letters of all kinds", {
  index <- residual_index(c(1, 2, 4))
  folder <- tempfile()
  dir.create(folder)
  old <- Sys.getenv("HOME")
  on.exit({
    Sys.setenv(HOME = old)
    unlink(folder, recursive = TRUE)
  })
  Sys.setenv(HOME = folder)
  if (path.expand("~") == folder) { # not with readline's expansion of a home of its own
    save_index(index, "~/a.rknn")
    expect_true(file.exists(file.path(folder, "a.rknn")))
    expect_identical(load_index("~/a.rknn")$n, 3)
  }
  if (l10n_info()$`UTF-8`) {
    name <- file.path(folder, "L\u00e4nge \u2113.rknn")
    save_index(index, name)
    expect_true(file.exists(name))
    expect_identical(neighbors(load_index(name), k = 1)$index[, 1], c(2L, 1L, 2L))
  }
  for (path in list(NULL, 3, NA_character_, "", c("a", "b"), TRUE)) {
    expect_error(save_index(index, path), "path is", class = "residualknn_error_invalid_argument")
    expect_error(load_index(path), "path is", class = "residualknn_error_invalid_argument")
  }
  expect_error(save_index(1, "a"), "index is", class = "residualknn_error_invalid_argument")
  expect_error(save_index(index, file.path(folder, "b"), prepare = NA), "prepare is NA", class = "residualknn_error_invalid_argument")
  expect_error(load_index("a", mapped = 1), "mapped is 1", class = "residualknn_error_invalid_argument")
  expect_error(load_index("a", verify = "no"), "verify is", class = "residualknn_error_invalid_argument")
  file <- file.path(folder, "c")
  save_index(index, file)
  for (threads in c(-1, 1025, 123456)) {
    text <- paste0("^threads is ", threads, ", must be ", if (threads < 0) "at least 0" else "at most 1024", "$")
    refuses <- function(call) expect_error(call, text, class = "residualknn_error_invalid_argument")
    refuses(load_index(file, threads = threads))
    refuses(save_index(index, file, threads = threads))
    refuses(save_index(index, file, threads = threads, prepare = FALSE))
    refuses(neighbors(index, k = 1, threads = threads))
    refuses(update(index, threads = threads))
    refuses(residual_index(1:3, threads = threads))
    refuses(choose_inducing(1:3, 2, threads = threads))
    before <- options(residualknn.threads = threads)
    refuses(load_index(file))
    options(before)
  }
  expect_identical(load_index(file, threads = 1024)$n, 3)
  close(index)
  expect_error(save_index(index, "a"), "closed", class = "residualknn_error_invalid_argument")
})

test_that("files that are no index are errors with classes", {
  file <- rknn_file()
  on.exit(unlink(file))
  set.seed(63)
  save_index(residual_index(matrix(runif(600), ncol = 2), 10, lengthscales = 0.2), file)
  whole <- readBin(file, "raw", file.size(file))
  for (mapped in c(FALSE, TRUE)) {
    fails <- function(class, content) {
      writeBin(content, file)
      error <- expect_error(load_index(file, mapped = mapped, verify = TRUE), class = paste0("residualknn_error_", class))
      expect_match(conditionMessage(error), file, fixed = TRUE)
      expect_s3_class(error, "residualknn_error")
    }
    fails("not_an_index", raw())
    fails("not_an_index", charToRaw("x,y\n1,2\n3,4\n"))
    for (size in c(1, 7, 64, 300, length(whole) - 1)) fails("corrupt", whole[seq_len(size)])
    fails("corrupt", c(whole, as.raw(0)))
    for (place in sample(65:length(whole), 10)) {
      flipped <- whole
      flipped[place] <- xor(flipped[place], as.raw(8))
      fails("corrupt", flipped)
    }
    unlink(file)
    expect_error(load_index(file, mapped = mapped), "No such file", class = "residualknn_error_file")
  }
  expect_error(save_index(residual_index(1:3), file.path(file, "x")), "No such file", class = "residualknn_error_file")
  expect_error(save_index(residual_index(1:3), tempdir()), "irectory", class = "residualknn_error_file")
})

test_that("a note that does not fit is an error, and an old one is left out", {
  file <- rknn_file()
  on.exit(unlink(file))
  points <- matrix(runif(60), ncol = 2)
  index <- residual_index(points, lengthscales = 0.2)
  with_note <- function(..., on = index) {
    residualknn:::checked(residualknn:::residual_knn_index_set_note(on$handle, paste0(..., collapse = "")))
    save_index(on, file)
    load_index(file)
  }
  begin <- "residual-knn note 1\n"
  # Python and Julia have the same tests.
  wrong <- c(
    paste("columns", c("3", "1", "x", "", "nan", "2.0", "2 2", "-2", "1e400", "\uff12", "2_0", strrep("9", 400))),
    paste("lonlat", c("0", "", "nan", "inf", "nan 1", "0 inf", "0.5 1", "0.7", "-1 0", "0 5", "0 0", "1 1 1", "0x0 1")),
    paste("jitter", c("nan", "nan 0", "1e-8", "", "1e-8 inf", "-1 0", "-0.1 0", "1e-8 0 0", "x 0", "1_0 0", "1e999 0")),
    paste("lengthscales", c("nan", "x", "", "0", "-1", "0.2 inf", "0.2,0.3", "0.2 ", "0x1p3")),
    "columns", "lonlat", "jitter", "lengthscales", "columns 2\ncolumns 2", "kernel matern32\nkernel matern32",
    "columns 1\nlonlat 0 1", "columns 2\r"
  )
  for (lines in enc2utf8(wrong)) {
    error <- expect_error(with_note(begin, lines, "\n"), class = "residualknn_error_corrupt")
    expect_match(conditionMessage(error), paste0(file, ": the note does not fit the index: "), fixed = TRUE)
    expect_match(conditionMessage(error), sub("[ \n].*", "", lines), fixed = TRUE)
  }
  expect_error(with_note(begin, "name x\n"), "it has 1 names for 2 columns", class = "residualknn_error_corrupt")
  expect_error(with_note(begin, "name x\nname y%00\n"), "a byte 0", class = "residualknn_error_corrupt")
  expect_identical(colnames(with_note(begin, "name %zz%2525%\nname %C3%a4\n")$points), c("%zz%25%", "\u00e4"))
  for (text in list("", "other", begin, c(begin, "future 1\n"), c(begin, "kernel matern12\nlengthscales 0.2\n"),
                    c(begin, "kernel matern32\nlengthscales 1 2 3\n"), c(begin, "kernel other\nlengthscales 0.2\n"))) {
    loaded <- with_note(text)
    expect_match(capture.output(print(loaded)), "matern32")
    expect_identical(neighbors(loaded, k = 2)$index, neighbors(index, k = 2)$index)
  }
})

test_that("names of columns that are not UTF-8 are kept", {
  file <- rknn_file()
  on.exit(unlink(file))
  points <- matrix(runif(60), ncol = 2)
  for (names in list(c("l\xe4nge", "b"), c("\xff%\x01", "\u00e4%25"), c("", "x"))) {
    colnames(points) <- names
    index <- residual_index(points, lengthscales = 0.2)
    save_index(index, file)
    expect_identical(lapply(colnames(load_index(file)$points), charToRaw), lapply(names, charToRaw))
  }
})

test_that("the model of an index counts if another program has updated it since", {
  file <- rknn_file()
  on.exit(unlink(file))
  set.seed(65)
  points <- matrix(runif(200), ncol = 2)
  jitter_of <- function(jitter, line, inducing = 5) {
    index <- residual_index(points, inducing, lengthscales = 0.2, jitter = jitter, seed = 1)
    residualknn:::checked(residualknn:::residual_knn_index_set_note(index$handle, paste0("residual-knn note 1\n", line, "\n")))
    save_index(index, file)
    load_index(file)$state$arguments[c("jitter", "max_jitter")]
  }
  is <- function(jitter, max_jitter = NULL) list(jitter = jitter, max_jitter = max_jitter)
  for (line in c("jitter 1e-08 0", "jitter 3e-09 0.001", "jitter 1e-08 1e-07", "jitter 2e-06 0", "future 1")) {
    expect_equal(jitter_of(1e-6, line), is(1e-6))
  }
  expect_equal(jitter_of(0, "jitter 1e-08 0"), is(0))
  expect_equal(jitter_of(1e-6, "jitter 1e-06 0"), is(1e-6))
  expect_equal(jitter_of(1e-6, "jitter 1e-06 0.1"), is(1e-6, 0.1))
  expect_equal(jitter_of(10 * (10 * 1e-8), "jitter 1e-08 1e-06"), is(1e-8, 1e-6))
  expect_equal(jitter_of(10 * 1e-12, "jitter 0 0.1"), is(0, 0.1))
  expect_equal(jitter_of(1e-6, "jitter 1e-08 0.1", NULL), is(1e-8, 0.1))
  expect_equal(unname(jitter_of(1e-6, "future 1", NULL)), list(NULL, NULL))
  # A jitter of -0 is 0, also in a file of an earlier version.
  for (line in c("jitter -0.0 0.0", "jitter -0 -0", "jitter 0 -0.0")) {
    expect_identical(1 / jitter_of(-0, line)$jitter, Inf)
  }
  index <- residual_index(points, 5, lengthscales = 0.2, jitter = -0, max_jitter = -0, seed = 1)
  save_index(index, file)
  expect_false(grepl(" -0", residualknn:::residual_knn_index_note(index$handle), fixed = TRUE))
  same_answers(load_index(file), index)
  # The name of a kernel that fixes nu
  index <- residual_index(points, lengthscales = 3, kernel = "matern", nu = 2)
  note <- "residual-knn note 1\nkernel matern45_isotropic\nlengthscales 1\n"
  residualknn:::checked(residualknn:::residual_knn_index_set_note(index$handle, note))
  save_index(index, file)
  expect_identical(load_index(file)$state$arguments[c("kernel", "nu")], list(kernel = "matern", nu = 2))
})

test_that("the program and the package read each other's files", {
  program <- Sys.getenv("RESIDUAL_KNN_PROGRAM")
  skip_if_not(nzchar(program), "RESIDUAL_KNN_PROGRAM is set")
  set.seed(64)
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  points <- matrix(runif(600), ncol = 2, dimnames = list(NULL, c("a", "b")))
  input <- file.path(folder, "points.csv")
  writeLines(c("a,b", apply(points, 1, function(row) paste(sprintf("%.17g", row), collapse = ","))), input)
  files <- file.path(folder, c("theirs.rknn", "ours.rknn"))
  run <- function(...) expect_identical(system2(program, c(...), stderr = FALSE), 0L)
  run("index", input, "--lengthscale", "0.2", "--inducing", "0", "-o", files[1])
  ours <- residual_index(points, lengthscales = 0.2)
  theirs <- load_index(files[1])
  expect_identical(colnames(theirs$points), c("a", "b"))
  same_answers(ours, theirs, points[1:3, c("a", "b")])
  save_index(ours, files[2])
  outputs <- file.path(folder, c("theirs.csv", "ours.csv"))
  for (i in 1:2) run("neighbors", "--index", files[i], "--predecessors", "-k", "4", "-o", outputs[i])
  expect_identical(readLines(outputs[1]), readLines(outputs[2]))
})

test_that("an update keeps the order that the program wrote", {
  index <- residual_index(matrix(runif(40), ncol = 2), inducing = 3, lengthscales = 0.3)
  order <- paste("order", paste(19:0, collapse = " "))
  residual_knn_index_set_note(index$handle, paste0("residual-knn note 1\n", order, "\n"))
  update(index, lengthscales = 0.2)
  expect_true(order %in% strsplit(residual_knn_index_note(index$handle), "\n", fixed = TRUE)[[1L]])
})
