# Saves indexes in files, and makes them again. The note of an index in a file holds what the library does not know: how
# the points were read, and the kernel as the user named it. docs/index-format.md describes its lines, which the program
# and the packages for Julia and Python write too.

save_index <- function(index, path, prepare = TRUE, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  path <- as_path(path)
  if (index$source == "callback") {
    stop_unsupported("index has a covariance function, which a file cannot hold")
  }
  options <- list(threads = as_threads(search_threads(index, threads)))
  if (as_flag(prepare, "prepare")) {
    run_call(progress, function(report) residual_knn_index_prepare(index$handle, c(options, progress = report)))
  }
  checked(residual_knn_index_save(index$handle, path))
  invisible(index)
}

load_index <- function(path, mapped = FALSE, verify = FALSE, max_bytes = NULL,
                       threads = getOption("residualknn.threads"), progress = FALSE) {
  path <- as_path(path)
  load <- if (as_flag(mapped, "mapped")) residual_knn_index_open else residual_knn_index_load
  options <- list(verify = as.integer(as_flag(verify, "verify")), max_bytes = as_size(max_bytes, "max_bytes"))
  threads <- as_threads(threads)
  handle <- run_call(progress, function(report) load(path, c(options, progress = report)))
  info <- checked(residual_knn_index_info(handle))
  model <- checked(residual_knn_index_model(handle))
  points <- checked(residual_knn_index_points(handle, NULL))
  note <- parsed_note(residual_knn_index_note(handle), info$d)
  read <- read_of_note(note, points[[1L]])
  named <- named_model(note, model[[1L]], model[[2L]])
  arguments <- c(named$arguments, list(threads = threads))
  inducing <- points[[2L]]
  colnames(inducing) <- colnames(read$points)
  is_factor <- info$given_factor != 0
  state <- index_state(named$lengthscales, if (!is_factor) inducing, arguments)
  index <- new_index(handle, if (is_factor) "factor" else "inducing", read, state)
  warn_of_index(index)
  index
}

# The name of a file, with ~ expanded.
as_path <- function(path) {
  if (!is.character(path) || length(path) != 1L || is.na(path) || !nzchar(path)) {
    stop_invalid("path is ", shown(path), ", must be the name of a file")
  }
  enc2native(path.expand(path))
}

as_flag <- function(x, name) {
  if (!isTRUE(x) && !isFALSE(x)) stop_invalid(name, " is ", shown(x), ", must be TRUE or FALSE")
  x
}

note_begins <- "residual-knn note 1"

# Gives the index of the library its note. The order of the rows, which the program writes, is kept from the note before.
keep_note <- function(index) {
  if (index$source == "callback") {
    return(invisible())
  }
  reading <- index$reading
  arguments <- index$state$arguments
  names <- if (is.null(reading)) colnames(index$points) else reading$names
  or_default <- function(value, default) if (is.null(value)) default else value
  jitter <- c(or_default(arguments[["jitter"]], 1e-8), or_default(arguments[["max_jitter"]], 0))
  former <- strsplit(residual_knn_index_note(index$handle), "\n", fixed = TRUE)[[1L]]
  lines <- c(
    note_begins,
    paste("columns", if (is.null(reading)) ncol(index$points) else length(reading$labels)),
    if (isTRUE(reading$lonlat)) "lonlat 0 1",
    if (isFALSE(reading$lonlat)) "chosen 1",
    if (!is.null(names)) paste("name", encoded_name(names)),
    paste("kernel", arguments[["kernel"]]),
    paste("lengthscales", numbers_text(index$state$lengthscales)),
    paste("jitter", numbers_text(jitter)),
    former[startsWith(former, "order ")]
  )
  checked(residual_knn_index_set_note(index$handle, paste0(lines, "\n", collapse = "")))
  invisible()
}

numbers_text <- function(x) paste(sprintf("%.17g", x), collapse = " ")

# Writes control characters and % as % and two hexadecimal digits.
encoded_name <- function(names) {
  names <- gsub("%", "%25", enc2utf8(names), fixed = TRUE)
  for (code in c(1:31, 127L)) names <- gsub(intToUtf8(code), sprintf("%%%02X", code), names, fixed = TRUE)
  names
}

# The note of an index with d coordinates: `columns`, `lonlat` (column numbers from 1, or none), `names` or NULL, whether
# the columns were `chosen`, and the texts of `kernel`, `lengthscales` and `jitter` or NULL. A text of another form is as good as none.
parsed_note <- function(text, d) {
  Encoding(text) <- "UTF-8"
  lines <- strsplit(text, "\n", fixed = TRUE)[[1L]]
  lines <- if (length(lines) > 0L && lines[1L] == note_begins) lines[-1L] else character()
  keys <- sub(" .*", "", lines)
  values <- sub("^[^ ]* ?", "", lines)
  value_of <- function(key) if (key %in% keys) values[match(key, keys)]
  lonlat <- if ("lonlat" %in% keys) numbers_of(value_of("lonlat")) + 1 else integer()
  columns <- if ("columns" %in% keys) numbers_of(value_of("columns")) else d - (length(lonlat) > 0L)
  names <- if ("name" %in% keys) vapply(values[keys == "name"], utils::URLdecode, "", USE.NAMES = FALSE)
  if (!is.null(names)) Encoding(names) <- "UTF-8"
  fits <- length(columns) == 1L && isTRUE(columns + (length(lonlat) > 0L) == d) && length(names) %in% c(0L, columns) &&
    length(lonlat) %in% c(0L, 2L) && all(lonlat %in% seq_len(columns)) && anyDuplicated(lonlat) == 0L
  if (!fits) stop(condition_of("corrupt", "the note in the file does not fit its points", user_call()))
  list(
    columns = columns, lonlat = as.integer(lonlat), names = names, chosen = "chosen" %in% keys, kernel = value_of("kernel"),
    lengthscales = value_of("lengthscales"), jitter = value_of("jitter")
  )
}

numbers_of <- function(text) suppressWarnings(as.double(strsplit(text, " ", fixed = TRUE)[[1L]]))

# The points of an index, as read_points() returned them. The columns are in the order of the file or data frame, but
# longitude and latitude come first.
read_of_note <- function(note, points) {
  has_lonlat <- length(note$lonlat) > 0L
  order <- c(note$lonlat, setdiff(seq_len(note$columns), note$lonlat))
  names <- note$names[order]
  if (!note$chosen && !has_lonlat) {
    colnames(points) <- names
    return(list(points = points, reading = NULL, columns = points))
  }
  labels <- if (is.null(names)) paste("column", order) else names
  reading <- list(lonlat = has_lonlat, names = names, labels = labels)
  columns <- if (has_lonlat) cbind(on_map(points[, 1:3, drop = FALSE]), points[, -(1:3), drop = FALSE]) else points
  colnames(columns) <- names
  colnames(points) <- coordinate_names(reading)
  list(points = points, reading = reading, columns = columns)
}

# The arguments of model_options() and the lengthscales: as the user gave them if the note still fits the model, otherwise
# as the library has them.
named_model <- function(note, model, scales) {
  storage <- enum_values("factor_storage")
  own <- names(which(enum_values("kernel") == model$kernel))
  arguments <- list(
    kernel = own, variance = model$variance, nugget = model$nugget, nu = if (own == "matern") model$nu,
    alpha = if (own == "rational_quadratic") model$alpha, jitter = model$jitter, max_jitter = NULL,
    factor_storage = names(which(storage == model$factor_storage)), max_bytes = if (model$max_bytes > 0) model$max_bytes
  )
  jitter <- if (!is.null(note$jitter)) numbers_of(note$jitter)
  if (length(jitter) == 2L && !anyNA(jitter)) {
    arguments$jitter <- jitter[1L]
    if (jitter[2L] > 0) arguments$max_jitter <- jitter[2L]
  }
  given <- if (!is.null(note$lengthscales)) numbers_of(note$lengthscales)
  if (is.null(note$kernel) || !length(given) %in% c(1L, length(scales))) {
    return(list(arguments = arguments, lengthscales = scales))
  }
  if (note$kernel %in% names(foreign_kernels())) {
    foreign <- resolve_kernel(note$kernel, arguments$nu)
    if (foreign$code == model$kernel && isTRUE(all(given * foreign$scale == scales))) {
      arguments$kernel <- note$kernel
      if (fixes_nu(note$kernel)) arguments["nu"] <- list(NULL)
      return(list(arguments = arguments, lengthscales = given))
    }
  } else if (note$kernel == own && isTRUE(all(given == scales))) {
    return(list(arguments = arguments, lengthscales = given))
  }
  list(arguments = arguments, lengthscales = scales)
}
