// The JSON text of --stats, for programs.
#pragma once

#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/neighbors_options.h"
#include "tools/search_report.h"

namespace residual_knn::cli {

std::string StatisticsJson(const NeighborsOptions& options,
                           const std::vector<std::string>& coordinates,
                           const residual_knn_info& info, const SearchReport& report);

}  // namespace residual_knn::cli
