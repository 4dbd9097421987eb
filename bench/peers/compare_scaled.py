#!/usr/bin/env python3
"""Measures the ranking by scaled distance beside SciPy's k-d tree, and prints one table.

    python compare_scaled.py --program build/release/tools/residual-knn

Jobs: all predecessors of uniform points. Candidates take turns on each job, every run in a process of its own. The table
shows medians, and the share of neighbors in which the two answers agree. README.md in this folder says what is measured.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np

import jobs
from compare import Candidate, Run, facts_line, names, sizes

ORDERS = ("random", "sorted", "maximin")


def ordered(points, order, program):
    """The points in an order: as drawn; by their first coordinate; by the program's exact maximin."""
    if order == "sorted":
        return points[np.argsort(points[:, 0], kind="stable")]
    if order == "random":
        return points
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = pathlib.Path(name)
        np.save(folder / "points.npy", points)
        np.save(folder / "row.npy", np.array([len(points) - 1]))
        subprocess.run([program, "neighbors", folder / "points.npy", "--quiet", "--lengthscale", "1", "--inducing", "0",
                        "-k", "1", "--ranking", "scaled-distance", "--predecessors", "--order", "maximin", "--queries",
                        folder / "row.npy", "--write-order", folder / "order.npy", "-o", folder / "answer.npy"],
                       check=True)
        return points[np.load(folder / "order.npy").ravel()]


def make_job(n, d, order, program):
    points = ordered(np.random.default_rng(jobs.POINT_SEED).random((n, d)), order, program)
    return jobs.Job(name=f"uniform, d = {d}, n = {n:,}, {order}", points=points, lengthscales=np.ones(d),
                    kernel="matern32", jitter=1e-8, k=30, inducing=np.empty((0, d)), queries=np.arange(n),
                    predecessors=True, ranking="scaled-distance")


def measure(job, candidates, arguments):
    """Returns the median seconds of each candidate, preparation included, and the share of equal neighbors."""
    runs = {candidate: [] for candidate in candidates}
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        path = pathlib.Path(folder) / "job.npz"
        job.save(path)
        for _ in range(arguments.repeats):
            for candidate in candidates:
                runs[candidate].append(Run(candidate, path, arguments.threads))
    answers = [results[0].neighbors for results in runs.values()]
    seconds = [statistics.median(run.preparation + run.search for run in results) for results in runs.values()]
    return seconds, (answers[0] == answers[1]).mean()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built or installed residual-knn")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="32000,200000", metavar="N,...", help="default 32000,200000")
    parser.add_argument("--dimensions", default="2,4,8", metavar="D,...", help="default 2,4,8")
    parser.add_argument("--orders", default=",".join(ORDERS), metavar="ORDER,...", help="default all: " + ",".join(ORDERS))
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    candidates = [
        Candidate("residual-knn", "run_residual_knn.py", environment={"PEERS_PROGRAM": arguments.program}),
        Candidate("k-d tree", "run_kdtree.py", "scipy"),
    ]
    print(facts_line(arguments, [f"scipy {candidates[1].version()}"], []))
    print("\n| job | residual-knn, s | SciPy's k-d tree, s | ratio | equal neighbors |")
    print("|---|---|---|---|---|")
    for n in sizes(arguments.sizes):
        for d in sizes(arguments.dimensions):
            for order in names(arguments.orders):
                job = make_job(n, d, order, arguments.program)
                (ours, theirs), equal = measure(job, candidates, arguments)
                print(f"| {job.name} | {ours:.3g} | {theirs:.3g} | {theirs / ours:.3g} | {equal:.6f} |", flush=True)


main()
