// Compares with reference answers for real data: 32,436 ocean measurements, 200 inducing points, Matern 3/2.
// Skipped (exit code 77) if the reference folder is absent.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kTolerance = 1e-9;
constexpr int32_t kNeighbors = 30;

const std::string& Folder() {
  static const std::string folder = std::string(RESIDUAL_KNN_SHARED_DIR) + "/reference/argo2016_";
  return folder;
}

// The numbers of a CSV file with a header, in row order; nothing if it cannot be read.
std::optional<Points> ReadCsv(const std::string& name) {
  std::ifstream file(Folder() + name + ".csv");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  Points table;
  while (std::getline(file, line)) {
    std::stringstream cells(line);
    std::string cell;
    int64_t columns = 0;
    while (std::getline(cells, cell, ',')) {
      table.values.push_back(std::strtod(cell.c_str(), nullptr));
      ++columns;
    }
    if (table.n > 0 && columns != table.d) return std::nullopt;
    table.d = columns;
    ++table.n;
  }
  return table;
}

struct Place {
  int64_t neighbor;
  double distance;
};
using Oracle = std::map<int64_t, std::vector<Place>>;  // by query row

std::optional<Oracle> ReadOracle(const std::string& name) {
  const std::optional<Points> table = ReadCsv(name);
  if (!table || table->d != 4) return std::nullopt;
  Oracle oracle;
  for (int64_t i = 0; i < table->n; ++i) {
    std::vector<Place>& places = oracle[static_cast<int64_t>((*table)(i, 0))];
    if (static_cast<int64_t>((*table)(i, 1)) != static_cast<int64_t>(places.size())) {
      return std::nullopt;
    }
    places.push_back({static_cast<int64_t>((*table)(i, 2)), (*table)(i, 3)});
  }
  return oracle;
}

// Whether `neighbor` is allowed at a place where the reference has another neighbor. The reference distances of the two
// must differ by less than the tolerance. A neighbor that is not in the reference can only tie with its last one.
bool IsTie(const std::vector<Place>& places, size_t rank, int64_t neighbor) {
  for (const Place& place : places) {
    if (place.neighbor == neighbor) {
      return std::abs(place.distance - places[rank].distance) < kTolerance;
    }
  }
  return std::abs(places.back().distance - places[rank].distance) < kTolerance;
}

bool SameAsOracle(const char* name, const residual_knn_index* index, QueryKind kind,
                  const Points& queries) {
  const std::optional<Oracle> oracle = ReadOracle(name);
  if (!oracle) return Fail(std::string(name) + ": unreadable");
  Question question;
  question.kind = kind;
  question.k = kNeighbors;
  for (int64_t q = 0; q < queries.n; ++q)
    question.rows.push_back(static_cast<int64_t>(queries(q, 0)));
  Manner manner;
  manner.threads = 2;
  const Answer answer = Ask(index, question, manner);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());

  int64_t compared = 0;
  int64_t ties = 0;
  double largest = 0;
  for (int64_t q = 0; q < queries.n; ++q) {
    const int64_t row = question.rows[q];
    const auto found = oracle->find(row);
    const std::vector<Place> places = found == oracle->end() ? std::vector<Place>{} : found->second;
    for (int32_t rank = 0; rank < kNeighbors; ++rank) {
      const int64_t neighbor = answer.neighbors[q * kNeighbors + rank];
      const double distance = answer.distances[q * kNeighbors + rank];
      const std::string place = std::string(name) + ", row " + std::to_string(row) + ", rank " +
                                std::to_string(rank) + ": " + std::to_string(neighbor);
      if (rank >= static_cast<int32_t>(places.size())) {
        if (neighbor != -1 || !std::isinf(distance)) return Fail(place + " instead of none");
        continue;
      }
      ++compared;
      const double difference = std::abs(distance - places[rank].distance);
      if (!(difference < kTolerance)) {
        return Fail(place + " at " + std::to_string(distance) + " instead of " +
                    std::to_string(places[rank].distance));
      }
      largest = std::max(largest, difference);
      if (neighbor == places[rank].neighbor) continue;
      if (!IsTie(places, rank, neighbor)) {
        return Fail(place + " instead of " + std::to_string(places[rank].neighbor));
      }
      ++ties;
    }
  }
  std::printf("%s: %lld neighbors compared, %lld ties, largest difference of distances %.2g\n",
              name, static_cast<long long>(compared), static_cast<long long>(ties), largest);
  // 402 queries with 30 neighbors each, except for the few rows with fewer predecessors.
  return compared > 11'000 || Fail(std::string(name) + ": too few neighbors");
}

bool ReferenceHolds() {
  const std::optional<Points> points = ReadCsv("points");
  const std::optional<Points> inducing = ReadCsv("inducing");
  const std::optional<Points> queries = ReadCsv("queries");
  if (!points || !inducing || !queries) return Fail(Folder() + "*.csv: unreadable");
  Model model;
  model.kernel.family = RESIDUAL_KNN_MATERN32;
  model.kernel.lengthscales = {0.1, 0.1, 0.1, 60};
  model.jitter = 1e-8;
  model.points = *points;
  model.inducing = *inducing;
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 2);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  return SameAsOracle("all", created.index.get(), QueryKind::kNeighbors, *queries) &&
         SameAsOracle("predecessors", created.index.get(), QueryKind::kPredecessors, *queries);
}

void TestReference(void** /*state*/) { assert_true(ReferenceHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  if (!std::ifstream(residual_knn_test::Folder() + "points.csv")) {
    std::printf("skipped: %s*.csv is absent\n", residual_knn_test::Folder().c_str());
    return 77;
  }
  const CMUnitTest tests[] = {cmocka_unit_test(residual_knn_test::TestReference)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
