// Finds the nearest predecessors of twelve weather stations, in C++11. A unique_ptr frees the index. A status other
// than RESIDUAL_KNN_OK becomes an exception.
//
//   c++ -std=c++11 neighbors.cpp $(pkg-config --cflags --libs residual_knn) -o neighbors
//
// SPDX-License-Identifier: Apache-2.0
#include <residual_knn.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "stations.h"

namespace {

struct FreeIndex {
  void operator()(residual_knn_index* index) const { residual_knn_index_free(index); }
};
using Index = std::unique_ptr<residual_knn_index, FreeIndex>;

void throw_unless_ok(residual_knn_status status) {
  if (status != RESIDUAL_KNN_OK) {
    throw std::runtime_error(std::string(residual_knn_status_string(status)) + ": " +
                             residual_knn_last_error());
  }
}

Index make_index() {
  residual_knn_model_options model;
  residual_knn_model_options_init(&model, sizeof model);
  model.kernel = RESIDUAL_KNN_MATERN52;
  model.variance = variance;
  model.nugget = nugget;
  residual_knn_index* index = nullptr;
  throw_unless_ok(residual_knn_index_create(stations, NUM_STATIONS, NUM_COORDINATES, lengthscales,
                                            NUM_COORDINATES, inducing_points, NUM_INDUCING, &model,
                                            &index));
  return Index(index);
}

void print_predecessors(const Index& index) {
  std::vector<std::int64_t> neighbors(NUM_STATIONS * NUM_NEIGHBORS);
  std::vector<double> distances(neighbors.size());
  throw_unless_ok(residual_knn_predecessors(index.get(), nullptr, NUM_STATIONS, nullptr,
                                            NUM_NEIGHBORS, neighbors.data(), distances.data(),
                                            nullptr));
  std::cout << "query,rank,neighbor,distance\n"
            << std::setprecision(std::numeric_limits<double>::max_digits10);
  for (std::size_t place = 0; place < neighbors.size(); ++place) {
    if (neighbors[place] < 0) continue;  // the first stations have fewer than three predecessors
    std::cout << place / NUM_NEIGHBORS << ',' << place % NUM_NEIGHBORS << ',' << neighbors[place]
              << ',' << distances[place] << '\n';
  }
}

}  // namespace

int main() {
  try {
    print_predecessors(make_index());
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
