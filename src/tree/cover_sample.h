// How well pivots cover blocks, from a few blocks of the model's own points.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "tree/residual_tree.h"

namespace residual_knn {

// Pivots a point that leaves of `shape` need in a sample: near 0 where a few points say everything about their
// surroundings, near 1 where every point has to speak for itself.
double SampleCover(const ResidualModel& model, const TreeShape& shape, Monitor& monitor);

// What suits a model with this cover.
TreeShape ShapeFor(double cover);

}  // namespace residual_knn
