// Peak resident memory of chosen calls, from Linux's /proc.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace residual_knn::bench {

// What a sequence of calls held at its peak beyond what the process held before the first. Memory
// that the process takes or gives back between the calls does not count.
class PeakMemory {
 public:
  // Runs `call` and takes its peak into account.
  void Measure(const std::function<void()>& call);

  // Bytes; empty where the kernel does not tell, or does not let the peak be reset.
  std::optional<int64_t> Bytes() const;

 private:
  bool known_ = true;
  int64_t held_ = 0;
  int64_t peak_ = 0;
};

}  // namespace residual_knn::bench
