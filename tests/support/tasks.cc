#include "support/tasks.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

namespace residual_knn_test {

int64_t CountTasks() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

bool WaitForTasks(int64_t most) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (CountTasks() > most) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace residual_knn_test
