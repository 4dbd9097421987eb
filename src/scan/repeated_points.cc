#include "scan/repeated_points.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

using Hashed = std::pair<uint64_t, int64_t>;  // hash and row

uint64_t Mix(uint64_t x) {  // the finalizer of SplitMix64 (Steele, Lea and Flood 2014)
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

uint64_t Hash(const ScaledPoints& points, int64_t row) {
  uint64_t hash = 0;
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    const double value = points(row, c) + 0.0;  // -0 becomes 0
    hash = Mix(hash + 0x9E3779B97F4A7C15 + std::bit_cast<uint64_t>(value));
  }
  return hash;
}

bool Same(const ResidualModel& model, int64_t a, int64_t b) {
  for (int64_t c = 0; c < model.d(); ++c) {
    if (model.points()(a, c) != model.points()(b, c)) return false;
  }
  // Where V follows from the points, the same point has the same row.
  if (model.inducing() != nullptr) return true;
  return model.residual_variance(a) == model.residual_variance(b) &&
         std::equal(model.v(a), model.v(a) + model.m(), model.v(b));
}

// Returns the rows sorted by hash; rows of one hash ascend. Sorts in parts, so that the monitor is polled in between.
std::vector<Hashed> RowsByHash(const ResidualModel& model, Monitor& monitor) {
  constexpr int kPartBits = 8;
  constexpr size_t kParts = size_t{1} << kPartBits;
  const auto part_of = [](uint64_t hash) { return static_cast<size_t>(hash >> (64 - kPartBits)); };
  constexpr int64_t kRowsAtOnce = 1 << 16;
  std::vector<uint64_t> hashes(static_cast<size_t>(model.n()));
  std::array<size_t, kParts + 1> ends{};
  for (int64_t row = 0; row < model.n(); ++row) {
    if (row % kRowsAtOnce == 0) monitor.Look();
    hashes[row] = Hash(model.points(), row);
    ++ends[part_of(hashes[row]) + 1];
  }
  for (size_t part = 0; part < kParts; ++part) ends[part + 1] += ends[part];
  std::array<size_t, kParts> next{};
  std::copy_n(ends.begin(), kParts, next.begin());
  std::vector<Hashed> rows(hashes.size());
  for (int64_t row = 0; row < model.n(); ++row) {
    if (row % kRowsAtOnce == 0) monitor.Look();
    rows[next[part_of(hashes[row])]++] = {hashes[row], row};
  }
  for (size_t part = 0; part < kParts; ++part) {
    monitor.Look();
    std::sort(rows.begin() + static_cast<std::ptrdiff_t>(ends[part]),
              rows.begin() + static_cast<std::ptrdiff_t>(ends[part + 1]));
  }
  return rows;
}

}  // namespace

RepeatedPoints::RepeatedPoints(const ResidualModel& model, Monitor& monitor) {
  if (model.covariance() == nullptr) return;
  const std::vector<Hashed> rows = RowsByHash(model, monitor);
  constexpr size_t kRowsAtOnce = 1 << 12;
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    int64_t before = 0;
    for (end = begin + 1; end < rows.size() && rows[end].first == rows[begin].first; ++end) {
      if (end % kRowsAtOnce == 0) monitor.Look();
      // A row that differs from the first of its hash counts as a point of its own. This only costs time.
      if (!Same(model, rows[begin].second, rows[end].second)) continue;
      repeated_.push_back({rows[end].second, ++before});
    }
  }
  std::sort(repeated_.begin(), repeated_.end(),
            [](const Repeated& a, const Repeated& b) { return a.row < b.row; });
}

int64_t RepeatedPoints::NumRowsAfter(int64_t count) const {
  return std::count_if(repeated_.begin(), repeated_.end(),
                       [count](const Repeated& each) { return each.before >= count; });
}

std::vector<int64_t> RepeatedPoints::RowsAfter(int64_t count) const {
  std::vector<int64_t> rows;
  for (const Repeated& each : repeated_) {
    if (each.before >= count) rows.push_back(each.row);
  }
  return rows;
}

void RepeatedPoints::Save(const IndexWriter& writer) const {
  writer.Numbers("rows", repeated_, IndexWriter::kAnyCount);
}

RepeatedPoints::RepeatedPoints(const IndexReader& reader, const ResidualModel& model) {
  reader.Numbers("rows", repeated_, IndexReader::kAnyCount);
  int64_t least = 0;
  for (const Repeated& each : repeated_) {
    reader.Require(each.row >= least && each.row < model.n() && each.before > 0, "a row number");
    least = each.row + 1;
  }
}

}  // namespace residual_knn
