// Command line of the random tests, and how they say what went wrong.
#pragma once

#include <cstdint>
#include <string>

namespace residual_knn_test {

// --size PERCENT  how much to do, in percent of the usual (which is less under sanitizers)
// --seed N        the first seed
// --cases N       how many cases, of tests that count cases; whatever the size
struct TestRun {
  double size = 1;
  uint64_t seed = 1;
  int64_t cases = 0;  // 0: as the size says

  // `usual` scaled by size, at least 1.
  [[nodiscard]] int64_t Scaled(int64_t usual) const;
};

// Exits with status 2 and a usage line if the arguments are wrong.
TestRun ParseTestRun(int argc, char** argv);

// Prints a failure with the seed that repeats it; returns false.
bool Fail(uint64_t seed, const std::string& what);
bool Fail(const std::string& what);

}  // namespace residual_knn_test
