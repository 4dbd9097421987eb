// The public C header for test programs in C++: owned indices, and one call for every kind of
// search, with results in one form whatever the layout and the width of the row numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "residual_knn.h"
#include "support/reference_search.h"

namespace residual_knn_test {

struct IndexDeleter {
  void operator()(residual_knn_index* index) const { residual_knn_index_free(index); }
};
using IndexHandle = std::unique_ptr<residual_knn_index, IndexDeleter>;

residual_knn_model_options ModelOptions();
residual_knn_model_options ModelOptions(const Model& model, int32_t layout, int32_t threads);
residual_knn_search_options SearchOptions();
residual_knn_helper_options HelperOptions();

// rows x columns values, row after row, in the given layout, and back.
template <class T>
std::vector<T> ToLayout(const std::vector<T>& row_after_row, int64_t rows, int64_t columns,
                        int32_t layout) {
  if (layout == RESIDUAL_KNN_POINT_MAJOR) return row_after_row;
  std::vector<T> out(row_after_row.size());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t c = 0; c < columns; ++c) out[c * rows + i] = row_after_row[i * columns + c];
  }
  return out;
}
template <class T>
std::vector<T> FromLayout(const std::vector<T>& values, int64_t rows, int64_t columns,
                          int32_t layout) {
  return ToLayout(values, columns, rows, layout);
}

// V and p, row after row.
struct FactorCopy {
  int64_t m = 0;
  std::vector<double> v;
  std::vector<double> p;

  // The same bytes; false if there are none, as of a failed call.
  [[nodiscard]] bool SameAs(const FactorCopy& other) const;
};

struct CreatedIndex {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  IndexHandle index;
};
CreatedIndex CreateIndex(const Model& model, int32_t layout = RESIDUAL_KNN_POINT_MAJOR,
                         int32_t threads = 1);
CreatedIndex CreateIndexFromFactor(const Model& model, const FactorCopy& factor,
                                   int32_t layout = RESIDUAL_KNN_POINT_MAJOR, int32_t threads = 1);

residual_knn_info InfoOf(const residual_knn_index* index);
FactorCopy FactorOf(const residual_knn_index* index, int32_t layout = RESIDUAL_KNN_POINT_MAJOR);

// What is asked of an index.
enum class QueryKind { kNeighbors, kPredecessors, kNewPoints, kNewFactor };

struct Question {
  QueryKind kind = QueryKind::kNeighbors;
  int32_t k = 1;
  bool all_rows = false;        // rows NULL
  std::vector<int64_t> rows;    // of kNeighbors and kPredecessors; all of them if all_rows
  Points queries;               // of kNewPoints and kNewFactor
  FactorCopy query_factor;      // of kNewFactor
  bool callback_index = false;  // kNewFactor passes no points

  [[nodiscard]] int64_t count() const {
    return kind == QueryKind::kNeighbors || kind == QueryKind::kPredecessors
               ? static_cast<int64_t>(rows.size())
               : queries.n;
  }
};

// Every strategy: tests of one are tests of all.
inline constexpr int32_t kAllStrategies[] = {
    RESIDUAL_KNN_AUTOMATIC,  RESIDUAL_KNN_BRUTE_FORCE,        RESIDUAL_KNN_LEVEL_SYNCHRONOUS,
    RESIDUAL_KNN_BEST_FIRST, RESIDUAL_KNN_BATCHED_BEST_FIRST, RESIDUAL_KNN_DUAL_TREE};

// How it is asked; nothing of this may change the answer but the ranking.
struct Manner {
  int32_t ranking = RESIDUAL_KNN_ABSOLUTE;
  int32_t layout = RESIDUAL_KNN_POINT_MAJOR;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t threads = 1;
  int64_t tile_queries = 0;
  int64_t tile_candidates = 0;
  bool int32_rows = false;
  int32_t base = 0;
  int32_t missing = -1;
  residual_knn_progress progress = nullptr;
  void* progress_user = nullptr;
};

struct Answer {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  bool overrun = false;  // something was written behind an output
  int64_t queries = 0;
  int32_t k = 0;
  std::vector<int64_t> neighbors;  // query after query, 0-based, -1 where there is none
  std::vector<double> distances;
  residual_knn_statistics statistics = {};

  // Same status, rows and bytes of distances.
  [[nodiscard]] bool SameAs(const Answer& other) const;
};

Answer Ask(const residual_knn_index* index, const Question& question, const Manner& manner = {});

// The part of a question that asks queries [first, first + count) only.
Question Part(const Question& question, int64_t first, int64_t count);

}  // namespace residual_knn_test
