#include "support/checked_callback.h"

namespace residual_knn_test {

int32_t CheckedCallback::Evaluate(void* user, const int64_t* rows, int64_t num_rows,
                                  const int64_t* columns, int64_t num_columns, double* covariance) {
  auto& self = *static_cast<CheckedCallback*>(user);
  ++self.calls_;
  if (std::this_thread::get_id() != self.owner_) self.left_thread_ = true;
  const int64_t n = self.points_.n;
  const int64_t num_queries = self.queries_ != nullptr ? self.queries_->n : 0;
  for (int64_t a = 0; a < num_rows; ++a) {
    const bool is_query = rows[a] >= n;
    if (rows[a] < 0 || rows[a] >= n + num_queries) {
      self.out_of_range_ = true;
      return 1;
    }
    const Points& points = is_query ? *self.queries_ : self.points_;
    const int64_t row = is_query ? rows[a] - n : rows[a];
    for (int64_t b = 0; b < num_columns; ++b) {
      if (columns[b] < 0 || columns[b] >= n) {
        self.out_of_range_ = true;
        return 1;
      }
      covariance[a * num_columns + b] =
          Covariance<double>(self.kernel_, points, row, self.points_, columns[b]);
    }
  }
  return 0;
}

}  // namespace residual_knn_test
