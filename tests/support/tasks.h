// The number of threads of this process, from the system.
#pragma once

#include <cstdint>

namespace residual_knn_test {

// The largest number in a program without other threads.
#if defined(__SANITIZE_THREAD__)
constexpr int64_t kOwnTasks = 2;  // the sanitizer adds a thread when the first thread starts
#elif defined(RESIDUAL_KNN_TEST_UNDER_QEMU)
constexpr int64_t kOwnTasks = 2;  // qemu has a thread itself
#else
constexpr int64_t kOwnTasks = 1;
#endif

int64_t CountTasks();

// Waits until there are at most `most` threads, because a joined thread is listed for a short time. Returns false if
// there are more after some seconds.
bool WaitForTasks(int64_t most);

}  // namespace residual_knn_test
