// A host process with the installed libhwy, whose SIMD targets it limits to the worst one before it loads
// libresidual_knn. Prints the SIMD target of the library:
//
//   other_highway LIBRARY
//
// A library that uses the same libhwy has the worst target. A library with Highway inside
// (RESIDUAL_KNN_HIGHWAY_SOURCE) has its own choice, and libhwy still has the targets of the host.
#include <dlfcn.h>

#include <cstdio>

#include "hwy/targets.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int64_t supported = hwy::SupportedTargets();
  int64_t worst = 0;
  for (int64_t left = supported & HWY_TARGETS; left != 0; left &= left - 1) worst = left & -left;
  hwy::SetSupportedTargetsForTest(worst);
  // RTLD_GLOBAL: names that the library has in common with libhwy would meet.
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  using Name = const char*();
  auto* target = reinterpret_cast<Name*>(dlsym(library, "residual_knn_simd_target"));
  if (target == nullptr || hwy::SupportedTargets() != worst) {
    std::fprintf(stderr, "no function, or the library has switched the targets of its host\n");
    return 1;
  }
  std::puts(target());
  return 0;
}
