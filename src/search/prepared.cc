#include "search/prepared.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace residual_knn {
namespace {

// Lengthscales may change their proportions so far before blocks of the old order become needlessly long.
constexpr double kMostStretch = 2;

}  // namespace

void Prepared::AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                           std::span<const double> new_lengthscales, int64_t d) {
  std::vector<double> factors;
  for (int64_t c = 0; c < d; ++c)
    factors.push_back(LengthscaleOf(old_lengthscales, c) / LengthscaleOf(new_lengthscales, c));
  const auto [least, largest] = std::minmax_element(factors.begin(), factors.end());
  if (!(*largest <= kMostStretch * *least)) return;
  trees.AdoptOrders(other.trees, factors);
  if (std::unique_ptr<Neighborhoods> kept = other.neighborhoods.Take()) {
    kept->Rescale(factors);
    neighborhoods.Put(std::move(kept));
  }
}

double Prepared::ScanSeconds(int64_t k) {
  const std::scoped_lock lock(scan_mutex_);
  return k == scan_k_ ? scan_seconds_ : 0;
}

void Prepared::SetScanSeconds(int64_t k, double seconds) {
  const std::scoped_lock lock(scan_mutex_);
  scan_k_ = k;
  scan_seconds_ = seconds;
}

int64_t Prepared::bytes() {
  int64_t sum = trees.bytes();
  for (Lazy<QuantizedFactor>* each : {&factor8_, &factor16_}) {
    if (const QuantizedFactor* made = each->IfMade()) sum += made->bytes();
  }
  if (const Neighborhoods* made = neighborhoods.IfMade()) sum += made->bytes();
  return sum;
}

}  // namespace residual_knn
