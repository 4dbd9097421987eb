// message_base: every error text with a number of a row, coordinate, column or place counts from the value in the
// caller's options. The table here lists all such texts.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/api_objects.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kN = 9;
constexpr int64_t kD = 2;
constexpr int64_t kM = 3;

// Points, inducing points, V, p and new points. They are valid until a case changes them.
struct Data {
  std::vector<double> points;
  std::vector<double> inducing = {0.5, 1.5, 3.5, 0.5, 6.5, 2.5};
  std::vector<double> lengthscales = {2, 3};
  std::vector<double> factor = std::vector<double>(kN * kM, 0.1);
  std::vector<double> residual_variance = std::vector<double>(kN, 1);
  std::vector<double> queries = {1.25, 0.25, 5.25, 2.25};
  std::vector<double> query_factor = std::vector<double>(2 * kM, 0.1);
  std::vector<double> query_residual_variance = {1, 1};

  Data() {
    for (int64_t i = 0; i < kN; ++i) {
      points.push_back(static_cast<double>(i));
      points.push_back(static_cast<double>(i * i % 4));
    }
  }
};

residual_knn_model_options ModelFrom(int64_t base) {
  residual_knn_model_options options = ModelOptions();
  options.message_base = base;
  options.threads = 1;
  return options;
}

IndexHandle Owned(residual_knn_status* status,
                  const std::function<residual_knn_status(residual_knn_index**)>& create) {
  residual_knn_index* index = nullptr;
  *status = create(&index);
  return IndexHandle(index);
}

residual_knn_status Create(const Data& data, int64_t base, IndexHandle* out = nullptr,
                           double jitter = 1e-8) {
  residual_knn_model_options options = ModelFrom(base);
  options.jitter = jitter;
  residual_knn_status status = RESIDUAL_KNN_OK;
  IndexHandle index = Owned(&status, [&](residual_knn_index** at) {
    return residual_knn_index_create(data.points.data(), kN, kD, data.lengthscales.data(), kD,
                                     data.inducing.data(), kM, &options, at);
  });
  if (out != nullptr) *out = std::move(index);
  return status;
}

residual_knn_status CreateFromFactor(const Data& data, int64_t base, IndexHandle* out = nullptr) {
  const residual_knn_model_options options = ModelFrom(base);
  residual_knn_status status = RESIDUAL_KNN_OK;
  IndexHandle index = Owned(&status, [&](residual_knn_index** at) {
    return residual_knn_index_create_from_factor(
        data.factor.data(), kM, data.residual_variance.data(), data.points.data(), kN, kD,
        data.lengthscales.data(), kD, &options, at);
  });
  if (out != nullptr) *out = std::move(index);
  return status;
}

// Covariances that are not finite for the pair of rows 4 and 2.
int32_t SpoiledCovariance(void* /*user*/, const int64_t* rows, int64_t num_rows,
                          const int64_t* columns, int64_t num_columns, double* covariance) {
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] =
          rows[a] == 4 && columns[b] == 2
              ? kNan
              : std::exp(-std::abs(static_cast<double>(rows[a] - columns[b])));
    }
  }
  return 0;
}

residual_knn_status CreateFromCallback(const Data& data, int64_t base, IndexHandle* out = nullptr) {
  const residual_knn_model_options options = ModelFrom(base);
  residual_knn_status status = RESIDUAL_KNN_OK;
  IndexHandle index = Owned(&status, [&](residual_knn_index** at) {
    return residual_knn_index_create_from_callback(data.factor.data(), kN, kM,
                                                   data.residual_variance.data(), SpoiledCovariance,
                                                   nullptr, &options, at);
  });
  if (out != nullptr) *out = std::move(index);
  return status;
}

// Output arrays for searches that fail.
struct Answers {
  int64_t neighbors[64];
  int32_t neighbors32[64];
  double distances[64];
};

residual_knn_search_options SearchFrom(int64_t base) {
  residual_knn_search_options options = SearchOptions();
  options.message_base = base;
  options.threads = 1;
  return options;
}

residual_knn_status SearchRows(int64_t base, const std::vector<int64_t>& rows, bool predecessors) {
  IndexHandle index;
  Create({}, 0, &index);
  const residual_knn_search_options options = SearchFrom(base);
  Answers out;
  return (predecessors ? residual_knn_predecessors : residual_knn_neighbors)(
      index.get(), rows.data(), static_cast<int64_t>(rows.size()), &options, 2, out.neighbors,
      out.distances, nullptr);
}

residual_knn_status SearchRows32(int64_t base, int32_t row_base, const std::vector<int32_t>& rows) {
  IndexHandle index;
  Create({}, 0, &index);
  const residual_knn_search_options options = SearchFrom(base);
  Answers out;
  return residual_knn_neighbors_int32(index.get(), rows.data(), static_cast<int64_t>(rows.size()),
                                      &options, 2, row_base, -1, out.neighbors32, out.distances,
                                      nullptr);
}

// The first row, with a candidate list.
residual_knn_status SearchList(int64_t base, const std::vector<int64_t>& list) {
  IndexHandle index;
  Create({}, 0, &index);
  residual_knn_search_options options = SearchFrom(base);
  const int64_t row = 0;
  const int64_t offsets[] = {0, static_cast<int64_t>(list.size())};
  options.candidate_offsets = offsets;
  options.candidate_rows = list.data();
  Answers out;
  return residual_knn_neighbors(index.get(), &row, 1, &options, 1, out.neighbors, out.distances,
                                nullptr);
}

residual_knn_status SearchNewPoints(const Data& data, int64_t base, bool int32_rows) {
  IndexHandle index;
  Create({}, 0, &index);
  const residual_knn_search_options options = SearchFrom(base);
  Answers out;
  return int32_rows
             ? residual_knn_neighbors_of_new_points_int32(index.get(), data.queries.data(), 2,
                                                          &options, 2, 0, -1, out.neighbors32,
                                                          out.distances, nullptr)
             : residual_knn_neighbors_of_new_points(index.get(), data.queries.data(), 2, &options,
                                                    2, out.neighbors, out.distances, nullptr);
}

residual_knn_status SearchNewFactor(const Data& data, int64_t base) {
  IndexHandle index;
  CreateFromFactor({}, 0, &index);
  const residual_knn_search_options options = SearchFrom(base);
  Answers out;
  return residual_knn_neighbors_of_new_factor(
      index.get(), data.query_factor.data(), data.query_residual_variance.data(),
      data.queries.data(), 2, &options, 2, out.neighbors, out.distances, nullptr);
}

residual_knn_status SearchWithCallback(int64_t base) {
  IndexHandle index;
  CreateFromCallback({}, 0, &index);
  const residual_knn_search_options options = SearchFrom(base);
  const int64_t row = 4;
  Answers out;
  return residual_knn_predecessors(index.get(), &row, 1, &options, 4, out.neighbors, out.distances,
                                   nullptr);
}

residual_knn_status Update(const Data& data, int64_t base, bool with_inducing) {
  IndexHandle index;
  Create({}, 0, &index);
  const residual_knn_model_options options = ModelFrom(base);
  return residual_knn_index_update(index.get(), data.lengthscales.data(), kD,
                                   with_inducing ? data.inducing.data() : nullptr, kM, &options);
}

residual_knn_status ChooseInducing(const Data& data, int64_t base) {
  residual_knn_helper_options options = HelperOptions();
  options.message_base = base;
  double inducing[2 * kD];
  return residual_knn_choose_inducing(data.points.data(), kN, kD, data.lengthscales.data(), kD,
                                      RESIDUAL_KNN_KMEANS, 2, &options, inducing);
}

residual_knn_status OrderPoints(const Data& data, int64_t base) {
  residual_knn_helper_options options = HelperOptions();
  options.message_base = base;
  int64_t order[kN];
  return residual_knn_order_points(data.points.data(), kN, kD, data.lengthscales.data(), kD,
                                   RESIDUAL_KNN_ORDER_MAXIMIN, &options, order);
}

Data With(const std::function<void(Data&)>& spoil) {
  Data data;
  spoil(data);
  return data;
}

struct Case {
  const char* name;
  std::function<residual_knn_status(int64_t base)> run;
  const char* from_zero;  // part of the text that counts from 0
  const char* from_one;
};

std::vector<Case> Cases() {
  const Data bad_point = With([](Data& d) { d.points[6 * kD + 1] = kNan; });
  const Data bad_inducing = With([](Data& d) { d.inducing[2 * kD] = -kNan; });
  const Data bad_scale = With([](Data& d) { d.lengthscales[1] = -3; });
  const Data tiny_scale = With([](Data& d) { d.lengthscales[0] = 1e-300; });
  const Data twins = With([](Data& d) {
    d.inducing[4] = d.inducing[0];
    d.inducing[5] = d.inducing[1];
  });
  const Data bad_factor = With([](Data& d) { d.factor[5 * kM + 2] = kNan; });
  const Data bad_variance = With([](Data& d) { d.residual_variance[7] = -1; });
  const Data bad_query = With([](Data& d) { d.queries[1 * kD + 0] = kNan; });
  const Data far_query = With([](Data& d) { d.queries[1 * kD + 1] = 1e300; });
  const Data bad_query_factor = With([](Data& d) { d.query_factor[1 * kM + 1] = 1e80; });
  const Data bad_query_variance = With([](Data& d) { d.query_residual_variance[1] = kNan; });
  return {
      {"create, point", [=](int64_t b) { return Create(bad_point, b); },
       "points: coordinate 1 of row 6 is nan", "points: coordinate 2 of row 7 is nan"},
      {"create, inducing", [=](int64_t b) { return Create(bad_inducing, b); },
       "inducing: coordinate 0 of row 2 ", "inducing: coordinate 1 of row 3 "},
      {"create, lengthscale", [=](int64_t b) { return Create(bad_scale, b); },
       "lengthscales[1] is -3,", "lengthscales[2] is -3,"},
      {"create, pivot", [=](int64_t b) { return Create(twins, b, nullptr, 0); }, "pivot 2;",
       "pivot 3;"},
      {"update, lengthscale", [=](int64_t b) { return Update(bad_scale, b, false); },
       "lengthscales[1] is -3,", "lengthscales[2] is -3,"},
      {"update, tiny lengthscale", [=](int64_t b) { return Update(tiny_scale, b, false); },
       "points: coordinate 0 of row ", "points: coordinate 1 of row "},
      {"update, inducing", [=](int64_t b) { return Update(bad_inducing, b, true); },
       "inducing: coordinate 0 of row 2 ", "inducing: coordinate 1 of row 3 "},
      {"own factor", [=](int64_t b) { return CreateFromFactor(bad_factor, b); },
       "factor: column 2 of row 5 is nan", "factor: column 3 of row 6 is nan"},
      {"own variance", [=](int64_t b) { return CreateFromFactor(bad_variance, b); },
       "residual_variance[7] is -1,", "residual_variance[8] is -1,"},
      {"own factor, point", [=](int64_t b) { return CreateFromFactor(bad_point, b); },
       "points: coordinate 1 of row 6 is nan", "points: coordinate 2 of row 7 is nan"},
      {"callback, factor", [=](int64_t b) { return CreateFromCallback(bad_factor, b); },
       "factor: column 2 of row 5 is nan", "factor: column 3 of row 6 is nan"},
      {"callback, variance", [=](int64_t b) { return CreateFromCallback(bad_variance, b); },
       "residual_variance[7] is -1,", "residual_variance[8] is -1,"},
      {"callback, covariance", [](int64_t b) { return SearchWithCallback(b); }, "rows 4 and 2",
       "rows 5 and 3"},
      {"rows, negative",
       [](int64_t b) {
         return SearchRows(b, {0, 1, -1}, false);
       },
       "rows[2] is -1,", "rows[3] is 0,"},
      {"rows, large",
       [](int64_t b) {
         return SearchRows(b, {3, 9}, true);
       },
       "rows[1] is 9,", "rows[2] is 10,"},
      {"rows, least", [](int64_t b) { return SearchRows(b, {INT64_MIN}, false); },
       "rows[0] is -9223372036854775808,", "rows[1] is -9223372036854775807,"},
      {"rows, greatest", [](int64_t b) { return SearchRows(b, {INT64_MAX}, false); },
       "rows[0] is 9223372036854775807,", "rows[1] is 9223372036854775808,"},
      {"int32 rows from 0",
       [](int64_t b) {
         return SearchRows32(b, 0, {0, 9});
       },
       "rows[1] is 9, must be between 0 and 8", "rows[2] is 9, must be between 0 and 8"},
      {"int32 rows from 1",
       [](int64_t b) {
         return SearchRows32(b, 1, {1, 9, 0});
       },
       "rows[2] is 0, must be between 1 and 9", "rows[3] is 0, must be between 1 and 9"},
      {"candidate",
       [](int64_t b) {
         return SearchList(b, {3, -2});
       },
       "candidate_rows[1], in the list of query 0, is -2, must be between 0 and 8, or -1 for no "
       "row",
       "candidate_rows[2], in the list of query 1, is -1, must be between 1 and 9, or 0 for no "
       "row"},
      {"query", [=](int64_t b) { return SearchNewPoints(bad_query, b, false); },
       "queries: coordinate 0 of row 1 is nan", "queries: coordinate 1 of row 2 is nan"},
      {"far query", [=](int64_t b) { return SearchNewPoints(far_query, b, false); },
       "queries: coordinate 1 of row 1 is 1e+300", "queries: coordinate 2 of row 2 is 1e+300"},
      {"query, int32", [=](int64_t b) { return SearchNewPoints(bad_query, b, true); },
       "queries: coordinate 0 of row 1 is nan", "queries: coordinate 1 of row 2 is nan"},
      {"query factor", [=](int64_t b) { return SearchNewFactor(bad_query_factor, b); },
       "query_factor: column 1 of row 1 is 1e+80", "query_factor: column 2 of row 2 is 1e+80"},
      {"query variance", [=](int64_t b) { return SearchNewFactor(bad_query_variance, b); },
       "query_residual_variance[1] is nan,", "query_residual_variance[2] is nan,"},
      {"query of own factor", [=](int64_t b) { return SearchNewFactor(bad_query, b); },
       "queries: coordinate 0 of row 1 is nan", "queries: coordinate 1 of row 2 is nan"},
      {"choose_inducing, point", [=](int64_t b) { return ChooseInducing(bad_point, b); },
       "points: coordinate 1 of row 6 is nan", "points: coordinate 2 of row 7 is nan"},
      {"choose_inducing, scale", [=](int64_t b) { return ChooseInducing(bad_scale, b); },
       "lengthscales[1] is -3,", "lengthscales[2] is -3,"},
      {"order_points, point", [=](int64_t b) { return OrderPoints(bad_point, b); },
       "points: coordinate 1 of row 6 is nan", "points: coordinate 2 of row 7 is nan"},
  };
}

bool TextsCount() {
  for (const Case& c : Cases()) {
    for (const int64_t base : {0, 1}) {
      const residual_knn_status status = c.run(base);
      const std::string text = residual_knn_last_error();
      const std::string context =
          std::string(c.name) + ", message_base " + std::to_string(base) + ": ";
      if (status == RESIDUAL_KNN_OK) return Fail(context + "no failure");
      if (text.find(base == 0 ? c.from_zero : c.from_one) == std::string::npos) {
        return Fail(context + text);
      }
    }
  }
  return true;
}

bool IsRefused(residual_knn_status status, int64_t base) {
  const std::string expected = "message_base is " + std::to_string(base) + ", must be 0 or 1";
  const std::string text = residual_knn_last_error();
  return (status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT &&
          text.find(expected) != std::string::npos) ||
         Fail("status " + std::to_string(status) + ": " + text);
}

// Any other base is an error, which precedes other errors.
bool OtherBasesFail() {
  const Data bad_point = With([](Data& d) { d.points[3] = kNan; });
  const Data bad_query = With([](Data& d) { d.queries[0] = kNan; });
  for (const int64_t base : {int64_t{-1}, int64_t{2}, INT64_MIN, INT64_MAX}) {
    if (!IsRefused(Create(bad_point, base), base)) return false;
    if (!IsRefused(CreateFromFactor({}, base), base)) return false;
    if (!IsRefused(CreateFromCallback({}, base), base)) return false;
    if (!IsRefused(Update({}, base, true), base)) return false;
    if (!IsRefused(SearchRows(base, {0}, false), base)) return false;
    if (!IsRefused(SearchRows32(base, 1, {1}), base)) return false;
    if (!IsRefused(SearchNewPoints(bad_query, base, false), base)) return false;
    if (!IsRefused(SearchNewFactor({}, base), base)) return false;
    if (!IsRefused(ChooseInducing({}, base), base)) return false;
    if (!IsRefused(OrderPoints({}, base), base)) return false;
  }
  return true;
}

// Options of programs that do not know the field count from 0, whatever bytes follow them.
bool OlderCallersCountFromZero() {
  residual_knn_model_options options = ModelFrom(1);
  options.struct_size = offsetof(residual_knn_model_options, message_base);
  const Data bad_point = With([](Data& d) { d.points[3] = kNan; });
  residual_knn_index* index = nullptr;
  if (residual_knn_index_create(bad_point.points.data(), kN, kD, bad_point.lengthscales.data(), kD,
                                nullptr, 0, &options, &index) == RESIDUAL_KNN_OK) {
    return Fail("no failure");
  }
  const std::string text = residual_knn_last_error();
  return text.find("coordinate 1 of row 1 ") != std::string::npos || Fail(text);
}

void TestTextsCount(void** /*state*/) { assert_true(TextsCount()); }
void TestOtherBases(void** /*state*/) { assert_true(OtherBasesFail()); }
void TestOlderCallers(void** /*state*/) { assert_true(OlderCallersCountFromZero()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestTextsCount),
      cmocka_unit_test(TestOtherBases),
      cmocka_unit_test(TestOlderCallers),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
