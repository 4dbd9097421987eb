#include "base/assert.h"

#ifdef RESIDUAL_KNN_ASSERTIONS

#include <cstdio>
#include <cstdlib>

namespace residual_knn {

void FailAssertion(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
  std::abort();
}

}  // namespace residual_knn

#endif
