// How the sets of a search are selected, read from its options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/checked_size.h"
#include "base/error.h"
#include "c_api/arguments.h"
#include "c_api/query_arguments.h"
#include "conditioning/select_sets.h"
#include "parallel/pace.h"

namespace residual_knn {

// Candidate lists in a caller's array.
template <class Row>
struct ListsArray {
  const int64_t* offsets = nullptr;
  const Row* rows = nullptr;
  int64_t num_queries = 0;
  Numbering<Row> numbering;
};

template <class Row>
class CallerLists : public RowLists {
 public:
  // Throws for offsets that are not ascending from 0, and for an element that is neither a row of the index nor
  // `missing`. `rows_name` is the option that holds the elements.
  CallerLists(const ListsArray<Row>& array, int64_t n, const char* rows_name, Monitor& monitor)
      : array_(array) {
    Pace pace(monitor);
    const int64_t* offsets = array.offsets;
    RequireFirstOffset(offsets, "candidate_offsets");
    for (int64_t i = 0; i < array.num_queries; ++i) {
      pace.Spend(1);
      RequireNextOffset(offsets, i, "candidate_offsets");
    }
    const int64_t count = offsets[array.num_queries];
    if (count > 0) RequirePointer(array.rows, rows_name);
    for (int64_t i = 0; i < count; ++i) {
      pace.Spend(1);
      const Row value = array.rows[i];
      if (value == array.numbering.missing) continue;
      const int64_t row = int64_t{value} - array.numbering.base;
      if (row < 0 || row >= n) ThrowElement(i, rows_name, n);
    }
  }

  void Read(int64_t slot, std::vector<int64_t>& rows) const override {
    rows.clear();
    for (int64_t i = array_.offsets[slot]; i < array_.offsets[slot + 1]; ++i) {
      if (array_.rows[i] == array_.numbering.missing) continue;
      rows.push_back(int64_t{array_.rows[i]} - array_.numbering.base);
    }
  }

 private:
  [[noreturn]] void ThrowElement(int64_t i, const char* rows_name, int64_t n) const {
    int64_t query = 0;
    while (array_.offsets[query + 1] <= i) ++query;
    ThrowNoRow(Message(rows_name) + "[" + Ordinal{i} + "], in the list of query " + Ordinal{query} +
                   ", is ",
               array_.rows[i], array_.numbering, n);
  }

  ListsArray<Row> array_;
};

// The numbers of candidates of each kind, from the options: 0 stands for the default, -1 for none.
CandidateCounts CheckedCounts(const residual_knn_search_options& options,
                              const ResidualModel& model, int64_t k);

// What the sets are for.
template <class Row>
struct SetFrame {
  const ResidualModel& model;
  int64_t num_queries;
  int64_t k;
  Numbering<Row> numbering;
  Monitor& monitor;
};

// Throws for a ranking that conditional selection does not have.
inline void RequireAbsolute(const residual_knn_search_options& options) {
  if (options.ranking == RESIDUAL_KNN_ABSOLUTE) return;
  ThrowInvalid("ranking is " + std::to_string(options.ranking) +
               ", must be RESIDUAL_KNN_ABSOLUTE (0) with RESIDUAL_KNN_SELECT_CONDITIONAL");
}

// The request of a search, and what it refers to.
template <class Row>
class SetArguments {
 public:
  SetArguments(const residual_knn_search_options& options, const SetFrame<Row>& frame) {
    RequireEnum(options.selection, RESIDUAL_KNN_SELECT_CONDITIONAL + 1, "selection",
                "residual_knn_selection");
    if (options.reserved != 0) {
      ThrowInvalid("reserved is " + std::to_string(options.reserved) + ", must be 0");
    }
    const bool conditional = options.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
    if (conditional) request_.selection = Selection::kConditional;
    if (conditional) RequireAbsolute(options);
    ReadLists(options, frame);
    if (conditional && !lists_) {
      request_.counts = CheckedCounts(options, frame.model, frame.k);
    } else {
      RequireNoCounts(options);
    }
    if (options.conditional_variances == nullptr) return;
    if (!conditional) {
      ThrowInvalid(
          "conditional_variances must be NULL unless selection is RESIDUAL_KNN_SELECT_CONDITIONAL");
    }
    variances_.resize(static_cast<size_t>(frame.num_queries * frame.k));
    request_.variances = {variances_.data(), IsDimensionMajor(options.layout)};
  }
  SetArguments(const SetArguments&) = delete;
  SetArguments& operator=(const SetArguments&) = delete;

  [[nodiscard]] const SetRequest& request() const { return request_; }
  // False for a search by ranking among all points, which may write into the caller's arrays as it goes.
  [[nodiscard]] bool selects() const {
    return lists_.has_value() || request_.selection == Selection::kConditional;
  }
  // The conditional variances of a search that has succeeded.
  [[nodiscard]] const std::vector<double>& variances() const { return variances_; }

 private:
  void ReadLists(const residual_knn_search_options& options, const SetFrame<Row>& frame) {
    const RowsOption<Row> option(options.candidate_rows, "candidate_rows",
                                 options.candidate_rows_int32, "candidate_rows_int32");
    if (options.candidate_offsets == nullptr) {
      if (option.rows != nullptr)
        ThrowInvalid(std::string("candidate_offsets is NULL, but ") + option.name + " is given");
      return;
    }
    lists_.emplace(
        ListsArray<Row>{options.candidate_offsets, option.rows, frame.num_queries, frame.numbering},
        frame.model.n(), option.name, frame.monitor);
    request_.lists = &*lists_;
  }

  static void RequireNoCounts(const residual_knn_search_options& options) {
    const auto require = [](int64_t count, const char* name) {
      if (count == 0) return;
      ThrowInvalid(std::string(name) + " is " + std::to_string(count) +
                   ", must be 0 unless selection is RESIDUAL_KNN_SELECT_CONDITIONAL without "
                   "candidate lists");
    };
    require(options.residual_candidates, "residual_candidates");
    require(options.scaled_candidates, "scaled_candidates");
  }

  SetRequest request_;
  std::optional<CallerLists<Row>> lists_;
  std::vector<double> variances_;
};

}  // namespace residual_knn
