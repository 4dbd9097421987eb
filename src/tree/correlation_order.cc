#include "tree/correlation_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "model/row_group.h"

namespace residual_knn {
namespace {

constexpr int64_t kAnchors = 16;

class CorrelationSort {
 public:
  CorrelationSort(const ResidualModel& model, int64_t leaf_size, Monitor& monitor)
      : block_(model), leaf_size_(leaf_size), monitor_(monitor) {}

  // Sorts a list in place. The parts still to be divided wait on an explicit stack, so that no data can make a
  // recursion deep.
  void Run(std::span<int64_t> rows) {
    waiting_.push_back(rows);
    while (!waiting_.empty()) {
      const std::span<int64_t> list = waiting_.back();
      waiting_.pop_back();
      if (static_cast<int64_t>(list.size()) > leaf_size_) Divide(list);
    }
  }

 private:
  void Divide(std::span<int64_t> list) {
    const auto count = static_cast<int64_t>(list.size());
    block_.Load(list);
    row_.resize(list.size() + 8);
    closest_.assign(list.size(), -1.0);
    owner_.assign(list.size(), 0);
    // Farthest first: each next anchor is the point least correlated with those before.
    int64_t anchor = 0;
    int64_t used = 0;
    for (; used < kAnchors; ++used) {
      monitor_.Look();
      block_.Correlations(anchor, row_.data());
      for (int64_t j = 0; j < count; ++j) {
        const double closeness = std::abs(row_[j]);
        if (closeness > closest_[j]) {
          closest_[j] = closeness;
          owner_[j] = used;
        }
      }
      closest_[anchor] = 2;
      anchor = std::min_element(closest_.begin(), closest_.end()) - closest_.begin();
      if (closest_[anchor] > 1) break;
    }
    order_.resize(list.size());
    std::iota(order_.begin(), order_.end(), int64_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return owner_[a] < owner_[b]; });
    sorted_.clear();
    for (const int64_t j : order_) sorted_.push_back(list[j]);
    std::copy(sorted_.begin(), sorted_.end(), list.begin());
    // Each anchor's group is divided in turn. A group that holds 15/16 of the points or more is not divided again.
    for (int64_t begin = 0; begin < count;) {
      int64_t end = begin;
      while (end < count && owner_[order_[end]] == owner_[order_[begin]]) ++end;
      if (end - begin < count - count / 16) waiting_.push_back(list.subspan(begin, end - begin));
      begin = end;
    }
  }

  RowGroup block_;
  int64_t leaf_size_;
  Monitor& monitor_;
  std::vector<std::span<int64_t>> waiting_;
  std::vector<double> row_;
  std::vector<double> closest_;
  std::vector<int64_t> owner_;
  std::vector<int64_t> order_;
  std::vector<int64_t> sorted_;
};

}  // namespace

std::vector<int64_t> OrderByCorrelation(const ResidualModel& model, std::vector<int64_t> rows,
                                        int64_t leaf_size, Monitor& monitor) {
  CorrelationSort(model, leaf_size, monitor).Run(rows);
  return rows;
}

}  // namespace residual_knn
