// Runs a check on every SIMD target of the library that this machine supports.
#pragma once

#include <functional>

namespace residual_knn_test {

// Calls check once for each target, with dispatch to that target only. check prints the fault and returns false if it
// fails. Prints the names of the targets. Returns false if a check failed, if dispatch used another target, or if there
// was only one of several targets.
bool OnEveryTarget(const std::function<bool()>& check);

}  // namespace residual_knn_test
