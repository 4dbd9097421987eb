// The signals by which a user, a terminal or a pipe ends the program.
#pragma once

#include <csignal>

namespace residual_knn::cli {

// Ctrl-C and similar signals, without those that were ignored or blocked when this was first called, as under nohup: they
// do not end the program.
const sigset_t& EndingSignals();

}  // namespace residual_knn::cli
