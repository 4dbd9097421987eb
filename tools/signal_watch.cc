#include "tools/signal_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "tools/ending_signals.h"

namespace residual_knn::cli {

SignalWatch::SignalWatch(std::function<void()> clean_up) : clean_up_(std::move(clean_up)) {
  signals_ = signalfd(-1, &EndingSignals(), SFD_CLOEXEC | SFD_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || stop_ < 0) return;
  try {
    thread_ = std::thread([this] { Wait(); });
  } catch (const std::system_error&) {
    // The user may have no more threads.
  }
}

SignalWatch::~SignalWatch() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(stop_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  if (signals_ >= 0) close(signals_);
  if (stop_ >= 0) close(stop_);
}

void SignalWatch::Wait() const {
  std::array<pollfd, 2> watched = {pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (poll(watched.data(), watched.size(), -1) < 0 || watched[1].revents == 0) {
    signalfd_siginfo signal{};
    if (read(signals_, &signal, sizeof signal) != sizeof signal) continue;
    clean_up_();
    // The signal has its usual effect, which ends the process.
    sigset_t one{};
    sigemptyset(&one);
    sigaddset(&one, static_cast<int>(signal.ssi_signo));
    pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    raise(static_cast<int>(signal.ssi_signo));
  }
}

}  // namespace residual_knn::cli
