// The public C header for test programs in C++: owned indexes, and one call for every kind of search. Results have the
// same form for any layout and any width of the row numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "support/checked_callback.h"
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

// Converts rows x columns values from row-major order to the given layout, and back.
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

// V and p in row-major order.
struct FactorCopy {
  int64_t m = 0;
  std::vector<double> v;
  std::vector<double> p;

  // Whether the bytes are the same; false if there are none, as after a failed call.
  [[nodiscard]] bool SameAs(const FactorCopy& other) const;
  // V and p of the points [first, first + count) only.
  [[nodiscard]] FactorCopy Part(int64_t first, int64_t count) const;
};

struct CreatedIndex {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  IndexHandle index;
};
CreatedIndex CreateIndex(const Model& model, int32_t layout = RESIDUAL_KNN_POINT_MAJOR,
                         int32_t threads = 1);
CreatedIndex CreateIndexFromFactor(const Model& model, const FactorCopy& factor,
                                   int32_t layout = RESIDUAL_KNN_POINT_MAJOR, int32_t threads = 1);
// `options` may be null.
CreatedIndex CreateIndexFromCallback(const FactorCopy& factor, CheckedCallback& callback,
                                     const residual_knn_model_options* options = nullptr);

// The whole number that follows `words` in the last error; throws std::runtime_error if there is none.
int64_t NumberInErrorAfter(const std::string& words);

residual_knn_info InfoOf(const residual_knn_index* index);
FactorCopy FactorOf(const residual_knn_index* index, int32_t layout = RESIDUAL_KNN_POINT_MAJOR);

// The question of a search.
enum class QueryKind { kNeighbors, kPredecessors, kNewPoints, kNewFactor };

struct Question {
  QueryKind kind = QueryKind::kNeighbors;
  int32_t k = 1;
  bool all_rows = false;        // rows NULL
  std::vector<int64_t> rows;    // for kNeighbors and kPredecessors; all rows if all_rows
  Points queries;               // for kNewPoints and kNewFactor
  FactorCopy query_factor;      // for kNewFactor
  bool callback_index = false;  // kNewFactor passes no points

  [[nodiscard]] int64_t count() const {
    return kind == QueryKind::kNeighbors || kind == QueryKind::kPredecessors
               ? static_cast<int64_t>(rows.size())
               : queries.n;
  }
};

// The neighbors or predecessors of all rows.
Question AllRows(QueryKind kind, int64_t n, int32_t k);

// Those of rows 0, step, 2 step, ...
Question EveryRow(QueryKind kind, int64_t n, int64_t step, int32_t k);

// Every strategy. Tests use all of them.
inline constexpr int32_t kAllStrategies[] = {
    RESIDUAL_KNN_AUTOMATIC,  RESIDUAL_KNN_BRUTE_FORCE,        RESIDUAL_KNN_LEVEL_SYNCHRONOUS,
    RESIDUAL_KNN_BEST_FIRST, RESIDUAL_KNN_BATCHED_BEST_FIRST, RESIDUAL_KNN_DUAL_TREE};

// The candidates of each query: row numbers from 0 on, -1 for `missing`.
struct CandidateRows {
  std::vector<int64_t> offsets;
  std::vector<int64_t> rows;
};

// Start lists of k places for each query: row numbers from 0 on, -1 for `missing`.
struct StartRows {
  int64_t k = 0;
  std::vector<int64_t> rows;
};

// The options of a search. Only the ranking, the selection and its candidates may change the answer.
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
  int32_t selection = RESIDUAL_KNN_SELECT_NEAREST;
  int64_t residual_candidates = 0;
  int64_t scaled_candidates = 0;
  const CandidateRows* lists = nullptr;
  const StartRows* start = nullptr;
};

// All options that are values; lists of rows are left out.
residual_knn_search_options SearchOptions(const Manner& manner);

// What R has for a missing integer.
inline constexpr int32_t kMissingOfR = std::numeric_limits<int32_t>::min();

// Row numbers from 0 on, -1 for none, as the caller of an int32_t function has them.
std::vector<int32_t> Narrow(const std::vector<int64_t>& rows, int32_t base = 1,
                            int32_t missing = kMissingOfR);
// And back.
std::vector<int64_t> Widen(const std::vector<int32_t>& rows, int32_t base, int32_t missing);

struct Answer {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  bool overrun = false;  // something was written after an output
  int64_t queries = 0;
  int32_t k = 0;
  std::vector<int64_t> neighbors;  // query by query, 0-based, -1 for no neighbor
  std::vector<double> distances;
  std::vector<double> variances;  // of conditional selection, query by query
  residual_knn_statistics statistics = {};

  // Same status, rows and bytes of distances and variances.
  [[nodiscard]] bool SameAs(const Answer& other) const;
};

Answer Ask(const residual_knn_index* index, const Question& question, const Manner& manner = {});

// The same with a sink. The batches are of at most `sink_queries` (0: the library's choice), in `sink_order`. With `act`,
// it is called in each delivery; at delivery `cancel_at` the sink cancels. Returns how many batches came, and "" or what
// was wrong with them.
struct SinkManner {
  int64_t sink_queries = 0;
  int32_t sink_order = RESIDUAL_KNN_SINK_BY_QUERY;
  int64_t cancel_at = 0;
  std::function<void()> act = nullptr;
};
struct SinkAnswer {
  Answer answer;
  int64_t deliveries = 0;
  std::vector<bool> got;  // the queries that came
  std::string problem;
};
SinkAnswer AskSink(const residual_knn_index* index, const Question& question, const Manner& manner,
                   const SinkManner& sink);

// The part of a question with queries [first, first + count) only.
Question Part(const Question& question, int64_t first, int64_t count);

}  // namespace residual_knn_test
