#include "query/query_part.h"

#include <algorithm>

namespace residual_knn {

QueryPart::QueryPart(const QuerySet& whole, std::span<const int64_t> queries)
    : whole_(whole), queries_(queries.begin(), queries.end()) {
  std::sort(queries_.begin(), queries_.end());
  whole_slots_.reserve(queries_.size());
  for (const int64_t query : queries_) whole_slots_.push_back(whole.SlotOf(query));
  std::sort(whole_slots_.begin(), whole_slots_.end());
  slots_.reserve(queries_.size());
  for (const int64_t query : queries_) {
    const auto place =
        std::lower_bound(whole_slots_.begin(), whole_slots_.end(), whole.SlotOf(query));
    slots_.push_back(place - whole_slots_.begin());
  }
}

void QueryPart::Load(std::span<const int64_t> queries, QueryBlock& block,
                     ThreadMonitor monitor) const {
  SetNumbers(queries, block);
  whole_.Load(block.numbers, block, monitor);
  SetSlots(queries, block);
}

void QueryPart::LoadPlaces(std::span<const int64_t> queries, QueryBlock& block) const {
  SetNumbers(queries, block);
  whole_.LoadPlaces(block.numbers, block);
  SetSlots(queries, block);
}

void QueryPart::SetNumbers(std::span<const int64_t> queries, QueryBlock& block) const {
  block.numbers.clear();
  for (const int64_t query : queries) block.numbers.push_back(queries_[query]);
}

void QueryPart::SetSlots(std::span<const int64_t> queries, QueryBlock& block) const {
  for (size_t i = 0; i < queries.size(); ++i) block.slot[i] = slots_[queries[i]];
}

}  // namespace residual_knn
