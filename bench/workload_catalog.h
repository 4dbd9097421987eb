// The workloads by name.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workload.h"

namespace residual_knn::bench {

// What a workload is made from.
struct WorkloadRequest {
  // Number of points; 0: the workload's own. Files are cut after so many rows.
  int64_t n = 0;
  // Folder with the reference data.
  std::string shared_directory;
  // Workers for the choice of inducing points; 0: one for each processor.
  int32_t threads = 0;
};

// A data file that the workload cannot do without is not there.
class MissingData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct WorkloadEntry {
  std::string_view name;
  std::string_view summary;
  // Part of `all`.
  bool standard;
  Workload (*make)(const WorkloadRequest& request);
};

std::span<const WorkloadEntry> WorkloadEntries();

// The entry of that name, or NULL.
const WorkloadEntry* FindWorkload(std::string_view name);

}  // namespace residual_knn::bench
