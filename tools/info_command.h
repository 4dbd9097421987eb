// `residual-knn info`: what this build is and what it found on this machine.
#pragma once

namespace residual_knn::cli {

void RunInfo();

}  // namespace residual_knn::cli
