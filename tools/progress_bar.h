// A line on a terminal with the progress of a run and the estimated remaining time. Draws nothing if the descriptor is
// not a terminal, or if another program may write on the same line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "residual_knn.h"

namespace residual_knn::cli {

// True if the descriptor is a pipe or a socket. Then another program reads it and may write to the terminal.
bool HasReader(int descriptor);

class ProgressBar {
 public:
  explicit ProgressBar(int descriptor, bool wanted = true);
  // Clears the line, so that a message may follow.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Begins a new stage with a new estimate of the time. The updates of the stage report its part of a longer work, from
  // share `begin` to share `end` of it.
  void StartStage(const std::string& name, double begin = 0, double end = 1);

  // The library is told to stop once stop() is true; nullptr: never.
  void StopIf(std::function<bool()> stop) { stop_ = std::move(stop); }

  // Removes the line. Draws nothing until the next stage.
  void Pause();

  // Reports that `done` of `total` units of the stage are done.
  void Update(int64_t done, int64_t total);

  // The callback for the options of the library; NULL if it would do nothing.
  [[nodiscard]] residual_knn_progress callback() const;

 private:
  using Clock = std::chrono::steady_clock;
  static int32_t Callback(void* bar, int64_t done, int64_t total);
  void Draw(const std::string& line);

  int descriptor_;
  bool draws_;
  bool drawn_ = false;
  bool paused_ = true;
  std::string stage_;
  Clock::time_point stage_start_;
  Clock::time_point next_draw_;
  double stage_begin_ = 0;  // shares of the work
  double stage_end_ = 1;
  double last_fraction_ = 0;
  std::function<bool()> stop_;
};

}  // namespace residual_knn::cli
