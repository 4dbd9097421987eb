// Looks at the monitor after each fixed amount of work.
#pragma once

#include <cstdint>

#include "parallel/monitor.h"

namespace residual_knn {

// For long loops: one look for every 2^16 units of work, which take between a tenth of a millisecond and some
// milliseconds.
class Pace {
 public:
  // Multiplications of long products that count as one unit of work.
  static constexpr int64_t kMultiplications = 16;

  // What a unit of work takes. kUnknown: the work contains callbacks of the caller, so every Spend looks.
  enum class Cost { kUsual, kUnknown };

  explicit Pace(ThreadMonitor monitor, Cost cost = Cost::kUsual)
      : monitor_(monitor), work_between_looks_(cost == Cost::kUsual ? kWorkBetweenLooks : 0) {}

  // Throws once the work should end.
  void Spend(int64_t work) {
    spent_ += work;
    if (spent_ < work_between_looks_) return;
    spent_ = 0;
    monitor_.Look();
  }

 private:
  static constexpr int64_t kWorkBetweenLooks = int64_t{1} << 16;

  ThreadMonitor monitor_;
  int64_t work_between_looks_;
  int64_t spent_ = 0;
};

}  // namespace residual_knn
