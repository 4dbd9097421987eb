// Sets of neighbors for tests: random ones, and those of searches.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

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
  Model model = PlainModel(random, n, m);
  model.kernel.lengthscales = {0.4};
  model.kernel.variance = 2;
  model.nugget = 0.05;
  return model;
}

// The points of an index, of which the last are queries: as rows, and as new points of an index without them. The origin
// of an index is the value of a point. Here it is the same for both indexes.
struct NewPointCase {
  static constexpr int64_t kNew = 8;

  explicit NewPointCase(Random& random) : whole(SmoothModel(random, 80, 10)), old(whole) {
    old.points.n -= kNew;
    queries.assign(whole.points.values.end() - 2 * kNew, whole.points.values.end());
    old.points.values.resize(static_cast<size_t>(2 * old.points.n));
    sets.k = 7;
    for (int64_t i = 0; i < kNew; ++i) {
      sets.rows.push_back(old.points.n + i);
      std::vector<int64_t> set = RandomPermutation(random, old.points.n);
      set[sets.k - 1 - i % 2] = i % 3 == 0 ? -1 : set[sets.k - 1 - i % 2];
      sets.neighbors.insert(sets.neighbors.end(), set.begin(), set.begin() + sets.k);
    }
  }

  Model whole;
  Model old;
  std::vector<double> queries;
  Sets sets;  // the rows are those of the whole
};

// Whether all values differ by less than `error`.
inline bool IsClose(const std::vector<double>& a, const std::vector<double>& b, double error) {
  if (a.size() != b.size()) return Fail("the number of values");
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) < error)) return Fail("value " + std::to_string(i));
  }
  return true;
}

}  // namespace residual_knn_test
