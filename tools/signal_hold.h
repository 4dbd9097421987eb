// Keeps Ctrl-C and its like waiting while a file with a name is unfinished, so that it can be
// removed before the program ends. No handler is installed: a held signal takes its usual effect
// when the hold ends.
#pragma once

#include <csignal>

namespace residual_knn::cli {

class SignalHold {
 public:
  SignalHold();
  ~SignalHold();
  SignalHold(const SignalHold&) = delete;
  SignalHold& operator=(const SignalHold&) = delete;

  // True once a held signal waits.
  [[nodiscard]] bool SignalWaits() const;

 private:
  sigset_t held_{};
  sigset_t before_{};
};

}  // namespace residual_knn::cli
