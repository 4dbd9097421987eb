#!/usr/bin/env python3
"""Measures residual-knn beside GPBoost, covertreex, NumPy and a k-d tree, and prints one table.

    python compare.py --program build/release/tools/residual-knn [--csv FILE ...]

Candidates take turns on each job, every run in a process of its own. The table shows medians. README.md in this
folder says what is measured.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import datetime
import importlib.metadata
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import numpy as np

import jobs
from model import Recall

HERE = pathlib.Path(__file__).resolve().parent


class Candidate:
    """One way to answer a job: a script of this folder, run in a process of its own."""

    def __init__(self, label, script, package=None, suits=lambda job: True, heavy=True, environment=()):
        self.label = label
        self.script = script
        self.package = package
        self.suits = suits
        self.heavy = heavy  # left out of jobs with more than --largest rows
        self.environment = dict(environment)

    def version(self):
        """The version of the package; None if the package is not installed."""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None


def asks_for_predecessors(job):
    return job.predecessors


def asks_for_all(job):
    return not job.predecessors


def all_candidates(program):
    return [
        Candidate("residual-knn", "run_residual_knn.py", heavy=False, environment={"PEERS_PROGRAM": program}),
        Candidate("GPBoost", "run_gpboost.py", "gpboost", suits=asks_for_predecessors),
        Candidate("covertreex", "run_covertreex.py", "covertreex", suits=asks_for_all),
        Candidate("covertreex, COVERTREEX_RESIDUAL_PARITY=1", "run_covertreex.py", "covertreex", suits=asks_for_all,
                  environment={"COVERTREEX_RESIDUAL_PARITY": "1"}),
        Candidate("NumPy and SciPy, every pair", "run_numpy.py", "numpy"),
        Candidate("Euclidean neighbors, SciPy's k-d tree", "run_kdtree.py", "scipy", heavy=False),
    ]


class Run:
    """The result of one run of a candidate."""

    def __init__(self, candidate, job_path, threads):
        thread_variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(thread_variables, str(threads)), **candidate.environment}
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            answer = pathlib.Path(folder) / "answer.npz"
            command = [sys.executable, "-B", HERE / candidate.script, job_path, str(threads), answer]
            if subprocess.run(command, env=environment, check=False).returncode != 0:
                raise RuntimeError(f"{candidate.label} failed on {job_path}")
            with np.load(answer) as file:
                self.neighbors = file["neighbors"]
                self.preparation = float(file["preparation"])
                self.search = float(file["search"])
                self.residual_share = file["residual_share"] if "residual_share" in file else None


def measure(job, candidates, arguments):
    """Returns the rows of the table for one job. The candidates take turns."""
    runs = {candidate: [] for candidate in candidates}
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        path = pathlib.Path(folder) / "job.npz"
        job.save(path)
        for turn in range(arguments.repeats):
            for candidate in candidates:
                if turn > 0 and runs[candidate][0].search > arguments.once_beyond:
                    continue
                print(f"{job.name}: {candidate.label}, run {turn + 1}", file=sys.stderr, flush=True)
                runs[candidate].append(Run(candidate, path, arguments.threads))
    recall = Recall(job)
    ours = statistics.median(run.search for run in runs[candidates[0]])
    rows = []
    for candidate, results in runs.items():
        search = statistics.median(run.search for run in results)
        preparation = statistics.median(run.preparation for run in results)
        worst = min(recall.of(run.neighbors) for run in results)
        rows.append([candidate.label, "–" if np.isnan(preparation) else f"{preparation:.3g}", f"{search:.3g}",
                     f"{search / ours:.3g}", f"{worst:.3f}".rstrip("0").rstrip("."), str(len(results))])
    share = runs[candidates[0]][0].residual_share
    return rows, share


def inducing_chooser(program):
    """Returns a function that chooses inducing points by the library's k-means++. All candidates get these points."""

    def choose(points, lengthscales, m):
        with tempfile.TemporaryDirectory(prefix="peers-") as name:
            folder = pathlib.Path(name)
            np.save(folder / "points.npy", points)
            subprocess.run([program, "neighbors", folder / "points.npy", "--quiet", "--inducing", str(m), "-k", "1",
                            "--lengthscale", ",".join(map(repr, lengthscales.tolist())), "--order", "given",
                            "--predecessors", "--write-inducing", folder / "inducing.npy", "-o", folder / "answer.npy"],
                           check=True)
            return np.load(folder / "inducing.npy")

    return choose


def machine():
    name = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {len(os.sched_getaffinity(0))} processors"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built or installed residual-knn")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once-beyond", type=float, default=100, metavar="SECONDS",
                        help="a candidate whose first search took longer runs only once; default 100")
    parser.add_argument("--uniform", default="10000,20000,50000,100000", metavar="N,...",
                        help="sizes of the job with uniform points; empty: none")
    parser.add_argument("--normal", default="32768", metavar="N,...",
                        help="sizes of covertreex's own benchmark; empty: none")
    parser.add_argument("--largest", type=int, default=50000, metavar="N",
                        help="jobs with more rows are left to residual-knn and the k-d tree; default 50000")
    jobs.csv_arguments(parser)
    arguments = parser.parse_args()
    if arguments.csv and not (arguments.columns or arguments.lonlat):
        parser.error("--csv needs --columns or --lonlat")
    return arguments


def sizes(text):
    return [int(part) for part in text.split(",") if part]


def names(text):
    return [part for part in text.split(",") if part]


def make_jobs(arguments):
    choose = inducing_chooser(arguments.program)
    for n in sizes(arguments.uniform):
        yield jobs.uniform(n, choose)
    if arguments.csv:
        lengthscales = [float(part) for part in names(arguments.lengthscales)]
        yield jobs.from_csv(arguments.csv, names(arguments.columns), names(arguments.lonlat), lengthscales, choose)
    for n in sizes(arguments.normal):
        for kernel in ("squared-exponential", "matern52"):
            yield jobs.normal(n, kernel)


def facts_line(arguments, versions, absent):
    """The date, the machine, and what was compared."""
    info = subprocess.run([arguments.program, "info"], check=True, capture_output=True, text=True).stdout
    facts = dict(line.split(":", 1) for line in info.splitlines())
    return (f"{datetime.date.today()}; {machine()}; {arguments.threads} threads; residual-knn {facts['version'].strip()}, "
            f"{facts['SIMD target'].strip()}; {', '.join(sorted(set(versions)))}"
            + (f"; not installed and left out: {', '.join(sorted(set(absent)))}" if absent else ""))


def main():
    arguments = parse_arguments()
    present, versions, absent = [], [], []
    for candidate in all_candidates(arguments.program):
        if candidate.package is None:
            present.append(candidate)
        elif version := candidate.version():
            present.append(candidate)
            versions.append(f"{candidate.package} {version}")
        else:
            absent.append(candidate.package)
    print(facts_line(arguments, versions, absent))
    print("\n| job | candidate | preparation, s | search, s | search : residual-knn | recall | runs |")
    print("|---|---|---|---|---|---|---|")
    for job in make_jobs(arguments):
        candidates = [candidate for candidate in present if candidate.suits(job)
                      and not (candidate.heavy and len(job.points) > arguments.largest)]
        rows, share = measure(job, candidates, arguments)
        quantiles = ", ".join(f"{value:.2g}" for value in share)
        name = f"{job.name}; m = {len(job.inducing)}, k = {job.k}; p/K {quantiles}"
        for i, row in enumerate(rows):
            print(f"| {name if i == 0 else ''} | {' | '.join(row)} |", flush=True)
    print("\npreparation: V, trees before the question; –: not timed. recall: least of the runs, 100 rows, against float64 "
          "brute force.\np/K: the least, the 5 % and the 50 % quantile.")


if __name__ == "__main__":
    main()
