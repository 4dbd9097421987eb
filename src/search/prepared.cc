#include "search/prepared.h"

#include <algorithm>
#include <vector>

#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

// The changes of two lengthscales may differ by this ratio. Beyond it, blocks of the old order become too long.
constexpr double kMostStretch = 2;

}  // namespace

void Prepared::AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                           std::span<const double> new_lengthscales, int64_t d) {
  std::vector<double> ratios;
  for (int64_t c = 0; c < d; ++c)
    ratios.push_back(LengthscaleOf(old_lengthscales, c) / LengthscaleOf(new_lengthscales, c));
  const auto [least, largest] = std::minmax_element(ratios.begin(), ratios.end());
  if (!(*largest <= kMostStretch * *least)) return;
  trees_.AdoptOrders(other.trees_, ratios);
  scans_.AdoptOrders(other.scans_, ratios);
  space_trees_.AdoptOrders(other.space_trees_, ratios);
}

double Prepared::ScanSeconds(int64_t k, bool has_start) const {
  const ScanTime time = scan_time_.load(std::memory_order_relaxed);
  return (has_start ? -k : k) == time.k ? static_cast<double>(time.seconds) : 0;
}

void Prepared::SetScanSeconds(int64_t k, bool has_start, double seconds) {
  scan_time_.store({static_cast<int32_t>(has_start ? -k : k), static_cast<float>(seconds)},
                   std::memory_order_relaxed);
}

void Prepared::Save(const IndexWriter& writer) const {
  trees_.Save(writer.In("tree"));
  scans_.Save(writer.In("scan"));
  space_trees_.Save(writer.In("scaled"));
}

void Prepared::Load(const IndexReader& reader) {
  trees_.Load(reader.In("tree"));
  scans_.Load(reader.In("scan"));
  space_trees_.Load(reader.In("scaled"));
}

}  // namespace residual_knn
