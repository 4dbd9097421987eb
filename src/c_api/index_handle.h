// What stands behind the opaque residual_knn_index.
#pragma once

#include <memory>

#include "model/residual_model.h"
#include "search/prepared.h"

struct residual_knn_index {
  residual_knn::ResidualModel model;
  double build_seconds;
  // Of `model`; has its own lock.
  std::unique_ptr<residual_knn::Prepared> prepared;
};
