// The exception of this library: a status of residual_knn.h and a text.
#pragma once

#include <stdexcept>
#include <string>

#include "residual_knn.h"

namespace residual_knn::mpi {

class Failure : public std::runtime_error {
 public:
  Failure(residual_knn_status status, const std::string& text)
      : std::runtime_error(text), status_(status) {}

  [[nodiscard]] residual_knn_status status() const { return status_; }

 private:
  residual_knn_status status_;
};

// Throws a Failure with the last error of residual_knn unless `status` is OK. The text is without the name of the
// function.
inline void CheckStatus(residual_knn_status status) {
  if (status == RESIDUAL_KNN_OK) return;
  std::string text = residual_knn_last_error();
  const size_t colon = text.find(": ");
  if (text.starts_with("residual_knn_") && colon != std::string::npos) text.erase(0, colon + 2);
  throw Failure(status, text);
}

}  // namespace residual_knn::mpi
