// What OpenBLAS has to be told.
#pragma once

namespace residual_knn::blas {

// Has the private OpenBLAS choose its kernels for this processor, when the library is loaded. A shared one has done so.
void ChooseKernels();

}  // namespace residual_knn::blas
