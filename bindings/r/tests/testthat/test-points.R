# Forms of points: matrices, data frames and objects of other packages.

invalid <- "residualknn_error_invalid_argument"

test_that("without new points, inducing points or rows, the answer is empty or a clear error", {
  places <- quakes[1:50, c("long", "lat", "depth")]
  index <- residual_index(places, places[1:3, ], c(4, 4, 150))
  parts <- residual_factor(index)
  own <- residual_index_from_factor(parts$factor, parts$residual_variance, places, c(4, 4, 150))
  callback <- residual_index_from_callback(function(rows, columns) outer(rows, columns), NULL, rep(1e9, 50))
  nothing <- list(
    places[0, ], tibble_like(places[0, ]), as.matrix(places)[0, ], unname(as.matrix(places))[0, ],
    matrix(nrow = 0, ncol = 3), matrix(0L, 0, 3), utils::read.csv(text = "long,lat,depth"),
    places[places$depth < 0, ]
  )
  tibble <- other_package("tibble")
  if (!is.null(tibble)) nothing <- c(nothing, list(tibble$as_tibble(places)[0, ]))
  table <- other_package("data.table")
  if (!is.null(table)) nothing <- c(nothing, list(table$as.data.table(places)[0, ], table$as.data.table(places[0, ])))
  empty <- function(found) {
    expect_identical(found$index, matrix(0L, 0, 4))
    expect_identical(found$distance, matrix(0, 0, 4))
    expect_identical(nrow(as.data.frame(found)), 0L)
    expect_output(print(found), "0 queries, k = 4")
  }
  for (none in nothing) {
    empty(neighbors(index, none, k = 4))
    empty(neighbors(own, none, k = 4, query_factor = parts$factor[0, ], query_residual_variance = numeric()))
    plain <- residual_index(places, none, c(4, 4, 150))
    expect_identical(summary(plain)$m, 0)
    expect_identical(neighbors(plain, k = 4)$index, neighbors(residual_index(places, NULL, c(4, 4, 150)), k = 4)$index)
    expect_error(residual_index(none), "^points has no rows, must have at least 1$", class = invalid)
    expect_error(choose_inducing(none, 2), "^points has no rows", class = invalid)
    expect_error(order_points(none), "^points has no rows", class = invalid)
    expect_error(update(index, inducing = none), "^inducing has no rows", class = invalid)
  }
  empty(neighbors(callback, k = 4, query_factor = NULL, query_residual_variance = numeric()))
  empty(neighbors(index, k = 4, rows = integer()))
  empty(predecessors(index, k = 4, rows = numeric()))
  empty(neighbors(residual_index(c(1, 2, 4, 8)), numeric(), k = 4))
  for (shapeless in list(data.frame(), matrix(0, 0, 0), matrix(nrow = 0, ncol = 0))) {
    expect_error(neighbors(index, shapeless), "^query has 0 columns, the points of the index have 3$", class = invalid)
    expect_error(residual_index(places, shapeless), "^inducing has 0 columns", class = invalid)
    expect_error(residual_index(shapeless), "^points has no rows", class = invalid)
  }
  expect_error(residual_index(matrix(0, 3, 0)), "^points has no columns", class = invalid)
  expect_error(residual_index(data.frame(row.names = 1:3)), "^points has no columns", class = invalid)
})

test_that("columns that are not numeric are errors that name them and give the call that converts them", {
  frame <- data.frame(x = c(1, 2), `the flag` = c(TRUE, FALSE), check.names = FALSE)
  frame$kind <- factor(c("1.5", "2"))
  frame$day <- as.Date("2020-01-01") + 0:1
  frame$time <- as.POSIXct("2020-01-01", tz = "UTC") + 0:1
  frame$local <- as.POSIXlt(frame$time)
  frame$name <- c("3", "4")
  frame$wait <- as.difftime(c(1, 2), units = "hours")
  frame$z <- c(1i, 2)
  frame$id <- structure(c(4.9e-324, 9.9e-324), class = "integer64")
  frame$depth <- structure(c(1, 2), units = "m", class = "units")
  frame$bag <- list(1, 2:3)
  expected <- list(
    `the flag` = "is a logical vector, and as.numeric(points[[\"the flag\"]]) gives numbers",
    kind = "is of class factor, and as.numeric(as.character(points$kind)) gives the numbers",
    day = "is of class Date, and as.numeric(points$day) gives days",
    time = "is of class POSIXct, and as.numeric(points$time) gives seconds",
    local = "is of class POSIXlt, and as.numeric(as.POSIXct(points$local)) gives seconds",
    name = "is a character vector, and as.numeric(points$name) gives numbers",
    wait = "is of class difftime, and as.numeric(points$wait, units = \"days\") gives days",
    z = "is a complex vector, and cbind(Re(points$z), Im(points$z)) gives two columns",
    id = "is of class integer64, and as.double(points$id) gives numbers",
    depth = "is of class units, and units::drop_units(points$depth) gives",
    bag = "is a list"
  )
  expect_setequal(names(expected), names(frame)[-1])
  for (column in names(expected)) {
    points <- frame[, c("x", column)]
    text <- paste0("points has a column that is not numeric: ", deparse(column), " ", expected[[column]])
    for (wrong in list(points, tibble_like(points))) {
      error <- expect_error(residual_index(wrong), text, fixed = TRUE, class = invalid)
      expect_match(conditionMessage(error), "; points[, \"x\"] selects the numeric columns", fixed = TRUE)
    }
    for (use in list(
      function(x) neighbors(residual_index(cbind(1:3, 2)), x), function(x) residual_index(cbind(1:3, 2), x)
    )) {
      named <- paste0("a column that is not numeric: ", deparse(column))
      expect_error(use(points), named, fixed = TRUE, class = invalid)
    }
    # The remedy is R code that gives the same number of values.
    code <- regmatches(expected[[column]], regexec("and (.*\\)) gives", expected[[column]]))[[1]][2]
    if (!column %in% c("bag", "id", "depth")) {
      cured <- eval(parse(text = code)[[1]])
      expect_true(is.numeric(cured) && NROW(cured) == 2L, label = code)
    }
    alone <- "^points is (of class|a) .*, must be a numeric matrix"
    expect_error(residual_index(frame[[column]]), alone, class = invalid)
  }
  expect_error(residual_index(frame), class = invalid, paste0(
    "points has 11 columns that are not numeric: .*; and 8 more; points\\[, \"x\"\\]"
  ))
  # There is no such call for texts and levels that are not numbers.
  for (site in list(c("north", "south"), factor(c("a", "2")), c("1", "x"))) {
    expect_error(residual_index(data.frame(x = 1:2, site = site)),
      "\"site\" is (a character vector|of class factor); points\\[, \"x\"\\] selects the numeric columns$",
      class = invalid
    )
  }
  expect_error(residual_index(data.frame(x = 1:2, site = c(NA, "7.5"))), "as.numeric(points$site) gives numbers;",
    fixed = TRUE, class = invalid
  )
  clock <- structure(c(60L, 120L), class = "ITime")
  timed <- structure(list(x = 1:2, at = clock), row.names = 1:2, class = "data.frame")
  expect_error(residual_index(timed), "\"at\" is of class ITime, and as.numeric(points$at) gives seconds",
    fixed = TRUE, class = invalid
  )
  expect_error(residual_index(clock), "^points is of class ITime, .*: as.numeric\\(points\\) gives", class = invalid)
  # Also without rows, unless the columns could be numbers.
  expect_error(residual_index(cbind(1:3, 2), frame[0, c("x", "kind")]), "\"kind\" is of class factor", class = invalid)
})

test_that("objects that are not points are errors that give the call that converts them", {
  points <- random_points(5, 2)
  wrong <- list(
    list(stats::dist(points), "of class dist, .*: it holds distances, not points"),
    list(list(1:3, 2:4), "a list, .*do.call\\(cbind, points\\)"),
    list(array(0, c(2, 2, 3)), "a numeric array of 3 dimensions, .*matrix\\(points, ncol = 3\\)"),
    list(matrix(c("1", "2"), 1), "a character matrix, .*array\\(as.numeric\\(points\\), dim\\(points\\)\\)"),
    list(matrix(NA, 2, 2), "a logical matrix"), list(sum, "a function"), list(quote(x), "a symbol"),
    list(NULL, "NULL"), list(new.env(), "an environment"), list("a", "a character vector"),
    list(TRUE, "a logical vector")
  )
  for (case in wrong) expect_error(residual_index(case[[1]]), paste0("^points is ", case[[2]]), class = invalid)
  # Time series are numbers.
  expect_identical(residual_index(stats::ts(c(1, 5, 2)))$n, 3)
  expect_identical(residual_index(stats::ts(points))$d, 2)
  expect_identical(residual_index(array(c(1, 5, 2)))$n, 3)
})

# Imitations of objects of other packages. Real ones are tested below if the packages are installed.
sf_like <- function(type, wkt = NA_character_) {
  system <- structure(list(input = "x", wkt = wkt), class = "crs")
  points <- structure(list(structure(c(1, 2), class = c("XY", type, "sfg"))),
    class = c(paste0("sfc_", type), "sfc"), crs = system
  )
  frame <- structure(list(name = "a", where = points), row.names = 1L, class = c("sf", "data.frame"))
  attr(frame, "sf_column") <- "where"
  frame
}

expect_cure <- function(x, cure) {
  class <- if (inherits(x, "sfg")) class(x)[2] else class(x)[1]
  expect_error(residual_index(x), fixed = TRUE, class = invalid, paste0(
    "points is of class ", class, ", must be a numeric matrix, a data frame of numbers or a numeric vector: ", cure
  ))
}

test_that("spatial objects are errors that give the call for their coordinates, and degrees are recognized", {
  degrees <- ", which are degrees: use lonlat = TRUE"
  of_points <- "sf::st_coordinates(points) gives its coordinates"
  for (wkt in c("GEOGCRS[\"WGS 84\"]", "GEOGCS[\"WGS 84\"]", " GEODCRS[\"x\"]")) {
    expect_cure(sf_like("POINT", wkt), paste0(of_points, degrees))
    expect_cure(sf_like("POINT", wkt)$where, paste0(of_points, degrees))
  }
  for (wkt in c(NA, "PROJCRS[\"UTM\", BASEGEOGCRS[\"WGS 84\"]]", "PROJCS[\"UTM\", GEOGCS[\"WGS 84\"]]")) {
    error <- expect_cure(sf_like("POINT", wkt), of_points)
    expect_false(grepl("degrees", conditionMessage(error)))
  }
  expect_cure(sf_like("POINT")$where[[1]], of_points)
  # Without rows, st_geometry() has no type.
  expect_cure(structure(list(), class = c("sfc_GEOMETRY", "sfc")), of_points)
  expect_cure(structure(c(xmin = 0, ymin = 0, xmax = 1, ymax = 2), class = "bbox"), "it holds the limits of a box")
  expect_cure(sf_like("POLYGON"), "sf::st_coordinates(sf::st_centroid(sf::st_geometry(points))) gives")
  expect_cure(sf_like("MULTIPOINT"), "sf::st_coordinates(sf::st_cast(sf::st_geometry(points), \"POINT\")) gives")
  expect_cure(sf_like("LINESTRING")$where, "sf::st_coordinates(sf::st_centroid(points)) gives")
  # As a column of a data frame that is not an sf object.
  column <- structure(unclass(sf_like("POINT")), class = "data.frame", sf_column = NULL)
  expect_error(residual_index(column), "\"where\" is of class sfc_POINT, and sf::st_coordinates(points$where) gives",
    fixed = TRUE, class = invalid
  )
  expect_error(neighbors(residual_index(cbind(1:3, 2)), sf_like("POINT")), "sf::st_coordinates(query) gives",
    fixed = TRUE, class = invalid
  )
  here <- environment()
  make <- function(class) methods::setClass(class, slots = list(a = "numeric"), where = here)(a = 1)
  if (is.null(other_package("sp"))) {
    make("CRS")
    system <- function(text) structure(1, projargs = text, class = "CRS")
    methods::setClass("Spatial", slots = list(proj4string = "ANY"), where = here)
    spatial <- methods::setClass("SpatialPoints", contains = "Spatial", where = here)
    cure <- "sp::coordinates(points) gives its coordinates"
    expect_cure(spatial(proj4string = system("+proj=longlat +no_defs")), paste0(cure, degrees))
    error <- expect_cure(spatial(proj4string = system(NA_character_)), cure)
    expect_false(grepl("degrees", conditionMessage(error)))
  }
  if (is.null(other_package("terra"))) {
    expect_cure(make("SpatVector"), "terra::crds(points) (of lines and polygons: terra::crds(terra::centroids(points))")
    expect_cure(make("SpatRaster"), "terra::crds(points) gives its coordinates")
  }
  expect_cure(structure(list(n = 1), class = "ppp"), "spatstat.geom::coords(points) gives")
  expect_cure(structure(list(), class = "stars"), "sf::st_coordinates(points) gives")
})

# Runs the call in the error message of residual_index(points).
cured <- function(points) {
  message <- conditionMessage(expect_error(residual_index(points), class = invalid))
  call <- regmatches(message, regexec(": ((sf|sp|terra)::.*?\\)) (gives|\\(of)", message, perl = TRUE))[[1]][2]
  eval(parse(text = call)[[1]])
}

test_that("the call for objects of sf gives their points", {
  sf <- other_package("sf")
  skip_if(is.null(sf), "sf is not installed")
  places <- random_points(6, 2)
  points <- sf$st_as_sf(data.frame(places, v = 1), coords = 1:2, crs = 4326)
  expect_match(conditionMessage(expect_error(residual_index(points))), "which are degrees: use lonlat = TRUE$")
  for (x in list(points, sf$st_geometry(points), sf$st_cast(sf$st_combine(points), "MULTIPOINT"))) {
    expect_equal(unname(cured(x)), places)
  }
  flat <- sf$st_set_crs(sf$st_set_crs(points, NA), 32633)
  expect_match(conditionMessage(expect_error(residual_index(flat))), "gives its coordinates$")
  expect_equal(unname(cured(sf$st_buffer(flat, 1))), places, tolerance = 1e-6)
})

test_that("the call for objects of sp gives their points", {
  sp <- other_package("sp")
  skip_if(is.null(sp), "sp is not installed")
  places <- cbind(x = c(0.1, 0.5, 0.3), y = c(0.2, 0.9, 0.4))
  points <- sp$SpatialPoints(places, sp$CRS("+proj=longlat +datum=WGS84"))
  expect_match(conditionMessage(expect_error(residual_index(points))), "which are degrees: use lonlat = TRUE$")
  for (x in list(points, sp$SpatialPointsDataFrame(points, data.frame(v = 1:3)))) {
    expect_identical(unname(cured(x)), unname(places))
  }
  expect_match(conditionMessage(expect_error(residual_index(sp$SpatialPoints(places)))), "gives its coordinates$")
})

test_that("the call for objects of terra gives their points", {
  terra <- suppressMessages(other_package("terra"))
  skip_if(is.null(terra), "terra is not installed")
  places <- data.frame(x = c(0.1, 0.5, 0.3), y = c(0.2, 0.9, 0.4))
  points <- terra$vect(places, geom = c("x", "y"), crs = "EPSG:4326")
  expect_identical(unname(cured(points)), unname(as.matrix(places)))
  expect_identical(dim(cured(terra$rast(nrows = 2, ncols = 3, vals = 1:6))), c(6L, 2L))
})
