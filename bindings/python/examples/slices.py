"""Slices of the queries in processes of their own. Each process makes its own index and searches some of the rows; the
slices together are the answer of one process. On one machine, threads of one process (`threads=`) need less memory,
because they share an index; processes can also run on several machines.

SPDX-License-Identifier: Apache-2.0
"""
import multiprocessing

import numpy as np

import residual_knn as rk

NUM_POINTS = 4000
NUM_SLICES = 2


def make_index():
    points = np.random.default_rng(1).random((NUM_POINTS, 2))  # or numpy.load(..., mmap_mode="r")
    return rk.Index(points, inducing=points[:50], kernel="matern32", lengthscales=0.2)


def search_slice(rows):
    with make_index() as index:
        return index.predecessors(10, rows=rows, threads=1)


if __name__ == "__main__":
    with make_index() as index:
        whole = index.predecessors(10)
        slices = np.array_split(np.arange(NUM_POINTS), NUM_SLICES)
    with multiprocessing.get_context("spawn").Pool(NUM_SLICES) as pool:
        parts = pool.map(search_slice, slices)
    assert np.array_equal(np.concatenate([part.indices for part in parts]), whole.indices)
    assert np.array_equal(np.concatenate([part.distances for part in parts]), whole.distances)
    print(f"{NUM_SLICES} slices of {len(slices[0])} rows are the answer of one process")
