# Covariance functions: those of the library, and names of other packages. A name of another package stands for the
# formula of that package in r, the distance after division by `lengthscales`. The library computes the same formula
# with `scale` times the lengthscales. See ?kernels.

# For each name: the library's kernel, nu if the name fixes it, and the scale, which is a number or a function of nu.
foreign_kernels <- function() {
  of_nu <- function(nu) sqrt(2 * nu)
  exponential <- list(kernel = "matern12", scale = 1)
  gaussian <- list(kernel = "squared_exponential", scale = 1 / sqrt(2)) # exp(-r^2)
  own_matern <- list(kernel = "matern", scale = 1)
  gpgp <- list(
    exponential = exponential, matern = list(kernel = "matern", scale = of_nu),
    matern15 = list(kernel = "matern32", scale = of_nu(1.5)), matern25 = list(kernel = "matern52", scale = of_nu(2.5)),
    matern35 = list(kernel = "matern", nu = 3.5, scale = of_nu(3.5)),
    matern45 = list(kernel = "matern", nu = 4.5, scale = of_nu(4.5))
  )
  c(
    stats::setNames(gpgp, paste0(names(gpgp), "_isotropic")), stats::setNames(gpgp, paste0(names(gpgp), "_scaledim")),
    list(
      exponential = exponential, gaussian = gaussian,
      exponential_ard = exponential, gaussian_ard = gaussian, matern_ard = own_matern
    )
  )
}

# The kernel of a name for the library: the `code` of its enum, `nu` and `scale`. A name that fixes nu takes no other; see
# require_shape().
resolve_kernel <- function(name, nu) {
  nu <- as_number(nu, "nu")
  known <- is.character(name) && length(name) == 1L && !is.na(name)
  if (!known || !name %in% names(foreign_kernels())) {
    if (known) refuse_kernel(name)
    return(list(code = enum_value(name, "kernel", "kernel"), nu = nu, scale = 1))
  }
  kernel <- foreign_kernels()[[name]]
  if (!is.null(kernel$nu)) nu <- kernel$nu
  scale <- kernel$scale
  if (is.function(scale)) {
    used <- if (is.null(nu)) 1.5 else nu
    # The library rejects any other nu.
    scale <- if (is.finite(used) && used > 0) scale(used) else 1
  }
  list(code = enum_value(kernel$kernel, "kernel", "kernel"), nu = nu, scale = scale)
}

# The smoothness of the library's kernels that are Matérn covariances with one smoothness.
nu_of_kernels <- c(matern12 = 0.5, matern32 = 1.5, matern52 = 2.5)

# Refuses a nu or an alpha that a call gives for a kernel without it. NULL stands for none. The only nu that such a kernel
# may be given is its own.
require_shape <- function(name, nu, alpha) {
  if (is.null(nu) && is.null(alpha)) {
    return(invisible())
  }
  own <- names(which(enum_values("kernel") == resolve_kernel(name, NULL)$code))
  fixed <- foreign_kernels()[[name]]$nu
  if (is.null(fixed) && own %in% names(nu_of_kernels)) fixed <- nu_of_kernels[[own]]
  nu <- as_number(nu, "nu")
  if (!is.null(nu) && !identical(nu, fixed) && !(own == "matern" && is.null(fixed))) {
    reason <- if (is.null(fixed)) paste0("kernel \"", name, "\" has no nu") else paste0("the nu of ", name, " is ", fixed)
    stop_invalid("nu is ", nu, ", must be NULL: ", reason, "; kernel = \"matern\" takes any nu")
  }
  alpha <- as_number(alpha, "alpha")
  if (!is.null(alpha) && own != "rational_quadratic") {
    stop_invalid(
      "alpha is ", alpha, ", must be NULL: kernel \"", name, "\" has no alpha; \"rational_quadratic\" has"
    )
  }
}

# Whether the kernel name `name` fixes nu.
fixes_nu <- function(name) is.character(name) && length(name) == 1L && !is.null(foreign_kernels()[[name]]$nu)

# The lengthscales for the library. `options` are those of model_options().
scaled_lengthscales <- function(lengthscales, options) lengthscales * options$scale

# Refuses names of other packages that the library does not support, or whose formula would have to be guessed.
refuse_kernel <- function(name) {
  by_callback <- "; residual_index_from_callback() takes any covariance function"
  radial <- "kernels of this package depend on one scaled distance"
  says <- function(...) any(vapply(c(...), grepl, TRUE, x = name))
  why <- if (says("^spherical$", "^wendland", "_tapered$")) {
    paste0("no kernel of this package has compact support", by_callback)
  } else if (says("^powered_exponential", "^powexp$", "^pow_exp$")) {
    paste0("this package has only the powers 1 (\"exponential\") and 2 (\"gaussian\")", by_callback)
  } else if (says("_estimate_shape$")) {
    "this package does not estimate nu; use \"matern\" with the estimated nu"
  } else if (says("_space_?time$")) {
    "replace the ending by \"_scaledim\" or \"_ard\", and give a lengthscale for each coordinate"
  } else if (says("_sphere$", "_spheretime$")) {
    paste0(
      "use lonlat = TRUE and replace the ending by \"_isotropic\", or by \"_scaledim\" with one lengthscale for the ",
      "sphere and one for time"
    )
  } else if (says("^Matern$", "^Exponential$")) {
    paste0(
      "for the function of the package fields, use ",
      if (name == "Matern") "\"matern_isotropic\" with lengthscales = aRange and nu = smoothness" else
        "\"exponential\" with lengthscales = aRange"
    )
  } else if (says("^gauss$")) {
    paste0(
      "for the covariance of DiceKriging, use \"squared_exponential\" with lengthscales = theta; \"gaussian\" is ",
      "exp(-r^2)"
    )
  } else if (says("^exp$", "^matern_?[35]_2$")) {
    own <- c(exp = "matern12", matern3_2 = "matern32", matern5_2 = "matern52")[[sub("matern_", "matern", name)]]
    paste0(
      "in DiceKriging and RobustGaSP this is a product over the coordinates, but ", radial, "; in one dimension, and ",
      "for isotropic = TRUE, use \"", own, "\"", by_callback
    )
  } else if (says("^linear$")) {
    paste0("it is not stationary", by_callback)
  } else if (says("anisotropic", "nonstat", "_warp$", "gneiting")) {
    paste0(radial, by_callback)
  }
  if (!is.null(why)) stop_invalid("kernel is \"", name, "\": ", why, "; see ?kernels")
}

# The factor of the lengthscales that the library gets, for the kernel name of an index.
scale_of_alias <- function(index) {
  arguments <- index$state$arguments
  if (index$source == "callback") 1 else resolve_kernel(arguments[["kernel"]], arguments[["nu"]])$scale
}

# Distances in the library's lengthscales as distances in those that the user gave.
in_given_lengthscales <- function(distances, index) {
  scale <- scale_of_alias(index)
  if (scale == 1) distances else distances * scale
}

# A note for texts of the library, which contain the library's lengthscales: for a kernel name of another package, these
# may be a multiple of the lengthscales that the user gave.
lengthscales_of_alias <- function(index) {
  arguments <- index$state$arguments
  scale <- scale_of_alias(index)
  if (scale != 1) {
    paste0(" (these lengthscales are ", format(scale, digits = 4), " times those given for ", arguments$kernel, ")")
  }
}

# The text of print() about the kernel.
kernel_label <- function(index) {
  if (index$source == "callback") {
    return("by callback")
  }
  arguments <- index$state$arguments
  resolved <- resolve_kernel(arguments[["kernel"]], arguments[["nu"]])
  own <- names(which(enum_values("kernel") == resolved$code))
  if (own == arguments$kernel) {
    return(own)
  }
  nu <- if (is.null(resolved$nu)) 1.5 else resolved$nu
  paste0(
    arguments$kernel, " (", own, if (own == "matern") paste0(", nu = ", format(nu)),
    if (resolved$scale != 1) paste0(", lengthscales times ", format(resolved$scale, digits = 4)), ")"
  )
}
