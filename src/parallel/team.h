// Processes that make an index together. Each of them has the whole index in the end, but computes only a part of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn {

// The calls of all processes must be the same and in the same order. They are made on the calling thread only, and throw
// if another process has failed.
class Team {
 public:
  Team() = default;
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  virtual ~Team() = default;

  // The number of this process, from 0 on, and of all processes.
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;

  // Every process gives a number. Returns those of all.
  virtual std::vector<int64_t> Share(int64_t number) = 0;

  // parts[r] are the bytes of process r: this process sends parts[rank()] and receives the others. The sizes of the parts
  // must be the same on all processes.
  virtual void Exchange(std::span<const std::span<unsigned char>> parts) = 0;
};

// Who does the work of a call: threads, and other processes unless `team` is null.
struct Workforce {
  int threads = 1;
  Team* team = nullptr;

  Workforce(int threads_here, Team* others = nullptr)  // NOLINT(google-explicit-constructor)
      : threads(threads_here), team(others) {}

  // This process does the tasks rank() + i * size() of many tasks. Without a team, it does all.
  [[nodiscard]] int rank() const { return team == nullptr ? 0 : team->rank(); }
  [[nodiscard]] int size() const { return team == nullptr ? 1 : team->size(); }
};

// The consecutive part of `count` things that process r of a team has; the parts differ by one at most.
inline int64_t BeginOfPart(int64_t count, int size, int64_t r) {
  return count / size * r + std::min<int64_t>(count % size, r);
}

// Values are those of all processes afterwards: process r has set values [begins[r], begins[r + 1]).
inline void ExchangeParts(Team& team, std::span<double> values, std::span<const int64_t> begins) {
  auto* const bytes = reinterpret_cast<unsigned char*>(values.data());
  std::vector<std::span<unsigned char>> parts;
  for (size_t r = 0; r + 1 < begins.size(); ++r) {
    parts.emplace_back(bytes + begins[r] * static_cast<int64_t>(sizeof(double)),
                       static_cast<size_t>(begins[r + 1] - begins[r]) * sizeof(double));
  }
  team.Exchange(parts);
}

}  // namespace residual_knn
