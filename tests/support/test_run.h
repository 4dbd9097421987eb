// The command line of the random tests, and their failure messages.
#pragma once

#include <cstdint>
#include <string>

namespace residual_knn_test {

// --size PERCENT  the amount of work in percent of the default (which is less with sanitizers)
// --seed N        the first seed
// --cases N       the number of cases of tests that count cases; then the size does not matter
struct TestRun {
  double size = 1;
  uint64_t seed = 1;
  int64_t cases = 0;  // 0: given by the size

  // `usual` scaled by size, at least 1.
  [[nodiscard]] int64_t Scaled(int64_t usual) const;
  // `usual` scaled by the root of size, for numbers of rows: the time of their searches grows with the square.
  [[nodiscard]] int64_t ScaledRows(int64_t usual) const;
  // --cases if given, otherwise `usual` scaled by size.
  [[nodiscard]] int64_t Cases(int64_t usual) const { return cases > 0 ? cases : Scaled(usual); }
  // Whether there are enough cases for what `usual` many must have met.
  [[nodiscard]] bool HasUsualCases(int64_t usual) const { return Cases(usual) >= usual; }
};

// Whether holds(seed) for the seeds of all cases, `usual` of them if nothing else is asked. Ends at the first failure.
template <class Holds>
bool SeedsHold(const TestRun& run, int64_t usual, const Holds& holds) {
  for (int64_t i = 0; i < run.Cases(usual); ++i) {
    if (!holds(run.seed + static_cast<uint64_t>(i))) return false;
  }
  return true;
}

// Exits with status 2 and a usage line if the arguments are wrong.
TestRun ParseTestRun(int argc, char** argv);

// Prints a failure with the seed that repeats it; returns false.
bool Fail(uint64_t seed, const std::string& what);
bool Fail(const std::string& what);

}  // namespace residual_knn_test
