#include "scan/scan_store.h"

#include <memory>
#include <utility>

#include "model/preparation_room.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {

void ScanStore::AdoptOrders(ScanStore& other, std::span<const double> ratios) {
  std::unique_ptr<Neighborhoods> kept = other.neighborhoods_.Take();
  if (kept == nullptr) return;
  kept->Rescale(ratios);
  neighborhoods_.Put(std::move(kept));
}

const QuantizedFit& ScanStore::Fit(Monitor& monitor) {
  return fit_.Get(monitor, [&] { return std::make_unique<QuantizedFit>(FitWithinRoom(monitor)); });
}

QuantizedFit ScanStore::FitWithinRoom(Monitor& monitor) const {
  QuantizedFit fit(model_, monitor);
  const double room = PreparationRoom(model_, max_bytes_);
  const double bytes8 = QuantizedV::BytesFor(model_, ElementBits::k8);
  const double bytes16 = QuantizedV::BytesFor(model_, ElementBits::k16);
  fit.bits8 = fit.bits8 && bytes8 <= room;
  // Integers of 16 bits are made beside those of 8 bits, for queries that 8 bits do not suit.
  fit.bits16 = fit.bits16 && (fit.bits8 && fit.leaves_to_16 ? bytes8 : 0) + bytes16 <= room;
  return fit;
}

const QuantizedV& ScanStore::V(ElementBits bits, int threads, Monitor& monitor) {
  const QuantizedFit& fit = Fit(monitor);
  return LazyV(bits).Get(
      monitor, [&] { return std::make_unique<QuantizedV>(model_, fit, bits, threads, monitor); });
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
  for (const Lazy<QuantizedV>* each : {&v8_, &v16_}) {
    if (const QuantizedV* made = each->IfMade()) sum += made->bytes();
  }
  if (const Neighborhoods* made = neighborhoods_.IfMade()) sum += made->bytes();
  if (const RepeatedPoints* made = repeated_.IfMade()) sum += made->bytes();
  return sum;
}

void ScanStore::Save(const IndexWriter& writer) const {
  if (const QuantizedV* made = v8_.IfMade()) made->Save(writer.In("v8"), model_);
  if (const QuantizedV* made = v16_.IfMade()) made->Save(writer.In("v16"), model_);
  if (const Neighborhoods* made = neighborhoods_.IfMade()) made->Save(writer.In("neighborhoods"));
  if (const RepeatedPoints* made = repeated_.IfMade()) made->Save(writer.In("repeated"));
}

void ScanStore::Load(const IndexReader& reader) {
  if (reader.Has("v8/numbers")) {
    v8_.Put(std::make_unique<QuantizedV>(reader.In("v8"), model_, ElementBits::k8));
  }
  if (reader.Has("v16/numbers")) {
    v16_.Put(std::make_unique<QuantizedV>(reader.In("v16"), model_, ElementBits::k16));
  }
  if (reader.Has("neighborhoods/leaf_of")) {
    neighborhoods_.Put(std::make_unique<Neighborhoods>(reader.In("neighborhoods"), model_));
  }
  if (reader.Has("repeated/rows")) {
    repeated_.Put(std::make_unique<RepeatedPoints>(reader.In("repeated"), model_));
  }
}

}  // namespace residual_knn
