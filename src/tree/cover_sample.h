// The cover of a model, from a sample of a few blocks of its points.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "tree/residual_tree.h"

namespace residual_knn {

// The cover: the number of pivots that leaves of `shape` need for each point, in a sample. It is near 0 where a few
// points explain all points around them, and near 1 where no point explains another.
double SampleCover(const ResidualModel& model, const TreeShape& shape, Monitor& monitor);

// The shape of a tree of `size` rows that suits a model with this cover.
TreeShape ShapeFor(double cover, int64_t size);

}  // namespace residual_knn
