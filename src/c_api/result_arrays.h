// Writes neighbors straight into the caller's arrays.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "query/result_sink.h"

namespace residual_knn {

template <class Row>
struct ResultArrays {
  Row* neighbors = nullptr;
  double* distances = nullptr;  // may be null
  int64_t num_queries = 0;
  int64_t k = 0;
  bool dimension_major = false;
  Row base = 0;
  Row missing = -1;
};

template <class Row>
class ArraySink : public ResultSink {
 public:
  explicit ArraySink(const ResultArrays<Row>& arrays) : arrays_(arrays) {}

  // Writes to other arrays from now on.
  void Reset(const ResultArrays<Row>& arrays) { arrays_ = arrays; }

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    Put(block.slot[query], neighbors);
  }

  // Removes the neighbors of all queries.
  void Clear() {
    for (int64_t slot = 0; slot < arrays_.num_queries; ++slot) Put(slot, {});
  }

  // Writes the neighbors of the query with this place in the results.
  void Put(int64_t slot, std::span<const Neighbor> neighbors) {
    const int64_t step = arrays_.dimension_major ? arrays_.num_queries : 1;
    int64_t at = arrays_.dimension_major ? slot : slot * arrays_.k;
    for (int64_t rank = 0; rank < arrays_.k; ++rank, at += step) {
      const bool exists = rank < static_cast<int64_t>(neighbors.size());
      arrays_.neighbors[at] =
          exists ? static_cast<Row>(neighbors[rank].row + arrays_.base) : arrays_.missing;
      if (arrays_.distances != nullptr) {
        arrays_.distances[at] =
            exists ? neighbors[rank].distance : std::numeric_limits<double>::infinity();
      }
    }
  }

 private:
  ResultArrays<Row> arrays_;
};

// Keeps results until a search has succeeded, for searches that may fail in a callback of the caller.
template <class Row>
class StagedResults {
 public:
  explicit StagedResults(const ResultArrays<Row>& arrays)
      : target_(arrays),
        neighbors_(static_cast<size_t>(arrays.num_queries * arrays.k)),
        distances_(arrays.distances != nullptr ? neighbors_.size() : 0) {}

  [[nodiscard]] ResultArrays<Row> arrays() {
    ResultArrays<Row> staged = target_;
    staged.neighbors = neighbors_.data();
    staged.distances = target_.distances != nullptr ? distances_.data() : nullptr;
    return staged;
  }

  void Commit() const {
    std::copy(neighbors_.begin(), neighbors_.end(), target_.neighbors);
    std::copy(distances_.begin(), distances_.end(), target_.distances);
  }

 private:
  ResultArrays<Row> target_;
  std::vector<Row> neighbors_;
  std::vector<double> distances_;
};

}  // namespace residual_knn
