# Residual covariances of queries with their neighbors: a matrix with one row for each query, or a block for each query.

residual_covariances <- function(index, neighbors, query = NULL, rows = NULL, query_factor = NULL,
                                 query_residual_variance = NULL, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  call <- call_on_sets(
    index, neighbors, list(query, query_factor, query_residual_variance, rows),
    list(threads = as_threads(search_threads(index, threads))), progress, residual_knn_covariances_int32,
    residual_knn_covariances_of_new_points_int32, residual_knn_covariances_of_new_factor_int32
  )
  list(index = call$sets, covariances = call$found[[1L]], residual_variances = call$found[[2L]])
}

covariance_blocks <- function(index, neighbors, query = NULL, rows = NULL, query_factor = NULL,
                              query_residual_variance = NULL, threads = NULL, progress = FALSE) {
  index <- require_index(index)
  require_whole(index)
  call_on_sets(
    index, neighbors, list(query, query_factor, query_residual_variance, rows),
    list(threads = as_threads(search_threads(index, threads))), progress, residual_knn_covariance_blocks_int32,
    residual_knn_covariance_blocks_of_new_points_int32, residual_knn_covariance_blocks_of_new_factor_int32
  )$found
}
