library(testthat)
library(residualknn)

test_check("residualknn")
