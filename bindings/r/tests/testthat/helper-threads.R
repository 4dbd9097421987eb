# Tests use at most two threads, as CRAN requires.
options(residualknn.threads = 2L)
