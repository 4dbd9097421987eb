// Bad input for the functions other than create and search: choosing inducing points, ordering points, describing an
// index and copying its factor. Each row of a table is a case, as in test_bad_input_create.
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
#include "support/random_data.h"
#include "support/test_run.h"
#include "support/words.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kRoom = 256;

constexpr int kChooseKMeans = 1;
constexpr int kChooseRows = 2;
constexpr int kChoose = kChooseKMeans | kChooseRows;
constexpr int kOrderGiven = 4;
constexpr int kOrderRandom = 8;
constexpr int kOrderMaximin = 16;
constexpr int kOrder = kOrderGiven | kOrderRandom | kOrderMaximin;
constexpr int kBoth = kChoose | kOrder;

struct Arguments {
  std::vector<double> points;
  int64_t n = 9;
  int64_t d = 2;
  std::vector<double> lengthscales = {0.5, 2.0};
  int64_t num_lengthscales = 2;
  int32_t way = 0;  // method or ordering
  int64_t m = 4;
  Extended<residual_knn_helper_options> extended{residual_knn_helper_options_init};
  bool null_points = false;
  bool null_lengthscales = false;
  bool null_options = false;
  bool null_output = false;

  Arguments() {
    for (int i = 0; i < 18; ++i) points.push_back(std::sin(2 * i));
    options().threads = 1;
  }
  residual_knn_helper_options& options() { return extended.options; }
};

struct Outputs {
  Poisoned<double> inducing{kRoom};
  Poisoned<int64_t> order{kRoom};
};

residual_knn_status Call(bool choose, Arguments& a, Outputs& outputs) {
  const double* points = a.null_points ? nullptr : a.points.data();
  const double* lengthscales = a.null_lengthscales ? nullptr : a.lengthscales.data();
  const residual_knn_helper_options* options = a.null_options ? nullptr : &a.options();
  if (choose) {
    return residual_knn_choose_inducing(points, a.n, a.d, lengthscales, a.num_lengthscales, a.way,
                                        a.m, options,
                                        a.null_output ? nullptr : outputs.inducing.data());
  }
  return residual_knn_order_points(points, a.n, a.d, lengthscales, a.num_lengthscales, a.way,
                                   options, a.null_output ? nullptr : outputs.order.data());
}

struct Case {
  const char* name;
  int calls;
  std::function<void(Arguments&)> change;
  const char* argument;  // the word that the message must have; null: the call must succeed
  const char* value = "";
};

std::vector<Case> Cases() {
  std::vector<Case> cases = {
      {"points NULL", kBoth, [](Arguments& a) { a.null_points = true; }, "points", "NULL"},
      {"lengthscales NULL", kBoth, [](Arguments& a) { a.null_lengthscales = true; }, "lengthscales",
       "NULL"},
      {"inducing NULL", kChoose, [](Arguments& a) { a.null_output = true; }, "inducing", "NULL"},
      {"order NULL", kOrder, [](Arguments& a) { a.null_output = true; }, "order", "NULL"},
      {"options NULL", kBoth, [](Arguments& a) { a.null_options = true; }, nullptr},
      {"n 0", kBoth, [](Arguments& a) { a.n = 0; }, "n", "0"},
      {"n -1", kBoth, [](Arguments& a) { a.n = -1; }, "n", "-1"},
      {"n 2^62", kBoth, [](Arguments& a) { a.n = kHuge; }, "", "4611686018427387904"},
      {"d 0", kBoth, [](Arguments& a) { a.d = 0; }, "d", "0"},
      {"d -1", kBoth, [](Arguments& a) { a.d = -1; }, "d", "-1"},
      {"d 2^62", kBoth,
       [](Arguments& a) {
         a.d = kHuge;
         a.num_lengthscales = 1;
       },
       "", "4611686018427387904"},
      {"num_lengthscales 0", kBoth, [](Arguments& a) { a.num_lengthscales = 0; },
       "num_lengthscales", "0"},
      {"num_lengthscales -2", kBoth, [](Arguments& a) { a.num_lengthscales = -2; },
       "num_lengthscales", "-2"},
      {"num_lengthscales 3", kBoth, [](Arguments& a) { a.num_lengthscales = 3; },
       "num_lengthscales", "3"},
      {"method or ordering -1", kChooseKMeans, [](Arguments& a) { a.way = -1; }, "method", "-1"},
      {"method 2", kChooseKMeans, [](Arguments& a) { a.way = 2; }, "method", "2"},
      {"method greatest", kChooseKMeans, [](Arguments& a) { a.way = INT32_MAX; }, "method",
       "2147483647"},
      {"ordering -1", kOrderGiven, [](Arguments& a) { a.way = -1; }, "ordering", "-1"},
      {"ordering 3", kOrderGiven, [](Arguments& a) { a.way = 3; }, "ordering", "3"},
      {"ordering least", kOrderGiven, [](Arguments& a) { a.way = INT32_MIN; }, "ordering",
       "-2147483648"},
      {"m -1", kChoose, [](Arguments& a) { a.m = -1; }, "m", "-1"},
      {"m 2^62", kChoose, [](Arguments& a) { a.m = kHuge; }, "m", "4611686018427387904"},
      {"m beyond n", kChoose, [](Arguments& a) { a.m = 10; }, "m", "10"},
      {"m beyond the distinct points", kChoose,
       [](Arguments& a) {
         for (int c = 0; c < 2; ++c) a.points[16 + c] = a.points[c];
         a.m = 9;
       },
       "m", "9"},
      {"m beyond the points, 0 and -0 being the same", kChoose,
       [](Arguments& a) {
         a.points.assign(18, 0.0);
         a.points[4] = -0.0;
         a.m = 2;
       },
       "m", "2"},
      {"m as many as distinct points", kChoose,
       [](Arguments& a) {
         for (int c = 0; c < 2; ++c) a.points[16 + c] = a.points[c];
         a.m = 8;
       },
       nullptr},
      {"m n", kChoose, [](Arguments& a) { a.m = 9; }, nullptr},
      {"m 0", kChoose,
       [](Arguments& a) {
         a.m = 0;
         a.null_output = true;
       },
       nullptr},
      {"n 1", kOrder, [](Arguments& a) { a.n = 1; }, nullptr},
      {"layout -1", kBoth, [](Arguments& a) { a.options().layout = -1; }, "layout", "-1"},
      {"layout 2", kBoth, [](Arguments& a) { a.options().layout = 2; }, "layout", "2"},
      {"threads -1", kBoth, [](Arguments& a) { a.options().threads = -1; }, "threads", "-1"},
      {"threads 1025", kBoth, [](Arguments& a) { a.options().threads = 1025; }, "threads", "1025"},
      {"coordinate far beyond the range", kBoth, [](Arguments& a) { a.points[3] = 1e200; },
       "points"},
      {"max_iterations -1", kChoose, [](Arguments& a) { a.options().max_iterations = -1; },
       "max_iterations", "-1"},
      {"max_iterations 0", kChoose, [](Arguments& a) { a.options().max_iterations = 0; }, nullptr},
      {"any seed", kBoth, [](Arguments& a) { a.options().seed = UINT64_MAX; }, nullptr},
      {"seed 0", kBoth, [](Arguments& a) { a.options().seed = 0; }, nullptr},
      {"struct_size 0", kBoth, [](Arguments& a) { a.options().struct_size = 0; }, "struct_size",
       "0"},
      {"struct_size greatest", kBoth, [](Arguments& a) { a.options().struct_size = SIZE_MAX; },
       "struct_size", "18446744073709551615"},
      {"byte behind the end", kBoth,
       [](Arguments& a) {
         a.options().struct_size = a.extended.full_size();
         a.extended.tail[7] = 1;
       },
       "residual_knn_helper_options", "non-zero"},
      {"a newer struct with nothing new", kBoth,
       [](Arguments& a) { a.options().struct_size = a.extended.full_size(); }, nullptr},
      {"an older struct with its size only", kBoth,
       [](Arguments& a) {
         std::memset(&a.options(), kPoison, sizeof a.options());
         a.options().struct_size = offsetof(residual_knn_helper_options, layout);
       },
       nullptr},
  };
  struct Bad {
    const char* name;
    double value;
  };
  constexpr Bad kNotFinite[] = {{"NaN", kNan}, {"Inf", kInf}, {"-Inf", -kInf}};
  constexpr Bad kNotPositive[] = {{"NaN", kNan}, {"Inf", kInf}, {"0", 0.0}, {"-1", -1.0}};
  for (const Bad& bad : kNotFinite) {
    const double value = bad.value;
    for (const size_t at : {0, 9, 17}) {
      for (const int32_t layout : {RESIDUAL_KNN_POINT_MAJOR, RESIDUAL_KNN_DIMENSION_MAJOR}) {
        cases.push_back({bad.name, kBoth,
                         [=](Arguments& a) {
                           a.points[at] = value;
                           a.options().layout = layout;
                         },
                         "points"});
      }
    }
  }
  for (const Bad& bad : kNotPositive) {
    const double value = bad.value;
    for (const size_t at : {0, 1}) {
      cases.push_back(
          {bad.name, kBoth, [=](Arguments& a) { a.lengthscales[at] = value; }, "lengthscales"});
    }
  }
  return cases;
}

bool CaseHolds(int call, const Case& test) {
  constexpr const char* kNames[] = {"choose k-means", "choose rows", "order given", "order random",
                                    "order maximin"};
  const bool choose = (call & kChoose) != 0;
  int ordinal = 0;
  while ((1 << ordinal) != call) ++ordinal;
  const std::string name = std::string(kNames[ordinal]) + ", " + test.name +
                           (test.argument != nullptr ? std::string(" for ") + test.argument : "");
  Arguments arguments;
  arguments.way = choose ? ordinal : ordinal - 2;
  test.change(arguments);
  Outputs outputs;
  const residual_knn_status status = Call(choose, arguments, outputs);
  const std::string message = residual_knn_last_error();
  if (test.argument == nullptr) {
    return status == RESIDUAL_KNN_OK || Fail(name + ": " + message);
  }
  if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) {
    return Fail(name + ": status " + std::to_string(status) + " " + message);
  }
  if (!outputs.inducing.untouched() || !outputs.order.untouched()) {
    return Fail(name + ": an output was touched");
  }
  if (test.argument[0] != '\0' && !ContainsWord(message, test.argument)) {
    return Fail(name + ": the message does not name " + test.argument + ": " + message);
  }
  return message.find(test.value) != std::string::npos ||
         Fail(name + ": the message does not have " + test.value + ": " + message);
}

bool CasesHold() {
  bool all = true;
  int count = 0;
  for (const Case& test : Cases()) {
    for (int call = kChooseKMeans; call <= kOrderMaximin; call *= 2) {
      if ((test.calls & call) == 0) continue;
      all = CaseHolds(call, test) && all;
      ++count;
    }
  }
  std::printf("%d cases\n", count);
  return all;
}

void TestHelpers(void** /*state*/) { assert_true(CasesHold()); }

CreatedIndex SmallIndex() {
  Random random(3);
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, 12, 2);
  model.inducing = RandomPoints(random, Shape::kUniform, 3, 2);
  return CreateIndex(model);
}

bool InfoHolds() {
  const CreatedIndex created = SmallIndex();
  const residual_knn_index* index = created.index.get();
  bool all = true;
  const auto expect = [&all](residual_knn_status status, const char* argument) {
    if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT ||
        !ContainsWord(residual_knn_last_error(), argument)) {
      all = Fail(std::string("info, ") + argument + ": status " + std::to_string(status));
    }
  };
  Extended<residual_knn_info> info(residual_knn_info_init);
  const auto poison = [&info](size_t size) {
    std::memset(reinterpret_cast<unsigned char*>(&info), kPoison, sizeof info);
    info.options.struct_size = size;
  };
  const auto written_beyond = [&info](size_t size) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&info);
    for (size_t i = size; i < sizeof info; ++i) {
      if (bytes[i] != kPoison) return true;
    }
    return false;
  };
  poison(sizeof(residual_knn_info));
  expect(residual_knn_index_info(nullptr, &info.options), "index");
  if (written_beyond(sizeof(size_t))) all = Fail("info was touched");
  expect(residual_knn_index_info(index, nullptr), "info");
  for (const size_t size : {size_t{0}, size_t{7}, SIZE_MAX}) {
    poison(size);
    expect(residual_knn_index_info(index, &info.options), "struct_size");
    if (written_beyond(sizeof(size_t))) all = Fail("info was touched");
  }
  for (const size_t size :
       {sizeof(size_t), offsetof(residual_knn_info, d), offsetof(residual_knn_info, residual_share),
        sizeof(residual_knn_info)}) {
    poison(size);
    if (residual_knn_index_info(index, &info.options) != RESIDUAL_KNN_OK ||
        info.options.struct_size != size || written_beyond(size) ||
        (size > offsetof(residual_knn_info, n) && info.options.n != 12)) {
      all = Fail("info of size " + std::to_string(size));
    }
  }
  return all;
}

bool FactorHolds() {
  const CreatedIndex created = SmallIndex();
  const residual_knn_index* index = created.index.get();
  Poisoned<double> factor(12 * 3);
  Poisoned<double> variance(12);
  bool all = true;
  const auto expect = [&](residual_knn_status status, const char* argument) {
    if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT || !factor.untouched() ||
        !variance.untouched() || !ContainsWord(residual_knn_last_error(), argument)) {
      all = Fail(std::string("factor, ") + argument + ": status " + std::to_string(status));
    }
  };
  expect(residual_knn_index_factor(nullptr, 0, factor.data(), variance.data()), "index");
  expect(residual_knn_index_factor(index, 2, factor.data(), variance.data()), "layout");
  expect(residual_knn_index_factor(index, -1, factor.data(), variance.data()), "layout");
  if (residual_knn_index_factor(index, 0, nullptr, nullptr) != RESIDUAL_KNN_OK) {
    all = Fail("factor: nothing wanted");
  }
  if (residual_knn_index_factor(index, 0, nullptr, variance.data()) != RESIDUAL_KNN_OK ||
      variance.untouched() || !factor.untouched()) {
    all = Fail("factor: p only");
  }
  if (residual_knn_index_factor(index, 1, factor.data(), nullptr) != RESIDUAL_KNN_OK ||
      factor.untouched()) {
    all = Fail("factor: V only");
  }
  return all;
}

void TestInfo(void** /*state*/) { assert_true(InfoHolds()); }
void TestFactor(void** /*state*/) { assert_true(FactorHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestHelpers),
      cmocka_unit_test(TestInfo),
      cmocka_unit_test(TestFactor),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
