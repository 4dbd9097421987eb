// A sink that puts the batches of a search together, and checks each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/api_objects.h"

namespace residual_knn_test {

class Collector {
 public:
  struct Expected {
    int64_t queries = 0;
    int64_t k = 0;
    int64_t most = 0;  // queries of a batch; 0: any number
    int32_t order = RESIDUAL_KNN_SINK_BY_QUERY;
    Manner manner;  // layout, width and numbering of rows, selection
  };

  explicit Collector(Expected expected)
      : expected_(std::move(expected)), got_(static_cast<size_t>(expected_.queries)) {
    answer_.queries = expected_.queries;
    answer_.k = static_cast<int32_t>(expected_.k);
    const auto places = static_cast<size_t>(expected_.queries * expected_.k);
    answer_.neighbors.assign(places, -2);
    answer_.distances.assign(places, -2.0);
    if (IsConditional()) answer_.variances.assign(places, -2.0);
  }

  void SetOptions(residual_knn_search_options& options) {
    options.sink = Take;
    options.sink_user = this;
    options.sink_queries = expected_.most;
    options.sink_order = expected_.order;
  }

  // Cancels at this delivery, counted from 1.
  void CancelAt(int64_t delivery) { cancel_at_ = delivery; }
  // Runs in each delivery.
  void Do(std::function<void()> action) { action_ = std::move(action); }

  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] int64_t deliveries() const { return deliveries_; }
  [[nodiscard]] const std::vector<bool>& got() const { return got_; }
  // "" or what was wrong with the batches so far.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // The same after a call that has succeeded.
  [[nodiscard]] std::string ProblemOfWhole() const {
    if (!problem_.empty()) return problem_;
    return std::find(got_.begin(), got_.end(), false) == got_.end() ? "" : "a query is missing";
  }

 private:
  static int32_t Take(void* user, const residual_knn_batch* batch) {
    return static_cast<Collector*>(user)->Note(*batch);
  }

  [[nodiscard]] bool IsConditional() const {
    return expected_.manner.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  }

  int32_t Note(const residual_knn_batch& batch) {
    if (std::this_thread::get_id() != owner_) problem_ = "called on another thread";
    if (cancelled_) problem_ = "called again after it cancelled";
    if (was_short_) problem_ = "a batch that was not the last was short";
    ++deliveries_;
    if (batch.struct_size != sizeof batch) problem_ = "struct_size";
    if (batch.k != expected_.k) problem_ = "another k";
    if (batch.num_queries < 1) problem_ = "an empty batch";
    if (expected_.most > 0 && batch.num_queries > expected_.most) problem_ = "too many queries";
    was_short_ = expected_.most > 0 && batch.num_queries < expected_.most;
    if ((batch.neighbors == nullptr) != expected_.manner.int32_rows ||
        (batch.neighbors_int32 == nullptr) == expected_.manner.int32_rows) {
      problem_ = "the width of the rows";
      return 1;
    }
    if ((batch.conditional_variances != nullptr) != IsConditional()) {
      problem_ = "conditional variances";
      return 1;
    }
    Copy(batch);
    if (action_) action_();
    cancelled_ = deliveries_ == cancel_at_;
    return cancelled_ ? static_cast<int32_t>(cancel_at_ % 2 == 0 ? 1 : -3) : 0;
  }

  void Copy(const residual_knn_batch& batch) {
    const int64_t places = batch.num_queries * batch.k;
    const auto laid_out = [&](const auto* values) {
      return FromLayout(std::vector(values, values + places), batch.num_queries, batch.k,
                        expected_.manner.layout);
    };
    const Manner& manner = expected_.manner;
    const std::vector<int64_t> rows =
        manner.int32_rows ? Widen(laid_out(batch.neighbors_int32), manner.base, manner.missing)
                          : laid_out(batch.neighbors);
    const std::vector<double> distances = laid_out(batch.distances);
    std::vector<double> variances;
    if (IsConditional()) variances = laid_out(batch.conditional_variances);
    for (int64_t q = 0; q < batch.num_queries; ++q) {
      const int64_t query = batch.queries[q];
      if (query < 0 || query >= expected_.queries || got_[query]) {
        problem_ = "a query is unknown or came twice";
        return;
      }
      got_[query] = true;
      if (q > 0 && query <= batch.queries[q - 1]) problem_ = "queries do not ascend";
      if (expected_.order == RESIDUAL_KNN_SINK_BY_QUERY && query != next_++) {
        problem_ = "queries are not in order";
      }
      std::copy_n(rows.begin() + q * batch.k, batch.k, answer_.neighbors.begin() + query * batch.k);
      std::copy_n(distances.begin() + q * batch.k, batch.k,
                  answer_.distances.begin() + query * batch.k);
      if (IsConditional()) {
        std::copy_n(variances.begin() + q * batch.k, batch.k,
                    answer_.variances.begin() + query * batch.k);
      }
    }
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  const Expected expected_;
  Answer answer_;
  std::vector<bool> got_;
  std::function<void()> action_;
  int64_t deliveries_ = 0;
  int64_t cancel_at_ = 0;
  int64_t next_ = 0;
  bool cancelled_ = false;
  bool was_short_ = false;
  std::string problem_;
};

}  // namespace residual_knn_test
