#include "storage/file_error.h"

#include <system_error>

namespace residual_knn {

std::string DescribePath(const std::string& path) {
  constexpr size_t kMost = 500;
  return path.size() <= kMost ? path : "..." + path.substr(path.size() - kMost);
}

void ThrowFileError(const std::string& path, const char* problem, int error_number) {
  throw Error(RESIDUAL_KNN_ERROR_FILE, DescribePath(path) + " " + problem + ": " +
                                           std::generic_category().message(error_number));
}

}  // namespace residual_knn
