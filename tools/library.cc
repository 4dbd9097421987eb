#include "tools/library.h"

#include <new>

namespace residual_knn::cli {

void CheckStatus(residual_knn_status status, const std::string& context) {
  if (status == RESIDUAL_KNN_OK) return;
  if (status == RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) throw std::bad_alloc();
  std::string detail = residual_knn_last_error();
  // The name of the C function says nothing to who typed a command.
  const size_t colon = detail.find(": ");
  if (detail.starts_with("residual_knn_") && colon != std::string::npos) {
    detail.erase(0, colon + 2);
  }
  throw std::runtime_error(context + ": " +
                           (detail.empty() ? residual_knn_status_string(status) : detail));
}

}  // namespace residual_knn::cli
