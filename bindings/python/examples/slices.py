"""Slices of the queries in processes of their own. The index is saved in a file, which each process maps into its memory, so
that all share it, and searches for some of the rows; the slices together are the answer of one process. The processes can
also run on several machines with the same SIMD target.

SPDX-License-Identifier: Apache-2.0
"""
import multiprocessing
import pathlib
import tempfile

import numpy as np

import residual_knn as rk

NUM_POINTS = 4000
NUM_SLICES = 2


def search_slice(path, rows):
    with rk.load_index(path, mapped=True) as index:
        return index.predecessors(10, rows=rows, threads=1)


if __name__ == "__main__":
    points = np.random.default_rng(1).random((NUM_POINTS, 2))  # or numpy.load(..., mmap_mode="r")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "points.rknn"
        with rk.Index(points, inducing=points[:50], kernel="matern32", lengthscales=0.2) as index:
            whole = index.predecessors(10)
            index.save(path)
        slices = np.array_split(np.arange(NUM_POINTS), NUM_SLICES)
        with multiprocessing.get_context("spawn").Pool(NUM_SLICES) as pool:
            parts = pool.starmap(search_slice, [(path, rows) for rows in slices])
    assert np.array_equal(np.concatenate([part.indices for part in parts]), whole.indices)
    assert np.array_equal(np.concatenate([part.distances for part in parts]), whole.distances)
    print(f"{NUM_SLICES} slices of {len(slices[0])} rows are the answer of one process")
