// Internal preconditions, which callers of the library cannot break.
#pragma once

namespace residual_knn {

// Prints the place and the condition, and aborts.
[[noreturn]] void FailAssertion(const char* condition, const char* file, int line);

}  // namespace residual_knn

// Checked in Debug and sanitizer builds; not evaluated in others.
#ifdef RESIDUAL_KNN_ASSERTIONS
#define RESIDUAL_KNN_ASSERT(condition) \
  ((condition) ? void() : residual_knn::FailAssertion(#condition, __FILE__, __LINE__))
#else
#define RESIDUAL_KNN_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
