// What brute force needs beside the model. Each part is made when it is first needed, and kept with the index.
#pragma once

#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "scan/neighborhoods.h"
#include "scan/quantized_v.h"
#include "scan/repeated_points.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Functions that take a Monitor run in the calling thread only.
class ScanStore {
 public:
  // `max_bytes`: see PreparationRoom.
  ScanStore(const ResidualModel& model, int64_t max_bytes) : model_(model), max_bytes_(max_bytes) {}

  // Takes over the order in space of another store. It has the same rows; coordinates here are `ratios` times as large.
  void AdoptOrders(ScanStore& other, std::span<const double> ratios);

  // Returns which scans in integers suit the model, and have room.
  const QuantizedFit& Fit(Monitor& monitor);
  // V in integers, of a width that Fit allows.
  const QuantizedV& V(ElementBits bits, int threads, Monitor& monitor);
  const Neighborhoods& GetNeighborhoods(int threads, Monitor& monitor);
  const RepeatedPoints& Repeated(Monitor& monitor);

  // What exists, without the fit, which depends on the processor and takes little time.
  void Save(const IndexWriter& writer) const;
  // No other thread may use this object meanwhile.
  void Load(const IndexReader& reader);

  [[nodiscard]] bool HasV(ElementBits bits) { return LazyV(bits).IfMade() != nullptr; }
  [[nodiscard]] bool HasNeighborhoods() const { return neighborhoods_.IfMade() != nullptr; }
  [[nodiscard]] int64_t bytes() const;

 private:
  [[nodiscard]] Lazy<QuantizedV>& LazyV(ElementBits bits) {
    return bits == ElementBits::k8 ? v8_ : v16_;
  }

  [[nodiscard]] QuantizedFit FitWithinRoom(Monitor& monitor) const;

  const ResidualModel& model_;
  const int64_t max_bytes_;
  Lazy<QuantizedFit> fit_;
  Lazy<QuantizedV> v8_;
  Lazy<QuantizedV> v16_;
  Lazy<Neighborhoods> neighborhoods_;
  Lazy<RepeatedPoints> repeated_;
};

}  // namespace residual_knn
