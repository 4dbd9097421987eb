# Covariance functions with the names and the parameters of other packages. The formulas are those of their documentation, in
# their own parameters. Each conversion is one of ?kernels.

# Distances of all pairs from an index without inducing points, and from a covariance function of the distance.
expect_covariance <- function(index, points, covariance, nugget) {
  n <- nrow(points)
  distance <- as.matrix(stats::dist(points))
  truth <- sqrt(1 - covariance(distance) / (covariance(0) + nugget))
  found <- neighbors(index, k = n)
  found <- found$distance[cbind(rep(seq_len(n), n), unlist(lapply(seq_len(n), function(j) {
    apply(found$index, 1, function(row) match(j, row))
  })))]
  pairs <- row(distance) != col(distance)
  expect_equal(matrix(found, n)[pairs], truth[pairs], tolerance = 1e-9)
}

# (d / range)^nu K_nu(d / range), as in GpGp, geoR and fields.
plain_matern <- function(d, nu) ifelse(d == 0, 1, 2^(1 - nu) / gamma(nu) * d^nu * besselK(ifelse(d == 0, 1, d), nu))

points <- function() {
  set.seed(41)
  random_points(25, 2)
}

test_that("names of GpGp stand for its functions of variance, range, smoothness and relative nugget", {
  variance <- 2.5
  range <- 0.3
  relative <- 0.2
  smoothness <- 0.8
  x <- points()
  formulas <- list(
    exponential = function(d) exp(-d),
    matern15 = function(d) (1 + d) * exp(-d),
    matern25 = function(d) (1 + d + d^2 / 3) * exp(-d),
    matern35 = function(d) (1 + d + 2 / 5 * d^2 + d^3 / 15) * exp(-d),
    matern45 = function(d) (1 + d + 3 / 7 * d^2 + 2 / 21 * d^3 + d^4 / 105) * exp(-d),
    matern = function(d) plain_matern(d, smoothness)
  )
  for (name in names(formulas)) {
    nu <- if (name == "matern") smoothness
    covariance <- function(d) variance * formulas[[name]](d / range)
    for (kernel in paste0(name, c("_isotropic", "_scaledim"))) {
      index <- residual_index(x, NULL, range, kernel, variance = variance, nugget = variance * relative, nu = nu)
      expect_covariance(index, x, covariance, variance * relative)
    }
    # One range for each coordinate.
    ranges <- c(0.2, 0.6)
    index <- residual_index(x, NULL, ranges, kernel, variance = variance, nugget = variance * relative, nu = nu)
    scaled <- sweep(x, 2, ranges, "/")
    expect_covariance(index, scaled, function(d) variance * formulas[[name]](d), variance * relative)
  }
  # With the names of the library.
  own <- function(kernel, factor, ...) {
    residual_index(x, NULL, factor * range, kernel, variance, variance * relative, ...)
  }
  expect_same <- function(index, name) {
    expect_covariance(index, x, function(d) variance * formulas[[name]](d / range), variance * relative)
  }
  expect_same(own("matern12", 1), "exponential")
  expect_same(own("matern32", sqrt(3)), "matern15")
  expect_same(own("matern52", sqrt(5)), "matern25")
  expect_same(own("matern", sqrt(2 * 3.5), nu = 3.5), "matern35")
  expect_same(own("matern", sqrt(2 * smoothness), nu = smoothness), "matern")
})

test_that("parameters of spNNGP, sigma.sq, tau.sq, phi and nu, are converted as the help says", {
  sigma.sq <- 1.7
  tau.sq <- 0.3
  phi <- 4
  nu <- 1.2
  x <- points()
  exponential <- function(d) sigma.sq * exp(-phi * d)
  gaussian <- function(d) sigma.sq * exp(-(phi * d)^2)
  matern <- function(d) sigma.sq * plain_matern(phi * d, nu)
  index <- function(kernel, lengthscales, ...) residual_index(x, NULL, lengthscales, kernel, sigma.sq, tau.sq, ...)
  expect_covariance(index("exponential", 1 / phi), x, exponential, tau.sq)
  expect_covariance(index("gaussian", 1 / phi), x, gaussian, tau.sq)
  expect_covariance(index("squared_exponential", 1 / (sqrt(2) * phi)), x, gaussian, tau.sq)
  expect_covariance(index("matern", sqrt(2 * nu) / phi, nu = nu), x, matern, tau.sq)
  expect_covariance(index("matern_isotropic", 1 / phi, nu = nu), x, matern, tau.sq)
})

test_that("parameters of GPBoost, GP_var, GP_range, Error_term and cov_fct_shape, are converted as the help says", {
  GP_var <- 0.9
  Error_term <- 0.2
  GP_range <- 0.25
  x <- points()
  index <- function(kernel, ...) residual_index(x, NULL, GP_range, kernel, GP_var, Error_term, ...)
  for (ending in c("", "_ard")) {
    name <- function(kernel) paste0(kernel, ending)
    expect_covariance(index(name("exponential")), x, function(d) GP_var * exp(-d / GP_range), Error_term)
    expect_covariance(index(name("gaussian")), x, function(d) GP_var * exp(-(d / GP_range)^2), Error_term)
    for (shape in c(0.5, 1.5, 2.5, 0.8)) {
      # Of Rasmussen and Williams.
      matern <- function(d) GP_var * plain_matern(sqrt(2 * shape) * d / GP_range, shape)
      expect_covariance(index(name("matern"), nu = shape), x, matern, Error_term)
    }
  }
})

test_that("parameters of fields, DiceKriging, RobustGaSP and laGP are converted as the help says", {
  x <- points()
  line <- x[, 1, drop = FALSE]
  sigma2 <- 1.4
  # fields: sigma^2, tau^2, aRange, smoothness.
  aRange <- 0.3
  tau <- 0.4
  smoothness <- 1.1
  index <- residual_index(x, NULL, sqrt(2 * smoothness) * aRange, "matern", sigma2, tau^2, nu = smoothness)
  expect_covariance(index, x, function(d) sigma2 * plain_matern(d / aRange, smoothness), tau^2)
  index <- residual_index(x, NULL, aRange, "exponential", sigma2, tau^2)
  expect_covariance(index, x, function(d) sigma2 * exp(-d / aRange), tau^2)
  # DiceKriging: theta. RobustGaSP: beta, and a nugget relative to the variance.
  theta <- 0.35
  beta <- 1 / theta
  nugget <- 0.1
  gauss <- function(d) sigma2 * exp(-(d / theta)^2 / 2)
  expect_covariance(residual_index(x, NULL, theta, "squared_exponential", sigma2, nugget), x, gauss, nugget)
  matern5_2 <- function(d) sigma2 * (1 + sqrt(5) * d / theta + 5 / 3 * (d / theta)^2) * exp(-sqrt(5) * d / theta)
  expect_covariance(residual_index(line, NULL, theta, "matern52", sigma2, nugget), line, matern5_2, nugget)
  matern3_2 <- function(d) sigma2 * (1 + sqrt(3) * beta * d) * exp(-sqrt(3) * beta * d)
  index <- residual_index(line, NULL, 1 / beta, "matern32", sigma2, sigma2 * nugget)
  expect_covariance(index, line, matern3_2, sigma2 * nugget)
  # laGP: d, which is squared, and g, relative.
  d <- 0.08
  g <- 0.05
  index <- residual_index(x, NULL, sqrt(d / 2), "squared_exponential", sigma2, sigma2 * g)
  expect_covariance(index, x, function(distance) sigma2 * exp(-distance^2 / d), sigma2 * g)
})

test_that("an index shows the kernel of a name, and updates keep the name", {
  x <- points()
  index <- residual_index(x, NULL, 0.3, "matern_isotropic", nu = 0.8)
  expect_output(print(index), "kernel matern_isotropic (matern, nu = 0.8, lengthscales times 1.265)", fixed = TRUE)
  update(index, nu = 2)
  expect_covariance(index, x, function(d) plain_matern(d / 0.3, 2), 0)
  update(index, 0.5, kernel = "matern15_scaledim")
  expect_output(print(summary(index)), "matern15_scaledim (matern32, lengthscales times 1.732)", fixed = TRUE)
  expect_covariance(index, x, function(d) (1 + d / 0.5) * exp(-d / 0.5), 0)
  update(index, kernel = "exponential")
  expect_output(print(index), "kernel exponential \\(matern12\\)$")
  # A name that fixes nu drops the previous nu. A different nu together with the name is an error.
  update(index, kernel = "matern", nu = 2.7)
  update(index, kernel = "matern45_scaledim")
  expect_output(print(index), "matern45_scaledim (matern, nu = 4.5, lengthscales times 3)", fixed = TRUE)
  expect_error(update(index, kernel = "matern35_scaledim", nu = 4.5), "^nu is 4.5, must be NULL")
  update(index, kernel = "matern")
  expect_covariance(index, x, function(d) plain_matern(sqrt(3) * d / 0.5, 1.5), 0)
  update(index, kernel = "exponential")
  # The lengthscales are still those that were given.
  expect_identical(index$state$lengthscales, 0.5)
  parts <- residual_factor(index)
  own <- residual_index_from_factor(NULL, parts$residual_variance, x, 0.5, "gaussian")
  expect_covariance(own, x, function(d) exp(-(d / 0.5)^2), 0)
  # New points, too.
  found <- neighbors(residual_index(x, NULL, 0.4, "matern25_isotropic"), x[1:3, ] + 0.01, k = 1)
  expect_equal(found$distance[, 1], {
    d <- sqrt(2) * 0.01 / 0.4
    rep(sqrt(1 - (1 + d + d^2 / 3) * exp(-d)), 3)
  }, tolerance = 1e-9)
  expect_error(residual_index(x, kernel = "matern35_isotropic", nu = 1), "^nu is 1, must be NULL: .* is 3.5; kernel = \"matern\" takes any nu$",
    class = "residualknn_error_invalid_argument"
  )
  for (nu in c(-1, 0, 51, NaN)) {
    expect_error(residual_index(x, kernel = "matern_isotropic", nu = nu), "^nu is",
      class = "residualknn_error_invalid_argument"
    )
  }
})

test_that("nu and alpha are errors for kernels without them, and a change of the kernel keeps those of the others", {
  x <- points()
  p <- rep(1, nrow(x))
  invalid <- "residualknn_error_invalid_argument"
  cases <- list(
    list("matern32", nu = 0.5), list("matern12", nu = 2.5), list("squared_exponential", nu = 1.5), list("gaussian", nu = 1),
    list("matern25_isotropic", nu = 1.5), list("matern35_scaledim", nu = 1.5), list("exponential_ard", nu = Inf),
    list("matern32", alpha = 3), list("matern", alpha = 1), list("gaussian", alpha = 2L)
  )
  for (case in cases) {
    name <- names(case)[2L]
    text <- paste0("^", name, " is .*, must be NULL: (kernel \"", case[[1L]], "\" has no|the nu of ", case[[1L]], " is)")
    given <- c(list(kernel = case[[1L]]), case[2L])
    expect_error(do.call(residual_index, c(list(x), given)), text, class = invalid)
    expect_error(do.call(residual_index_from_factor, c(list(NULL, p, x), given)), text, class = invalid)
    expect_error(do.call(update, c(list(residual_index(x)), given)), text, class = invalid)
    expect_error(do.call(update, c(list(residual_index(x, kernel = case[[1L]])), case[2L])), text, class = invalid)
  }
  # The nu that a kernel has anyway is no error.
  for (case in list(list("matern12", 0.5), list("matern15_isotropic", 1.5), list("matern45_scaledim", 4.5))) {
    expect_identical(residual_index(x, kernel = case[[1L]], nu = case[[2L]])$n, 25)
  }
  index <- residual_index(x, NULL, 0.3, "matern", nu = 2)
  update(index, kernel = "rational_quadratic", alpha = 2)
  update(index, kernel = "matern52")
  expect_covariance(index, x, function(d) (1 + sqrt(5) * d / 0.3 + 5 / 3 * (d / 0.3)^2) * exp(-sqrt(5) * d / 0.3), 0)
  update(index, kernel = "matern")
  expect_covariance(index, x, function(d) plain_matern(2 * d / 0.3, 2), 0)
})

test_that("unsupported kernels are errors that suggest a supported one", {
  refused <- c(
    spherical = "residual_index_from_callback", wendland = "residual_index_from_callback",
    exponential_tapered = "residual_index_from_callback", powered_exponential = "\"exponential\"",
    powexp = "\"gaussian\"", pow_exp = "callback", matern_estimate_shape = "\"matern\"",
    matern_space_time = "_ard", matern_spacetime = "_scaledim",
    exponential_sphere = "lonlat = TRUE", matern_spheretime = "_scaledim", Matern = "\"matern_isotropic\"",
    Exponential = "\"exponential\"", gauss = "\"squared_exponential\"", exp = "\"matern12\"",
    matern3_2 = "\"matern32\"",
    matern_5_2 = "\"matern52\"", exponential_anisotropic2D = "one scaled distance", space_time_gneiting = "callback",
    linear = "not stationary"
  )
  for (name in names(refused)) {
    error <- expect_error(residual_index(c(1, 2, 4), kernel = name), paste0("^kernel is \"", name, "\": "),
      class = "residualknn_error_invalid_argument"
    )
    expect_match(conditionMessage(error), refused[[name]], fixed = TRUE)
    expect_match(conditionMessage(error), "see ?kernels", fixed = TRUE)
  }
  expect_error(residual_index(1, kernel = "matern99"), "must be one of \"squared_exponential\".*a name that \\?kernels")
})

test_that("scaled distances are in the lengthscales that the user gave", {
  x <- points()
  for (case in list(list("gaussian"), list("matern15_isotropic"), list("matern_isotropic", nu = 0.7), list("matern52"))) {
    index <- residual_index(x, NULL, c(2, 3), case[[1L]], nu = case$nu)
    found <- neighbors(index, k = 4, ranking = "scaled_distance")
    scaled <- sweep(x, 2, c(2, 3), "/")
    expected <- sqrt((scaled[c(found$index), 1] - scaled[, 1])^2 + (scaled[c(found$index), 2] - scaled[, 2])^2)
    expect_equal(c(found$distance), expected, tolerance = 1e-12)
    of_new <- neighbors(index, x[1:3, ] + 0.01, k = 1, ranking = "scaled_distance")
    near <- sqrt(rowSums(((x[1:3, ] + 0.01 - x[of_new$index, ]) %*% diag(1 / c(2, 3)))^2))
    expect_equal(c(of_new$distance), near, tolerance = 1e-12)
    second <- predecessors(index, k = 1, rows = 2, ranking = "scaled_distance")$distance[1]
    expect_equal(second, sqrt(sum((scaled[1, ] - scaled[2, ])^2)))
  }
})
