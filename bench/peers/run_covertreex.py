"""Candidate: covertreex.   run_covertreex.py JOB.npz THREADS OUT.npz

covertreex builds V and its tree for its first queries. This script first asks for the neighbors of one point, and then
runs the job. covertreex counts a query among its own neighbors, so the script asks for one neighbor more.

SPDX-License-Identifier: Apache-2.0
"""
import sys
import time

import numpy as np
from covertreex import ResidualCoverTree

import jobs

KERNELS = {"squared-exponential": "rbf", "matern52": "matern52"}


def main():
    job = jobs.load(sys.argv[1])
    start = time.perf_counter()
    tree = ResidualCoverTree(job.points, lengthscale=1.0, inducing_count=len(job.inducing), seed=jobs.COVERTREEX_SEED,
                             kernel_type=KERNELS[job.kernel])
    tree.knn(k=1, queries=[0, 1])
    prepared = time.perf_counter()
    found = np.asarray(tree.knn(k=job.k + 1, queries=job.queries))
    searched = time.perf_counter()
    neighbors = np.full((len(job.queries), job.k), -1)
    for i, query in enumerate(job.queries):
        others = found[i][found[i] != query][:job.k]
        neighbors[i, :len(others)] = others
    np.savez(sys.argv[3], neighbors=neighbors, preparation=prepared - start, search=searched - prepared)


main()
