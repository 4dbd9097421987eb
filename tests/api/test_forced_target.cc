// That the tests can force a SIMD target (support/forced_target.cc): every target of this machine by its name, and the worst
// without one. Runs itself with the object whose path is the argument.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "hwy/targets.h"
#include "residual_knn.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

struct Paths {
  std::string program;
  std::string object;
};

// The target that the library chooses in a program of its own; `name` may be empty.
std::string Chosen(const Paths& paths, const std::string& name) {
  const std::string setting = name.empty() ? "" : "RESIDUAL_KNN_TEST_TARGET=" + name + " ";
  const std::string command = setting + "LD_PRELOAD='" + paths.object + "' '" + paths.program + "'";
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) return "no program";
  char line[64] = "";
  const bool read = std::fgets(line, sizeof line, output) != nullptr;
  const int status = pclose(output);
  return read && status == 0 ? line : "status " + std::to_string(status);
}

void TestTargets(void** state) {
  const Paths& paths = *static_cast<const Paths*>(*state);
  std::string worst;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    worst = hwy::TargetName(target);
    assert_string_equal(Chosen(paths, worst).c_str(), worst.c_str());
  }
  assert_string_equal(Chosen(paths, "").c_str(), worst.c_str());
  if (hwy::SupportedAndGeneratedTargets().size() > 1) {
    assert_string_not_equal(worst.c_str(), residual_knn_simd_target());
  }
  assert_string_not_equal(Chosen(paths, "AVX9").c_str(), worst.c_str());
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  if (argc < 2) {
    std::printf("%s", residual_knn_simd_target());
    return 0;
  }
  Paths paths{argv[0], argv[1]};
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestTargets, &paths)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
