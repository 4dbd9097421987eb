// The queries of an entry point, made from its arguments.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "c_api/arguments.h"
#include "query/query_set.h"

namespace residual_knn {

// Returns num_queries x k after checks of both.
inline int64_t CheckedSizes(int64_t num_queries, int32_t k) {
  RequireAtLeast(num_queries, 0, "num_queries");
  RequireAtLeast(k, 1, "k");
  return CheckedSize(num_queries, k, "num_queries x k");
}

// Returns the number of places of the array of neighbors, num_queries x k, after checks of its sizes and pointer.
inline int64_t CheckedPlaces(int64_t num_queries, int32_t k, const void* neighbors) {
  const int64_t places = CheckedSizes(num_queries, k);
  if (num_queries > 0) RequirePointer(neighbors, "neighbors");
  return places;
}

// How a caller numbers rows.
template <class Row>
struct Numbering {
  Row base = 0;      // the number of the first row
  Row missing = -1;  // what stands in places without a neighbor
};

// The text with a row number that a caller gave. 32-bit numbers are shown as they were given.
template <class Row>
Message WithRow(const Message& text, Row row) {
  if constexpr (sizeof(Row) == sizeof(int32_t)) return text + std::to_string(row);
  return text + Ordinal{row};
}

// `place` is the beginning of the message, up to the value.
template <class Row>
[[noreturn]] void ThrowNoRow(const Message& place, Row row, const Numbering<Row>& numbering,
                             int64_t n) {
  Message text = WithRow(WithRow(place, row) + ", must be between ", numbering.base);
  text = WithRow(text + " and ", static_cast<Row>(numbering.base + n - 1));
  ThrowInvalid(WithRow(text + ", or ", numbering.missing) + " for no row");
}

// An option with row numbers, which the options have once for each width. Functions with rows of this width read one of
// the two.
template <class Row>
struct RowsOption {
  const Row* rows = nullptr;
  const char* name = nullptr;

  RowsOption(const int64_t* wide, const char* wide_name, const int32_t* narrow,
             const char* narrow_name) {
    if constexpr (sizeof(Row) == sizeof(int32_t)) {
      Choose(narrow, narrow_name, wide, wide_name);
    } else {
      Choose(wide, wide_name, narrow, narrow_name);
    }
  }

 private:
  void Choose(const Row* own, const char* own_name, const void* other, const char* other_name) {
    if (other != nullptr) {
      ThrowInvalid(std::string(other_name) + " must be NULL: this function reads " + own_name);
    }
    rows = own;
    name = own_name;
  }
};

template <class Row>
void RequireNumbering(const Numbering<Row>& numbering, int64_t n) {
  if constexpr (sizeof(Row) == sizeof(int32_t)) {
    if (numbering.base != 0 && numbering.base != 1) {
      ThrowInvalid("base is " + std::to_string(numbering.base) + ", must be 0 or 1");
    }
    if (n > std::numeric_limits<int32_t>::max() - numbering.base) {
      ThrowInvalid("the index has n = " + std::to_string(n) +
                   " points, too many for 32-bit row numbers");
    }
    if (numbering.missing >= numbering.base && numbering.missing < numbering.base + n) {
      ThrowInvalid("missing is " + std::to_string(numbering.missing) +
                   ", must not be a row number");
    }
  }
}

// Where an entry point gets its queries: each kind of source checks its arguments and makes the queries of one call.
struct QueryFrame {
  int32_t layout;
  int threads;
  Monitor& monitor;
};

// NULL stands for all rows.
inline void RequireAllRows(int64_t num_queries, int64_t n) {
  if (num_queries > 0 && num_queries != n) {
    ThrowInvalid("rows is NULL and num_queries is " + std::to_string(num_queries) +
                 ", must be n = " + std::to_string(n));
  }
}

// Rows of the index, by their numbers in a caller's array. NULL: all rows of the index in order.
template <class Row>
class RowSource {
 public:
  RowSource(const Row* rows, int64_t num_queries, Row base, bool predecessors)
      : rows_(rows), num_queries_(num_queries), base_(base), predecessors_(predecessors) {}

  // The source must outlive the queries.
  std::unique_ptr<QuerySet> operator()(const ResidualModel& model, const QueryFrame& /*frame*/) {
    if (rows_ == nullptr) {
      RequireAllRows(num_queries_, model.n());
      return MakeRowQueries(model, nullptr, num_queries_, predecessors_);
    }
    if constexpr (sizeof(Row) == sizeof(int64_t)) {
      return MakeRowQueries(model, rows_, num_queries_, predecessors_);
    } else {
      wide_.resize(static_cast<size_t>(num_queries_));
      for (int64_t i = 0; i < num_queries_; ++i) {
        wide_[i] = int64_t{rows_[i]} - base_;
        if (wide_[i] < 0 || wide_[i] >= model.n()) {
          ThrowInvalid("rows[" + Ordinal{i} + "] is " + std::to_string(rows_[i]) +
                       ", must be between " + std::to_string(base_) + " and " +
                       std::to_string(model.n() - 1 + base_));
        }
      }
      return MakeRowQueries(model, wide_.data(), num_queries_, predecessors_);
    }
  }

 private:
  const Row* rows_;
  int64_t num_queries_;
  Row base_;
  bool predecessors_;
  std::vector<int64_t> wide_;
};

// New points whose V and p the index computes.
struct NewPointSource {
  const double* queries;
  int64_t num_queries;
  const char* other_function;  // for an index that was made from the caller's V and p

  std::unique_ptr<QuerySet> operator()(const ResidualModel& model, const QueryFrame& frame) const {
    if (model.inducing() == nullptr) {
      throw Error(
          RESIDUAL_KNN_ERROR_UNSUPPORTED,
          std::string("the index was made from the caller's V and p; use ") + other_function);
    }
    return MakeNewPointQueries(
        model, CheckedMatrix(queries, num_queries, model.d(), frame.layout, "queries"));
  }
};

// New points with the caller's V and p.
struct NewFactorSource {
  const double* query_factor;
  const double* query_residual_variance;
  const double* queries;
  int64_t num_queries;
  const char* other_function;  // for an index that computes V and p

  std::unique_ptr<QuerySet> operator()(const ResidualModel& model, const QueryFrame& frame) const {
    if (model.inducing() != nullptr) {
      throw Error(
          RESIDUAL_KNN_ERROR_UNSUPPORTED,
          std::string("the index computes V and p of new points itself; use ") + other_function);
    }
    if (num_queries > 0) RequirePointer(query_residual_variance, "query_residual_variance");
    return MakeNewFactorQueries(
        model, CheckedMatrix(query_factor, num_queries, model.m(), frame.layout, "query_factor"),
        {query_residual_variance, static_cast<size_t>(num_queries)},
        CheckedMatrix(queries, num_queries, model.d(), frame.layout, "queries"), frame.threads,
        frame.monitor);
  }
};

}  // namespace residual_knn
