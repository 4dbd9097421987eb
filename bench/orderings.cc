#include "orderings.h"

#include <ostream>
#include <vector>

#include "figures.h"
#include "library.h"
#include "median.h"
#include "stopwatch.h"

namespace residual_knn::bench {
namespace {

constexpr int64_t kMostForResiduals = 200000;

// The median time of `repeats` calls. prepare() is not timed; call(prepared) is.
template <typename Prepare, typename Call>
double MedianSeconds(int64_t repeats, const Prepare& prepare, const Call& call) {
  std::vector<double> seconds;
  for (int64_t r = 0; r < repeats; ++r) {
    const auto prepared = prepare();
    const Stopwatch watch;
    call(prepared);
    seconds.push_back(watch.Seconds());
  }
  return Median(seconds);
}

}  // namespace

void PrintOrderings(std::ostream& out, const Workload& workload, int32_t threads, int64_t repeats) {
  residual_knn_helper_options options;
  residual_knn_helper_options_init(&options, sizeof options);
  options.threads = threads;
  std::vector<int64_t> order(static_cast<size_t>(workload.n));
  const auto nothing = [] { return 0; };
  const double scaled = MedianSeconds(repeats, nothing, [&](int) {
    Check(residual_knn_order_points(workload.points.data(), workload.n, workload.d,
                                    workload.lengthscales.data(),
                                    static_cast<int64_t>(workload.lengthscales.size()),
                                    RESIDUAL_KNN_ORDER_MAXIMIN, &options, order.data()),
          "ordering points");
  });
  out << workload.name << ", n " << workload.n << ", d " << workload.d << ", " << threads
      << " thread(s): maximin in scaled distance " << Fixed(scaled, 2) << " s";
  if (workload.n <= kMostForResiduals) {
    // A new index each time, because an index keeps the trees that searches have made.
    const double residual = MedianSeconds(
        repeats, [&] { return CreateIndex(workload, threads); },
        [&](const Index& index) {
          Check(residual_knn_index_order(index.get(), &options, order.data()), "ordering an index");
        });
    out << ", in residual distance (m " << workload.m << ") " << Fixed(residual, 2) << " s";
  }
  out << '\n';
}

}  // namespace residual_knn::bench
