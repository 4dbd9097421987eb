#include "tools/signal_hold.h"

#include <array>

namespace residual_knn::cli {
namespace {

constexpr std::array<int, 4> kEndingSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

}  // namespace

SignalHold::SignalHold() {
  sigemptyset(&held_);
  for (const int signal : kEndingSignals) sigaddset(&held_, signal);
  pthread_sigmask(SIG_BLOCK, &held_, &before_);
}

SignalHold::~SignalHold() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool SignalHold::SignalWaits() const {
  sigset_t waiting{};
  sigpending(&waiting);
  for (const int signal : kEndingSignals) {
    if (sigismember(&waiting, signal) == 1 && sigismember(&before_, signal) == 0) return true;
  }
  return false;
}

}  // namespace residual_knn::cli
