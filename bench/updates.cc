#include "updates.h"

#include <cstring>
#include <ostream>
#include <vector>

#include "figures.h"
#include "library.h"
#include "median.h"
#include "stopwatch.h"

namespace residual_knn::bench {
namespace {

bool SameBytes(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace

void PrintUpdates(std::ostream& out, const Workload& workload, int32_t threads, int64_t repeats) {
  Workload step = workload;
  const Index kept = CreateIndex(workload, threads);
  std::vector<double> created;
  std::vector<double> updated;
  for (int64_t r = 0; r < repeats; ++r) {
    for (double& lengthscale : step.lengthscales) lengthscale *= 1.01;
    const Stopwatch create_watch;
    Index fresh = CreateIndex(step, threads);
    created.push_back(create_watch.Seconds());
    const bool compare = r + 1 == repeats;
    const Factor expected = compare ? FactorOf(fresh.get()) : Factor();
    fresh.reset();
    const Stopwatch update_watch;
    UpdateIndex(kept.get(), step, threads);
    updated.push_back(update_watch.Seconds());
    if (!compare) continue;
    const Factor factor = FactorOf(kept.get());
    if (!SameBytes(factor.factor, expected.factor) ||
        !SameBytes(factor.residual_variance, expected.residual_variance)) {
      throw LibraryError("an updated index differs from a new one");
    }
  }
  const double create = Median(created);
  const double update = Median(updated);
  out << workload.name << ", " << threads << " thread(s), " << repeats << " steps: new index "
      << Fixed(1e3 * create, 1) << " ms, update " << Fixed(1e3 * update, 1) << " ms, ratio "
      << Fixed(update / create, 2) << ", V the same\n";
}

}  // namespace residual_knn::bench
