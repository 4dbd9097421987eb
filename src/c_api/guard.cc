#include "c_api/guard.h"

#include <cstdio>

namespace residual_knn {
namespace {

// A fixed buffer: reporting that memory ran out must not need memory.
thread_local char last_error[1024] = "";

}  // namespace

void SetLastError(const char* function, const char* message) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s: %s", function, message);
}

}  // namespace residual_knn

const char* residual_knn_last_error(void) { return residual_knn::last_error; }
