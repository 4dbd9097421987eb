// What stands behind the opaque residual_knn_index.
#pragma once

#include "model/residual_model.h"

struct residual_knn_index {
  residual_knn::ResidualModel model;
  double build_seconds;
};
