// The workloads by name.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "workload.h"

namespace residual_knn::bench {

// The parameters of a workload.
struct WorkloadRequest {
  // Number of points; 0: the number of the workload. Of files, the first n rows are used.
  int64_t n = 0;
  // Folder with the reference data.
  std::string shared_directory;
  // Threads for the choice of inducing points; 0: one for each processor.
  int32_t threads = 0;
};

// Thrown if a data file that the workload needs is absent.
class MissingData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct WorkloadEntry {
  std::string_view name;
  std::string_view summary;
  // True if it is part of `all`.
  bool standard;
  Workload (*make)(const WorkloadRequest& request);
};

std::span<const WorkloadEntry> WorkloadEntries();

// The entry with this name, or NULL.
const WorkloadEntry* FindWorkload(std::string_view name);

}  // namespace residual_knn::bench
