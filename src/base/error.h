// The one exception type of the library: a status code with the sentence that explains it.
// src/c_api turns it into a return value; nothing else catches it.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "base/message.h"
#include "residual_knn.h"

namespace residual_knn {

class Error : public std::runtime_error {
 public:
  Error(residual_knn_status status, const Message& message)
      : std::runtime_error(message.Text(0)), from_one_(message.Text(1)), status_(status) {}

  [[nodiscard]] residual_knn_status status() const { return status_; }

  // The sentence for callers whose first row is row `base`, 0 or 1; what() is the sentence for base 0.
  [[nodiscard]] const char* Text(int64_t base) const noexcept {
    return base == 1 ? from_one_.what() : what();
  }

 private:
  // The sentence for base 1. It is made together with the error, because reporting an error must not need memory. The
  // string is held by an exception, whose copying cannot fail.
  std::runtime_error from_one_;
  residual_knn_status status_;
};

[[noreturn]] inline void ThrowInvalid(const Message& message) {
  throw Error(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, message);
}

}  // namespace residual_knn
