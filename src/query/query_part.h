// Some queries of a larger set, as a set of their own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/query_set.h"
#include "query/row_lists.h"

namespace residual_knn {

// A query has its place among those of the part: places keep the order that they have in the results of all queries.
class QueryPart : public QuerySet {
 public:
  // Has the listed queries of `whole`, each at most once. `whole` must outlive the part.
  QueryPart(const QuerySet& whole, std::span<const int64_t> queries);

  // The places in the results of all queries, ascending.
  [[nodiscard]] std::span<const int64_t> whole_slots() const { return whole_slots_; }

  [[nodiscard]] int64_t size() const override { return std::ssize(queries_); }
  void Load(std::span<const int64_t> queries, QueryBlock& block,
            ThreadMonitor monitor) const override;
  void LoadPlaces(std::span<const int64_t> queries, QueryBlock& block) const override;
  [[nodiscard]] int64_t Pairs(int64_t query) const override {
    return whole_.Pairs(queries_[query]);
  }
  [[nodiscard]] int64_t RowOf(int64_t query) const override {
    return whole_.RowOf(queries_[query]);
  }
  [[nodiscard]] int64_t SlotOf(int64_t query) const override { return slots_[query]; }
  [[nodiscard]] int64_t Limit(int64_t query) const override {
    return whole_.Limit(queries_[query]);
  }
  void CopyPoint(int64_t query, double* out) const override {
    whole_.CopyPoint(queries_[query], out);
  }

 private:
  // Sets the numbers of the listed queries in the larger set.
  void SetNumbers(std::span<const int64_t> queries, QueryBlock& block) const;
  void SetSlots(std::span<const int64_t> queries, QueryBlock& block) const;

  const QuerySet& whole_;
  std::vector<int64_t> queries_;  // ascending, so that the order of their limits is kept
  std::vector<int64_t> whole_slots_;
  std::vector<int64_t> slots_;
};

// The lists of the queries of a part.
class PartLists : public RowLists {
 public:
  // Both must outlive the object.
  PartLists(const RowLists& whole, const QueryPart& part) : whole_(whole), part_(part) {}

  void Read(int64_t slot, std::vector<int64_t>& rows) const override {
    whole_.Read(part_.whole_slots()[static_cast<size_t>(slot)], rows);
  }

 private:
  const RowLists& whole_;
  const QueryPart& part_;
};

}  // namespace residual_knn
