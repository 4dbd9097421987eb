// The one exception type of the library: a status code with the sentence that explains it.
// src/c_api turns it into a return value; nothing else catches it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "residual_knn.h"

namespace residual_knn {

class Error : public std::runtime_error {
 public:
  Error(residual_knn_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}

  [[nodiscard]] residual_knn_status status() const { return status_; }

 private:
  residual_knn_status status_;
};

[[noreturn]] inline void ThrowInvalid(const std::string& message) {
  throw Error(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, message);
}

}  // namespace residual_knn
