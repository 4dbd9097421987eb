// One thread of a search in scaled space. Its scratch memory is reused from query to query.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/pace.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scaled_space/nearest_list.h"
#include "scaled_space/space_tree.h"

namespace residual_knn {

class SpaceWorker {
 public:
  // `worker` is the number of the thread in ParallelFor.
  SpaceWorker(const SearchJob& job, int worker)
      : job_(job), monitor_(job.monitor, worker), pace_(monitor_) {}

  // Searches the candidates of some queries in a tree that has them all. Each query visits the open node with the
  // smallest bound next.
  void SearchTree(const SpaceTree& tree, std::span<const int64_t> queries);

  // Scores all candidates of some queries.
  void Scan(std::span<const int64_t> queries);

  [[nodiscard]] const SearchCounts& counts() const { return counts_; }

 private:
  // A node of a tree that a query may still have to visit.
  struct OpenNode {
    Neighbor least;  // no point of the node is before this one
    int64_t node;

    // For a heap with the nearest node in front.
    static bool IsLater(const OpenNode& a, const OpenNode& b) { return b.least < a.least; }
  };

  // The query that is searched now.
  struct Query {
    const double* point;
    int64_t self;
    int64_t limit;
  };

  void Load(std::span<const int64_t> queries);
  [[nodiscard]] Query Loaded(int64_t q) const {
    return {block_.points.data() + q * job_.model.d(), block_.self[q], block_.limit[q]};
  }
  void SearchOne(const SpaceTree& tree, const Query& query, NearestList& list);
  void OpenChildren(const SpaceTree& tree, int64_t node, const Query& query,
                    const NearestList& list);
  // Appends the points of a range that may be among the k nearest; row_of(j) is the row of its point j.
  template <class RowOf>
  void Append(const PointRange& points, const Query& query, const RowOf& row_of, NearestList& list);
  void Write(int64_t q, NearestList& list);

  const SearchJob& job_;
  ThreadMonitor monitor_;
  Pace pace_;
  QueryBlock block_;
  std::vector<NearestList> lists_;
  std::vector<OpenNode> open_;  // a heap
  std::vector<double> squares_;
  std::vector<int64_t> numbers_;
  SearchCounts counts_;
};

}  // namespace residual_knn
