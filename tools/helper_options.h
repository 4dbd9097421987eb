// The library's options for choosing inducing points and for orderings, from the options of a run.
#pragma once

#include "residual_knn.h"
#include "tools/index_options.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// `progress` must outlive the use of the result. Points are dimension-major.
residual_knn_helper_options HelperOptions(const IndexOptions& options, ProgressBar* progress);

}  // namespace residual_knn::cli
