#!/usr/bin/env python3
"""The program for aarch64 under qemu beside the program of this machine: all predecessors of the Argo floats of 2016.

    check_aarch64.py --native PROGRAM --emulated PROGRAM --shared FOLDER [--points N]

The program for aarch64 must return the same bytes with every strategy and with two threads, and the neighbors of the native
program. The distances of the two programs may differ by their last bits, since instructions of different processors round in
different order. scripts/check-aarch64 runs this where programs of aarch64 can be run.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import itertools
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

TOLERANCE = 5e-12
K = 30
# The strategies with few operations first.
STRATEGIES = ("dual_tree", "level_synchronous", "best_first", "batched_best_first", "automatic", "brute_force")


def first_lines(path, lines):
    with open(path, encoding="ascii") as file:
        return "".join(itertools.islice(file, lines))


class Search:
    def __init__(self, folder, points, inducing):
        self.folder = folder
        self.arguments = ["neighbors", points, "--inducing-points", inducing, "--kernel", "matern32", "--variance", "1",
                          "--lengthscale", "0.1,0.1,0.1,60", "--jitter", "1e-8", "--predecessors", "-k", str(K), "--quiet"]

    def run(self, program, strategy, threads):
        """Neighbors and distances; prints the time."""
        output = self.folder / "answer.npy"
        start = time.monotonic()
        subprocess.run([program, *self.arguments, "--strategy", strategy, "--threads", str(threads), "-o", output], check=True)
        seconds = time.monotonic() - start
        answer = np.load(output), np.load(self.folder / "answer.distances.npy")
        threads = "1 thread" if threads == 1 else f"{threads} threads"
        print(f"{strategy}, {threads}: {len(answer[0])} rows in {seconds:.0f} s", flush=True)
        return answer


def same_bytes(one, other):
    return all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(one, other))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--native", required=True)
    parser.add_argument("--emulated", required=True)
    parser.add_argument("--shared", required=True, type=pathlib.Path)
    parser.add_argument("--points", type=int, help="the first N points only")
    options = parser.parse_args()
    points = options.shared.absolute() / "reference" / "argo2016_points.csv"
    inducing = options.shared.absolute() / "reference" / "argo2016_inducing.csv"
    with tempfile.TemporaryDirectory(prefix="residual-knn-aarch64-") as name:
        folder = pathlib.Path(name)
        if options.points:
            (folder / "points.csv").write_text(first_lines(points, options.points + 1), encoding="ascii")
            points = folder / "points.csv"
        search = Search(folder, points, inducing)
        print("this machine:", flush=True)
        native = search.run(options.native, "dual_tree", 1)
        print("aarch64:", flush=True)
        emulated = search.run(options.emulated, STRATEGIES[0], 1)
        if not np.array_equal(native[0], emulated[0]):
            sys.exit(f"FAILED: {np.count_nonzero(native[0] != emulated[0])} neighbors differ from those of this machine")
        there = native[0] >= 0
        difference = np.abs(native[1][there] - emulated[1][there]).max()
        if not difference <= TOLERANCE:
            sys.exit(f"FAILED: distances differ from those of this machine by {difference:.2g}, allowed is {TOLERANCE}")
        print(f"the same {np.count_nonzero(there)} neighbors; distances differ by at most {difference:.2g}", flush=True)
        for strategy, threads in [(STRATEGIES[0], 2), *((strategy, 1) for strategy in STRATEGIES[1:])]:
            if not same_bytes(search.run(options.emulated, strategy, threads), emulated):
                sys.exit(f"FAILED: {strategy} with {threads} threads has other bytes than {STRATEGIES[0]} with one")
        print(f"the same bytes with all {len(STRATEGIES)} strategies, and with 2 threads", flush=True)


if __name__ == "__main__":
    main()
