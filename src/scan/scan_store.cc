#include "scan/scan_store.h"

#include <memory>
#include <utility>

namespace residual_knn {

void ScanStore::AdoptOrders(ScanStore& other, std::span<const double> factors) {
  std::unique_ptr<Neighborhoods> kept = other.neighborhoods_.Take();
  if (kept == nullptr) return;
  kept->Rescale(factors);
  neighborhoods_.Put(std::move(kept));
}

const QuantizedFit& ScanStore::Fit(Monitor& monitor) {
  return fit_.Get(monitor, [&] { return std::make_unique<QuantizedFit>(model_, monitor); });
}

const QuantizedFactor& ScanStore::Factor(ElementBits bits, int threads, Monitor& monitor) {
  const QuantizedFit& fit = Fit(monitor);
  return LazyFactor(bits).Get(monitor, [&] {
    return std::make_unique<QuantizedFactor>(model_, fit, bits, threads, monitor);
  });
}

const Neighborhoods& ScanStore::GetNeighborhoods(int threads, Monitor& monitor) {
  return neighborhoods_.Get(
      monitor, [&] { return std::make_unique<Neighborhoods>(model_, threads, monitor); });
}

const RepeatedPoints& ScanStore::Repeated(Monitor& monitor) {
  return repeated_.Get(monitor, [&] { return std::make_unique<RepeatedPoints>(model_, monitor); });
}

int64_t ScanStore::bytes() const {
  int64_t sum = 0;
  for (const Lazy<QuantizedFactor>* each : {&factor8_, &factor16_}) {
    if (const QuantizedFactor* made = each->IfMade()) sum += made->bytes();
  }
  if (const Neighborhoods* made = neighborhoods_.IfMade()) sum += made->bytes();
  if (const RepeatedPoints* made = repeated_.IfMade()) sum += made->bytes();
  return sum;
}

}  // namespace residual_knn
