// For progress_bar_test.py: draws a stage of two parts with tools/progress_bar.h on standard error, then a second stage
// that ends early.

#include <unistd.h>

#include "tools/progress_bar.h"

namespace {

constexpr useconds_t kPause = 60000;  // a little more than the time between two drawings

void Count(residual_knn::cli::ProgressBar* bar, int total) {
  for (int done = 0; done <= total; ++done) {
    usleep(kPause);
    bar->Update(done, total);
  }
}

}  // namespace

int main() {
  residual_knn::cli::ProgressBar bar(STDERR_FILENO);
  bar.StartStage("first stage");
  Count(&bar, 10);
  Count(&bar, 4);
  bar.Pause();
  bar.Update(1, 2);
  bar.StartStage("second stage");
  usleep(kPause);
  bar.Update(100, 720100);
  return 0;
}
