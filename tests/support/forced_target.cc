// An object to be loaded before a program of the tests, by LD_PRELOAD: the library then chooses another SIMD target than the
// best one of the processor. Without it no test of the shared library would meet the others, and nothing that the library
// itself reads may change what it chooses. The target is the one that RESIDUAL_KNN_TEST_TARGET names, as
// residual_knn_simd_target would, or the worst.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "hwy/targets.h"

namespace {

// getenv knows nothing yet.
const char* ValueOf(const char* name, char** environment) {
  const size_t length = std::strlen(name);
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
      return *entry + length + 1;
    }
  }
  return nullptr;
}

// Better targets have lower bits. The last resort is no target of this library: other ones are compiled into it.
int64_t BetterThan(const char* name) {
  const int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  int64_t better = 0;
  for (int64_t left = supported; left != 0; left &= left - 1) {
    const int64_t target = left & -left;
    if (name == nullptr ? left == target : std::strcmp(name, hwy::TargetName(target)) == 0) {
      return better;
    }
    better |= target;
  }
  std::fprintf(stderr, "RESIDUAL_KNN_TEST_TARGET is %s, not a target of this machine\n", name);
  std::_Exit(2);
}

// Linked as the first object to be initialized: the library chooses when it is its turn.
[[gnu::constructor]] void ForceTarget(int /*argc*/, char** /*argv*/, char** environment) {
  hwy::DisableTargets(BetterThan(ValueOf("RESIDUAL_KNN_TEST_TARGET", environment)));
}

}  // namespace
