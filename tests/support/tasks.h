// The threads of this process, as the system counts them.
#pragma once

#include <cstdint>

namespace residual_knn_test {

// Of a program that has no others, at most.
#ifdef __SANITIZE_THREAD__
constexpr int64_t kOwnTasks = 2;  // the sanitizer has one from the first thread on
#else
constexpr int64_t kOwnTasks = 1;
#endif

int64_t CountTasks();

// Waits until there are no more than `most`, because a thread that has been joined is listed for a moment longer;
// false if there still are after some seconds.
bool WaitForTasks(int64_t most);

}  // namespace residual_knn_test
