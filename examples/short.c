/* A minimal complete program: finds the two nearest predecessors of each of five points.
 *
 *   cc -std=c99 short.c $(pkg-config --cflags --libs residual_knn)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <residual_knn.h>
#include <stdio.h>

int main(void) {
  const double points[] = {12, 31, 78, 65, 45, 8, 92, 23, 24, 72};
  const double inducing[] = {20, 25, 80, 35};
  const double lengthscale = 40;
  int64_t neighbors[5 * 2];
  residual_knn_index* index = NULL;
  residual_knn_status status =
      residual_knn_index_create(points, 5, 2, &lengthscale, 1, inducing, 2, NULL, &index);
  if (status == RESIDUAL_KNN_OK)
    status = residual_knn_predecessors(index, NULL, 5, NULL, 2, neighbors, NULL, NULL);
  if (status != RESIDUAL_KNN_OK) fprintf(stderr, "%s\n", residual_knn_last_error());
  residual_knn_index_free(index);
  if (status == RESIDUAL_KNN_OK) printf("%d and %d\n", (int)neighbors[8], (int)neighbors[9]);
  return status != RESIDUAL_KNN_OK;
}
