// Every argument and option of the functions that create an index, with every kind of bad value. Each row of a table is
// a case. Each call must fail with the right status, name the argument, and leave *index untouched.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/test_run.h"
#include "support/words.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kHuge = int64_t{1} << 62;

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

enum class Way { kInducing, kFactor, kCallback };
constexpr int kInducingBit = 1;
constexpr int kFactorBit = 2;
constexpr int kCallbackBit = 4;
constexpr int kPointsBits = kInducingBit | kFactorBit;
constexpr int kGivenBits = kFactorBit | kCallbackBit;
constexpr int kAllBits = 7;

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
    options().threads = 1;
  }

  residual_knn_model_options& options() { return extended.options; }
};

residual_knn_status Create(Way way, Arguments& a, residual_knn_index** index) {
  const double* points = a.null_points ? nullptr : a.points.data();
  const double* lengthscales = a.null_lengthscales ? nullptr : a.lengthscales.data();
  const double* inducing = a.null_inducing ? nullptr : a.inducing.data();
  const double* factor = a.null_factor ? nullptr : a.factor.data();
  const double* variance = a.null_residual_variance ? nullptr : a.residual_variance.data();
  const residual_knn_model_options* options = a.null_options ? nullptr : &a.options();
  residual_knn_index** out = a.null_index ? nullptr : index;
  switch (way) {
    case Way::kInducing:
      return residual_knn_index_create(points, a.n, a.d, lengthscales, a.num_lengthscales, inducing,
                                       a.m, options, out);
    case Way::kFactor:
      return residual_knn_index_create_from_factor(factor, a.m, variance, points, a.n, a.d,
                                                   lengthscales, a.num_lengthscales, options, out);
    case Way::kCallback:
      return residual_knn_index_create_from_callback(factor, a.n, a.m, variance, a.covariance,
                                                     nullptr, options, out);
  }
  return RESIDUAL_KNN_ERROR_INTERNAL;
}

struct Case {
  const char* name;
  int ways;  // the functions of this case
  std::function<void(Arguments&)> change;
  const char* argument;    // the word that the message must have; null: the call must succeed
  const char* value = "";  // and the text of the value
};

std::vector<Case> PointerAndSizeCases() {
  return {
      {"points NULL", kPointsBits, [](Arguments& a) { a.null_points = true; }, "points", "NULL"},
      {"lengthscales NULL", kPointsBits, [](Arguments& a) { a.null_lengthscales = true; },
       "lengthscales", "NULL"},
      {"inducing NULL", kInducingBit, [](Arguments& a) { a.null_inducing = true; }, "inducing",
       "NULL"},
      {"factor NULL", kGivenBits, [](Arguments& a) { a.null_factor = true; }, "factor", "NULL"},
      {"residual_variance NULL", kGivenBits, [](Arguments& a) { a.null_residual_variance = true; },
       "residual_variance", "NULL"},
      {"covariance NULL", kCallbackBit, [](Arguments& a) { a.covariance = nullptr; }, "covariance",
       "NULL"},
      {"index NULL", kAllBits, [](Arguments& a) { a.null_index = true; }, "index", "NULL"},
      {"n 0", kAllBits, [](Arguments& a) { a.n = 0; }, "n", "0"},
      {"n -1", kAllBits, [](Arguments& a) { a.n = -1; }, "n", "-1"},
      {"n least", kAllBits, [](Arguments& a) { a.n = INT64_MIN; }, "n", "-9223372036854775808"},
      {"n 2^62", kAllBits, [](Arguments& a) { a.n = kHuge; }, "", "4611686018427387904"},
      {"n greatest", kAllBits, [](Arguments& a) { a.n = INT64_MAX; }, "", "9223372036854775807"},
      {"n x d beyond 2^63", kPointsBits,
       [](Arguments& a) {
         a.n = int64_t{1} << 33;
         a.d = int64_t{1} << 33;
         a.num_lengthscales = 1;
       },
       "", "8589934592"},
      {"n x d wraps to 0", kPointsBits,
       [](Arguments& a) {
         a.n = int64_t{1} << 32;
         a.d = int64_t{1} << 32;
         a.num_lengthscales = 1;
       },
       "", "4294967296"},
      {"n x d fits, its bytes wrap", kPointsBits,
       [](Arguments& a) {
         a.n = int64_t{1} << 60;
         a.d = 2;
         a.num_lengthscales = 1;
       },
       "", "1152921504606846976"},
      {"d 0", kPointsBits, [](Arguments& a) { a.d = 0; }, "d", "0"},
      {"d -1", kPointsBits, [](Arguments& a) { a.d = -1; }, "d", "-1"},
      {"d 2^62", kPointsBits,
       [](Arguments& a) {
         a.d = kHuge;
         a.num_lengthscales = 1;
       },
       "", "4611686018427387904"},
      {"m -1", kAllBits, [](Arguments& a) { a.m = -1; }, "m", "-1"},
      {"m least", kAllBits, [](Arguments& a) { a.m = INT64_MIN; }, "m", "-9223372036854775808"},
      {"m 2^62", kAllBits, [](Arguments& a) { a.m = kHuge; }, "", "4611686018427387904"},
      {"m greatest", kAllBits, [](Arguments& a) { a.m = INT64_MAX; }, "", "9223372036854775807"},
      {"m 0 without inducing points", kInducingBit,
       [](Arguments& a) {
         a.m = 0;
         a.null_inducing = true;
       },
       nullptr},
      {"m 0 with a pointer", kInducingBit, [](Arguments& a) { a.m = 0; }, nullptr},
      {"m 0 without a factor", kGivenBits,
       [](Arguments& a) {
         a.m = 0;
         a.null_factor = true;
       },
       nullptr},
      {"m 0 with a factor", kGivenBits, [](Arguments& a) { a.m = 0; }, nullptr},
      {"n 1", kAllBits, [](Arguments& a) { a.n = 1; }, nullptr},
      {"options NULL", kAllBits, [](Arguments& a) { a.null_options = true; }, nullptr},
  };
}

std::vector<Case> ValueCases() {
  std::vector<Case> cases = {
      {"num_lengthscales 0", kPointsBits, [](Arguments& a) { a.num_lengthscales = 0; },
       "num_lengthscales", "0"},
      {"num_lengthscales -1", kPointsBits, [](Arguments& a) { a.num_lengthscales = -1; },
       "num_lengthscales", "-1"},
      {"num_lengthscales 2", kPointsBits, [](Arguments& a) { a.num_lengthscales = 2; },
       "num_lengthscales", "2"},
      {"num_lengthscales d + 1", kPointsBits, [](Arguments& a) { a.num_lengthscales = 4; },
       "num_lengthscales", "4"},
      {"num_lengthscales 2^62", kPointsBits, [](Arguments& a) { a.num_lengthscales = kHuge; },
       "num_lengthscales", "4611686018427387904"},
      {"num_lengthscales 1", kPointsBits, [](Arguments& a) { a.num_lengthscales = 1; }, nullptr},
      {"one lengthscale, the others bad", kPointsBits,
       [](Arguments& a) {
         a.num_lengthscales = 1;
         a.lengthscales = {1, kNan, -1};
       },
       nullptr},
      {"residual_variance 0", kGivenBits, [](Arguments& a) { a.residual_variance[3] = 0; },
       nullptr},
      {"residual_variance -0", kGivenBits, [](Arguments& a) { a.residual_variance[3] = -0.0; },
       nullptr},
      {"residual_variance 1e141", kGivenBits, [](Arguments& a) { a.residual_variance[3] = 1e141; },
       "residual_variance", "3"},
      {"residual_variance 1e140", kGivenBits, [](Arguments& a) { a.residual_variance[3] = 1e140; },
       nullptr},
      {"factor 1e71", kGivenBits, [](Arguments& a) { a.factor[5] = -1e71; }, "factor", "71"},
      {"factor 1e70", kGivenBits, [](Arguments& a) { a.factor[5] = -1e70; }, nullptr},
      {"coordinate far beyond the range", kPointsBits, [](Arguments& a) { a.points[4] = 1e200; },
       "points"},
      {"coordinate beyond the range when scaled", kPointsBits,
       [](Arguments& a) {
         a.points[4] = 1e100;
         a.lengthscales[1] = 1e-100;
       },
       "points"},
      {"the difference of two coordinates overflows", kPointsBits,
       [](Arguments& a) {
         a.points[4] = 1.7e308;
         a.points[7] = -1.7e308;
         a.lengthscales[1] = 1e300;
       },
       nullptr},
      {"inducing point far beyond the range", kInducingBit,
       [](Arguments& a) { a.inducing[1] = -1e200; }, "inducing"},
      {"coordinates far out in units to match", kPointsBits,
       [](Arguments& a) {
         for (double& value : a.points) value *= 1e200;
         for (double& value : a.inducing) value *= 1e200;
         for (double& value : a.lengthscales) value *= 1e200;
       },
       nullptr},
      {"residual_variance -1e-300", kGivenBits,
       [](Arguments& a) { a.residual_variance[3] = -1e-300; }, "residual_variance", "3"},
  };
  struct Bad {
    const char* name;
    double value;
  };
  // -1 and 0 are bad if the value must be positive.
  constexpr Bad kNotFinite[] = {{"NaN", kNan}, {"Inf", kInf}, {"-Inf", -kInf}};
  constexpr Bad kNotPositive[] = {{"0", 0.0}, {"-0", -0.0}, {"-1", -1.0}, {"-1e-300", -1e-300}};
  for (const Bad& bad : kNotFinite) {
    const double value = bad.value;
    for (const size_t at : {0, 10, 20}) {
      cases.push_back(
          {bad.name, kPointsBits, [=](Arguments& a) { a.points[at] = value; }, "points"});
      cases.push_back({bad.name, kPointsBits,
                       [=](Arguments& a) {
                         a.points[at] = value;
                         a.options().layout = RESIDUAL_KNN_DIMENSION_MAJOR;
                       },
                       "points"});
    }
    for (const size_t at : {0, 3, 5}) {
      cases.push_back(
          {bad.name, kInducingBit, [=](Arguments& a) { a.inducing[at] = value; }, "inducing"});
    }
    for (const size_t at : {0, 6, 13}) {
      cases.push_back(
          {bad.name, kGivenBits, [=](Arguments& a) { a.factor[at] = value; }, "factor"});
    }
    for (const size_t at : {0, 6}) {
      cases.push_back({bad.name, kGivenBits, [=](Arguments& a) { a.residual_variance[at] = value; },
                       "residual_variance"});
    }
    for (const size_t at : {0, 2}) {
      cases.push_back({bad.name, kPointsBits, [=](Arguments& a) { a.lengthscales[at] = value; },
                       "lengthscales"});
    }
  }
  for (const Bad& bad : kNotPositive) {
    const double value = bad.value;
    cases.push_back(
        {bad.name, kPointsBits, [=](Arguments& a) { a.lengthscales[1] = value; }, "lengthscales"});
  }
  return cases;
}

std::vector<Case> OptionCases() {
  std::vector<Case> cases = {
      {"kernel -1", kPointsBits, [](Arguments& a) { a.options().kernel = -1; }, "kernel", "-1"},
      {"kernel 6", kPointsBits, [](Arguments& a) { a.options().kernel = 6; }, "kernel", "6"},
      {"kernel greatest", kPointsBits, [](Arguments& a) { a.options().kernel = INT32_MAX; },
       "kernel", "2147483647"},
      {"kernel least", kPointsBits, [](Arguments& a) { a.options().kernel = INT32_MIN; }, "kernel",
       "-2147483648"},
      {"layout -1", kAllBits, [](Arguments& a) { a.options().layout = -1; }, "layout", "-1"},
      {"layout 2", kAllBits, [](Arguments& a) { a.options().layout = 2; }, "layout", "2"},
      {"layout greatest", kAllBits, [](Arguments& a) { a.options().layout = INT32_MAX; }, "layout",
       "2147483647"},
      {"threads -1", kAllBits, [](Arguments& a) { a.options().threads = -1; }, "threads", "-1"},
      {"threads least", kAllBits, [](Arguments& a) { a.options().threads = INT32_MIN; }, "threads",
       "-2147483648"},
      {"nu 51", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_MATERN;
         a.options().nu = 51;
       },
       "nu", "51"},
      {"nu 50", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_MATERN;
         a.options().nu = 50;
       },
       nullptr},
      {"variance 1e-141", kPointsBits, [](Arguments& a) { a.options().variance = 1e-141; },
       "variance", "1e-141"},
      {"variance 1e141", kPointsBits, [](Arguments& a) { a.options().variance = 1e141; },
       "variance", "141"},
      {"variance 1e-140", kPointsBits, [](Arguments& a) { a.options().variance = 1e-140; },
       nullptr},
      {"variance 1e140", kPointsBits, [](Arguments& a) { a.options().variance = 1e140; }, nullptr},
      {"alpha 1e-13", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options().alpha = 1e-13;
       },
       "alpha", "1e-13"},
      {"alpha 1e13", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options().alpha = 1e13;
       },
       "alpha", "13"},
      {"alpha 1e-12", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options().alpha = 1e-12;
       },
       nullptr},
      {"alpha 1e12", kPointsBits,
       [](Arguments& a) {
         a.options().kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
         a.options().alpha = 1e12;
       },
       nullptr},
      {"threads 1025", kAllBits, [](Arguments& a) { a.options().threads = 1025; }, "threads",
       "1025"},
      {"nugget 1e141", kInducingBit, [](Arguments& a) { a.options().nugget = 1e141; }, "nugget",
       "141"},
      {"jitter 1e141", kInducingBit, [](Arguments& a) { a.options().jitter = 1e141; }, "jitter",
       "141"},
      {"max_jitter 1e141", kInducingBit, [](Arguments& a) { a.options().max_jitter = 1e141; },
       "max_jitter", "141"},
      {"nu is another kernel's", kPointsBits, [](Arguments& a) { a.options().nu = kNan; }, nullptr},
      {"alpha is another kernel's", kPointsBits, [](Arguments& a) { a.options().alpha = -1; },
       nullptr},
      {"nugget, jitter and max_jitter of a given factor", kGivenBits,
       [](Arguments& a) {
         a.options().nugget = kNan;
         a.options().jitter = -1;
         a.options().max_jitter = kInf;
       },
       nullptr},
      {"kernel options of a callback", kCallbackBit,
       [](Arguments& a) {
         a.options().kernel = 99;
         a.options().variance = -1;
         a.options().nu = kNan;
         a.options().alpha = kNan;
       },
       nullptr},
      {"nugget 0", kInducingBit, [](Arguments& a) { a.options().nugget = 0; }, nullptr},
      {"jitter 0", kInducingBit, [](Arguments& a) { a.options().jitter = 0; }, nullptr},
      {"concurrent_callback is any number", kAllBits,
       [](Arguments& a) { a.options().concurrent_callback = -5; }, nullptr},
      {"many threads", kAllBits, [](Arguments& a) { a.options().threads = 64; }, nullptr},
  };
  struct Bad {
    const char* name;
    double value;
    bool not_negative;
  };
  constexpr Bad kBad[] = {{"NaN", kNan, false}, {"Inf", kInf, false},        {"-Inf", -kInf, false},
                          {"-1", -1.0, false},  {"-1e-300", -1e-300, false}, {"0", 0.0, true}};
  for (const Bad& bad : kBad) {
    const double value = bad.value;
    cases.push_back(
        {bad.name, kPointsBits, [=](Arguments& a) { a.options().variance = value; }, "variance"});
    cases.push_back({bad.name, kPointsBits,
                     [=](Arguments& a) {
                       a.options().kernel = RESIDUAL_KNN_MATERN;
                       a.options().nu = value;
                     },
                     "nu"});
    cases.push_back({bad.name, kPointsBits,
                     [=](Arguments& a) {
                       a.options().kernel = RESIDUAL_KNN_RATIONAL_QUADRATIC;
                       a.options().alpha = value;
                     },
                     "alpha"});
    if (bad.not_negative) continue;
    cases.push_back(
        {bad.name, kInducingBit, [=](Arguments& a) { a.options().nugget = value; }, "nugget"});
    cases.push_back(
        {bad.name, kInducingBit, [=](Arguments& a) { a.options().jitter = value; }, "jitter"});
    cases.push_back({bad.name, kInducingBit, [=](Arguments& a) { a.options().max_jitter = value; },
                     "max_jitter"});
  }
  return cases;
}

std::vector<Case> StructSizeCases() {
  return {
      {"struct_size 0", kAllBits, [](Arguments& a) { a.options().struct_size = 0; }, "struct_size",
       "0"},
      {"struct_size 7", kAllBits, [](Arguments& a) { a.options().struct_size = 7; }, "struct_size",
       "7"},
      {"struct_size greatest", kAllBits, [](Arguments& a) { a.options().struct_size = SIZE_MAX; },
       "struct_size", "18446744073709551615"},
      {"first byte behind the end", kAllBits,
       [](Arguments& a) {
         a.options().struct_size = a.extended.full_size();
         a.extended.tail[0] = 1;
       },
       "residual_knn_model_options", "non-zero"},
      {"last byte behind the end", kAllBits,
       [](Arguments& a) {
         a.options().struct_size = a.extended.full_size();
         a.extended.tail[63] = 0x80;
       },
       "residual_knn_model_options", "non-zero"},
      {"a newer struct with nothing new", kAllBits,
       [](Arguments& a) { a.options().struct_size = a.extended.full_size(); }, nullptr},
      {"a byte behind the end that is not covered", kAllBits,
       [](Arguments& a) { a.extended.tail[0] = 1; }, nullptr},
      {"an older struct with its size only", kAllBits,
       [](Arguments& a) {
         std::memset(&a.options(), kPoison, sizeof a.options());
         a.options().struct_size = offsetof(residual_knn_model_options, kernel);
       },
       nullptr},
      {"an older struct with kernel and layout", kAllBits,
       [](Arguments& a) {
         std::memset(&a.options(), kPoison, sizeof a.options());
         a.options().struct_size = offsetof(residual_knn_model_options, variance);
         a.options().kernel = RESIDUAL_KNN_MATERN12;
         a.options().layout = RESIDUAL_KNN_POINT_MAJOR;
       },
       nullptr},
      {"an older struct whose covered field is bad", kPointsBits,
       [](Arguments& a) {
         a.options().struct_size = offsetof(residual_knn_model_options, variance);
         a.options().kernel = 6;
       },
       "kernel", "6"},
  };
}

bool CaseHolds(Way way, const Case& test) {
  constexpr const char* kWays[] = {"create", "create_from_factor", "create_from_callback"};
  const std::string name = std::string(kWays[static_cast<int>(way)]) + ", " + test.name +
                           (test.argument != nullptr ? std::string(" for ") + test.argument : "");
  Arguments arguments;
  test.change(arguments);
  // A marker that the call must not replace. It is never dereferenced.
  auto* const mark = reinterpret_cast<residual_knn_index*>(&arguments);
  residual_knn_index* index = mark;
  const residual_knn_status status = Create(way, arguments, &index);
  if (test.argument == nullptr) {
    if (status != RESIDUAL_KNN_OK || index == mark) {
      return Fail(name + ": " + residual_knn_last_error());
    }
    const IndexHandle owner(index);
    return InfoOf(index).n == arguments.n || Fail(name + ": info");
  }
  const std::string message = residual_knn_last_error();
  if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) {
    if (status == RESIDUAL_KNN_OK && index != mark) residual_knn_index_free(index);
    return Fail(name + ": status " + std::to_string(status) + " " + message);
  }
  if (index != mark) return Fail(name + ": *index was touched");
  if (test.argument[0] != '\0' && !ContainsWord(message, test.argument)) {
    return Fail(name + ": the message does not name " + test.argument + ": " + message);
  }
  if (message.find(test.value) == std::string::npos) {
    return Fail(name + ": the message does not have " + test.value + ": " + message);
  }
  return true;
}

bool CasesHold(const std::vector<Case>& cases) {
  bool all = true;
  int count = 0;
  for (const Case& test : cases) {
    for (const Way way : {Way::kInducing, Way::kFactor, Way::kCallback}) {
      if ((test.ways & (1 << static_cast<int>(way))) == 0) continue;
      all = CaseHolds(way, test) && all;
      ++count;
    }
  }
  std::printf("%d cases\n", count);
  return all;
}

void TestPointersAndSizes(void** /*state*/) { assert_true(CasesHold(PointerAndSizeCases())); }
void TestValues(void** /*state*/) { assert_true(CasesHold(ValueCases())); }
void TestOptions(void** /*state*/) { assert_true(CasesHold(OptionCases())); }
void TestStructSizes(void** /*state*/) { assert_true(CasesHold(StructSizeCases())); }

void TestFreeNull(void** /*state*/) { residual_knn_index_free(nullptr); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestPointersAndSizes), cmocka_unit_test(TestValues),
      cmocka_unit_test(TestOptions),          cmocka_unit_test(TestStructSizes),
      cmocka_unit_test(TestFreeNull),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
