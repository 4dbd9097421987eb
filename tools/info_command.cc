#include "tools/info_command.h"

#include <string>

#include "residual_knn.h"
#include "tools/output_set.h"

namespace residual_knn::cli {

void RunInfo() {
  OutputSet outputs;
  outputs.Open("-").Write("version:     " + std::string(residual_knn_version()) +
                          "\nABI version: " + std::to_string(residual_knn_abi_version()) +
                          "\nSIMD target: " + residual_knn_simd_target() +
                          "\nBLAS:        " + residual_knn_blas() + "\n");
  outputs.Publish();
}

}  // namespace residual_knn::cli
