#include "model/factor_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/assert.h"
#include "simd/forward_substitution.h"

namespace residual_knn {
namespace {

// However wide the rows are, the cache holds this many.
constexpr int64_t kLeastRows = 512;

int64_t CacheRows(const ResidualModel& model) {
  const int64_t row_bytes = std::max<int64_t>(model.m(), 1) * static_cast<int64_t>(sizeof(double));
  return std::min(std::max(model.storage().cache_bytes / row_bytes, kLeastRows), model.n());
}

}  // namespace

int64_t FactorRows::CacheBytes(const ResidualModel& model) {
  const int64_t rows = CacheRows(model);
  return rows * (model.m() * static_cast<int64_t>(sizeof(double)) +
                 static_cast<int64_t>(sizeof(int64_t))) +
         model.n() * static_cast<int64_t>(sizeof(int32_t));
}

FactorRows::List FactorRows::Get(std::span<const int64_t> rows, Pace* pace) {
  if (model_.stores_factor()) return {model_.v(0), rows.data()};
  MakeCache();
  places_.resize(rows.size());
  if (std::ssize(rows) > capacity_ / 2) {
    selected_ = model_.points().Selected(rows, std::move(selected_));
    range_.resize(rows.size() * static_cast<size_t>(model_.m()));
    Compute(selected_, 0, std::ssize(rows), range_.data(), pace);
    std::iota(places_.begin(), places_.end(), int64_t{0});
    return {range_.data(), places_.data()};
  }
  // The places of missing rows may be those of other rows of the list, which are then missing in turn. A row that was
  // computed in this call is not replaced, because the list takes at most half of the ring.
  while (true) {
    missing_.clear();
    for (size_t j = 0; j < rows.size(); ++j) {
      places_[j] = place_of_row_[rows[j]] - 1;
      if (places_[j] < 0) missing_.push_back(rows[j]);
    }
    if (missing_.empty()) return {cache_.data(), places_.data()};
    ComputeMissing(pace);
  }
}

void FactorRows::Copy(std::span<const int64_t> rows, double* out) {
  const int64_t m = model_.m();
  const List v = Get(rows);
  for (int64_t j = 0; j < std::ssize(rows); ++j) {
    std::copy_n(v.base + v.places[j] * m, m, out + j * m);
  }
}

const double* FactorRows::Row(int64_t row) {
  const List v = Get({&row, 1});
  return v.base + v.places[0] * model_.m();
}

const double* FactorRows::Range(int64_t begin, int64_t count, Pace* pace) {
  if (model_.stores_factor()) return model_.v(begin);
  range_.resize(static_cast<size_t>(count * model_.m()));
  Compute(model_.points(), begin, count, range_.data(), pace);
  return range_.data();
}

bool FactorRows::Has(std::span<const int64_t> rows) const {
  if (model_.stores_factor()) return true;
  return !place_of_row_.empty() && std::all_of(rows.begin(), rows.end(), [this](int64_t row) {
    return place_of_row_[row] > 0;
  });
}

void FactorRows::MakeCache() {
  if (capacity_ > 0) return;
  capacity_ = CacheRows(model_);
  cache_.resize(static_cast<size_t>(capacity_ * model_.m()));
  row_at_.assign(static_cast<size_t>(capacity_), -1);
  place_of_row_.assign(static_cast<size_t>(model_.n()), 0);
}

void FactorRows::ComputeMissing(Pace* pace) {
  const auto count = std::ssize(missing_);
  const int64_t first = TakePlaces(count);
  selected_ = model_.points().Selected(missing_, std::move(selected_));
  Compute(selected_, 0, count, cache_.data() + first * model_.m(), pace);
  for (int64_t j = 0; j < count; ++j) {
    row_at_[first + j] = missing_[j];
    place_of_row_[missing_[j]] = static_cast<int32_t>(first + j + 1);
  }
}

int64_t FactorRows::TakePlaces(int64_t count) {
  RESIDUAL_KNN_ASSERT(count <= capacity_);
  if (next_ + count > capacity_) next_ = 0;
  const int64_t first = std::exchange(next_, next_ + count);
  for (int64_t place = first; place < first + count; ++place) {
    const int64_t row = std::exchange(row_at_[place], -1);
    if (row >= 0) place_of_row_[row] = 0;
  }
  return first;
}

void FactorRows::Compute(const ScaledPoints& points, int64_t begin, int64_t count, double* out,
                         Pace* pace) {
  const int64_t m = model_.m();
  double squares[kPanelWidth];
  for (int64_t done = 0; done < count; done += kPanelWidth) {
    const int64_t size = std::min(kPanelWidth, count - done);
    model_.inducing()->Solve(model_.covariance()->view(), points, begin + done, size, panel_,
                             out + done * m, squares);
    if (pace != nullptr) pace->Spend(kPanelWidth * m * (m / 2 + 1) / Pace::kMultiplications);
  }
}

}  // namespace residual_knn
