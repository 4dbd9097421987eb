// Texts of statuses and reasons, names of strategies, and the text of the last error, which each thread has for itself.
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <thread>

#include "support/api_objects.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int32_t kLowest = std::numeric_limits<int32_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int32_t>::max();

// Values 0 .. last have texts, each of its own, and all other values one more.
bool TextsHold(const std::string& name, const char* (*text_of)(int32_t), int32_t last) {
  std::set<std::string> texts;
  for (int32_t value = 0; value <= last; ++value) {
    const char* text = text_of(value);
    if (text == nullptr || std::strlen(text) < 4) return Fail(name + " " + std::to_string(value));
    texts.insert(text);
  }
  if (std::ssize(texts) != last + 1) return Fail("two values have one text: " + name);
  for (const int32_t value : {-1, last + 1, 1000, kLowest, kHighest}) {
    const char* text = text_of(value);
    if (text == nullptr || *text == '\0' || texts.contains(text)) {
      return Fail(name + " " + std::to_string(value));
    }
  }
  return true;
}

// Names are made of small letters and underscores; other values have none.
bool StrategyNamesHold() {
  std::set<std::string> names;
  for (const int32_t strategy : kAllStrategies) {
    const char* name = residual_knn_strategy_name(strategy);
    if (name == nullptr || std::strspn(name, "abcdefghijklmnopqrstuvwxyz_") != std::strlen(name)) {
      return Fail("strategy " + std::to_string(strategy));
    }
    names.insert(name);
  }
  if (names.size() != std::size(kAllStrategies)) return Fail("two strategies have one name");
  for (const int32_t strategy : {-1, RESIDUAL_KNN_DUAL_TREE + 1, kLowest, kHighest}) {
    if (residual_knn_strategy_name(strategy) != nullptr) {
      return Fail("strategy " + std::to_string(strategy) + " has a name");
    }
  }
  return true;
}

// A call that fails because of n.
residual_knn_status FailWith(int64_t n) {
  const double point = 0;
  const double lengthscale = 1;
  residual_knn_index* index = nullptr;
  return residual_knn_index_create(&point, n, 1, &lengthscale, 1, nullptr, 0, nullptr, &index);
}

bool LastErrorHolds() {
  if (std::strcmp(residual_knn_last_error(), "") != 0) return Fail("an error before any call");
  if (FailWith(-123) != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) return Fail("status");
  const std::string first = residual_knn_last_error();
  if (first.find("-123") == std::string::npos) return Fail(first);

  std::string elsewhere_before;
  std::string elsewhere_after;
  std::thread([&] {
    elsewhere_before = residual_knn_last_error();
    FailWith(-456);
    elsewhere_after = residual_knn_last_error();
  }).join();
  if (!elsewhere_before.empty()) return Fail("another thread began with: " + elsewhere_before);
  if (elsewhere_after.find("-456") == std::string::npos) return Fail(elsewhere_after);
  if (first != residual_knn_last_error()) return Fail("another thread's error came over");

  // Success leaves the text of the last failure.
  Model model;
  model.points = {2, 1, {0.0, 1.0}};
  model.inducing = {0, 1, {}};
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail("a good call failed");
  if (first != residual_knn_last_error()) return Fail("success changed the text");
  if (FailWith(-789) != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) return Fail("status");
  const std::string last = residual_knn_last_error();
  return (last.find("-789") != std::string::npos && last.find("-123") == std::string::npos) ||
         Fail(last);
}

void TestTexts(void** /*state*/) {
  assert_true(TextsHold("status", residual_knn_status_string, RESIDUAL_KNN_ERROR_OTHER_TARGET));
  assert_true(TextsHold("reason", residual_knn_reason_string, RESIDUAL_KNN_REASON_MEMORY_LIMIT));
  assert_true(StrategyNamesHold());
}
void TestLastError(void** /*state*/) { assert_true(LastErrorHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestTexts),
      cmocka_unit_test(TestLastError),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
