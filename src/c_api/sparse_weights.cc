// Weights as a sparse matrix in compressed rows.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "c_api/arguments.h"
#include "c_api/caller_sets.h"
#include "c_api/guard.h"
#include "c_api/query_arguments.h"

using residual_knn::CallerSets;
using residual_knn::Ordinal;

namespace {

// The weights of some queries, and the matrix that is made of them.
template <class Row>
struct Request {
  const Row* rows;
  int64_t num_queries;
  int64_t n;
  int32_t layout;
  int32_t k;
  residual_knn::Numbering<Row> numbering;
  const Row* neighbors;
  const double* weights;
  Row* offsets;
  Row* columns;
  double* values;

  // The column of the 1 of a query; -1: it has none.
  [[nodiscard]] int64_t ColumnOfOne(int64_t query) const {
    if (rows == nullptr) return query;
    return rows[query] == numbering.missing ? -1 : int64_t{rows[query]} - numbering.base;
  }
};

template <class Row>
void CheckRows(const Request<Row>& request) {
  if (request.rows == nullptr) {
    residual_knn::RequireAllRows(request.num_queries, request.n);
    return;
  }
  for (int64_t i = 0; i < request.num_queries; ++i) {
    if (request.rows[i] == request.numbering.missing) continue;
    const int64_t column = request.ColumnOfOne(i);
    if (column >= 0 && column < request.n) continue;
    residual_knn::ThrowInvalid(
        residual_knn::WithRow(residual_knn::Message("rows[") + Ordinal{i} + "] is ",
                              request.rows[i]) +
        ", must be a row of the index, which has n = " + std::to_string(request.n));
  }
}

// Throws if the elements of the matrix are too many for its offsets.
template <class Row>
void CheckOffsets(const Request<Row>& request, const CallerSets<Row>& sets) {
  if constexpr (sizeof(Row) == sizeof(int32_t)) {
    std::vector<int64_t> rows;
    std::vector<int64_t> places;
    int64_t count = 0;
    for (int64_t i = 0; i < request.num_queries; ++i) {
      sets.Read(i, rows, places);
      count += std::ssize(rows) + (request.ColumnOfOne(i) >= 0 ? 1 : 0);
    }
    if (count > std::numeric_limits<Row>::max()) {
      residual_knn::ThrowInvalid("the matrix has " + std::to_string(count) +
                                 " elements, too many for 32-bit offsets");
    }
  }
}

// Writes the rows of the matrix, each in ascending order of columns.
template <class Row>
void WriteMatrix(const Request<Row>& request, const CallerSets<Row>& sets, bool dimension_major) {
  const int64_t step = dimension_major ? request.num_queries : 1;
  const int64_t stride = dimension_major ? 1 : request.k;
  std::vector<int64_t> rows;
  std::vector<int64_t> places;
  std::vector<std::pair<int64_t, double>> elements;
  for (auto* list : {&rows, &places}) list->reserve(static_cast<size_t>(request.k));
  elements.reserve(static_cast<size_t>(request.k) + 1);
  int64_t count = 0;
  request.offsets[0] = 0;
  for (int64_t i = 0; i < request.num_queries; ++i) {
    sets.Read(i, rows, places);
    elements.clear();
    if (const int64_t one = request.ColumnOfOne(i); one >= 0) elements.emplace_back(one, 1.0);
    for (size_t a = 0; a < rows.size(); ++a) {
      elements.emplace_back(rows[a], -request.weights[i * stride + places[a] * step]);
    }
    std::sort(elements.begin(), elements.end());
    for (const auto& [column, value] : elements) {
      request.columns[count] = static_cast<Row>(column + request.numbering.base);
      request.values[count] = value;
      ++count;
    }
    request.offsets[i + 1] = static_cast<Row>(count);
  }
}

template <class Row>
residual_knn_status MakeMatrix(const char* function, const Request<Row>& request) {
  return residual_knn::Guard(function, [&] {
    residual_knn::CheckedPlaces(request.num_queries, request.k, request.neighbors);
    residual_knn::RequireAtLeast(request.n, 0, "n");
    residual_knn::RequireNumbering(request.numbering, request.n);
    const bool dimension_major = residual_knn::IsDimensionMajor(request.layout);
    residual_knn::RequirePointer(request.offsets, "offsets");
    if (request.num_queries > 0) {
      residual_knn::RequirePointer(request.weights, "weights");
      residual_knn::RequirePointer(request.columns, "columns");
      residual_knn::RequirePointer(request.values, "values");
    }
    CheckRows(request);
    const CallerSets<Row> sets(
        {request.neighbors, request.num_queries, request.k, dimension_major, request.numbering});
    sets.Check(request.n, {}, [&](int64_t query) { return request.ColumnOfOne(query); });
    CheckOffsets(request, sets);
    WriteMatrix(request, sets, dimension_major);
  });
}

}  // namespace

residual_knn_status residual_knn_sparse_weights(const int64_t* rows, int64_t num_queries, int64_t n,
                                                int32_t layout, int32_t k, const int64_t* neighbors,
                                                const double* weights, int64_t* offsets,
                                                int64_t* columns, double* values) {
  return MakeMatrix<int64_t>(
      __func__,
      {rows, num_queries, n, layout, k, {}, neighbors, weights, offsets, columns, values});
}

residual_knn_status residual_knn_sparse_weights_int32(const int32_t* rows, int64_t num_queries,
                                                      int64_t n, int32_t layout, int32_t k,
                                                      int32_t base, int32_t missing,
                                                      const int32_t* neighbors,
                                                      const double* weights, int32_t* offsets,
                                                      int32_t* columns, double* values) {
  return MakeMatrix<int32_t>(__func__, {rows,
                                        num_queries,
                                        n,
                                        layout,
                                        k,
                                        {base, missing},
                                        neighbors,
                                        weights,
                                        offsets,
                                        columns,
                                        values});
}
