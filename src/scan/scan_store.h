// What the scans of brute force need beside the model: made when it is first needed, and kept with the index.
#pragma once

#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "scan/neighborhoods.h"
#include "scan/quantized_factor.h"
#include "scan/repeated_points.h"

namespace residual_knn {

// Calling thread only, as far as a Monitor is given.
class ScanStore {
 public:
  explicit ScanStore(const ResidualModel& model) : model_(model) {}

  // Takes over the order in space of another store, for the same rows with coordinates `factors` times as large.
  void AdoptOrders(ScanStore& other, std::span<const double> factors);

  // Which scans in integers suit the model.
  const QuantizedFit& Fit(Monitor& monitor);
  // V in integers, of a width that Fit allows.
  const QuantizedFactor& Factor(ElementBits bits, int threads, Monitor& monitor);
  const Neighborhoods& GetNeighborhoods(int threads, Monitor& monitor);
  const RepeatedPoints& Repeated(Monitor& monitor);

  [[nodiscard]] bool HasFactor(ElementBits bits) { return LazyFactor(bits).IfMade() != nullptr; }
  [[nodiscard]] bool HasNeighborhoods() const { return neighborhoods_.IfMade() != nullptr; }
  [[nodiscard]] int64_t bytes() const;

 private:
  [[nodiscard]] Lazy<QuantizedFactor>& LazyFactor(ElementBits bits) {
    return bits == ElementBits::k8 ? factor8_ : factor16_;
  }

  const ResidualModel& model_;
  Lazy<QuantizedFit> fit_;
  Lazy<QuantizedFactor> factor8_;
  Lazy<QuantizedFactor> factor16_;
  Lazy<Neighborhoods> neighborhoods_;
  Lazy<RepeatedPoints> repeated_;
};

}  // namespace residual_knn
