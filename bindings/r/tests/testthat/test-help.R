test_that("the help lists every name of the header's enums", {
  pages <- tools::Rd_db("residualknn")
  listed <- c(
    kernel = "residual_index.Rd", ranking = "neighbors.Rd", strategy = "neighbors.Rd",
    inducing_method = "choose_inducing.Rd", ordering = "order_points.Rd"
  )
  for (enum in names(listed)) {
    text <- paste(as.character(pages[[listed[[enum]]]]), collapse = "")
    for (name in names(residualknn:::enum_values(enum))) {
      expect_match(text, paste0("\"", name, "\""), fixed = TRUE)
    }
  }
  text <- paste(as.character(pages[["residualknn-package.Rd"]]), collapse = "")
  for (name in setdiff(names(residualknn:::enum_values("status_code")), "ok")) {
    expect_match(text, sub("^error", "", name), fixed = TRUE)
  }
})
