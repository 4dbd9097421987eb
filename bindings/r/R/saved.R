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
  note <- parsed_note(residual_knn_index_note(handle), info$d, path)
  read <- read_of_note(note, points[[1L]])
  is_factor <- info$given_factor != 0
  named <- named_model(note, model[[1L]], model[[2L]], given_jitter(note, model[[1L]]$jitter, !is_factor && info$m > 0))
  arguments <- c(named$arguments, list(threads = threads))
  inducing <- points[[2L]]
  colnames(inducing) <- colnames(read$points)
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

# Adding 0 makes -0 to 0.
numbers_text <- function(x) paste(sprintf("%.17g", x + 0), collapse = " ")

# Writes control characters and % as % and two hexadecimal digits. A note is UTF-8; so are other bytes than ASCII, if a name
# is not.
encoded_name <- function(names) {
  vapply(names, USE.NAMES = FALSE, FUN.VALUE = "", function(name) {
    name <- in_utf8(name)
    bytes <- charToRaw(name)
    codes <- as.integer(bytes)
    has_code <- codes < 0x20 | codes == 0x7f | codes == 0x25 | (codes >= 0x80 & !validUTF8(name))
    parts <- rawToChar(bytes, multiple = TRUE)
    parts[has_code] <- sprintf("%%%02X", codes[has_code])
    as_utf8(charToRaw(paste(parts, collapse = "")))
  })
}

# A text in UTF-8; its bytes as they are if their encoding is not known.
in_utf8 <- function(text) {
  if (Encoding(text) %in% c("latin1", "UTF-8")) {
    return(enc2utf8(text))
  }
  converted <- if (Encoding(text) == "unknown") iconv(text, "", "UTF-8") else NA
  if (is.na(converted)) text else converted
}

# A text of bytes, marked as UTF-8 if it is.
as_utf8 <- function(bytes) {
  text <- rawToChar(bytes)
  if (validUTF8(text)) Encoding(text) <- "UTF-8"
  text
}

# The note of an index with d coordinates, from a file: `columns`, `lonlat` (column numbers from 1, or none), `names` or
# NULL, whether the columns were `chosen`, and `kernel`, `lengthscales` and `jitter` or NULL. A text of another form is as
# good as none.
parsed_note <- function(text, d, path) {
  Encoding(text) <- "UTF-8"
  lines <- strsplit(text, "\n", fixed = TRUE)[[1L]]
  lines <- if (length(lines) > 0L && lines[1L] == note_begins) lines[-1L] else character()
  keys <- sub(" .*", "", lines)
  values <- sub("^[^ ]* ?", "", lines)
  for (key in c("columns", "lonlat", "chosen", "kernel", "lengthscales", "jitter")) {
    if (sum(keys == key) > 1L) stop_note(path, "it has two lines \"", key, "\"")
  }
  value_of <- function(key) if (key %in% keys) values[match(key, keys)]
  numbers <- function(key, what, form, fit) numbers_of_note(value_of(key), key, what, form, fit, path)
  lonlat <- numbers("lonlat", paste("two different numbers of columns below", d - 1), whole_number, function(places) {
    length(places) == 2L && places[1L] != places[2L] && max(places) < d - 1
  })
  columns <- if (is.null(lonlat)) d else d - 1
  numbers("columns", paste("the number of columns,", columns), whole_number, function(count) {
    length(count) == 1L && count == columns
  })
  names <- if ("name" %in% keys) vapply(values[keys == "name"], decoded_name, "", path = path, USE.NAMES = FALSE)
  if (!length(names) %in% c(0L, columns)) stop_note(path, "it has ", length(names), " names for ", columns, " columns")
  list(
    columns = columns, lonlat = as.integer(lonlat) + 1L, names = names, chosen = "chosen" %in% keys,
    kernel = value_of("kernel"),
    lengthscales = numbers("lengthscales", "positive numbers", decimal_number, function(scales) all(scales > 0)),
    jitter = numbers("jitter", "two numbers", decimal_number, function(jitter) length(jitter) == 2L)
  )
}

whole_number <- "^[0-9]{1,15}$"
decimal_number <- "^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$|^-0([.]0)?$"

# The numbers of a line of a note, or NULL without that line. `what` says which numbers `fit`.
numbers_of_note <- function(value, key, what, form, fit, path) {
  if (is.null(value)) {
    return(NULL)
  }
  words <- strsplit(paste0(value, " "), " ", fixed = TRUE)[[1L]]
  numbers <- if (all(grepl(form, words))) as.double(words) + 0 else NA
  if (!all(is.finite(numbers)) || !fit(numbers)) {
    stop_note(path, "the line ", shown(paste(key, value)), " must have ", what)
  }
  numbers
}

stop_note <- function(path, ...) {
  stop(condition_of("corrupt", paste0(path, ": the note does not fit the index: ", ...), user_call()))
}

# Reads codes of % and two hexadecimal digits.
decoded_name <- function(name, path) {
  bytes <- charToRaw(name)
  codes <- gregexpr("%[0-9A-Fa-f]{2}", name, useBytes = TRUE)[[1L]]
  for (place in rev(codes[codes > 0L])) {
    bytes[place] <- as.raw(strtoi(rawToChar(bytes[place + 1:2]), 16L))
    bytes <- bytes[-(place + 1:2)]
  }
  if (any(bytes == 0)) stop_note(path, "a name of a column has a byte 0, which texts of R cannot have")
  as_utf8(bytes)
}

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

# The arguments jitter and max_jitter as the user gave them. If they cannot lead to the jitter that the index uses, another
# program has updated the index since, and that jitter counts. Without inducing points, the index uses none.
given_jitter <- function(note, used, is_used) {
  if (is.null(note$jitter)) {
    return(list(jitter = if (is_used) used, max_jitter = NULL))
  }
  jitter <- note$jitter[1L]
  most <- note$jitter[2L]
  if (is_used && !leads_to(used, jitter, most)) {
    return(list(jitter = used, max_jitter = NULL))
  }
  list(jitter = jitter, max_jitter = if (most > 0) most)
}

# Whether the library can raise a jitter to the one that was used.
leads_to <- function(used, jitter, most) {
  while (jitter < used) {
    jitter <- if (jitter > 0) 10 * jitter else 1e-12
    if (jitter > most * (1 + 1e-9)) {
      return(FALSE)
    }
  }
  jitter == used
}

# The arguments of model_options() and the lengthscales: as the user gave them if the note still fits the model, otherwise
# as the library has them.
named_model <- function(note, model, scales, jitter) {
  storage <- enum_values("factor_storage")
  own <- names(which(enum_values("kernel") == model$kernel))
  arguments <- list(
    kernel = own, variance = model$variance, nugget = model$nugget, nu = if (own == "matern") model$nu,
    alpha = if (own == "rational_quadratic") model$alpha, jitter = jitter$jitter, max_jitter = jitter$max_jitter,
    factor_storage = names(which(storage == model$factor_storage)), max_bytes = if (model$max_bytes > 0) model$max_bytes
  )
  given <- note$lengthscales
  if (is.null(note$kernel) || !length(given) %in% c(1L, length(scales))) {
    return(list(arguments = arguments, lengthscales = scales))
  }
  if (note$kernel %in% names(foreign_kernels())) {
    foreign <- resolve_kernel(note$kernel, arguments$nu)
    has_nu <- is.null(foreign$nu) || foreign$nu == model$nu
    if (foreign$code == model$kernel && has_nu && isTRUE(all(given * foreign$scale == scales))) {
      arguments$kernel <- note$kernel
      if (fixes_nu(note$kernel)) arguments["nu"] <- list(NULL)
      return(list(arguments = arguments, lengthscales = given))
    }
  } else if (note$kernel == own && isTRUE(all(given == scales))) {
    return(list(arguments = arguments, lengthscales = given))
  }
  list(arguments = arguments, lengthscales = scales)
}
