#include "tools/ending_signals.h"

#include <initializer_list>

namespace residual_knn::cli {
namespace {

sigset_t FindSignals() {
  sigset_t blocked{};
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  sigset_t signals{};
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    struct sigaction action {};
    const bool ends = sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN;
    if (ends && sigismember(&blocked, signal) == 0) sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

const sigset_t& EndingSignals() {
  static const sigset_t signals = FindSignals();
  return signals;
}

}  // namespace residual_knn::cli
