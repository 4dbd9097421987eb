# Tests run where others work too: two threads at most, as CRAN wants it.
options(residualknn.threads = 2L)
