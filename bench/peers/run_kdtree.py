"""Candidate: Euclidean neighbors in scaled coordinates, by SciPy's k-d tree.   run_kdtree.py JOB.npz THREADS OUT.npz

SPDX-License-Identifier: Apache-2.0
"""
import sys
import time

import numpy as np
from scipy.spatial import cKDTree

import jobs


def predecessors(tree, scaled, k, threads):
    """Asks for twice as many neighbors until enough of them are predecessors."""
    n = len(scaled)
    neighbors = np.full((n, k), -1)
    open_rows = np.arange(1, n)
    asked = 2 * k
    while len(open_rows):
        asked = min(asked, n)
        found = tree.query(scaled[open_rows], k=asked, workers=threads)[1].reshape(len(open_rows), asked)
        earlier = found < open_rows[:, None]
        enough = (earlier.sum(axis=1) >= k) | (asked == n)
        # The first k predecessors of each row, in their order.
        place = np.cumsum(earlier, axis=1) - 1
        keep = earlier & (place < k) & enough[:, None]
        row, column = np.nonzero(keep)
        neighbors[open_rows[row], place[row, column]] = found[row, column]
        open_rows = open_rows[~enough]
        asked *= 2
    return neighbors


def main():
    job, threads = jobs.load(sys.argv[1]), int(sys.argv[2])
    start = time.perf_counter()
    scaled = job.points / job.lengthscales
    tree = cKDTree(scaled)
    prepared = time.perf_counter()
    if job.predecessors:
        neighbors = predecessors(tree, scaled, job.k, threads)
    else:
        found = tree.query(scaled[job.queries], k=job.k + 1, workers=threads)[1]
        others = found != job.queries[:, None]
        others[others.all(axis=1), -1] = False  # the query was not among its own neighbors: a repeated point
        neighbors = found[others].reshape(len(found), job.k)
    searched = time.perf_counter()
    np.savez(sys.argv[3], neighbors=neighbors, preparation=prepared - start, search=searched - prepared)


main()
