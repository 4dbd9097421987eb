// Reads groups of rows from a caller's arrays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "c_api/arguments.h"
#include "c_api/query_arguments.h"
#include "query/row_groups.h"

namespace residual_knn {

template <class Row>
struct GroupArrays {
  const int64_t* offsets = nullptr;
  int64_t num_groups = 0;
  const Row* rows = nullptr;
  Row base = 0;
};

template <class Row>
class GroupReader {
 public:
  GroupReader(const GroupArrays<Row>& arrays, int64_t n) : arrays_(arrays), n_(n) {}

  // Throws for offsets that do not ascend from 0, for a row that is not one of the index, and for one that is given
  // twice.
  [[nodiscard]] RowGroups Read() const {
    RequireAtLeast(arrays_.num_groups, 0, "num_groups");
    if (arrays_.num_groups == 0) return {{0}, {}};
    RequirePointer(arrays_.offsets, "group_offsets");
    RequirePointer(arrays_.rows, "group_rows");
    CheckOffsets();
    std::vector<int64_t> offsets(arrays_.offsets, arrays_.offsets + arrays_.num_groups + 1);
    std::vector<int64_t> rows;
    std::vector<int64_t> group_of_row(static_cast<size_t>(n_), -1);
    for (int64_t group = 0; group < arrays_.num_groups; ++group) {
      for (int64_t i = offsets[group]; i < offsets[group + 1]; ++i) {
        const int64_t row = int64_t{arrays_.rows[i]} - arrays_.base;
        if (row < 0 || row >= n_) {
          ThrowInvalid(Name(group, i) +
                       ", must be a row of the index, which has n = " + std::to_string(n_));
        }
        if (group_of_row[row] == group) {
          ThrowInvalid(Name(group, i) + ", which is in the group already");
        }
        if (group_of_row[row] >= 0) {
          ThrowInvalid(Name(group, i) + ", which is in group " + Ordinal{group_of_row[row]} +
                       " already");
        }
        group_of_row[row] = group;
        rows.push_back(row);
      }
    }
    return {std::move(offsets), std::move(rows)};
  }

 private:
  void CheckOffsets() const {
    const int64_t* offsets = arrays_.offsets;
    RequireFirstOffset(offsets, "group_offsets");
    for (int64_t group = 0; group < arrays_.num_groups; ++group) {
      if (offsets[group + 1] == offsets[group]) {
        ThrowInvalid("group " + Ordinal{group} + " is empty");
      }
      RequireNextOffset(offsets, group, "group_offsets");
    }
    if (offsets[arrays_.num_groups] > n_) {
      ThrowInvalid("group_offsets: the groups have " + std::to_string(offsets[arrays_.num_groups]) +
                   " rows, but the index has only n = " + std::to_string(n_));
    }
  }
  [[nodiscard]] Message Name(int64_t group, int64_t i) const {
    return WithRow("group_rows[" + Ordinal{i} + "], in group " + Ordinal{group} + ", is ",
                   arrays_.rows[i]);
  }

  GroupArrays<Row> arrays_;
  int64_t n_;
};

}  // namespace residual_knn
