#include "conditioning/found_candidates.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/checked_size.h"
#include "search/search.h"

namespace residual_knn {
namespace {

// `width` places for each query, in the order of the caller's results.
template <class Row>
class CandidateTable : public RowLists {
 public:
  CandidateTable(int64_t queries, int64_t width)
      : width_(width),
        rows_(static_cast<size_t>(CheckedSize(queries, width, "num_queries x candidates")),
              Row{-1}) {}

  void Read(int64_t slot, std::vector<int64_t>& rows) const override {
    const auto first = rows_.begin() + slot * width_;
    rows.assign(first, first + width_);
  }

  [[nodiscard]] Row* places(int64_t slot) { return rows_.data() + slot * width_; }

 private:
  int64_t width_;
  std::vector<Row> rows_;
};

// Writes the rows of one search into their places of the table.
template <class Row>
class TableSink : public ResultSink {
 public:
  TableSink(CandidateTable<Row>& table, int64_t offset) : table_(table), offset_(offset) {}

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    Row* out = table_.places(block.slot[query]) + offset_;
    for (const Neighbor& neighbor : neighbors) *out++ = static_cast<Row>(neighbor.row);
  }

 private:
  CandidateTable<Row>& table_;
  int64_t offset_;
};

template <class Row>
std::unique_ptr<RowLists> Find(const CandidateJob& job, const CandidateCounts& counts,
                               Prepared& prepared, SearchStatistics& statistics) {
  auto table =
      std::make_unique<CandidateTable<Row>>(job.queries.size(), counts.residual + counts.scaled);
  const auto search = [&](Ranking ranking, int64_t k, int64_t offset) {
    SearchSettings settings = job.settings;
    settings.ranking = ranking;
    settings.k = k;
    TableSink<Row> sink(*table, offset);
    return Search({job.model, job.queries, settings, sink, job.monitor, job.start}, prepared);
  };
  if (counts.scaled > 0) {
    statistics = search(Ranking::kScaledDistance, counts.scaled, counts.residual);
  }
  if (counts.residual > 0) {
    const SearchStatistics scaled =
        std::exchange(statistics, search(Ranking::kAbsolute, counts.residual, 0));
    statistics.Add(scaled);
    statistics.threads = std::max(statistics.threads, scaled.threads);
    statistics.tree_seconds += scaled.tree_seconds;
  }
  return table;
}

}  // namespace

std::unique_ptr<RowLists> FindCandidates(const CandidateJob& job, const CandidateCounts& counts,
                                         Prepared& prepared, SearchStatistics& statistics) {
  if (job.model.n() <= std::numeric_limits<int32_t>::max()) {
    return Find<int32_t>(job, counts, prepared, statistics);
  }
  return Find<int64_t>(job, counts, prepared, statistics);
}

}  // namespace residual_knn
