#!/usr/bin/env python3
"""The program for aarch64 under qemu beside the program of this machine: all predecessors of the Argo floats of 2016.

    check_aarch64.py --native PROGRAM --emulated PROGRAM --shared FOLDER [--points N] [--strategy-points N]

The program for aarch64 must return the neighbors of the native program, and the same bytes with every strategy and with two
threads. The latter is tried with the first floats only (--strategy-points), because brute force under qemu takes hours for all.

Instructions of different processors round in different order, so the distances of the two programs may differ. A residual
correlation is a difference of numbers of size 1, divided by the residual standard deviations of two points. So it may differ
by some units in the last place of 1, divided by the smaller of the two residual variances p. NumPy computes p here.
scripts/check-aarch64 runs this where programs of aarch64 can be run.

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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from residual_reference import Model  # noqa: E402

# Of 2^-52 / p. The largest difference on x86, between AVX-512 and no SIMD instructions, is 7.
UNITS = 32
K = 30
LENGTHSCALES = (0.1, 0.1, 0.1, 60)
JITTER = 1e-8
# The strategies with few operations first.
STRATEGIES = ("dual_tree", "level_synchronous", "best_first", "batched_best_first", "automatic", "brute_force")


def first_lines(path, lines):
    with open(path, encoding="ascii") as file:
        return "".join(itertools.islice(file, lines))


class Search:
    def __init__(self, folder, points, inducing):
        self.folder = folder
        self.points = points
        self.inducing = inducing

    def run(self, program, strategy, threads):
        """Neighbors and distances; prints the time."""
        output = self.folder / "answer.npy"
        start = time.monotonic()
        subprocess.run([program, "neighbors", self.points, "--inducing-points", self.inducing, "--kernel", "matern32",
                        "--variance", "1", "--lengthscale", ",".join(map(str, LENGTHSCALES)), "--jitter", str(JITTER),
                        "--predecessors", "-k", str(K), "--quiet", "--strategy", strategy, "--threads", str(threads),
                        "-o", output], check=True)
        seconds = time.monotonic() - start
        answer = np.load(output), np.load(self.folder / "answer.distances.npy")
        threads = "1 thread" if threads == 1 else f"{threads} threads"
        print(f"{strategy}, {threads}: {len(answer[0])} rows in {seconds:.0f} s", flush=True)
        return answer

    def residual_variances(self):
        points, inducing = (np.loadtxt(file, delimiter=",", skiprows=1) for file in (self.points, self.inducing))
        model = Model(inducing, lengthscale=LENGTHSCALES, jitter=JITTER)
        return np.concatenate([model.factor(part)[1] for part in np.array_split(points, len(points) // 1000 + 1)])


def require_same_neighbors(native, emulated, variances):
    if not np.array_equal(native[0], emulated[0]):
        sys.exit(f"FAILED: {np.count_nonzero(native[0] != emulated[0])} neighbors differ from those of this machine")
    queries, places = np.nonzero(native[0] >= 0)
    smaller = np.minimum(variances[queries], variances[native[0][queries, places]])
    one, other = native[1][queries, places], emulated[1][queries, places]
    units = np.abs(one**2 - other**2) * smaller / np.finfo(float).eps
    if not units.max() <= UNITS:
        worst = units.argmax()
        sys.exit(f"FAILED: the distances {one[worst]!r} and {other[worst]!r} of query {queries[worst]} differ by {units[worst]:.3g} "
                 f"units of 2^-52 / p, allowed are {UNITS}")
    large = np.abs(one - other)[smaller > 1e-3]
    print(f"the same {len(queries)} neighbors; residual correlations differ by at most {units.max():.2g} units of 2^-52 / p, "
          f"and distances by {large.max():.2g} where p is above .001", flush=True)


def same_bytes(one, other):
    return all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(one, other))


def require_same_bytes(search, program):
    """The answers of all strategies, and of two threads."""
    answer = search.run(program, STRATEGIES[0], 1)
    for strategy, threads in [(STRATEGIES[0], 2), *((strategy, 1) for strategy in STRATEGIES[1:])]:
        if not same_bytes(search.run(program, strategy, threads), answer):
            sys.exit(f"FAILED: {strategy} with {threads} threads has other bytes than {STRATEGIES[0]} with one")
    print(f"the same bytes with all {len(STRATEGIES)} strategies, and with 2 threads", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--native", required=True)
    parser.add_argument("--emulated", required=True)
    parser.add_argument("--shared", required=True, type=pathlib.Path)
    parser.add_argument("--points", type=int, help="the first N points only; all by default")
    parser.add_argument("--strategy-points", type=int, default=4000, help="points for the comparison of strategies")
    options = parser.parse_args()
    reference = options.shared.absolute() / "reference"
    with tempfile.TemporaryDirectory(prefix="residual-knn-aarch64-") as name:
        folder = pathlib.Path(name)

        def search_of(count):
            path = folder / "points.csv"
            path.write_text(first_lines(reference / "argo2016_points.csv", None if count is None else count + 1), encoding="ascii")
            return Search(folder, path, reference / "argo2016_inducing.csv")

        search = search_of(options.points)
        print("this machine:", flush=True)
        native = search.run(options.native, STRATEGIES[0], 1)
        print("aarch64:", flush=True)
        require_same_neighbors(native, search.run(options.emulated, STRATEGIES[0], 1), search.residual_variances())
        require_same_bytes(search_of(options.strategy_points), options.emulated)


if __name__ == "__main__":
    main()
