// A sink for searches whose answers a test does not read.
#pragma once

#include <cstdint>
#include <span>

#include "query/result_sink.h"

namespace residual_knn_test {

class NoResults : public residual_knn::ResultSink {
 public:
  void Write(const residual_knn::QueryBlock& /*block*/, int64_t /*query*/,
             std::span<const residual_knn::Neighbor> /*neighbors*/) override {}
};

}  // namespace residual_knn_test
