// The struct behind the opaque residual_knn_index.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "model/residual_model.h"
#include "search/prepared.h"

struct residual_knn_index {
  residual_knn::ResidualModel model;
  double build_seconds;
  // From its options: the number from which messages about the index count, 0 or 1.
  int64_t message_base;
  // Limit on the memory of the index and of `prepared`; 0: none.
  int64_t max_bytes;
  // False after an update that did not finish.
  bool usable;
  // Data that searches have made for `model`. Several searches may use them at once.
  std::unique_ptr<residual_knn::Prepared> prepared;
  // A text of the caller's.
  std::string note;
};

namespace residual_knn {

// Every function that reads V calls this first.
inline void RequireUsable(const residual_knn_index& index) {
  if (!index.usable) {
    ThrowInvalid(
        "index is empty because an update was cancelled or ran out of memory: update it again, or "
        "free it");
  }
}

}  // namespace residual_knn
