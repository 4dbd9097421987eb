# The definition at the top of residual_knn.h in R, and helpers of the tests that compare with it.

kernels <- list(
  squared_exponential = function(r) exp(-r^2 / 2),
  matern12 = function(r) exp(-r),
  matern32 = function(r) (1 + sqrt(3) * r) * exp(-sqrt(3) * r),
  matern52 = function(r) (1 + sqrt(5) * r + 5 * r^2 / 3) * exp(-sqrt(5) * r),
  matern = function(r, nu = 0.8) {
    a <- sqrt(2 * nu) * r
    ifelse(r == 0, 1, 2^(1 - nu) / gamma(nu) * a^nu * besselK(a, nu))
  },
  rational_quadratic = function(r, alpha = 0.7) (1 + r^2 / (2 * alpha))^-alpha
)

scaled_distances <- function(a, b, lengthscales) {
  a <- sweep(a, 2, rep_len(lengthscales, ncol(a)), "/")
  b <- sweep(b, 2, rep_len(lengthscales, ncol(b)), "/")
  squared <- 0
  for (j in seq_len(ncol(a))) squared <- squared + outer(a[, j], b[, j], "-")^2
  sqrt(squared)
}

# V (a row for each of `x`) and p.
factor_by_definition <- function(x, inducing, covariance, nugget = 0, jitter = 1e-8) {
  variance <- covariance(x[1, , drop = FALSE], x[1, , drop = FALSE])[1]
  prior <- covariance(inducing, inducing) + diag(jitter * variance, nrow(inducing))
  factor <- t(backsolve(chol(prior), covariance(inducing, x), transpose = TRUE))
  list(factor = factor, residual_variance = variance + nugget - rowSums(factor^2))
}

# Distances of the rows of `queries` from the rows of `points`.
distances_by_definition <- function(queries, points, inducing, covariance, nugget = 0,
                                    ranking = "absolute", lengthscales = NULL) {
  if (ranking == "scaled_distance") {
    return(scaled_distances(queries, points, lengthscales))
  }
  of_queries <- factor_by_definition(queries, inducing, covariance, nugget)
  of_points <- factor_by_definition(points, inducing, covariance, nugget)
  residual <- covariance(queries, points) - tcrossprod(of_queries$factor, of_points$factor)
  rho <- residual / sqrt(outer(of_queries$residual_variance, of_points$residual_variance))
  sqrt(pmax(1 - if (ranking == "absolute") abs(rho) else rho, 0))
}

# Whether these are the k nearest candidates, up to rounding. `truth` has a row for each query, with infinite distances for
# points that are not candidates.
expect_nearest <- function(found, truth, k, tolerance = 1e-9) {
  nearest <- t(apply(truth, 1, function(d) c(sort(d), rep(Inf, k))[seq_len(k)]))
  if (k == 1L) nearest <- t(nearest)
  expect_identical(dim(found$index), c(nrow(truth), as.integer(k)))
  expect_identical(is.na(found$index), is.infinite(nearest))
  expect_identical(is.infinite(found$distance), is.infinite(nearest))
  finite <- is.finite(nearest)
  expect_lt(max(abs(found$distance[finite] - nearest[finite])), tolerance)
  own <- truth[cbind(row(found$index)[finite], found$index[finite])]
  expect_lt(max(abs(found$distance[finite] - own)), tolerance)
  expect_false(any(apply(found$index, 1, function(i) anyDuplicated(i[!is.na(i)]) > 0)))
}

only_predecessors <- function(truth) {
  truth[col(truth) >= row(truth)] <- Inf
  truth
}

without_self <- function(truth) {
  diag(truth) <- Inf
  truth
}

random_points <- function(n, d) matrix(runif(n * d), n, d)

# An index, its residual covariance from its own V and p, and new points with theirs.
weights_case <- function(seed, n = 60, num_new = 9, nugget = 0.05) {
  set.seed(seed)
  points <- random_points(n, 2)
  new <- random_points(num_new, 2)
  inducing <- random_points(8, 2)
  covariance <- function(a, b) 1.7 * kernels$matern32(scaled_distances(a, b, 0.3))
  index <- residual_index(points, inducing, 0.3, kernel = "matern32", variance = 1.7, nugget = nugget)
  parts <- residual_factor(index)
  residual <- covariance(points, points) - tcrossprod(parts$factor)
  diag(residual) <- parts$residual_variance
  of_new <- factor_by_definition(new, inducing, covariance, nugget)
  list(
    index = index, points = points, parts = parts, residual = residual, new = new, of_new = of_new,
    between = covariance(new, points) - tcrossprod(of_new$factor, parts$factor)
  )
}

# Runs `code` in a process that gets an interrupt after `seconds`. Returns its result and the time until it ended.
interrupt_after <- function(seconds, code) {
  sent <- tempfile()
  on.exit(unlink(sent))
  system(sprintf(
    "sh -c 'sleep %g; date +%%s.%%N > %s; kill -INT %d' > /dev/null 2>&1 &",
    seconds, shQuote(sent), Sys.getpid()
  ))
  outcome <- tryCatch({
    code
    "finished"
  }, interrupt = function(e) "interrupted")
  delay <- as.numeric(Sys.time()) - as.numeric(readLines(sent))
  list(outcome = outcome, delay = delay)
}

# Also without the tables of methods that a package exports.
exported_functions <- function() grep("^\\.", getNamespaceExports("residualknn"), invert = TRUE, value = TRUE)

# Memory of this process in MB.
resident_memory <- function(collect = TRUE) {
  if (collect) invisible(gc())
  line <- grep("^VmRSS:", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

# A data frame with the class of tibbles, for a package that does not use tibble.
tibble_like <- function(frame) structure(frame, class = c("tbl_df", "tbl", "data.frame"))

# The functions of a package; NULL if it is not installed.
other_package <- function(name) if (nzchar(system.file(package = name))) getNamespace(name)
