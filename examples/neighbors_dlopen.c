/*
 * Finds the nearest predecessors of twelve weather stations. The program is not linked with the library; it loads the
 * library at run time, as plugin hosts and foreign-function interfaces do.
 *
 *   cc -std=c99 $(pkg-config --cflags residual_knn) neighbors_dlopen.c -ldl -o neighbors_dlopen
 *   ./neighbors_dlopen [path of libresidual_knn.so.0]
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <residual_knn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stations.h"

/* The functions of the library that this program uses. */
typedef struct library {
  void* handle;
  void (*model_options_init)(residual_knn_model_options*, size_t);
  residual_knn_status (*index_create)(const double*, int64_t, int64_t, const double*, int64_t,
                                      const double*, int64_t, const residual_knn_model_options*,
                                      residual_knn_index**);
  residual_knn_status (*predecessors)(const residual_knn_index*, const int64_t*, int64_t,
                                      const residual_knn_search_options*, int32_t, int64_t*,
                                      double*, residual_knn_statistics*);
  void (*index_free)(residual_knn_index*);
  const char* (*last_error)(void);
} library;

/* ISO C cannot convert the object pointer of dlsym to a function pointer, so the bytes are copied. */
static void look_up(void* handle, const char* name, void* function, size_t size) {
  void* const symbol = dlsym(handle, name);
  if (symbol == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(EXIT_FAILURE);
  }
  memcpy(function, &symbol, size);
}

static library load(const char* path) {
  library lib;
  lib.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (lib.handle == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(EXIT_FAILURE);
  }
  look_up(lib.handle, "residual_knn_model_options_init", &lib.model_options_init,
          sizeof lib.model_options_init);
  look_up(lib.handle, "residual_knn_index_create", &lib.index_create, sizeof lib.index_create);
  look_up(lib.handle, "residual_knn_predecessors", &lib.predecessors, sizeof lib.predecessors);
  look_up(lib.handle, "residual_knn_index_free", &lib.index_free, sizeof lib.index_free);
  look_up(lib.handle, "residual_knn_last_error", &lib.last_error, sizeof lib.last_error);
  return lib;
}

static void search(const library* lib, int64_t* neighbors, double* distances) {
  residual_knn_index* index = NULL;
  residual_knn_model_options model;
  residual_knn_status status;

  lib->model_options_init(&model, sizeof model);
  model.kernel = RESIDUAL_KNN_MATERN52;
  model.variance = variance;
  model.nugget = nugget;
  status = lib->index_create(stations, NUM_STATIONS, NUM_COORDINATES, lengthscales, NUM_COORDINATES,
                             inducing_points, NUM_INDUCING, &model, &index);
  if (status == RESIDUAL_KNN_OK) {
    status = lib->predecessors(index, NULL, NUM_STATIONS, NULL, NUM_NEIGHBORS, neighbors, distances,
                               NULL);
  }
  lib->index_free(index);
  if (status != RESIDUAL_KNN_OK) {
    fprintf(stderr, "%s\n", lib->last_error());
    exit(EXIT_FAILURE);
  }
}

int main(int argc, char** argv) {
  const char* const path = argc > 1 ? argv[1] : "libresidual_knn.so.0";
  int64_t neighbors[NUM_STATIONS * NUM_NEIGHBORS];
  double distances[NUM_STATIONS * NUM_NEIGHBORS];
  int row;
  int rank;

  /* Closing and loading again must work too, because hosts do this. */
  for (row = 0; row < 2; ++row) {
    const library lib = load(path);
    search(&lib, neighbors, distances);
    if (dlclose(lib.handle) != 0) {
      fprintf(stderr, "%s\n", dlerror());
      return EXIT_FAILURE;
    }
  }

  puts("query,rank,neighbor,distance");
  for (row = 0; row < NUM_STATIONS; ++row) {
    for (rank = 0; rank < NUM_NEIGHBORS && neighbors[row * NUM_NEIGHBORS + rank] >= 0; ++rank) {
      const int place = row * NUM_NEIGHBORS + rank;
      printf("%d,%d,%" PRId64 ",%.17g\n", row, rank, neighbors[place], distances[place]);
    }
  }
  return EXIT_SUCCESS;
}
