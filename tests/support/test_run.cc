#include "support/test_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace residual_knn_test {
namespace {

[[noreturn]] void Usage(const char* program) {
  std::fprintf(stderr, "usage: %s [--size PERCENT] [--seed N] [--cases N]\n", program);
  std::exit(2);
}

uint64_t ParseNumber(const char* program, std::string_view text) {
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) Usage(program);
  return value;
}

}  // namespace

int64_t TestRun::Scaled(int64_t usual) const {
  return std::max<int64_t>(1, std::llround(static_cast<double>(usual) * size));
}

int64_t TestRun::ScaledRows(int64_t usual) const {
  return std::max<int64_t>(1, std::llround(static_cast<double>(usual) * std::sqrt(size)));
}

TestRun ParseTestRun(int argc, char** argv) {
  TestRun run;
  run.size = RESIDUAL_KNN_TEST_USUAL_PERCENT / 100.0;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) Usage(argv[0]);
    const uint64_t value = ParseNumber(argv[0], argv[i + 1]);
    if (option == "--size") {
      run.size = static_cast<double>(value) / 100;
    } else if (option == "--seed") {
      run.seed = value;
    } else if (option == "--cases") {
      run.cases = static_cast<int64_t>(value);
    } else {
      Usage(argv[0]);
    }
  }
  return run;
}

bool Fail(uint64_t seed, const std::string& what) {
  return Fail("seed " + std::to_string(seed) + ": " + what);
}

bool Fail(const std::string& what) {
  std::fprintf(stderr, "FAILED %s\n", what.c_str());
  return false;
}

}  // namespace residual_knn_test
