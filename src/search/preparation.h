// Makes in advance what searches of an index need.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "search/prepared.h"

namespace residual_knn {

// What automatic searches of many queries for the k nearest would make: all trees, or what scans need.
void PrepareSearches(const ResidualModel& model, int threads, Monitor& monitor, Prepared& prepared);

}  // namespace residual_knn
