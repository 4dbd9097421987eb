// Peak resident memory of selected calls, from /proc of Linux.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace residual_knn::bench {

// The peak memory of a sequence of calls, in addition to the memory of the process before the first call. Changes
// between the calls are not counted.
class PeakMemory {
 public:
  // Runs `call` and records its peak.
  void Measure(const std::function<void()>& call);

  // Bytes; empty if the kernel does not report the peak or cannot reset it.
  std::optional<int64_t> Bytes() const;

 private:
  bool known_ = true;
  int64_t held_ = 0;
  int64_t peak_ = 0;
};

}  // namespace residual_knn::bench
