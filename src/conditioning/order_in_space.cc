#include "conditioning/order_in_space.h"

#include <numeric>
#include <utility>

#include "base/checked_size.h"
#include "points/space_order.h"

namespace residual_knn {

std::vector<int64_t> OrderInSpace(const SearchJob& job, int64_t most_in_group) {
  const int64_t size = job.queries.size();
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  const int64_t d = job.model.d();
  if (d == 0 || size <= most_in_group) return order;
  std::vector<double> locations(static_cast<size_t>(CheckedSize(size, d, "num_queries x d")));
  for (int64_t q = 0; q < size; ++q) job.queries.CopyPoint(q, locations.data() + q * d);
  const double unit = 1;
  const ScaledPoints points({locations.data(), size, d, false}, {&unit, 1}, "queries");
  const SpaceOrder in_space(points, std::move(order), most_in_group, 1, job.monitor);
  return {in_space.rows().begin(), in_space.rows().end()};
}

}  // namespace residual_knn
