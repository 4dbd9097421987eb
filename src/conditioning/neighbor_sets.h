// The conditioning sets that a caller gives, one for each query.
#pragma once

#include <cstdint>
#include <vector>

namespace residual_knn {

class NeighborSets {
 public:
  NeighborSets() = default;
  NeighborSets(const NeighborSets&) = delete;
  NeighborSets& operator=(const NeighborSets&) = delete;
  virtual ~NeighborSets() = default;

  // Places of each set.
  [[nodiscard]] virtual int64_t k() const = 0;
  // Reads the set of the query with this place in the results: its rows, and the place of each in the set. Places without
  // a neighbor are left out.
  virtual void Read(int64_t slot, std::vector<int64_t>& rows,
                    std::vector<int64_t>& places) const = 0;
};

}  // namespace residual_knn
