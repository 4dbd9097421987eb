#include "tools/signal_hold.h"

#include "tools/ending_signals.h"

namespace residual_knn::cli {

SignalHold::SignalHold() { pthread_sigmask(SIG_BLOCK, &EndingSignals(), &before_); }

SignalHold::~SignalHold() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool SignalHold::SignalWaits() {
  sigset_t waiting{};
  sigpending(&waiting);
  sigset_t held_and_waiting{};
  return sigandset(&held_and_waiting, &waiting, &EndingSignals()) == 0 &&
         sigisemptyset(&held_and_waiting) == 0;
}

}  // namespace residual_knn::cli
