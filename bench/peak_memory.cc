#include "peak_memory.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace residual_knn::bench {
namespace {

// A figure of /proc/self/status in bytes, for example VmRSS.
std::optional<int64_t> StatusBytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      std::istringstream value(line.substr(name.size() + 1));
      int64_t kibibytes = 0;
      if (value >> kibibytes) return 1024 * kibibytes;
    }
  }
  return std::nullopt;
}

// Resets the peak (VmHWM) to the present resident size.
bool ResetPeak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

// Returns freed memory to the system, so that later use of it is counted.
void ReleaseFreedMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace

void PeakMemory::Measure(const std::function<void()>& call) {
  ReleaseFreedMemory();
  known_ = known_ && ResetPeak();
  const std::optional<int64_t> before = StatusBytes("VmRSS");
  call();
  const std::optional<int64_t> peak = StatusBytes("VmHWM");
  const std::optional<int64_t> after = StatusBytes("VmRSS");
  known_ = known_ && before && peak && after;
  if (!known_) return;
  peak_ = std::max(peak_, held_ + *peak - *before);
  held_ += *after - *before;
}

std::optional<int64_t> PeakMemory::Bytes() const {
  return known_ ? std::optional<int64_t>(peak_) : std::nullopt;
}

}  // namespace residual_knn::bench
