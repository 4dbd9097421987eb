#!/usr/bin/env python3
"""Measures what the program takes for more and more points, and prints a table in Markdown.

    /usr/bin/python3 bench/scale/scale.py --program build/release/tools/residual-knn --points 1e5,1e6,1e7

README.md in this folder says what is measured. Needs NumPy and SciPy.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import types

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import model  # noqa: E402

BLOCK = 100_000  # rows of V that the reference computes at once
LENGTHSCALE = 0.1


def sizes(text):
    return [int(float(part)) for part in text.split(",")]


def nearest_predecessors(points, inducing, rows, k):
    """Distances of the k nearest predecessors of `rows`, from the definition, with V of one block at a time."""
    nearest = np.full((len(rows), k), np.inf)
    for begin in range(0, int(rows.max()), BLOCK):
        block = points[begin:begin + BLOCK]
        job = types.SimpleNamespace(kernel="matern32", jitter=1e-8, points=np.vstack([points[rows], block]),
                                    inducing=inducing, lengthscales=np.full(points.shape[1], LENGTHSCALE))
        distances = model.Model(job).distances(np.arange(len(rows)), None)[:, len(rows):]
        distances[begin + np.arange(len(block)) >= rows[:, None]] = np.inf
        nearest = np.sort(np.hstack([nearest, distances]), axis=1)[:, :k]
    return nearest


def sampled_recall(points, inducing, folder, sample):
    """The share of a sample's true neighbors in the answer. Neighbors count as the same if their distances differ by less
    than model.TOLERANCE."""
    answer = np.load(folder / "answer.npy", mmap_mode="r")
    n, k = answer.shape
    rows = np.sort(np.random.default_rng(20261129).choice(np.arange(k, n), size=min(sample, n - k), replace=False))
    truth = nearest_predecessors(points, inducing, rows, k)
    distances = np.load(folder / "answer.distances.npy", mmap_mode="r")[rows]
    neighbors = np.asarray(answer[rows])
    if not ((neighbors >= 0) & (neighbors < rows[:, None])).all():
        sys.exit("scale: the answer has neighbors that are no predecessors")
    # Each distance that the program states is checked against the definition, so that right rows are needed too.
    for place, row in enumerate(rows):
        job = types.SimpleNamespace(kernel="matern32", jitter=1e-8, points=points[np.append(neighbors[place], row)],
                                    inducing=inducing, lengthscales=np.full(points.shape[1], LENGTHSCALE))
        own = model.Model(job).distances(np.array([k]), k)[0]
        if np.abs(own - distances[place]).max() > model.TOLERANCE:
            sys.exit(f"scale: row {row}: the stated distances differ from the definition by "
                     f"{np.abs(own - distances[place]).max():.1e}")
    return np.mean(distances <= truth[:, -1:] + model.TOLERANCE)


def run(command):
    """The seconds of a command, its processor time and the peak of its memory in bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    messages = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"scale: {' '.join(map(str, command))} failed: {messages}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def measure(arguments, folder, n):
    points = np.random.default_rng(1).random((n, 2))
    np.save(folder / "points.npy", points)
    command = [arguments.program, "neighbors", folder / "points.npy", "--lengthscale", str(LENGTHSCALE), "--inducing",
               "200", "-k", "30", "--predecessors", "-o", folder / "answer.npy", "--stats", folder / "stats.json",
               "--write-inducing", folder / "inducing.npy", *arguments.options.split()]
    seconds, processor, peak = run(command)
    stats = json.loads((folder / "stats.json").read_text())
    share = stats["index"]["residual_share"]
    recall = sampled_recall(points, np.load(folder / "inducing.npy"), folder, arguments.sample)
    print(f"| {n:,} | {seconds:.1f} | {processor:.1f} | {processor / n * 1e6:.0f} | {stats['strategy']} | "
          f"{stats['tree_seconds']:.1f} | {stats['index']['bytes'] / n:.0f} | {peak / 2**20:,.0f} | {recall:.4f} | "
          f"{share['0.05']:.3f}, {share['0.5']:.3f}, {share['0.95']:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the program residual-knn")
    parser.add_argument("--points", type=sizes, default="1e5,1e6", help="numbers of points, separated by commas")
    parser.add_argument("--sample", type=int, default=30, help="rows whose neighbors are checked; default 30")
    parser.add_argument("--options", default="", help="more options of the program, such as '--memory-limit 13.5G'")
    parser.add_argument("--folder", type=pathlib.Path, help="where files are kept; by default a temporary folder")
    arguments = parser.parse_args()
    print("| n | seconds | CPU, s | CPU, µs a query | strategy | trees, s | index, bytes a point | peak, MiB | recall | "
          "p/K at 5, 50, 95 % |\n|--:|--:|--:|--:|---|--:|--:|--:|--:|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="scale-", dir=arguments.folder) as folder:
        for n in arguments.points:
            measure(arguments, pathlib.Path(folder), n)


main()
