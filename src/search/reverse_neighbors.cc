#include "search/reverse_neighbors.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "base/checked_size.h"
#include "parallel/pace.h"
#include "query/query_set.h"
#include "query/result_sink.h"
#include "search/search.h"

namespace residual_knn {
namespace {

// Keeps k places for each row; places without a neighbor have row -1.
class ListSink : public ResultSink {
 public:
  ListSink(int64_t n, int64_t k)
      : k_(k), lists_(static_cast<size_t>(CheckedSize(n, k, "n x k")), Neighbor{0, -1}) {}

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    std::copy(neighbors.begin(), neighbors.end(), lists_.begin() + block.slot[query] * k_);
  }

  [[nodiscard]] std::span<const Neighbor> lists() const { return lists_; }

 private:
  int64_t k_;
  std::vector<Neighbor> lists_;
};

}  // namespace

ReverseNeighbors::ReverseNeighbors(const ResidualModel& model, Prepared& prepared, int64_t k,
                                   int threads, Monitor& monitor)
    : ReverseNeighbors(model.n()) {
  ListSink sink(model.n(), k);
  SearchSettings settings;
  settings.k = k;
  settings.threads = threads;
  const std::unique_ptr<QuerySet> all = MakeRowQueries(model, nullptr, model.n(), false);
  Search({model, *all, settings, sink, monitor}, prepared);
  Pace pace(monitor);
  // The number of entries of each row, then where they begin.
  for (const Neighbor& neighbor : sink.lists()) {
    pace.Spend(1);
    if (neighbor.row >= 0) ++starts_[neighbor.row + 1];
  }
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
  entries_.resize(starts_.back());
  std::vector<size_t> next(starts_.begin(), starts_.end() - 1);
  for (size_t place = 0; place < sink.lists().size(); ++place) {
    pace.Spend(1);
    const Neighbor& neighbor = sink.lists()[place];
    if (neighbor.row < 0) continue;
    entries_[next[neighbor.row]++] = {neighbor.distance, static_cast<int64_t>(place) / k};
  }
}

}  // namespace residual_knn
