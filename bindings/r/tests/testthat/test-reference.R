# Reference answers for 32,436 ocean measurements, in the folder RESIDUAL_KNN_SHARED_DIR.

reference <- function(name) {
  file.path(Sys.getenv("RESIDUAL_KNN_SHARED_DIR"), "reference", paste0("argo2016_", name, ".csv"))
}

test_that("the neighbors and predecessors of the reference are found", {
  skip_if_not(nzchar(Sys.getenv("RESIDUAL_KNN_SHARED_DIR")), "RESIDUAL_KNN_SHARED_DIR is set")
  skip_if_not(file.exists(reference("points")), "the reference folder is there")
  points <- as.matrix(utils::read.csv(reference("points")))
  inducing <- as.matrix(utils::read.csv(reference("inducing")))
  rows <- utils::read.csv(reference("queries"))$row + 1L
  index <- residual_index(points, inducing, c(0.1, 0.1, 0.1, 60), kernel = "matern32", threads = 2)
  k <- 30L
  for (search in c("all", "predecessors")) {
    found <- if (search == "all") neighbors(index, k = k, rows = rows) else predecessors(index, k, rows)
    oracle <- utils::read.csv(reference(search))
    place <- cbind(match(oracle$query + 1L, rows), oracle$rank + 1L)
    expect_gt(nrow(place), 11000)
    expect_identical(sum(!is.na(found$index)), nrow(place))
    expect_lt(max(abs(found$distance[place] - oracle$distance)), 1e-9)
    # A place may have another neighbor only if two distances tie.
    others <- which(found$index[place] != oracle$neighbor + 1L)
    for (i in others) {
      same_query <- oracle[oracle$query == oracle$query[i], ]
      theirs <- same_query$distance[same_query$neighbor + 1L == found$index[place[i, , drop = FALSE]]]
      if (length(theirs) == 0L) theirs <- max(same_query$distance)
      expect_lt(abs(theirs - oracle$distance[i]), 1e-9)
    }
    expect_lt(length(others), 100)
  }
})
