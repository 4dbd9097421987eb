// Bad input for the functions other than create and search: choosing inducing points, ordering points, describing an
// index, copying its factor and ordering its points. A call that fails must leave its outputs untouched.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/random_data.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// The calls, in the order of their names in TestTable.
constexpr uint32_t kChooseKMeans = 1;
constexpr uint32_t kChooseRows = 2;
constexpr uint32_t kOrderGiven = 4;
constexpr uint32_t kOrderRandom = 8;
constexpr uint32_t kOrderMaximin = 16;
constexpr uint32_t kInfo = 32;
constexpr uint32_t kFactor = 64;
constexpr uint32_t kOrderIndex = 128;
constexpr uint32_t kChoose = kChooseKMeans | kChooseRows;
constexpr uint32_t kOrder = kOrderGiven | kOrderRandom | kOrderMaximin;
constexpr uint32_t kOfPoints = kChoose | kOrder;
constexpr uint32_t kWithOptions = kOfPoints | kOrderIndex;

// The index of info, factor and the order of an index.
constexpr int64_t kIndexN = 12;
constexpr int64_t kIndexM = 3;

IndexHandle SmallIndex() {
  Random random(3);
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, kIndexN, 2);
  model.inducing = RandomPoints(random, Shape::kUniform, kIndexM, 2);
  return CreateIndex(model).index;
}

// Arguments for all functions. They are valid until a case changes them.
struct Arguments {
  // For choosing and ordering.
  std::vector<double> points;
  int64_t n = 9;
  int64_t d = 2;
  std::vector<double> lengthscales = {0.5, 2.0};
  int64_t num_lengthscales = 2;
  int32_t method = 0;
  int32_t ordering = 0;
  int64_t m = 4;
  Extended<residual_knn_helper_options> extended{residual_knn_helper_options_init};
  residual_knn_helper_options& options = extended.known;
  bool null_points = false;
  bool null_lengthscales = false;
  bool null_options = false;
  bool null_inducing = false;
  bool null_order = false;
  // For info and factor.
  int32_t layout = RESIDUAL_KNN_POINT_MAJOR;
  size_t info_size = sizeof(residual_knn_info);
  bool null_index = false;
  bool null_info = false;
  bool null_factor = false;
  bool null_residual_variance = false;

  explicit Arguments(uint32_t call) {
    for (int i = 0; i < 18; ++i) points.push_back(std::sin(2 * i));
    options.threads = 1;
    if (call == kChooseRows) method = RESIDUAL_KNN_RANDOM_ROWS;
    if (call == kOrderRandom) ordering = RESIDUAL_KNN_ORDER_RANDOM;
    if (call == kOrderMaximin) ordering = RESIDUAL_KNN_ORDER_MAXIMIN;
  }
  Arguments(const Arguments&) = delete;  // `options` would refer to the other object
  Arguments& operator=(const Arguments&) = delete;
};

struct Outputs {
  Poisoned<double> inducing{64};
  Poisoned<int64_t> order{64};
  Extended<residual_knn_info> info{residual_knn_info_init};
  Poisoned<double> factor{kIndexN * kIndexM};
  Poisoned<double> residual_variance{kIndexN};

  explicit Outputs(size_t info_size) { info.Poison(info_size); }
  [[nodiscard]] bool Untouched(size_t info_size) const {
    return inducing.untouched() && order.untouched() && info.Untouched(info_size) &&
           factor.untouched() && residual_variance.untouched();
  }
};

residual_knn_status Call(uint32_t call, const Arguments& a, const residual_knn_index* index,
                         Outputs& outputs) {
  const double* points = a.null_points ? nullptr : a.points.data();
  const double* lengthscales = a.null_lengthscales ? nullptr : a.lengthscales.data();
  const residual_knn_helper_options* options = a.null_options ? nullptr : &a.options;
  if ((call & kChoose) != 0) {
    return residual_knn_choose_inducing(points, a.n, a.d, lengthscales, a.num_lengthscales,
                                        a.method, a.m, options,
                                        a.null_inducing ? nullptr : outputs.inducing.data());
  }
  if ((call & kOrder) != 0) {
    return residual_knn_order_points(points, a.n, a.d, lengthscales, a.num_lengthscales, a.ordering,
                                     options, a.null_order ? nullptr : outputs.order.data());
  }
  if (a.null_index) index = nullptr;
  if (call == kOrderIndex) {
    return residual_knn_index_order(index, options, a.null_order ? nullptr : outputs.order.data());
  }
  if (call == kInfo) {
    return residual_knn_index_info(index, a.null_info ? nullptr : &outputs.info.known);
  }
  return residual_knn_index_factor(
      index, a.layout, a.null_factor ? nullptr : outputs.factor.data(),
      a.null_residual_variance ? nullptr : outputs.residual_variance.data());
}

// What is wrong with the outputs of a call that succeeded; empty: nothing.
std::string FaultOfSuccess(uint32_t call, const Arguments& a, const Outputs& outputs) {
  const bool chooses = (call & kChoose) != 0 && a.m > 0;
  const bool orders = (call & (kOrder | kOrderIndex)) != 0;
  if (outputs.inducing.untouched() == chooses || outputs.order.untouched() == orders) {
    return "the wrong output was written";
  }
  const bool factors = call == kFactor;
  if (outputs.factor.untouched() != (!factors || a.null_factor) ||
      outputs.residual_variance.untouched() != (!factors || a.null_residual_variance)) {
    return "V or p was written against the caller's wish, or not at all";
  }
  const residual_knn_info& info = outputs.info.known;
  if (info.struct_size != a.info_size || !outputs.info.PoisonedFrom(a.info_size)) {
    return "info was written beyond its struct_size";
  }
  const bool has_n = call == kInfo && a.info_size > offsetof(residual_knn_info, n);
  return has_n && info.n != kIndexN ? "info has another n" : "";
}

Outcome MakeCall(uint32_t call, const residual_knn_index* index,
                 const std::function<void(Arguments&)>& change) {
  Arguments arguments(call);
  change(arguments);
  Outputs outputs(arguments.info_size);
  Outcome outcome;
  outcome.status = Call(call, arguments, index, outputs);
  outcome.message = residual_knn_last_error();
  if (outcome.status == RESIDUAL_KNN_OK) {
    outcome.fault = FaultOfSuccess(call, arguments, outputs);
  } else if (!outputs.Untouched(arguments.info_size)) {
    outcome.fault = "an output was touched";
  }
  return outcome;
}

std::vector<BadInputCase<Arguments>> Table() {
  return {
      // Choosing and ordering: pointers and sizes.
      {"points NULL", kOfPoints, [](auto& a) { a.null_points = true; }, kInvalid, "points is NULL"},
      {"lengthscales NULL", kOfPoints, [](auto& a) { a.null_lengthscales = true; }, kInvalid,
       "lengthscales is NULL"},
      {"inducing NULL", kChoose, [](auto& a) { a.null_inducing = true; }, kInvalid,
       "inducing is NULL"},
      {"order NULL", kOrder | kOrderIndex, [](auto& a) { a.null_order = true; }, kInvalid,
       "order is NULL"},
      {"options NULL", kWithOptions, [](auto& a) { a.null_options = true; }, kOk},
      {"n 0", kOfPoints, [](auto& a) { a.n = 0; }, kInvalid, "n is 0"},
      {"n -1", kOfPoints, [](auto& a) { a.n = -1; }, kInvalid, "n is -1"},
      {"n 2^62", kOfPoints, [](auto& a) { a.n = kHuge; }, kInvalid,
       "points: 4611686018427387904 x 2"},
      {"n 1", kOrder, [](auto& a) { a.n = 1; }, kOk},
      {"d 0", kOfPoints, [](auto& a) { a.d = 0; }, kInvalid, "d is 0"},
      {"d -1", kOfPoints, [](auto& a) { a.d = -1; }, kInvalid, "d is -1"},
      {"d 2^62", kOfPoints,
       [](auto& a) {
         a.d = kHuge;
         a.num_lengthscales = 1;
       },
       kInvalid, "points: 9 x 4611686018427387904"},
      {"num_lengthscales 0", kOfPoints, [](auto& a) { a.num_lengthscales = 0; }, kInvalid,
       "num_lengthscales is 0"},
      {"num_lengthscales -2", kOfPoints, [](auto& a) { a.num_lengthscales = -2; }, kInvalid,
       "num_lengthscales is -2"},
      {"num_lengthscales 3", kOfPoints, [](auto& a) { a.num_lengthscales = 3; }, kInvalid,
       "num_lengthscales is 3"},

      // Choosing and ordering: methods, m, points and lengthscales.
      {"method -1", kChooseKMeans, [](auto& a) { a.method = -1; }, kInvalid, "method is -1"},
      {"method 2", kChooseKMeans, [](auto& a) { a.method = 2; }, kInvalid, "method is 2"},
      {"method greatest", kChooseKMeans, [](auto& a) { a.method = INT32_MAX; }, kInvalid,
       "method is 2147483647"},
      {"ordering -1", kOrderGiven, [](auto& a) { a.ordering = -1; }, kInvalid, "ordering is -1"},
      {"ordering 3", kOrderGiven, [](auto& a) { a.ordering = 3; }, kInvalid, "ordering is 3"},
      {"ordering least", kOrderGiven, [](auto& a) { a.ordering = INT32_MIN; }, kInvalid,
       "ordering is -2147483648"},
      {"m -1", kChoose, [](auto& a) { a.m = -1; }, kInvalid, "m is -1"},
      {"m 2^62", kChoose, [](auto& a) { a.m = kHuge; }, kInvalid, "m is 4611686018427387904"},
      {"m beyond n", kChoose, [](auto& a) { a.m = 10; }, kInvalid, "m is 10"},
      {"m beyond the distinct points", kChoose,
       [](auto& a) {
         for (int c = 0; c < 2; ++c) a.points[16 + c] = a.points[c];
         a.m = 9;
       },
       kInvalid, "m is 9, but the points have only 8 distinct locations"},
      {"m beyond the distinct points, 0 and -0 being the same", kChoose,
       [](auto& a) {
         a.points.assign(18, 0.0);
         a.points[4] = -0.0;
         a.m = 2;
       },
       kInvalid, "m is 2, but the points have only 1 distinct locations"},
      {"m as many as distinct points", kChoose,
       [](auto& a) {
         for (int c = 0; c < 2; ++c) a.points[16 + c] = a.points[c];
         a.m = 8;
       },
       kOk},
      {"m n", kChoose, [](auto& a) { a.m = 9; }, kOk},
      {"m 0", kChoose,
       [](auto& a) {
         a.m = 0;
         a.null_inducing = true;
       },
       kOk},
      {"points[0]", kOfPoints, kNotFinite, [](auto& a, double bad) { a.points[0] = bad; }, kInvalid,
       "points: coordinate 0 of row 0"},
      {"points[9]", kOfPoints, kNotFinite, [](auto& a, double bad) { a.points[9] = bad; }, kInvalid,
       "points: coordinate 1 of row 4"},
      {"points[17]", kOfPoints, kNotFinite, [](auto& a, double bad) { a.points[17] = bad; },
       kInvalid, "points: coordinate 1 of row 8"},
      {"points[0], dimension-major", kOfPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[0] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 0 of row 0"},
      {"points[9], dimension-major", kOfPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[9] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 1 of row 0"},
      {"points[17], dimension-major", kOfPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[17] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 1 of row 8"},
      {"coordinate far beyond the range", kOfPoints, [](auto& a) { a.points[3] = 1e200; }, kInvalid,
       "points: coordinate 1 of row 1 is 1e+200"},
      {"lengthscales[0]", kOfPoints, kNotPositive,
       [](auto& a, double bad) { a.lengthscales[0] = bad; }, kInvalid, "lengthscales[0]"},
      {"lengthscales[1]", kOfPoints, kNotPositive,
       [](auto& a, double bad) { a.lengthscales[1] = bad; }, kInvalid, "lengthscales[1]"},

      // Choosing and ordering: options.
      {"layout -1", kOfPoints, [](auto& a) { a.options.layout = -1; }, kInvalid, "layout is -1"},
      {"layout 2", kOfPoints, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"threads -1", kWithOptions, [](auto& a) { a.options.threads = -1; }, kInvalid,
       "threads is -1"},
      {"threads 1025", kWithOptions, [](auto& a) { a.options.threads = 1025; }, kInvalid,
       "threads is 1025"},
      {"max_iterations -1", kChoose, [](auto& a) { a.options.max_iterations = -1; }, kInvalid,
       "max_iterations is -1"},
      {"max_iterations 0", kChoose, [](auto& a) { a.options.max_iterations = 0; }, kOk},
      {"seed greatest", kWithOptions, [](auto& a) { a.options.seed = UINT64_MAX; }, kOk},
      {"seed 0", kWithOptions, [](auto& a) { a.options.seed = 0; }, kOk},
      {"struct_size 0", kWithOptions, [](auto& a) { a.options.struct_size = 0; }, kInvalid,
       "residual_knn_helper_options.struct_size is 0"},
      {"struct_size greatest", kWithOptions, [](auto& a) { a.options.struct_size = SIZE_MAX; },
       kInvalid, "residual_knn_helper_options.struct_size is 18446744073709551615"},
      {"byte behind the end", kWithOptions,
       [](auto& a) {
         a.options.struct_size = a.extended.full_size();
         a.extended.tail[7] = 1;
       },
       kInvalid, "residual_knn_helper_options has a non-zero byte"},
      {"a newer struct with nothing new", kWithOptions,
       [](auto& a) { a.options.struct_size = a.extended.full_size(); }, kOk},
      {"an older struct with its size only", kWithOptions,
       [](auto& a) { a.extended.Poison(offsetof(residual_knn_helper_options, layout)); }, kOk},

      // Functions of an index.
      {"index NULL", kInfo | kFactor | kOrderIndex, [](auto& a) { a.null_index = true; }, kInvalid,
       "index is NULL"},
      {"info NULL", kInfo, [](auto& a) { a.null_info = true; }, kInvalid, "info is NULL"},
      {"struct_size 0", kInfo, [](auto& a) { a.info_size = 0; }, kInvalid,
       "residual_knn_info.struct_size is 0"},
      {"struct_size 7", kInfo, [](auto& a) { a.info_size = 7; }, kInvalid,
       "residual_knn_info.struct_size is 7"},
      {"struct_size greatest", kInfo, [](auto& a) { a.info_size = SIZE_MAX; }, kInvalid,
       "residual_knn_info.struct_size is 18446744073709551615"},
      {"a struct with its size only", kInfo, [](auto& a) { a.info_size = sizeof(size_t); }, kOk},
      {"a struct before d", kInfo, [](auto& a) { a.info_size = offsetof(residual_knn_info, d); },
       kOk},
      {"a struct before residual_share", kInfo,
       [](auto& a) { a.info_size = offsetof(residual_knn_info, residual_share); }, kOk},
      {"the whole struct", kInfo, [](auto& /*a*/) {}, kOk},
      {"layout 2", kFactor, [](auto& a) { a.layout = 2; }, kInvalid, "layout is 2"},
      {"layout -1", kFactor, [](auto& a) { a.layout = -1; }, kInvalid, "layout is -1"},
      {"neither V nor p", kFactor, [](auto& a) { a.null_factor = a.null_residual_variance = true; },
       kOk},
      {"p only", kFactor, [](auto& a) { a.null_factor = true; }, kOk},
      {"V only, dimension-major", kFactor,
       [](auto& a) {
         a.null_residual_variance = true;
         a.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kOk},
  };
}

void TestTable(void** /*state*/) {
  const IndexHandle index = SmallIndex();
  assert_true(CasesHold(Table(),
                        {"choose k-means", "choose rows", "order given", "order random",
                         "order maximin", "info", "factor", "order index"},
                        [&](uint32_t call, const std::function<void(Arguments&)>& change) {
                          return MakeCall(call, index.get(), change);
                        }));
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {cmocka_unit_test(TestTable)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
