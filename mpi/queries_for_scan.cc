#include "mpi/queries_for_scan.h"

#include "parallel/team.h"

namespace residual_knn::mpi {
namespace {

// To make V in integers takes a process about as long as to scan for this many queries for each inducing point. Measured
// with a million points and 200 inducing points (AVX-512): 4 s, and .1 ms a query.
constexpr int64_t kQueriesForPreparation = 200;

}  // namespace

unsigned char* QueriesForScan::Marks(size_t lot) {
  marks_.assign(lot, 0);
  return marks_.data();
}

std::vector<int64_t> QueriesForScan::Divide(std::span<const int64_t> lot) {
  std::vector<int64_t> others;
  others.reserve(lot.size());
  for (size_t i = 0; i < lot.size(); ++i) {
    (marks_[i] != 0 ? queries_ : others).push_back(lot[i]);
  }
  return others;
}

std::vector<int64_t> QueriesForScan::ShareOut(CommTeam& team, int64_t m) const {
  const std::vector<int64_t> counts = team.Share(std::ssize(queries_));
  std::vector<std::vector<int64_t>> all;
  std::vector<std::span<unsigned char>> parts;
  all.reserve(counts.size());
  parts.reserve(counts.size());
  for (const int64_t count : counts) all.emplace_back(static_cast<size_t>(count));
  all[static_cast<size_t>(team.rank())] = queries_;
  for (std::vector<int64_t>& of_one : all) {
    parts.emplace_back(reinterpret_cast<unsigned char*>(of_one.data()),
                       of_one.size() * sizeof(int64_t));
  }
  team.Exchange(parts);
  std::vector<int64_t> left;
  for (const std::vector<int64_t>& of_one : all) {
    left.insert(left.end(), of_one.begin(), of_one.end());
  }
  const int64_t worth = std::ssize(left) / std::max<int64_t>(kQueriesForPreparation * m, 1);
  const int processes = static_cast<int>(std::clamp<int64_t>(worth, 1, team.size()));
  if (team.rank() >= processes) return {};
  const int64_t begin = BeginOfPart(std::ssize(left), processes, team.rank());
  const int64_t end = BeginOfPart(std::ssize(left), processes, team.rank() + 1);
  return {left.begin() + begin, left.begin() + end};
}

}  // namespace residual_knn::mpi
