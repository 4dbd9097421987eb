"""An answer that does not fit into memory: the search passes it on in batches, which are written to .npy files that are mapped
into memory. V is computed when it is needed (`factor_storage`), so the index is small too.

SPDX-License-Identifier: Apache-2.0
"""
import os
import tempfile

import numpy as np

import residual_knn as rk

NUM_POINTS = 20_000
NUM_NEIGHBORS = 10

points = np.random.default_rng(1).random((NUM_POINTS, 2))  # or numpy.load(..., mmap_mode="r")
with tempfile.TemporaryDirectory() as folder:
    shape = (NUM_POINTS, NUM_NEIGHBORS)
    neighbors = np.lib.format.open_memmap(os.path.join(folder, "neighbors.npy"), "w+", np.int64, shape)
    distances = np.lib.format.open_memmap(os.path.join(folder, "distances.npy"), "w+", np.float64, shape)

    def write(queries, indices, their_distances):
        neighbors[queries] = indices
        distances[queries] = their_distances

    with rk.Index(points, inducing=points[:100], kernel="matern32", lengthscales=0.1, factor_storage="computed") as index:
        # Without sink_queries, a batch has 64 MiB of answers.
        done = index.predecessors_to(write, NUM_NEIGHBORS, sink_queries=3000, sink_order="space")
        neighbors.flush()
        distances.flush()
        whole = index.predecessors(NUM_NEIGHBORS)
    assert np.array_equal(np.load(os.path.join(folder, "neighbors.npy")), whole.indices)
    assert np.array_equal(np.load(os.path.join(folder, "distances.npy")), whole.distances)
    del neighbors, distances
print(f"the neighbors of {done.queries} points, written in batches, are those of one answer")
