#include "scan/order_by_space.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace residual_knn {

std::vector<int64_t> OrderBySpace(const ResidualModel& model, const QuerySet& queries,
                                  std::span<const int64_t> which,
                                  const Neighborhoods& neighborhoods, int64_t block) {
  struct Key {
    int64_t group;
    int64_t leaf;
    int64_t query;
    bool operator<(const Key& other) const {
      return std::tie(group, leaf, query) < std::tie(other.group, other.leaf, other.query);
    }
  };
  // Limits within a group differ by less than this, so that few pairs are screened in vain.
  const int64_t alike = std::max<int64_t>(model.n() / 32, 1);
  std::vector<Key> keys;
  keys.reserve(which.size());
  std::vector<double> point(static_cast<size_t>(model.d()));
  for (const int64_t query : which) {
    queries.CopyPoint(query, point.data());
    keys.push_back({queries.Limit(query) / alike,
                    neighborhoods.LeafOf(queries.RowOf(query), point.data()), query});
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int64_t> ordered;
  ordered.reserve(which.size());
  for (const Key& key : keys) ordered.push_back(key.query);
  for (size_t begin = 0; begin < ordered.size(); begin += static_cast<size_t>(block)) {
    const size_t end = std::min(begin + static_cast<size_t>(block), ordered.size());
    std::sort(ordered.begin() + static_cast<std::ptrdiff_t>(begin),
              ordered.begin() + static_cast<std::ptrdiff_t>(end), [&](int64_t a, int64_t b) {
                return std::pair(queries.Limit(a), a) < std::pair(queries.Limit(b), b);
              });
  }
  return ordered;
}

}  // namespace residual_knn
