// Sets of neighbors for tests: random ones, and those of searches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"

namespace residual_knn_test {

// Conditioning sets query by query, -1 in places without a neighbor.
struct Sets {
  std::vector<int64_t> rows;
  int32_t k = 1;
  std::vector<int64_t> neighbors;

  [[nodiscard]] int64_t count() const { return static_cast<int64_t>(rows.size()); }
  [[nodiscard]] std::vector<int64_t> Of(int64_t query) const {
    std::vector<int64_t> set;
    for (int64_t place = 0; place < k; ++place) {
      if (neighbors[query * k + place] >= 0) set.push_back(neighbors[query * k + place]);
    }
    return set;
  }
};

// Random sets of random rows: neighbors that a search has found, or rows of any kind.
inline Sets DrawSets(Random& random, const residual_knn_index* index, int64_t n) {
  Sets sets;
  sets.rows = RandomRowNumbers(random, n, random.Integer(1, 12));
  sets.k = static_cast<int32_t>(random.Integer(1, 20));
  if (random.Chance(0.5)) {
    Question question;
    question.kind = random.Chance(0.5) ? QueryKind::kPredecessors : QueryKind::kNeighbors;
    question.rows = sets.rows;
    question.k = sets.k;
    sets.neighbors = Ask(index, question).neighbors;
    return sets;
  }
  for (const int64_t row : sets.rows) {
    std::vector<int64_t> others = RandomPermutation(random, n);
    std::erase(others, row);
    others.resize(static_cast<size_t>(sets.k), -1);
    for (int64_t& other : others) {
      if (random.Chance(0.2)) other = -1;
    }
    sets.neighbors.insert(sets.neighbors.end(), others.begin(), others.end());
  }
  return sets;
}

// All rows in order, with all their predecessors.
inline Sets AllPredecessors(int64_t n) {
  Sets sets;
  sets.k = static_cast<int32_t>(n - 1);
  for (int64_t i = 0; i < n; ++i) {
    sets.rows.push_back(i);
    for (int64_t j = 0; j < n - 1; ++j) sets.neighbors.push_back(j < i ? j : -1);
  }
  return sets;
}

// A model with strong residual correlations and a nugget.
inline Model SmoothModel(Random& random, int64_t n, int64_t m) {
  Model model;
  model.kernel.lengthscales = {0.4};
  model.kernel.variance = 2;
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomPoints(random, Shape::kUniform, m, 2);
  model.nugget = 0.05;
  return model;
}

}  // namespace residual_knn_test
