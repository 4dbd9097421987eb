#include "tools/helper_options.h"

namespace residual_knn::cli {

residual_knn_helper_options HelperOptions(const IndexOptions& options, ProgressBar* progress) {
  residual_knn_helper_options helper;
  residual_knn_helper_options_init(&helper, sizeof helper);
  helper.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
  helper.threads = static_cast<int32_t>(options.threads);
  helper.seed = options.seed;
  helper.message_base = options.base;
  helper.progress = progress->callback();
  helper.progress_user = progress;
  return helper;
}

}  // namespace residual_knn::cli
