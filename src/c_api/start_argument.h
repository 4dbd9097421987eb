// Start lists in a caller's array.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/checked_size.h"
#include "base/error.h"
#include "c_api/arguments.h"
#include "c_api/caller_sets.h"
#include "query/row_lists.h"

namespace residual_knn {

template <class Row>
class CallerStart : public RowLists {
 public:
  // Throws for an element that is neither a row of the index nor `missing`.
  CallerStart(const SetArray<Row>& array, int64_t n) : array_(array) {
    CallerSets<Row>(array).Check(n, {.repeats = true}, [](int64_t /*slot*/) { return -1; });
  }

  void Read(int64_t slot, std::vector<int64_t>& rows) const override {
    rows.clear();
    for (int64_t place = 0; place < array_.k; ++place) {
      const Row value = array_.At(slot, place);
      if (value == array_.numbering.missing) continue;
      rows.push_back(int64_t{value} - array_.numbering.base);
    }
  }

 private:
  SetArray<Row> array_;
};

// The start lists of a search, read from its options.
template <class Row>
class StartArgument {
 public:
  StartArgument(const residual_knn_search_options& options, int64_t n, int64_t num_queries,
                const Numbering<Row>& numbering) {
    const RowsOption<Row> option(options.start, "start", options.start_int32, "start_int32");
    rows_ = option.rows;
    RequireAtLeast(options.start_k, 0, "start_k");
    if (options.start_k == 0) {
      if (rows_ != nullptr)
        ThrowInvalid(std::string("start_k is 0, but ") + option.name + " is given");
      return;
    }
    if (options.candidate_offsets != nullptr) {
      ThrowInvalid("start_k is " + std::to_string(options.start_k) +
                   ", must be 0 with candidate lists");
    }
    places_ = CheckedSize(num_queries, options.start_k, "num_queries x start_k");
    if (num_queries == 0) return;
    RequirePointer(rows_, option.name);
    lists_.emplace(SetArray<Row>{rows_, num_queries, options.start_k,
                                 IsDimensionMajor(options.layout), numbering, option.name},
                   n);
  }
  StartArgument(const StartArgument&) = delete;
  StartArgument& operator=(const StartArgument&) = delete;

  // Null without start lists.
  [[nodiscard]] const RowLists* lists() const { return lists_ ? &*lists_ : nullptr; }

  // Whether the array shares memory with `count` rows from `rows` on.
  [[nodiscard]] bool Overlaps(const Row* rows, int64_t count) const {
    const std::less<const Row*> before;
    return lists_.has_value() && before(rows, rows_ + places_) && before(rows_, rows + count);
  }

 private:
  const Row* rows_ = nullptr;
  int64_t places_ = 0;
  std::optional<CallerStart<Row>> lists_;
};

}  // namespace residual_knn
