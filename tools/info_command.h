// `residual-knn info`: describes this build, its SIMD target and its BLAS.
#pragma once

namespace residual_knn::cli {

void RunInfo();

}  // namespace residual_knn::cli
