// A covariance callback that computes a built-in kernel from its definition, and checks its arguments and its thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "support/reference_search.h"

namespace residual_knn_test {

// One for each index; pass `this` as user pointer and Evaluate as callback.
class CheckedCallback {
 public:
  // `queries`: the new points of the searches under way, or null.
  CheckedCallback(const Kernel& kernel, const Points& points, const Points* queries)
      : kernel_(kernel), points_(points), queries_(queries), owner_(std::this_thread::get_id()) {}

  static int32_t Evaluate(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                          int64_t num_columns, double* covariance);

  void set_queries(const Points* queries) { queries_ = queries; }

  [[nodiscard]] int64_t calls() const { return calls_; }
  // Whether it was called with an invalid row number.
  [[nodiscard]] bool out_of_range() const { return out_of_range_; }
  // Whether it was called on a thread other than the one that made this object.
  [[nodiscard]] bool left_thread() const { return left_thread_; }

 private:
  const Kernel& kernel_;
  const Points& points_;
  const Points* queries_;
  const std::thread::id owner_;
  std::atomic<int64_t> calls_ = 0;
  std::atomic<bool> out_of_range_ = false;
  std::atomic<bool> left_thread_ = false;
};

}  // namespace residual_knn_test
