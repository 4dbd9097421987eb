#include "warm.h"

#include <cstring>
#include <ostream>
#include <vector>

#include "figures.h"
#include "library.h"
#include "median.h"

namespace residual_knn::bench {
namespace {

constexpr double kNoLimit = 1e9;
constexpr double kStep = 1.01;

template <class T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// Searches of one index, each right after an update, so that each prepares what it needs.
class SteppedSearch {
 public:
  SteppedSearch(const Workload& workload, int32_t strategy, int32_t threads)
      : workload_(workload),
        strategy_(strategy),
        threads_(threads),
        index_(CreateIndex(workload, threads)) {
    const auto places = static_cast<size_t>(workload.NumQueries() * workload.k);
    answers_.neighbors.resize(places);
    answers_.distances.resize(places);
  }

  void Step() {
    for (double& lengthscale : workload_.lengthscales) lengthscale *= kStep;
  }

  // Returns the seconds of the search. `start` is empty or has the neighbors of an earlier search.
  double Run(const std::vector<int64_t>& start) {
    UpdateIndex(index_.get(), workload_, threads_);
    SearchResult found =
        Search(index_.get(), workload_, workload_.rows,
               {strategy_, threads_, kNoLimit, start.empty() ? nullptr : start.data()}, &answers_);
    used_ = found.statistics.strategy;
    return found.seconds;
  }

  const Answers& answers() const { return answers_; }
  int32_t used() const { return used_; }

 private:
  Workload workload_;
  int32_t strategy_;
  int32_t threads_;
  Index index_;
  Answers answers_;
  int32_t used_ = 0;
};

}  // namespace

void PrintWarmStarts(std::ostream& out, const Workload& workload, const Strategy& strategy,
                     int32_t threads, int64_t repeats) {
  SteppedSearch search(workload, strategy.value, threads);
  search.Run({});
  const std::vector<int64_t> before = search.answers().neighbors;
  search.Step();
  search.Run({});
  const Answers expected = search.answers();
  const auto check = [&] {
    if (!SameBytes(search.answers().neighbors, expected.neighbors) ||
        !SameBytes(search.answers().distances, expected.distances)) {
      throw LibraryError("start lists changed an answer");
    }
  };
  std::vector<double> cold;
  std::vector<double> warm;
  std::vector<double> best;
  for (int64_t r = 0; r < repeats; ++r) {
    cold.push_back(search.Run({}));
    check();
    warm.push_back(search.Run(before));
    check();
    best.push_back(search.Run(expected.neighbors));
    check();
  }
  const double cold_seconds = Median(cold);
  out << workload.name << ", " << StrategyName(search.used()) << ", " << threads << " thread(s), "
      << repeats << " searches after a step of 1 %: cold " << Fixed(1e3 * cold_seconds, 1)
      << " ms, warm " << Fixed(1e3 * Median(warm), 1) << " ms, ratio "
      << Fixed(Median(warm) / cold_seconds, 2) << ", with the answer as start lists "
      << Fixed(Median(best) / cold_seconds, 2) << ", answers the same\n";
}

}  // namespace residual_knn::bench
