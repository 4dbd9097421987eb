// Errors about files.
#pragma once

#include <string>

#include "base/error.h"

namespace residual_knn {

// The end of a path that is too long for a message.
std::string DescribePath(const std::string& path);

// For example: "/tmp/a.rknn cannot be opened: No such file or directory". `problem` is "cannot be opened".
[[noreturn]] void ThrowFileError(const std::string& path, const char* problem, int error_number);

}  // namespace residual_knn
