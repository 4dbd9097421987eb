test_that("the help lists every name of the header's enums", {
  pages <- tools::Rd_db("residualknn")
  listed <- c(
    kernel = "residual_index.Rd", ranking = "neighbors.Rd", strategy = "neighbors.Rd", selection = "neighbors.Rd",
    inducing_method = "choose_inducing.Rd", ordering = "order_points.Rd", sink_order = "neighbors.Rd"
  )
  for (enum in names(listed)) {
    text <- paste(as.character(pages[[listed[[enum]]]]), collapse = "")
    for (name in names(residualknn:::enum_values(enum))) {
      expect_match(text, paste0("\"", name, "\""), fixed = TRUE)
    }
  }
  # The page on kernels has the formula of each, and of each name of another package.
  text <- paste(as.character(pages[["kernels.Rd"]]), collapse = "")
  for (name in c(names(residualknn:::enum_values("kernel")), names(residualknn:::foreign_kernels()))) {
    listed <- if (grepl("^matern[34]5_scaledim$", name)) sub("_scaledim", "_isotropic", name) else name
    expect_match(text, paste0("\"", listed, "\""), fixed = TRUE)
  }
  text <- paste(as.character(pages[["residualknn-package.Rd"]]), collapse = "")
  for (name in setdiff(names(residualknn:::enum_values("status_code")), "ok")) {
    expect_match(text, sub("^error", "", name), fixed = TRUE)
  }
})

test_that("the help explains every number of the statistics", {
  text <- paste(as.character(tools::Rd_db("residualknn")[["neighbors.Rd"]]), collapse = "")
  for (name in names(neighbors(residual_index(c(1, 2, 4)), k = 1)$statistics)) {
    expect_match(text, paste0("\\item{\\code{", name, "}}"), fixed = TRUE)
  }
})

# The calls in `code`, at any depth.
calls_in <- function(code) {
  if (is.expression(code)) {
    return(unlist(lapply(code, calls_in)))
  }
  if (is.call(code)) c(list(code), unlist(lapply(as.list(code), calls_in)))
}

test_that("examples use two threads at most", {
  pages <- tools::Rd_db("residualknn")
  starting <- Filter(function(name) {
    "threads" %in% names(formals(getExportedValue("residualknn", name)))
  }, setdiff(exported_functions(), c(
    "neighbors", "predecessors", "residual_order", "vecchia_weights", "neighbors_above", "predecessors_above", "group_neighbors",
    "group_predecessors", "residual_covariances", "covariance_blocks"
  ))) # those ask the index
  expect_true(all(c("residual_index", "choose_inducing") %in% starting))
  met <- 0L
  for (page in pages) {
    file <- tempfile()
    tools::Rd2ex(page, file)
    if (!file.exists(file)) next
    for (call in calls_in(parse(file))) {
      if (!as.character(call[[1]])[1] %in% starting) next
      met <- met + 1L
      expect_true(isTRUE(call$threads <= 2), label = deparse(call)[1])
    }
    unlink(file)
  }
  expect_gt(met, 8L)
  expect_lte(getOption("residualknn.threads"), 2L)
})
