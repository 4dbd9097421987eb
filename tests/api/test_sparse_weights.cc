// Weights as a sparse matrix, against the dense matrix that they define.
#include <algorithm>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// Queries of n points with random sets and weights, query by query; -1: no neighbor, and a query without a 1.
struct Weights {
  Weights(Random& random, int64_t num_queries)
      : n(random.Integer(1, 30)), k(static_cast<int32_t>(random.Integer(1, 12))) {
    for (int64_t i = 0; i < num_queries; ++i) {
      rows.push_back(random.Chance(0.2) ? -1 : random.Integer(0, n - 1));
      std::vector<int64_t> set = RandomPermutation(random, n);
      std::erase(set, rows.back());
      set.resize(static_cast<size_t>(k), -1);
      for (int64_t& row : set) {
        if (random.Chance(0.2)) row = -1;
        weights.push_back(random.Normal());
      }
      neighbors.insert(neighbors.end(), set.begin(), set.end());
    }
  }

  [[nodiscard]] int64_t count() const { return static_cast<int64_t>(rows.size()); }
  [[nodiscard]] std::vector<double> Dense() const {
    std::vector<double> matrix(static_cast<size_t>(count() * n));
    for (int64_t i = 0; i < count(); ++i) {
      if (rows[i] >= 0) matrix[i * n + rows[i]] = 1;
      for (int64_t place = i * k; place < (i + 1) * k; ++place) {
        if (neighbors[place] >= 0) matrix[i * n + neighbors[place]] = -weights[place];
      }
    }
    return matrix;
  }

  int64_t n;
  int32_t k;
  std::vector<int64_t> rows;
  std::vector<int64_t> neighbors;
  std::vector<double> weights;
};

template <class Row>
struct Matrix {
  explicit Matrix(const Weights& given)
      : offsets(static_cast<size_t>(given.count() + 1)),
        columns(static_cast<size_t>(given.count() * (given.k + 1))),
        values(columns.size()) {}

  // Whether the matrix is this one, with ascending columns and no element more.
  [[nodiscard]] bool Is(const std::vector<double>& dense, int64_t n, Row base) const {
    std::vector<double> found(dense.size());
    for (size_t i = 0; i + 1 < offsets.size(); ++i) {
      for (Row at = offsets[i]; at < offsets[i + 1]; ++at) {
        if (at > offsets[i] && columns[at] <= columns[at - 1]) return Fail("columns do not ascend");
        const int64_t column = int64_t{columns[at]} - base;
        if (column < 0 || column >= n) return Fail("a column beyond");
        found[static_cast<int64_t>(i) * n + column] = values[at];
      }
    }
    const auto elements = static_cast<size_t>(
        std::count_if(dense.begin(), dense.end(), [](double x) { return x != 0; }));
    return (offsets[0] == 0 && static_cast<size_t>(offsets.back()) == elements && found == dense) ||
           Fail("the matrix is another");
  }

  std::vector<Row> offsets;
  std::vector<Row> columns;
  std::vector<double> values;
};

bool MatrixHolds(Random& random) {
  const Weights given(random, random.Integer(0, 15));
  const std::vector<double> dense = given.Dense();
  Matrix<int64_t> wide(given);
  if (residual_knn_sparse_weights(given.rows.data(), given.count(), given.n,
                                  RESIDUAL_KNN_POINT_MAJOR, given.k, given.neighbors.data(),
                                  given.weights.data(), wide.offsets.data(), wide.columns.data(),
                                  wide.values.data()) != RESIDUAL_KNN_OK ||
      !wide.Is(dense, given.n, 0)) {
    return Fail("64-bit rows");
  }
  const std::vector<int32_t> rows = Narrow(given.rows);
  const std::vector<int32_t> neighbors =
      ToLayout(Narrow(given.neighbors), given.count(), given.k, RESIDUAL_KNN_DIMENSION_MAJOR);
  const std::vector<double> weights =
      ToLayout(given.weights, given.count(), given.k, RESIDUAL_KNN_DIMENSION_MAJOR);
  Matrix<int32_t> narrow(given);
  return (residual_knn_sparse_weights_int32(
              rows.data(), given.count(), given.n, RESIDUAL_KNN_DIMENSION_MAJOR, given.k, 1,
              kMissingOfR, neighbors.data(), weights.data(), narrow.offsets.data(),
              narrow.columns.data(), narrow.values.data()) == RESIDUAL_KNN_OK &&
          narrow.Is(dense, given.n, 1)) ||
         Fail("32-bit rows");
}

void TestAgainstDense(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, 300, [](uint64_t seed) {
    Random random(seed);
    return MatrixHolds(random) || Fail(seed, "one matrix");
  }));
}

// Two queries of four points, with two neighbors each. Both widths of row numbers are called.
struct Arguments {
  bool null_rows = false;
  bool null_neighbors = false;
  bool null_weights = false;
  bool null_offsets = false;
  bool null_columns = false;
  bool null_values = false;
  std::vector<int64_t> rows = {2, -1};
  int64_t num_queries = 2;
  int64_t n = 4;
  int32_t layout = RESIDUAL_KNN_POINT_MAJOR;
  int32_t k = 2;
  int32_t base = 0;
  int32_t missing = -1;
  std::vector<int64_t> neighbors = {3, 0, 1, -1};
};

enum Calls : uint32_t { kWide = 1, kNarrow = 2, kBoth = 3 };

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kBoth, [](auto& /*a*/) {}, kOk},
      {"all rows", kBoth,
       [](auto& a) {
         a.null_rows = true;
         a.n = 2;
         a.neighbors = {1, -1, -1, 0};
       },
       kOk},
      {"rows NULL for some rows", kBoth, [](auto& a) { a.null_rows = true; }, kInvalid,
       "must be n = 4"},
      {"num_queries -1", kBoth, [](auto& a) { a.num_queries = -1; }, kInvalid, "num_queries is -1"},
      {"n -1", kBoth, [](auto& a) { a.n = -1; }, kInvalid, "n is -1"},
      {"k 0", kBoth, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"layout 2", kBoth, [](auto& a) { a.layout = 2; }, kInvalid, "layout is 2"},
      {"neighbors NULL", kBoth, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"weights NULL", kBoth, [](auto& a) { a.null_weights = true; }, kInvalid, "weights is NULL"},
      {"offsets NULL", kBoth, [](auto& a) { a.null_offsets = true; }, kInvalid, "offsets is NULL"},
      {"columns NULL", kBoth, [](auto& a) { a.null_columns = true; }, kInvalid, "columns is NULL"},
      {"values NULL", kBoth, [](auto& a) { a.null_values = true; }, kInvalid, "values is NULL"},
      {"a row beyond", kBoth, [](auto& a) { a.rows[1] = 4; }, kInvalid, "rows[1] is 4"},
      {"a row -2", kBoth, [](auto& a) { a.rows[0] = -2; }, kInvalid, "rows[0] is -2"},
      {"a neighbor beyond", kBoth, [](auto& a) { a.neighbors[2] = 4; }, kInvalid,
       "place 0 of query 1 is 4"},
      {"a neighbor -2", kBoth, [](auto& a) { a.neighbors[2] = -2; }, kInvalid,
       "place 0 of query 1 is -2"},
      {"the query itself", kBoth, [](auto& a) { a.neighbors[1] = 2; }, kInvalid,
       "place 1 of query 0 is 2, the query itself"},
      {"a neighbor twice", kBoth, [](auto& a) { a.neighbors[1] = 3; }, kInvalid,
       "place 1 of query 0 is 3, which the query has already"},
      {"base 2", kNarrow, [](auto& a) { a.base = 2; }, kInvalid, "base is 2"},
      {"missing a row", kNarrow, [](auto& a) { a.missing = 1; }, kInvalid, "missing is 1"},
  };
  return table;
}

template <class Row, class Call>
Outcome CallWith(const Arguments& a, const Call& call) {
  Poisoned<Row> offsets(3);
  Poisoned<Row> columns(6);
  Poisoned<double> values(6);
  const std::vector<double> weights = {0.5, 0.25, 0.125, 7};
  const std::vector<Row> rows(a.rows.begin(), a.rows.end());
  const std::vector<Row> neighbors(a.neighbors.begin(), a.neighbors.end());
  const residual_knn_status status =
      call(a.null_rows ? nullptr : rows.data(), a.null_neighbors ? nullptr : neighbors.data(),
           a.null_weights ? nullptr : weights.data(), a.null_offsets ? nullptr : offsets.data(),
           a.null_columns ? nullptr : columns.data(), a.null_values ? nullptr : values.data());
  const bool untouched = offsets.untouched() && columns.untouched() && values.untouched();
  Outcome outcome = OutcomeOf(status, untouched);
  if (status == kOk && untouched) outcome.fault = "the outputs are missing";
  return outcome;
}

void TestRefusals(void**) {
  assert_true(ChangedCallsHold(
      RefusedCalls(), {"residual_knn_sparse_weights", "residual_knn_sparse_weights_int32"},
      [&](uint32_t call, const Arguments& a) {
        if (call == kWide) {
          return CallWith<int64_t>(a, [&](const int64_t* rows, const int64_t* neighbors,
                                          const double* weights, auto*... out) {
            return residual_knn_sparse_weights(rows, a.num_queries, a.n, a.layout, a.k, neighbors,
                                               weights, out...);
          });
        }
        return CallWith<int32_t>(a, [&](const int32_t* rows, const int32_t* neighbors,
                                        const double* weights, auto*... out) {
          return residual_knn_sparse_weights_int32(rows, a.num_queries, a.n, a.layout, a.k, a.base,
                                                   a.missing, neighbors, weights, out...);
        });
      }));
  // No queries: one offset.
  int64_t offset = 7;
  assert_int_equal(residual_knn_sparse_weights(nullptr, 0, 4, RESIDUAL_KNN_POINT_MAJOR, 2, nullptr,
                                               nullptr, &offset, nullptr, nullptr),
                   RESIDUAL_KNN_OK);
  assert_int_equal(offset, 0);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAgainstDense, &run),
      cmocka_unit_test(TestRefusals),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
