// Runs a check on every SIMD target that the library was compiled for and this machine has.
#pragma once

#include <functional>

namespace residual_knn_test {

// Calls check once for each target, with dispatch going to that target alone; check returns false
// after it has said what is wrong. Prints the names of the targets. Returns false if a check
// failed, if dispatch went elsewhere, or if there were fewer than 2 targets.
bool OnEveryTarget(const std::function<bool()>& check);

}  // namespace residual_knn_test
