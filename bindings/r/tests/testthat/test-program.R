# Compares with the command-line program, whose path is RESIDUAL_KNN_PROGRAM.

test_that("the answers have the bytes of the command-line program's", {
  program <- Sys.getenv("RESIDUAL_KNN_PROGRAM")
  skip_if_not(nzchar(program), "RESIDUAL_KNN_PROGRAM is set")
  set.seed(7)
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  write_points <- function(x, name) {
    file <- file.path(folder, name)
    text <- apply(x, 1, function(row) paste(sprintf("%.17g", row), collapse = ","))
    writeLines(c("a,b,c", text), file)
    file
  }
  points <- random_points(500, 3)
  inducing <- random_points(20, 3)
  output <- file.path(folder, "neighbors.csv")
  status <- system2(program, c(
    "neighbors", write_points(points, "points.csv"), "--inducing-points",
    write_points(inducing, "inducing.csv"), "--kernel", "matern52", "--variance", "1.5", "--nugget",
    "0.1", "--lengthscale", "0.5,0.4,0.3", "--predecessors", "-k", "6", "-o", output
  ), stderr = FALSE)
  expect_identical(status, 0L)
  theirs <- utils::read.csv(output, colClasses = "character")
  index <- residual_index(points, inducing, c(0.5, 0.4, 0.3), "matern52", variance = 1.5, nugget = 0.1)
  ours <- predecessors(index, k = 6)
  expect_gt(nrow(theirs), 2900)
  expect_identical(sum(!is.na(ours$index)), nrow(theirs))
  place <- cbind(as.integer(theirs$query), as.integer(theirs$rank)) + 1L
  expect_identical(ours$index[place], as.integer(theirs$neighbor) + 1L)
  expect_identical(sprintf("%.17g", ours$distance[place]), sprintf("%.17g", as.numeric(theirs$distance)))
})

test_that("longitude and latitude give the bytes of the command-line program", {
  program <- Sys.getenv("RESIDUAL_KNN_PROGRAM")
  skip_if_not(nzchar(program), "RESIDUAL_KNN_PROGRAM is set")
  set.seed(35)
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  places <- data.frame(name = 1:400, lat = runif(400, -90, 90), lon = runif(400, -180, 180), day = runif(400, 0, 365))
  input <- file.path(folder, "places.csv")
  text <- apply(places, 1, function(row) paste(sprintf("%.17g", row), collapse = ","))
  writeLines(c(paste(names(places), collapse = ","), text), input)
  output <- file.path(folder, "neighbors.csv")
  status <- system2(program, c(
    "neighbors", input, "--lonlat", "lon,lat", "--columns", "day", "--lengthscale", "0.3,0.3,0.3,60",
    "--inducing", "0", "-k", "6", "-o", output
  ), stderr = FALSE)
  expect_identical(status, 0L)
  theirs <- utils::read.csv(output, colClasses = "character")
  index <- residual_index(places, 0, c(0.3, 60), lonlat = c("lon", "lat"), columns = "day")
  ours <- as.data.frame(neighbors(index, k = 6))
  expect_identical(nrow(theirs), 2400L)
  expect_identical(ours$query, as.integer(theirs$query) + 1L)
  expect_identical(ours$rank, as.integer(theirs$rank) + 1L)
  expect_identical(ours$neighbor, as.integer(theirs$neighbor) + 1L)
  expect_identical(sprintf("%.17g", ours$distance), sprintf("%.17g", as.numeric(theirs$distance)))
})
