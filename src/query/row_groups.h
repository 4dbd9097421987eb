// Groups of rows that share their neighbors, such as the blocks of a block Vecchia approximation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace residual_knn {

// No group is empty, and no row is in two groups.
class RowGroups {
 public:
  // The rows of group g are rows[offsets[g]] up to, but not including, rows[offsets[g + 1]].
  RowGroups(std::vector<int64_t> offsets, std::vector<int64_t> rows)
      : offsets_(std::move(offsets)), rows_(std::move(rows)) {}

  [[nodiscard]] int64_t size() const { return std::ssize(offsets_) - 1; }
  [[nodiscard]] std::span<const int64_t> rows(int64_t group) const {
    return std::span(rows_).subspan(static_cast<size_t>(offsets_[group]),
                                    static_cast<size_t>(offsets_[group + 1] - offsets_[group]));
  }
  // Rows that precede the whole group are those below this one.
  [[nodiscard]] int64_t first_row(int64_t group) const {
    const auto members = rows(group);
    return *std::min_element(members.begin(), members.end());
  }

 private:
  std::vector<int64_t> offsets_;
  std::vector<int64_t> rows_;
};

}  // namespace residual_knn
