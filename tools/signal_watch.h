// Ends the program at once by Ctrl-C and similar signals while the library writes a file: the library does not know signals,
// and would leave its unfinished file. No handler is installed: a thread waits for the signals, which are blocked.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "tools/signal_hold.h"

namespace residual_knn::cli {

class SignalWatch {
 public:
  // `clean_up` is called in the other thread before a signal ends the program. If the system has no thread left, signals wait
  // for the end of this object.
  explicit SignalWatch(std::function<void()> clean_up);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void Wait() const;

  SignalHold hold_;
  std::function<void()> clean_up_;
  int signals_ = -1;  // a descriptor that is readable if a signal waits
  int stop_ = -1;     // the same if the watch is over
  std::thread thread_;
};

}  // namespace residual_knn::cli
