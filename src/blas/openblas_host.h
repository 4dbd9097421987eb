// The choice of OpenBLAS's kernels.
#pragma once

namespace residual_knn::blas {

// Makes the private OpenBLAS choose its kernels for this processor. Called when the library is loaded. Does nothing
// for a shared OpenBLAS, which has already chosen.
void ChooseKernels();

}  // namespace residual_knn::blas
