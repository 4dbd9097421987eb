// The team of a caller, whose functions are in C.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "c_api/team.h"
#include "parallel/team.h"

namespace residual_knn {

class CallerTeam : public Team {
 public:
  // `team` must outlive this object.
  explicit CallerTeam(const residual_knn_team& team) : team_(team) {
    if (team.size < 1 || team.rank < 0 || team.rank >= team.size) {
      ThrowInvalid("team: rank is " + std::to_string(team.rank) + " and size is " +
                   std::to_string(team.size));
    }
  }

  [[nodiscard]] int rank() const override { return team_.rank; }
  [[nodiscard]] int size() const override { return team_.size; }

  std::vector<int64_t> Share(int64_t number) override {
    std::vector<int64_t> numbers(static_cast<size_t>(team_.size));
    Check(team_.share(team_.user, number, numbers.data()));
    return numbers;
  }

  void Exchange(std::span<const std::span<unsigned char>> parts) override {
    std::vector<unsigned char*> data;
    std::vector<int64_t> bytes;
    for (const std::span<unsigned char>& part : parts) {
      data.push_back(part.data());
      bytes.push_back(static_cast<int64_t>(part.size()));
    }
    Check(team_.exchange(team_.user, data.data(), bytes.data()));
  }

 private:
  static void Check(residual_knn_status status) {
    if (status != RESIDUAL_KNN_OK) throw Error(status, "another process has failed");
  }

  const residual_knn_team& team_;
};

}  // namespace residual_knn
