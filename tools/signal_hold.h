// Delays Ctrl-C and similar signals while an unfinished file has a name, so that the file can be removed before the
// program ends. No handler is installed: a delayed signal has its usual effect when the hold ends.
#pragma once

#include <csignal>

namespace residual_knn::cli {

class SignalHold {
 public:
  SignalHold();
  ~SignalHold();
  SignalHold(const SignalHold&) = delete;
  SignalHold& operator=(const SignalHold&) = delete;

  // True if a held signal is pending.
  [[nodiscard]] static bool SignalWaits();

 private:
  sigset_t before_{};
};

}  // namespace residual_knn::cli
