// Reads conditioning sets from a caller's array, in either layout and width.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "c_api/query_arguments.h"
#include "conditioning/neighbor_sets.h"

namespace residual_knn {

template <class Row>
struct SetArray {
  const Row* neighbors = nullptr;
  int64_t num_queries = 0;
  int64_t k = 0;
  bool dimension_major = false;
  Numbering<Row> numbering;
  const char* name = "neighbors";

  [[nodiscard]] Row At(int64_t slot, int64_t place) const {
    return neighbors[dimension_major ? place * num_queries + slot : slot * k + place];
  }
};

// What the sets of a function may hold.
struct SetRules {
  bool repeats = false;  // rows more than once, and the query itself
};

template <class Row>
class CallerSets : public NeighborSets {
 public:
  explicit CallerSets(const SetArray<Row>& array) : array_(array) {}

  [[nodiscard]] int64_t k() const override { return array_.k; }

  void Read(int64_t slot, std::vector<int64_t>& rows, std::vector<int64_t>& places) const override {
    rows.clear();
    places.clear();
    for (int64_t place = 0; place < array_.k; ++place) {
      const Row value = array_.At(slot, place);
      if (value == array_.numbering.missing) continue;
      rows.push_back(int64_t{value} - array_.numbering.base);
      places.push_back(place);
    }
  }

  // Throws for a row that is not one of the index and, unless the rules allow repeats, for one that a set names twice or
  // that is the query itself. self(slot) is the row of the query with this place, -1 for a new point.
  template <class Self>
  void Check(int64_t n, const SetRules& rules, const Self& self) const {
    std::vector<int64_t> rows;
    std::vector<int64_t> places;
    std::vector<int64_t> sorted;
    for (int64_t slot = 0; slot < array_.num_queries; ++slot) {
      Read(slot, rows, places);
      const int64_t own = self(slot);
      for (size_t a = 0; a < rows.size(); ++a) {
        if (rows[a] < 0 || rows[a] >= n) {
          ThrowNoRow(Place(slot, places[a]), array_.At(slot, places[a]), array_.numbering, n);
        }
        if (rows[a] == own && !rules.repeats)
          ThrowInvalid(Name(slot, places[a]) + ", the query itself");
      }
      if (rules.repeats) continue;
      sorted = rows;
      std::sort(sorted.begin(), sorted.end());
      const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
      if (twice == sorted.end()) continue;
      const auto last = std::find(rows.rbegin(), rows.rend(), *twice);
      ThrowInvalid(Name(slot, places[rows.rend() - last - 1]) + ", which the query has already");
    }
  }

 private:
  [[nodiscard]] Message Place(int64_t slot, int64_t place) const {
    return Message(array_.name) + ": place " + Ordinal{place} + " of query " + Ordinal{slot} +
           " is ";
  }
  [[nodiscard]] Message Name(int64_t slot, int64_t place) const {
    return WithRow(Place(slot, place), array_.At(slot, place));
  }

  SetArray<Row> array_;
};

}  // namespace residual_knn
