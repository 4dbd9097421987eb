/*
 * Finds the nearest predecessors of twelve weather stations, in C99, with options.
 *
 *   cc -std=c99 neighbors.c $(pkg-config --cflags --libs residual_knn) -o neighbors
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <residual_knn.h>
#include <stdio.h>
#include <stdlib.h>

#include "stations.h"

int main(void) {
  int64_t neighbors[NUM_STATIONS * NUM_NEIGHBORS];
  double distances[NUM_STATIONS * NUM_NEIGHBORS];
  residual_knn_index* index = NULL;
  residual_knn_model_options model;
  residual_knn_status status;
  int row;
  int rank;

  residual_knn_model_options_init(&model, sizeof model);
  model.kernel = RESIDUAL_KNN_MATERN52;
  model.variance = variance;
  model.nugget = nugget;
  status =
      residual_knn_index_create(stations, NUM_STATIONS, NUM_COORDINATES, lengthscales,
                                NUM_COORDINATES, inducing_points, NUM_INDUCING, &model, &index);
  if (status == RESIDUAL_KNN_OK) {
    status = residual_knn_predecessors(index, NULL, NUM_STATIONS, NULL, NUM_NEIGHBORS, neighbors,
                                       distances, NULL);
  }
  residual_knn_index_free(index);
  if (status != RESIDUAL_KNN_OK) {
    fprintf(stderr, "%s: %s\n", residual_knn_status_string(status), residual_knn_last_error());
    return EXIT_FAILURE;
  }

  /* The first stations have fewer than three predecessors. Places without a neighbor hold -1. */
  puts("query,rank,neighbor,distance");
  for (row = 0; row < NUM_STATIONS; ++row) {
    for (rank = 0; rank < NUM_NEIGHBORS && neighbors[row * NUM_NEIGHBORS + rank] >= 0; ++rank) {
      const int place = row * NUM_NEIGHBORS + rank;
      printf("%d,%d,%" PRId64 ",%.17g\n", row, rank, neighbors[place], distances[place]);
    }
  }
  return EXIT_SUCCESS;
}
