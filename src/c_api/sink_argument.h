// Answers that go to the caller's sink, batch by batch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "base/checked_size.h"
#include "base/error.h"
#include "c_api/arguments.h"
#include "c_api/result_arrays.h"
#include "conditioning/section_search.h"
#include "parallel/making.h"
#include "residual_knn.h"

namespace residual_knn {

// The sink of a search, read from its options.
class SinkArgument {
 public:
  // Throws for options that do not fit together. The caller's arrays must be NULL with a sink.
  SinkArgument(const residual_knn_search_options& options, const void* neighbors,
               const void* distances);

  // Whether there is one.
  explicit operator bool() const { return sink_ != nullptr; }
  // The sections of a search for k neighbors: batches of the caller's size, but enough queries for an efficient search.
  [[nodiscard]] SectionPlan PlanFor(int64_t k) const;
  // The largest number of queries in a batch of a section with this many.
  [[nodiscard]] int64_t BatchOf(int64_t num_queries) const {
    return batch_ == 0 ? num_queries : std::min(batch_, num_queries);
  }
  // Calls the sink. Throws if it cancels, or forks a call with several threads: then the child ends the call.
  void Deliver(const residual_knn_batch& batch, int threads) const;

 private:
  residual_knn_sink sink_;
  void* user_;
  int64_t batch_;  // 0: sections
  SectionOrder order_ = SectionOrder::kByQuery;
};

// Keeps the answer of a section, and passes it on in batches.
template <class Row>
class BatchSink : public SectionSink {
 public:
  // `form` has k, the layout and the numbering of the results. `threads` are those of the search.
  BatchSink(const SinkArgument& sink, const ResultArrays<Row>& form, Selection selection,
            int threads)
      : sink_(sink),
        form_(form),
        has_variances_(selection == Selection::kConditional),
        threads_(threads),
        results_(form) {}

  Target Begin(int64_t num_queries) override {
    const int64_t k = form_.k;
    const auto places = static_cast<size_t>(CheckedSize(num_queries, k, "queries of a batch x k"));
    neighbors_.resize(places);
    distances_.resize(places);
    if (has_variances_) variances_.resize(places);
    results_.Reset(
        {neighbors_.data(), distances_.data(), num_queries, k, false, form_.base, form_.missing});
    return {results_, has_variances_ ? variances_.data() : nullptr};
  }

  void End(std::span<const int64_t> slots) override {
    const int64_t most = sink_.BatchOf(std::ssize(slots));
    for (int64_t begin = 0; begin < std::ssize(slots); begin += most) {
      const int64_t count = std::min(most, std::ssize(slots) - begin);
      Deliver(slots.subspan(static_cast<size_t>(begin), static_cast<size_t>(count)), begin);
    }
  }

 private:
  // Passes on the queries from this place of the section on.
  void Deliver(std::span<const int64_t> queries, int64_t begin) {
    const int64_t count = std::ssize(queries);
    residual_knn_batch batch{};
    batch.struct_size = sizeof batch;
    batch.num_queries = count;
    batch.k = form_.k;
    batch.queries = queries.data();
    const Row* const neighbors = Part(neighbors_, begin, count, turned_neighbors_);
    if constexpr (std::is_same_v<Row, int64_t>) {
      batch.neighbors = neighbors;
    } else {
      batch.neighbors_int32 = neighbors;
    }
    batch.distances = Part(distances_, begin, count, turned_distances_);
    if (has_variances_) {
      batch.conditional_variances = Part(variances_, begin, count, turned_variances_);
    }
    sink_.Deliver(batch, threads_);
  }

  // The values of some queries in the caller's layout.
  template <class Value>
  const Value* Part(const std::vector<Value>& values, int64_t begin, int64_t count,
                    std::vector<Value>& turned) const {
    const int64_t k = form_.k;
    const Value* const first = values.data() + begin * k;
    if (!form_.dimension_major) return first;
    turned.resize(static_cast<size_t>(count * k));
    for (int64_t q = 0; q < count; ++q) {
      for (int64_t rank = 0; rank < k; ++rank) turned[rank * count + q] = first[q * k + rank];
    }
    return turned.data();
  }

  const SinkArgument& sink_;
  const ResultArrays<Row> form_;
  const bool has_variances_;
  const int threads_;
  ArraySink<Row> results_;
  // Query by query.
  std::vector<Row> neighbors_;
  std::vector<double> distances_;
  std::vector<double> variances_;
  // Rank by rank.
  std::vector<Row> turned_neighbors_;
  std::vector<double> turned_distances_;
  std::vector<double> turned_variances_;
};

}  // namespace residual_knn
