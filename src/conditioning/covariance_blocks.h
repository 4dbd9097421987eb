// The residual covariance of each query and its neighbors, as a dense matrix.
#pragma once

#include "conditioning/for_each_set.h"

namespace residual_knn {

// Writes (k + 1) x (k + 1) values for each query, one block after the other: the query comes first, then the places of
// its set. A place without a neighbor has a 1 on the diagonal and 0 elsewhere, as if there were an independent variable
// with variance 1. So it changes neither the Cholesky factor of the others nor the determinant. R_ij as in
// set_covariances.h. A set names no row twice.
void ComputeCovarianceBlocks(const SetsJob& job, double* blocks);

}  // namespace residual_knn
