// Each row has an upper bound on its distance from the nearest chosen row: the distance from the nearest of those that
// were chosen when the row was last looked at. The distance can only fall, so that stays a bound. The row with the
// largest bound is brought up to date again and again, until the largest bound is up to date. That row is chosen.
//
// Neighbor lists save most of these products. If a row of its list is chosen, the nearest chosen row of a row is in the
// list, because all rows outside the list are at least as far. From then on the list alone gives the distance.
#include "search/residual_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <span>
#include <utility>

#include "model/callback_covariance.h"
#include "model/factor_rows.h"
#include "model/row_group.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "query/ranking.h"
#include "search/reverse_neighbors.h"

namespace residual_knn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Rows brought up to date together take about this many multiplications: a millisecond on one thread.
constexpr int64_t kMultiplicationsAtOnce = int64_t{1} << 22;
// One thread does less than this: starting another would take longer.
constexpr int64_t kMultiplicationsOfThread = int64_t{1} << 20;
// Rows that one task updates: at most the second number, and so few that each thread gets some tasks.
constexpr int64_t kTasksOfThread = 8;
constexpr int64_t kRowsOfTask = 64;
// Chosen rows whose correlations with a row are computed between two looks at the monitor.
constexpr int64_t kRowsBetweenLooks = 512;

// Operations of a distance besides the product of length m.
constexpr int64_t kCovarianceCost = 64;

// Computes the distance of one row from the nearest of others.
class NearestOf {
 public:
  explicit NearestOf(const ResidualModel& model)
      : model_(model), group_(model), factor_rows_(model), point_(static_cast<size_t>(model.d())) {}

  double Distance(int64_t row, std::span<const int64_t> others, Pace& pace) {
    model_.points().CopyPoint(row, point_.data());
    const PointView view{factor_rows_.Row(row), point_.data(), model_.inverse_deviation()[row],
                         row};
    double largest = 0;
    while (!others.empty()) {
      const auto part = others.first(std::min<size_t>(others.size(), kRowsBetweenLooks));
      others = others.subspan(part.size());
      group_.Load(part);
      rho_.resize(part.size() + RowGroup::kSlack);
      group_.Correlations(view, rho_.data());
      for (size_t j = 0; j < part.size(); ++j) largest = std::max(largest, std::abs(rho_[j]));
      pace.Spend(std::ssize(part) * (model_.m() + kCovarianceCost) / Pace::kMultiplications);
    }
    return DistanceOf(largest, Ranking::kAbsolute);
  }

 private:
  const ResidualModel& model_;
  RowGroup group_;
  FactorRows factor_rows_;
  std::vector<double> point_;
  std::vector<double> rho_;
};

// A row and an upper bound on its distance from the nearest chosen row.
struct Bound {
  double distance;
  int64_t row;

  // For a heap whose top is the row that comes first.
  bool operator<(const Bound& other) const {
    return distance != other.distance ? distance < other.distance : row > other.row;
  }
};

using BoundHeap = std::priority_queue<Bound, std::vector<Bound>, std::less<>>;

class MaximinSelection {
 public:
  MaximinSelection(const ResidualOrderJob& job, const ReverseNeighbors& lists)
      : model_(job.model),
        threads_(UsableThreads(job.model.callback(), job.threads)),
        monitor_(job.monitor),
        lists_(lists),
        pace_(job.monitor, CostOf(model_.callback())),
        distance_(static_cast<size_t>(model_.n()), kInfinity),
        seen_(static_cast<size_t>(model_.n())),
        chosen_(static_cast<size_t>(model_.n())) {
    order_.reserve(static_cast<size_t>(model_.n()));
    for (int i = 0; i < threads_; ++i) workers_.emplace_back(model_);
  }

  std::vector<int64_t> Run() {
    Start();
    while (!heap_.empty()) {
      pace_.Spend(1);
      const Bound top = heap_.top();
      if (!IsUsed(top)) {
        heap_.pop();
      } else if (IsUpToDate(top.row)) {
        heap_.pop();
        Choose(top.row);
      } else {
        UpdateTop();
      }
    }
    AppendDegenerate();
    return std::move(order_);
  }

 private:
  static constexpr int64_t kByList = std::numeric_limits<int64_t>::max();

  void Start() {
    std::vector<Bound> bounds;
    bounds.reserve(static_cast<size_t>(model_.n()));
    int64_t first = -1;
    for (int64_t row = 0; row < model_.n(); ++row) {
      pace_.Spend(1);
      if (model_.inverse_deviation()[row] == 0) continue;
      if (first < 0 || model_.residual_variance(row) > model_.residual_variance(first)) first = row;
      bounds.push_back({kInfinity, row});
    }
    heap_ = BoundHeap({}, std::move(bounds));
    if (first >= 0) Choose(first);
  }

  // False for a row that has been chosen, or has a smaller bound since.
  [[nodiscard]] bool IsUsed(const Bound& bound) const {
    return !chosen_[bound.row] && bound.distance == distance_[bound.row];
  }
  [[nodiscard]] bool IsUpToDate(int64_t row) const { return seen_[row] >= std::ssize(order_); }

  void Choose(int64_t row) {
    order_.push_back(row);
    chosen_[row] = true;
    for (const Neighbor& other : lists_.Of(row)) {
      pace_.Spend(1);
      if (chosen_[other.row]) continue;
      seen_[other.row] = kByList;
      Lower(other.row, other.distance);
    }
    monitor_.Advance(1);
    batch_ = std::max<int64_t>(1, batch_ / 4);
  }

  void Lower(int64_t row, double distance) {
    if (distance >= distance_[row]) return;
    distance_[row] = distance;
    if (model_.inverse_deviation()[row] > 0) heap_.push({distance, row});
  }

  // Brings the row with the largest bound up to date, and rows that follow it: more and more of them until a row is
  // chosen, so that threads have work, and few rows are updated that need not be.
  void UpdateTop() {
    rows_.clear();
    int64_t multiplications = 0;
    while (!heap_.empty() && std::ssize(rows_) < batch_ &&
           multiplications < kMultiplicationsAtOnce) {
      const Bound top = heap_.top();
      if (IsUsed(top)) {
        if (IsUpToDate(top.row)) break;
        rows_.push_back(top.row);
        multiplications += (std::ssize(order_) - seen_[top.row]) * (model_.m() + kCovarianceCost);
      }
      heap_.pop();
    }
    ComputeDistances(std::clamp<int64_t>(multiplications / kMultiplicationsOfThread, 1, threads_));
    for (size_t i = 0; i < rows_.size(); ++i) {
      const int64_t row = rows_[i];
      seen_[row] = std::ssize(order_);
      distance_[row] = std::min(distance_[row], found_[i]);
      heap_.push({distance_[row], row});
    }
    batch_ = std::min<int64_t>(batch_ * 2, model_.n());
  }

  // The distances of rows_ from the chosen rows that they have not seen.
  void ComputeDistances(int64_t threads) {
    const auto count = std::ssize(rows_);
    found_.resize(rows_.size());
    const auto compute = [&](int64_t i, NearestOf& worker, Pace& pace) {
      const auto seen = static_cast<size_t>(seen_[rows_[i]]);
      found_[i] = worker.Distance(rows_[i], std::span(order_).subspan(seen), pace);
    };
    if (threads == 1) {
      for (int64_t i = 0; i < count; ++i) compute(i, workers_[0], pace_);
      return;
    }
    const int64_t size = std::clamp<int64_t>(count / (threads * kTasksOfThread), 1, kRowsOfTask);
    ParallelFor(static_cast<int>(threads), (count + size - 1) / size, monitor_,
                [&](int64_t task, int worker) {
                  Pace pace(ThreadMonitor(monitor_, worker), CostOf(model_.callback()));
                  const int64_t end = std::min((task + 1) * size, count);
                  for (int64_t i = task * size; i < end; ++i) compute(i, workers_[worker], pace);
                });
  }

  void AppendDegenerate() {
    for (int64_t row = 0; row < model_.n(); ++row) {
      pace_.Spend(1);
      if (model_.inverse_deviation()[row] == 0) order_.push_back(row);
    }
  }

  const ResidualModel& model_;
  const int threads_;
  Monitor& monitor_;
  const ReverseNeighbors& lists_;
  Pace pace_;
  std::vector<NearestOf> workers_;
  std::vector<int64_t> order_;
  // By row:
  std::vector<double> distance_;  // the bound
  std::vector<int64_t>
      seen_;  // it is the distance from this many of the chosen rows; kByList: from all of them
  std::vector<bool> chosen_;
  BoundHeap heap_;
  std::vector<int64_t> rows_;
  std::vector<double> found_;
  int64_t batch_ = 1;  // most rows that UpdateTop brings up to date
};

ReverseNeighbors ListsOf(const ResidualOrderJob& job, int64_t length) {
  if (length == 0) return ReverseNeighbors(job.model.n());
  return {job.model, job.prepared, length, job.threads, job.monitor};
}

}  // namespace

int64_t ListLengthFor(int64_t n) { return n < 2048 ? 0 : 32; }

std::vector<int64_t> ResidualMaximinOrder(const ResidualOrderJob& job, int64_t list_length) {
  const ReverseNeighbors lists = ListsOf(job, list_length);
  job.monitor.Start(job.model.n());
  return MaximinSelection(job, lists).Run();
}

}  // namespace residual_knn
