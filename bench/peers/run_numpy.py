"""Candidate: every pair in blocks, as a NumPy user writes it.   run_numpy.py JOB.npz THREADS OUT.npz

SPDX-License-Identifier: Apache-2.0
"""
import sys
import time

import numpy as np

import jobs
from model import Model

ROWS = 256


def main():
    job = jobs.load(sys.argv[1])
    start = time.perf_counter()
    model = Model(job)
    prepared = time.perf_counter()
    neighbors = np.full((len(job.queries), job.k), -1)
    for first in range(0, len(job.queries), ROWS):
        rows = job.queries[first:first + ROWS]
        end = rows[-1] if job.predecessors else len(job.points)
        distances = model.distances(rows, max(end, 1))
        if job.predecessors:
            distances[np.arange(distances.shape[1])[None, :] >= rows[:, None]] = np.inf
        else:
            distances[np.arange(len(rows)), rows] = np.inf
        k = min(job.k, distances.shape[1])
        best = np.argpartition(distances, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(distances, best, axis=1)
        order = np.argsort(found, axis=1, kind="stable")
        neighbors[first:first + ROWS, :k] = np.where(np.isinf(np.take_along_axis(found, order, axis=1)), -1,
                                                     np.take_along_axis(best, order, axis=1))
    searched = time.perf_counter()
    np.savez(sys.argv[3], neighbors=neighbors, preparation=prepared - start, search=searched - prepared)


main()
