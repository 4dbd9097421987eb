#include "mpi/result_exchange.h"

#include <algorithm>
#include <span>
#include <utility>

#include "mpi/bytes.h"
#include "mpi/mail.h"
#include "parallel/team.h"

namespace residual_knn::mpi {
namespace {

void Place(const FoundNeighbors& found, int32_t k, const ResultPlaces& places) {
  for (size_t i = 0; i < found.queries.size(); ++i) {
    const int64_t query = found.queries[i] - places.first;
    const int64_t step = places.dimension_major ? places.count : 1;
    int64_t at = places.dimension_major ? query : query * k;
    for (size_t from = i * static_cast<size_t>(k); from < (i + 1) * static_cast<size_t>(k);
         ++from, at += step) {
      places.neighbors[at] = found.neighbors[from];
      if (places.distances != nullptr) places.distances[at] = found.distances[from];
      if (places.conditional_variances != nullptr) {
        places.conditional_variances[at] = found.conditional_variances[from];
      }
    }
  }
}

// Appends the results of one query.
void CopyResults(const FoundNeighbors& found, size_t which, int32_t k, FoundNeighbors* out) {
  const auto places = static_cast<size_t>(k);
  const auto copy = [&](const auto& from, auto* to) {
    if (from.empty()) return;
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(which * places);
    to->insert(to->end(), first, first + k);
  };
  out->queries.push_back(found.queries[which]);
  copy(found.neighbors, &out->neighbors);
  copy(found.distances, &out->distances);
  copy(found.conditional_variances, &out->conditional_variances);
}

Bytes ToBytes(const FoundNeighbors& found) {
  Bytes bytes;
  Put(found.queries, &bytes);
  Put(found.neighbors, &bytes);
  Put(found.distances, &bytes);
  Put(found.conditional_variances, &bytes);
  return bytes;
}

FoundNeighbors FromBytes(const Bytes& bytes) {
  BytesReader reader(bytes);
  FoundNeighbors found;
  found.queries = reader.Take<int64_t>();
  found.neighbors = reader.Take<int64_t>();
  found.distances = reader.Take<double>();
  found.conditional_variances = reader.Take<double>();
  return found;
}

}  // namespace

void ShareWithAll(CommTeam& team, int32_t k, const FoundNeighbors& found,
                  const ResultPlaces& places) {
  constexpr int64_t kBytesAtOnce = int64_t{64} << 20;
  Place(found, k, places);
  const int64_t bytes_of_query = int64_t{24} * k + 8;
  const int64_t at_once = std::max<int64_t>(kBytesAtOnce / (bytes_of_query * team.size()), 1);
  int64_t rounds = 0;
  for (const int64_t queries : team.Share(std::ssize(found.queries))) {
    rounds = std::max(rounds, (queries + at_once - 1) / at_once);
  }
  size_t next = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    FoundNeighbors some;
    const size_t end = std::min(next + static_cast<size_t>(at_once), found.queries.size());
    for (; next < end; ++next) CopyResults(found, next, k, &some);
    Bytes mine = ToBytes(some);
    const std::vector<int64_t> sizes = team.Share(std::ssize(mine));
    std::vector<Bytes> all(static_cast<size_t>(team.size()));
    std::vector<std::span<unsigned char>> parts;
    for (size_t process = 0; process < all.size(); ++process) {
      const bool own = static_cast<int>(process) == team.rank();
      if (!own) all[process].resize(static_cast<size_t>(sizes[process]));
      parts.emplace_back(own ? mine : all[process]);
    }
    team.Exchange(parts);
    for (size_t process = 0; process < all.size(); ++process) {
      if (static_cast<int>(process) != team.rank()) Place(FromBytes(all[process]), k, places);
    }
  }
}

void ShareParts(CommTeam& team, int32_t k, int64_t num_queries, FoundNeighbors found,
                const ResultPlaces& places) {
  const int size = team.size();
  std::vector<int64_t> ends;
  for (int64_t r = 1; r <= size; ++r) ends.push_back(BeginOfPart(num_queries, size, r));
  std::vector<FoundNeighbors> parts(static_cast<size_t>(size));
  for (size_t i = 0; i < found.queries.size(); ++i) {
    const auto owner = std::upper_bound(ends.begin(), ends.end(), found.queries[i]) - ends.begin();
    CopyResults(found, i, k, &parts[static_cast<size_t>(owner)]);
  }
  found = {};
  std::vector<Bytes> outgoing;
  for (FoundNeighbors& part : parts) {
    outgoing.push_back(ToBytes(part));
    part = {};
  }
  for (const Bytes& letter : ExchangeMail(team, std::move(outgoing))) {
    Place(FromBytes(letter), k, places);
  }
}

}  // namespace residual_knn::mpi
