#include "c_api/sink_argument.h"

#include <unistd.h>

#include <string>

#include "parallel/parallel_for.h"

namespace residual_knn {
namespace {

// A section has at least this many queries, and as many as have this many bytes of answers.
constexpr int64_t kLeastQueries = 1024;
constexpr int64_t kAnswerBytes = int64_t{64} << 20;
constexpr int64_t kBytesOfNeighbor = 16;

void RequireNone(int64_t value, const char* name) {
  if (value == 0) return;
  ThrowInvalid(std::string(name) + " is " + std::to_string(value) + ", but sink is NULL");
}

void RequireNull(const void* array, const char* name) {
  if (array == nullptr) return;
  ThrowInvalid(std::string(name) + " must be NULL with a sink, which gets the answers instead");
}

}  // namespace

SinkArgument::SinkArgument(const residual_knn_search_options& options, const void* neighbors,
                           const void* distances)
    : sink_(options.sink), user_(options.sink_user), batch_(options.sink_queries) {
  RequireAtLeast(options.sink_queries, 0, "sink_queries");
  RequireEnum(options.sink_order, RESIDUAL_KNN_SINK_BY_SPACE + 1, "sink_order",
              "residual_knn_sink_order");
  if (options.sink_reserved != 0) {
    ThrowInvalid("sink_reserved is " + std::to_string(options.sink_reserved) + ", must be 0");
  }
  if (options.sink_order == RESIDUAL_KNN_SINK_BY_SPACE) order_ = SectionOrder::kBySpace;
  if (sink_ == nullptr) {
    RequireNone(options.sink_queries, "sink_queries");
    RequireNone(options.sink_order, "sink_order");
    return;
  }
  RequireNull(neighbors, "neighbors");
  RequireNull(distances, "distances");
  RequireNull(options.conditional_variances, "conditional_variances");
}

SectionPlan SinkArgument::PlanFor(int64_t k) const {
  const int64_t efficient = std::max(kAnswerBytes / (kBytesOfNeighbor * k), kLeastQueries);
  if (batch_ == 0) return {efficient, order_};
  // Whole batches: the last one of a section is as large as the others.
  return {std::max(efficient / batch_, int64_t{1}) * batch_, order_};
}

void SinkArgument::Deliver(const residual_knn_batch& batch, int threads) const {
  const pid_t process = getpid();
  const bool stop = [&] {
    const CallbackScope scope;
    return sink_(user_, &batch) != 0;
  }();
  if (stop) throw Error(RESIDUAL_KNN_ERROR_CANCELLED, "the sink cancelled the call");
  if (threads > 1 && getpid() != process) ThrowForked();
}

}  // namespace residual_knn
