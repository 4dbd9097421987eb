# Inducing points, orderings and the description of the library.

choose_inducing <- function(points, m, lengthscales = 1, method = "kmeans", max_iterations = NULL,
                            lonlat = FALSE, columns = NULL, seed = NULL,
                            threads = getOption("residualknn.threads"), progress = FALSE) {
  read <- read_points(points, lonlat, columns)
  lengthscales <- as_lengthscales(lengthscales, read$points, read$reading)
  method <- enum_value(method, "inducing_method", "method")
  m <- as_needed_whole(m, "m")
  options <- list(
    max_iterations = as_whole(max_iterations, "max_iterations"), threads = as_threads(threads),
    seed = as_seed(seed)
  )
  choose_among(read$points, lengthscales, m, method, options, progress, "m")
}

# `argument` is the name of the user's argument for the number m.
choose_among <- function(points, lengthscales, m, method, options, progress, argument) {
  inducing <- run_call(progress, matrices = list(points = points), names = c(m = argument), function(report) {
    residual_knn_choose_inducing(points, lengthscales, method, m, c(options, progress = report))
  })
  colnames(inducing) <- colnames(points)
  inducing
}

order_points <- function(points, ordering = "maximin", lengthscales = 1, lonlat = FALSE, columns = NULL,
                         seed = NULL, progress = FALSE) {
  read <- read_points(points, lonlat, columns)
  lengthscales <- as_lengthscales(lengthscales, read$points, read$reading)
  code <- enum_value(ordering, "ordering", "ordering")
  # The other orderings draw nothing, so they do not use R's generator.
  options <- if (ordering == "random" || !is.null(seed)) list(seed = as_seed(seed)) else list()
  run_call(progress, matrices = list(points = read$points), function(report) {
    residual_knn_order_points(read$points, lengthscales, code, c(options, progress = report))
  })
}

residual_order <- function(index, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  options <- list(threads = as_threads(search_threads(index, threads)))
  run_call(progress, function(report) residual_knn_index_order(index$handle, c(options, progress = report)))
}

residualknn_library <- function() {
  list(
    version = residual_knn_version(), abi_version = residual_knn_abi_version(),
    simd_target = residual_knn_simd_target(), blas = residual_knn_blas()
  )
}
