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
  const auto of = [](std::span<const double> lengthscales, int64_t c) {
    return lengthscales[lengthscales.size() == 1 ? 0 : static_cast<size_t>(c)];
  };
  std::vector<double> factors;
  for (int64_t c = 0; c < d; ++c)
    factors.push_back(of(old_lengthscales, c) / of(new_lengthscales, c));
  const auto [least, largest] = std::minmax_element(factors.begin(), factors.end());
  if (!(*largest <= kMostStretch * *least)) return;
  trees.AdoptOrders(other.trees, factors);
  if (std::unique_ptr<Neighborhoods> kept = other.neighborhoods.Take()) {
    kept->Rescale(factors);
    neighborhoods.Put(std::move(kept));
  }
}

}  // namespace residual_knn
