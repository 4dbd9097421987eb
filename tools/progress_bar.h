// A line on a terminal that says how far a run is and how long it will still take. Draws nothing
// where the descriptor is not a terminal, or where another program may write on the same line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "residual_knn.h"

namespace residual_knn::cli {

// True if a program reads what is written to the descriptor, and may print it, or more, on a
// terminal: it is a pipe or a socket.
bool HasReader(int descriptor);

class ProgressBar {
 public:
  explicit ProgressBar(int descriptor, bool wanted = true);
  // Leaves an empty line behind, so that a message may follow.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // A new stage begins; its estimate starts afresh.
  void StartStage(const std::string& name);

  // Removes the line and draws no more until the next stage.
  void Pause();

  // `done` of `total` units of the stage are done.
  void Update(int64_t done, int64_t total);

  // For options structs of the library: NULL where nothing would be drawn.
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
  double last_fraction_ = 0;
};

}  // namespace residual_knn::cli
