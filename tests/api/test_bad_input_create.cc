// Bad input for the functions that create an index: every argument and option, with every kind of bad value. A call
// that fails must leave *index untouched.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/extended.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

int32_t UnitCovariance(void* /*user*/, const int64_t* rows, int64_t num_rows,
                       const int64_t* columns, int64_t num_columns, double* covariance) {
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      const double difference = static_cast<double>(rows[a] - columns[b]);
      covariance[a * num_columns + b] = std::exp(-0.1 * difference * difference);
    }
  }
  return 0;
}

// The calls, in the order of their names in TestTable.
constexpr uint32_t kCreate = 1;
constexpr uint32_t kFromFactor = 2;
constexpr uint32_t kFromCallback = 4;
constexpr uint32_t kWithPoints = kCreate | kFromFactor;
constexpr uint32_t kWithFactor = kFromFactor | kFromCallback;
constexpr uint32_t kAll = kCreate | kFromFactor | kFromCallback;

// Arguments for all three functions. They are valid until a case changes them.
struct Arguments {
  std::vector<double> points;
  int64_t n = 7;
  int64_t d = 3;
  std::vector<double> lengthscales = {0.5, 1.0, 2.0};
  int64_t num_lengthscales = 3;
  std::vector<double> inducing;
  int64_t m = 2;
  std::vector<double> factor;
  std::vector<double> residual_variance;
  residual_knn_covariance covariance = UnitCovariance;
  Extended<residual_knn_model_options> extended{residual_knn_model_options_init};
  residual_knn_model_options& options = extended.known;
  bool null_points = false;
  bool null_lengthscales = false;
  bool null_inducing = false;
  bool null_factor = false;
  bool null_residual_variance = false;
  bool null_options = false;
  bool null_index = false;

  Arguments() {
    for (int i = 0; i < 21; ++i) points.push_back(std::sin(i) * 2);
    for (int i = 0; i < 6; ++i) inducing.push_back(std::cos(i) * 2);
    for (int i = 0; i < 14; ++i) factor.push_back(0.3 * std::sin(3 * i));
    residual_variance.assign(7, 0.8);
    options.threads = 1;
  }
  Arguments(const Arguments&) = delete;  // `options` would refer to the other object
  Arguments& operator=(const Arguments&) = delete;
};

residual_knn_status Create(uint32_t call, const Arguments& a, residual_knn_index** index) {
  const double* points = a.null_points ? nullptr : a.points.data();
  const double* lengthscales = a.null_lengthscales ? nullptr : a.lengthscales.data();
  const double* inducing = a.null_inducing ? nullptr : a.inducing.data();
  const double* factor = a.null_factor ? nullptr : a.factor.data();
  const double* variance = a.null_residual_variance ? nullptr : a.residual_variance.data();
  const residual_knn_model_options* options = a.null_options ? nullptr : &a.options;
  residual_knn_index** out = a.null_index ? nullptr : index;
  switch (call) {
    case kCreate:
      return residual_knn_index_create(points, a.n, a.d, lengthscales, a.num_lengthscales, inducing,
                                       a.m, options, out);
    case kFromFactor:
      return residual_knn_index_create_from_factor(factor, a.m, variance, points, a.n, a.d,
                                                   lengthscales, a.num_lengthscales, options, out);
    default:
      return residual_knn_index_create_from_callback(factor, a.n, a.m, variance, a.covariance,
                                                     nullptr, options, out);
  }
}

Outcome MakeCall(uint32_t call, const std::function<void(Arguments&)>& change) {
  Arguments arguments;
  change(arguments);
  // A marker that a failing call must not replace. It is never dereferenced.
  auto* const marker = reinterpret_cast<residual_knn_index*>(&arguments);
  residual_knn_index* index = marker;
  Outcome outcome;
  outcome.status = Create(call, arguments, &index);
  outcome.message = residual_knn_last_error();
  const IndexHandle owner(index == marker ? nullptr : index);
  if (outcome.status != RESIDUAL_KNN_OK) {
    if (index != marker) outcome.fault = "*index was touched";
  } else if (owner == nullptr) {
    outcome.fault = "no index was made";
  } else if (InfoOf(index).n != arguments.n) {
    outcome.fault = "the index has another n";
  }
  return outcome;
}

std::vector<BadInputCase<Arguments>> Table() {
  return {
      // Pointers.
      {"points NULL", kWithPoints, [](auto& a) { a.null_points = true; }, kInvalid,
       "points is NULL"},
      {"lengthscales NULL", kWithPoints, [](auto& a) { a.null_lengthscales = true; }, kInvalid,
       "lengthscales is NULL"},
      {"inducing NULL", kCreate, [](auto& a) { a.null_inducing = true; }, kInvalid,
       "inducing is NULL"},
      {"factor NULL", kWithFactor, [](auto& a) { a.null_factor = true; }, kInvalid,
       "factor is NULL"},
      {"residual_variance NULL", kWithFactor, [](auto& a) { a.null_residual_variance = true; },
       kInvalid, "residual_variance is NULL"},
      {"covariance NULL", kFromCallback, [](auto& a) { a.covariance = nullptr; }, kInvalid,
       "covariance is NULL"},
      {"index NULL", kAll, [](auto& a) { a.null_index = true; }, kInvalid, "index is NULL"},
      {"options NULL", kAll, [](auto& a) { a.null_options = true; }, kOk},

      // Sizes.
      {"n 0", kAll, [](auto& a) { a.n = 0; }, kInvalid, "n is 0"},
      {"n -1", kAll, [](auto& a) { a.n = -1; }, kInvalid, "n is -1"},
      {"n least", kAll, [](auto& a) { a.n = INT64_MIN; }, kInvalid, "n is -9223372036854775808"},
      {"n 2^62", kWithPoints, [](auto& a) { a.n = kHuge; }, kInvalid,
       "points: 4611686018427387904 x 3"},
      {"n 2^62", kFromCallback, [](auto& a) { a.n = kHuge; }, kInvalid,
       "factor: 4611686018427387904 x 2"},
      {"n greatest", kWithPoints, [](auto& a) { a.n = INT64_MAX; }, kInvalid,
       "points: 9223372036854775807 x 3"},
      {"n greatest", kFromCallback, [](auto& a) { a.n = INT64_MAX; }, kInvalid,
       "factor: 9223372036854775807 x 2"},
      {"n x d beyond 2^63", kWithPoints,
       [](auto& a) {
         a.n = a.d = int64_t{1} << 33;
         a.num_lengthscales = 1;
       },
       kInvalid, "points: 8589934592 x 8589934592"},
      {"n x d wraps to 0", kWithPoints,
       [](auto& a) {
         a.n = a.d = int64_t{1} << 32;
         a.num_lengthscales = 1;
       },
       kInvalid, "points: 4294967296 x 4294967296"},
      {"n x d fits, its bytes wrap", kWithPoints,
       [](auto& a) {
         a.n = int64_t{1} << 60;
         a.d = 2;
         a.num_lengthscales = 1;
       },
       kInvalid, "points: 1152921504606846976 x 2"},
      {"n 1", kAll, [](auto& a) { a.n = 1; }, kOk},
      {"d 0", kWithPoints, [](auto& a) { a.d = 0; }, kInvalid, "d is 0"},
      {"d -1", kWithPoints, [](auto& a) { a.d = -1; }, kInvalid, "d is -1"},
      {"d 2^62", kWithPoints,
       [](auto& a) {
         a.d = kHuge;
         a.num_lengthscales = 1;
       },
       kInvalid, "points: 7 x 4611686018427387904"},
      {"m -1", kAll, [](auto& a) { a.m = -1; }, kInvalid, "m is -1"},
      {"m least", kAll, [](auto& a) { a.m = INT64_MIN; }, kInvalid, "m is -9223372036854775808"},
      {"m 2^62", kCreate, [](auto& a) { a.m = kHuge; }, kInvalid,
       "inducing: 4611686018427387904 x 3"},
      {"m 2^62", kWithFactor, [](auto& a) { a.m = kHuge; }, kInvalid,
       "factor: 7 x 4611686018427387904"},
      {"m greatest", kCreate, [](auto& a) { a.m = INT64_MAX; }, kInvalid,
       "inducing: 9223372036854775807 x 3"},
      {"m greatest", kWithFactor, [](auto& a) { a.m = INT64_MAX; }, kInvalid,
       "factor: 7 x 9223372036854775807"},
      {"m 0", kAll, [](auto& a) { a.m = 0; }, kOk},
      {"m 0, inducing and factor NULL", kAll,
       [](auto& a) {
         a.m = 0;
         a.null_inducing = a.null_factor = true;
       },
       kOk},
      {"num_lengthscales 0", kWithPoints, [](auto& a) { a.num_lengthscales = 0; }, kInvalid,
       "num_lengthscales is 0"},
      {"num_lengthscales -1", kWithPoints, [](auto& a) { a.num_lengthscales = -1; }, kInvalid,
       "num_lengthscales is -1"},
      {"num_lengthscales 2", kWithPoints, [](auto& a) { a.num_lengthscales = 2; }, kInvalid,
       "num_lengthscales is 2"},
      {"num_lengthscales d + 1", kWithPoints, [](auto& a) { a.num_lengthscales = 4; }, kInvalid,
       "num_lengthscales is 4"},
      {"num_lengthscales 2^62", kWithPoints, [](auto& a) { a.num_lengthscales = kHuge; }, kInvalid,
       "num_lengthscales is 4611686018427387904"},
      {"num_lengthscales 1", kWithPoints, [](auto& a) { a.num_lengthscales = 1; }, kOk},

      // Points and inducing points.
      {"points[0]", kWithPoints, kNotFinite, [](auto& a, double bad) { a.points[0] = bad; },
       kInvalid, "points: coordinate 0 of row 0"},
      {"points[10]", kWithPoints, kNotFinite, [](auto& a, double bad) { a.points[10] = bad; },
       kInvalid, "points: coordinate 1 of row 3"},
      {"points[20]", kWithPoints, kNotFinite, [](auto& a, double bad) { a.points[20] = bad; },
       kInvalid, "points: coordinate 2 of row 6"},
      {"points[0], dimension-major", kWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[0] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 0 of row 0"},
      {"points[10], dimension-major", kWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[10] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 1 of row 3"},
      {"points[20], dimension-major", kWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.points[20] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "points: coordinate 2 of row 6"},
      {"coordinate far beyond the range", kWithPoints, [](auto& a) { a.points[4] = 1e200; },
       kInvalid, "points: coordinate 1 of row 1 is 1e+200"},
      {"coordinate beyond the range when scaled", kWithPoints,
       [](auto& a) {
         a.points[4] = 1e100;
         a.lengthscales[1] = 1e-100;
       },
       kInvalid, "points: coordinate 1 of row 1 is 1e+100"},
      {"the difference of two coordinates overflows", kWithPoints,
       [](auto& a) {
         a.points[4] = 1.7e308;
         a.points[7] = -1.7e308;
         a.lengthscales[1] = 1e300;
       },
       kOk},
      {"coordinates far out in units to match", kWithPoints,
       [](auto& a) {
         for (double& value : a.points) value *= 1e200;
         for (double& value : a.inducing) value *= 1e200;
         for (double& value : a.lengthscales) value *= 1e200;
       },
       kOk},
      {"inducing[0]", kCreate, kNotFinite, [](auto& a, double bad) { a.inducing[0] = bad; },
       kInvalid, "inducing: coordinate 0 of row 0"},
      {"inducing[3]", kCreate, kNotFinite, [](auto& a, double bad) { a.inducing[3] = bad; },
       kInvalid, "inducing: coordinate 0 of row 1"},
      {"inducing[5]", kCreate, kNotFinite, [](auto& a, double bad) { a.inducing[5] = bad; },
       kInvalid, "inducing: coordinate 2 of row 1"},
      {"inducing point far beyond the range", kCreate, [](auto& a) { a.inducing[1] = -1e200; },
       kInvalid, "inducing: coordinate 1 of row 0 is -1e+200"},

      // Lengthscales.
      {"lengthscales[0]", kWithPoints, kNotPositive,
       [](auto& a, double bad) { a.lengthscales[0] = bad; }, kInvalid, "lengthscales[0]"},
      {"lengthscales[1]", kWithPoints, kNotPositive,
       [](auto& a, double bad) { a.lengthscales[1] = bad; }, kInvalid, "lengthscales[1]"},
      {"lengthscales[2]", kWithPoints, kNotPositive,
       [](auto& a, double bad) { a.lengthscales[2] = bad; }, kInvalid, "lengthscales[2]"},
      {"one lengthscale, the others bad", kWithPoints,
       [](auto& a) {
         a.num_lengthscales = 1;
         a.lengthscales = {1, kNan, -1};
       },
       kOk},

      // V and p.
      {"factor[0]", kWithFactor, kNotFinite, [](auto& a, double bad) { a.factor[0] = bad; },
       kInvalid, "factor: column 0 of row 0"},
      {"factor[6]", kWithFactor, kNotFinite, [](auto& a, double bad) { a.factor[6] = bad; },
       kInvalid, "factor: column 0 of row 3"},
      {"factor[13]", kWithFactor, kNotFinite, [](auto& a, double bad) { a.factor[13] = bad; },
       kInvalid, "factor: column 1 of row 6"},
      {"factor -1e71", kWithFactor, [](auto& a) { a.factor[5] = -1e71; }, kInvalid,
       "factor: column 1 of row 2 is -1e+71"},
      {"factor -1e70", kWithFactor, [](auto& a) { a.factor[5] = -1e70; }, kOk},
      {"residual_variance[0]", kWithFactor, kNegative,
       [](auto& a, double bad) { a.residual_variance[0] = bad; }, kInvalid, "residual_variance[0]"},
      {"residual_variance[3]", kWithFactor, kNegative,
       [](auto& a, double bad) { a.residual_variance[3] = bad; }, kInvalid, "residual_variance[3]"},
      {"residual_variance[6]", kWithFactor, kNegative,
       [](auto& a, double bad) { a.residual_variance[6] = bad; }, kInvalid, "residual_variance[6]"},
      {"residual_variance 1e141", kWithFactor, [](auto& a) { a.residual_variance[3] = 1e141; },
       kInvalid, "residual_variance[3] is 1e+141"},
      {"residual_variance 1e140", kWithFactor, [](auto& a) { a.residual_variance[3] = 1e140; },
       kOk},
      {"residual_variance 0", kWithFactor, [](auto& a) { a.residual_variance[3] = 0; }, kOk},
      {"residual_variance -0", kWithFactor, [](auto& a) { a.residual_variance[3] = -0.0; }, kOk},

      // Options.
      {"kernel -1", kWithPoints, [](auto& a) { a.options.kernel = -1; }, kInvalid, "kernel is -1"},
      {"kernel 6", kWithPoints, [](auto& a) { a.options.kernel = 6; }, kInvalid, "kernel is 6"},
      {"kernel greatest", kWithPoints, [](auto& a) { a.options.kernel = INT32_MAX; }, kInvalid,
       "kernel is 2147483647"},
      {"kernel least", kWithPoints, [](auto& a) { a.options.kernel = INT32_MIN; }, kInvalid,
       "kernel is -2147483648"},
      {"layout -1", kAll, [](auto& a) { a.options.layout = -1; }, kInvalid, "layout is -1"},
      {"layout 2", kAll, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"layout greatest", kAll, [](auto& a) { a.options.layout = INT32_MAX; }, kInvalid,
       "layout is 2147483647"},
      {"threads -1", kAll, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"threads least", kAll, [](auto& a) { a.options.threads = INT32_MIN; }, kInvalid,
       "threads is -2147483648"},
      {"threads 1025", kAll, [](auto& a) { a.options.threads = 1025; }, kInvalid,
       "threads is 1025"},
      {"threads 64", kAll, [](auto& a) { a.options.threads = 64; }, kOk},
      {"variance", kWithPoints, kNotPositive, [](auto& a, double bad) { a.options.variance = bad; },
       kInvalid, "variance"},
      {"variance 1e-141", kWithPoints, [](auto& a) { a.options.variance = 1e-141; }, kInvalid,
       "variance is 1e-141"},
      {"variance 1e141", kWithPoints, [](auto& a) { a.options.variance = 1e141; }, kInvalid,
       "variance is 1e+141"},
      {"variance 1e-140", kWithPoints, [](auto& a) { a.options.variance = 1e-140; }, kOk},
      {"variance 1e140", kWithPoints, [](auto& a) { a.options.variance = 1e140; }, kOk},
      {"nu", kWithPoints, kNotPositive,
       [](auto& a, double bad) {
         a.options.kernel = RESIDUAL_KNN_MATERN;
         a.options.nu = bad;
       },
       kInvalid, "nu"},
      {"nu 51", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_MATERN;
         a.options.nu = 51;
       },
       kInvalid, "nu is 51"},
      {"nu 50", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_MATERN;
         a.options.nu = 50;
       },
       kOk},
      {"nu is another kernel's", kWithPoints, [](auto& a) { a.options.nu = kNan; }, kOk},
      {"alpha", kWithPoints, kNotPositive,
       [](auto& a, double bad) {
         a.options.kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options.alpha = bad;
       },
       kInvalid, "alpha"},
      {"alpha 1e-13", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options.alpha = 1e-13;
       },
       kInvalid, "alpha is 1e-13"},
      {"alpha 1e13", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options.alpha = 1e13;
       },
       kInvalid, "alpha is 1e+13"},
      {"alpha 1e-12", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options.alpha = 1e-12;
       },
       kOk},
      {"alpha 1e12", kWithPoints,
       [](auto& a) {
         a.options.kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options.alpha = 1e12;
       },
       kOk},
      {"alpha is another kernel's", kWithPoints, [](auto& a) { a.options.alpha = -1; }, kOk},
      {"nugget", kCreate, kNegative, [](auto& a, double bad) { a.options.nugget = bad; }, kInvalid,
       "nugget"},
      {"nugget 1e141", kCreate, [](auto& a) { a.options.nugget = 1e141; }, kInvalid,
       "nugget is 1e+141"},
      {"nugget 0", kCreate, [](auto& a) { a.options.nugget = 0; }, kOk},
      {"jitter", kCreate, kNegative, [](auto& a, double bad) { a.options.jitter = bad; }, kInvalid,
       "jitter"},
      {"jitter 1e141", kCreate, [](auto& a) { a.options.jitter = 1e141; }, kInvalid,
       "jitter is 1e+141"},
      {"jitter 0", kCreate, [](auto& a) { a.options.jitter = 0; }, kOk},
      {"max_jitter", kCreate, kNegative, [](auto& a, double bad) { a.options.max_jitter = bad; },
       kInvalid, "max_jitter"},
      {"max_jitter 1e141", kCreate, [](auto& a) { a.options.max_jitter = 1e141; }, kInvalid,
       "max_jitter is 1e+141"},
      {"nugget, jitter and max_jitter of a given factor", kWithFactor,
       [](auto& a) {
         a.options.nugget = kNan;
         a.options.jitter = -1;
         a.options.max_jitter = kInf;
       },
       kOk},
      {"kernel options of a callback", kFromCallback,
       [](auto& a) {
         a.options.kernel = 99;
         a.options.variance = -1;
         a.options.nu = kNan;
         a.options.alpha = kNan;
       },
       kOk},
      {"concurrent_callback is any number", kAll,
       [](auto& a) { a.options.concurrent_callback = -5; }, kOk},

      // Sizes of the options.
      {"struct_size 0", kAll, [](auto& a) { a.options.struct_size = 0; }, kInvalid,
       "residual_knn_model_options.struct_size is 0"},
      {"struct_size 7", kAll, [](auto& a) { a.options.struct_size = 7; }, kInvalid,
       "residual_knn_model_options.struct_size is 7"},
      {"struct_size greatest", kAll, [](auto& a) { a.options.struct_size = SIZE_MAX; }, kInvalid,
       "residual_knn_model_options.struct_size is 18446744073709551615"},
      {"first byte behind the end", kAll,
       [](auto& a) {
         a.options.struct_size = a.extended.full_size();
         a.extended.tail[0] = 1;
       },
       kInvalid, "residual_knn_model_options has a non-zero byte"},
      {"last byte behind the end", kAll,
       [](auto& a) {
         a.options.struct_size = a.extended.full_size();
         a.extended.tail[63] = 0x80;
       },
       kInvalid, "residual_knn_model_options has a non-zero byte"},
      {"a newer struct with nothing new", kAll,
       [](auto& a) { a.options.struct_size = a.extended.full_size(); }, kOk},
      {"a byte behind the end that is not covered", kAll, [](auto& a) { a.extended.tail[0] = 1; },
       kOk},
      {"an older struct with its size only", kAll,
       [](auto& a) { a.extended.Poison(offsetof(residual_knn_model_options, kernel)); }, kOk},
      {"an older struct with kernel and layout", kAll,
       [](auto& a) {
         a.extended.Poison(offsetof(residual_knn_model_options, variance));
         a.options.kernel = RESIDUAL_KNN_MATERN12;
         a.options.layout = RESIDUAL_KNN_POINT_MAJOR;
       },
       kOk},
      {"an older struct whose covered field is bad", kWithPoints,
       [](auto& a) {
         a.options.struct_size = offsetof(residual_knn_model_options, variance);
         a.options.kernel = 6;
       },
       kInvalid, "kernel is 6"},
  };
}

void TestTable(void** /*state*/) {
  assert_true(
      CasesHold(Table(), {"create", "create_from_factor", "create_from_callback"}, MakeCall));
}

// Not a row, because the function returns no status and has no output.
void TestFreeNull(void** /*state*/) { residual_knn_index_free(nullptr); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestTable),
      cmocka_unit_test(TestFreeNull),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
