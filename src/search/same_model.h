// Whether the processes of a team have the same model.
#pragma once

#include "model/residual_model.h"
#include "parallel/team.h"

namespace residual_knn {

// All processes call it together. Throws on all of them if one has other points, another p or another kernel.
void RequireSameModel(const ResidualModel& model, Team& team);

}  // namespace residual_knn
