// Tests that fork while other threads run.
#pragma once

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {

// Ends the test as skipped under qemu: the child keeps locks of the emulator that other threads held, and hangs inside the
// emulator (seen with qemu 7.2; not even a signal ends it).
inline void SkipForkBesideThreadsUnderQemu() {
#ifdef RESIDUAL_KNN_TEST_UNDER_QEMU
  print_message(
      "not checked: children forked while other threads run, which keep locks of the emulator "
      "under qemu\n");
  skip();
#endif
}

}  // namespace residual_knn_test
