/*
 * Finds the nearest predecessors of twelve weather stations with several processes, in C99. Every process gets the results
 * of a part of the stations, and process 0 prints those of all parts.
 *
 *   mpicc -std=c99 neighbors_mpi.c $(pkg-config --cflags --libs residual_knn_mpi) -o neighbors_mpi
 *   mpirun -n 3 ./neighbors_mpi
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <residual_knn_mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "stations.h"

/* What fails on one process fails on all, so that all come here together. */
static int fail(residual_knn_status status, int rank) {
  if (rank == 0) {
    fprintf(stderr, "%s: %s\n", residual_knn_status_string(status), residual_knn_last_error());
  }
  MPI_Finalize();
  return EXIT_FAILURE;
}

int main(int argc, char** argv) {
  int64_t neighbors[NUM_STATIONS * NUM_NEIGHBORS];
  double distances[NUM_STATIONS * NUM_NEIGHBORS];
  residual_knn_index* index = NULL;
  residual_knn_model_options model;
  residual_knn_status status;
  int64_t first = 0;
  int64_t count = 0;
  int rank;
  int size;
  int part;
  int place;

  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  residual_knn_model_options_init(&model, sizeof model);
  model.kernel = RESIDUAL_KNN_MATERN52;
  model.variance = variance;
  model.nugget = nugget;
  status = residual_knn_mpi_index_create(MPI_COMM_WORLD, stations, NUM_STATIONS, NUM_COORDINATES,
                                         lengthscales, NUM_COORDINATES, inducing_points,
                                         NUM_INDUCING, &model, &index);
  if (status != RESIDUAL_KNN_OK) return fail(status, rank);
  status =
      residual_knn_mpi_predecessors(MPI_COMM_WORLD, RESIDUAL_KNN_MPI_PART, index, NULL,
                                    NUM_STATIONS, NULL, NUM_NEIGHBORS, neighbors, distances, NULL);
  residual_knn_index_free(index);
  if (status != RESIDUAL_KNN_OK) return fail(status, rank);

  /* Process 0 prints all parts. With a large answer, each process would write its part to a file instead. */
  residual_knn_mpi_part(NUM_STATIONS, size, rank, &first, &count);
  if (rank != 0) {
    MPI_Send(neighbors, (int)count * NUM_NEIGHBORS, MPI_INT64_T, 0, 0, MPI_COMM_WORLD);
    MPI_Send(distances, (int)count * NUM_NEIGHBORS, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD);
  } else {
    puts("query,rank,neighbor,distance");
    for (part = 0; part < size; ++part) {
      residual_knn_mpi_part(NUM_STATIONS, size, part, &first, &count);
      if (part > 0) {
        MPI_Recv(neighbors, (int)count * NUM_NEIGHBORS, MPI_INT64_T, part, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        MPI_Recv(distances, (int)count * NUM_NEIGHBORS, MPI_DOUBLE, part, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
      }
      for (place = 0; place < count * NUM_NEIGHBORS; ++place) {
        if (neighbors[place] < 0) continue;
        printf("%" PRId64 ",%d,%" PRId64 ",%.17g\n", first + place / NUM_NEIGHBORS,
               place % NUM_NEIGHBORS, neighbors[place], distances[place]);
      }
    }
  }
  MPI_Finalize();
  return EXIT_SUCCESS;
}
