#!/usr/bin/env python3
"""Measures residual_knn_weights beside the same computation in NumPy, batched, and prints the ratio of their times.

    python weights.py --library build/release/libresidual_knn.so.0 --csv FILE --lonlat lon,lat --columns day \
        --lengthscales 0.1,0.1,0.1,60

Both compute the weights and the conditional variances of all points given their nearest predecessors. They take turns.
NumPy is given V, p and the scaled coordinates, in the same process; the library is called through ctypes. README.md in
this folder says what is measured.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import concurrent.futures
import ctypes
import os
import pathlib
import statistics
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # the products are small; chunks run in parallel instead

import numpy as np  # noqa: E402

import jobs  # noqa: E402
from model import Model  # noqa: E402

MATERN32 = 2
KMEANS_PLUS_PLUS = 0
CHUNKS = (4, 8, 16, 32, 64, 128)


class ModelOptions(ctypes.Structure):
    """The fields of residual_knn_model_options in residual_knn.h up to the threads."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("kernel", ctypes.c_int32), ("layout", ctypes.c_int32),
                ("variance", ctypes.c_double), ("nu", ctypes.c_double), ("alpha", ctypes.c_double),
                ("nugget", ctypes.c_double), ("jitter", ctypes.c_double), ("max_jitter", ctypes.c_double),
                ("threads", ctypes.c_int32), ("concurrent_callback", ctypes.c_int32)]


class WeightsOptions(ctypes.Structure):
    """The fields of residual_knn_weights_options in residual_knn.h up to the threads."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("layout", ctypes.c_int32), ("threads", ctypes.c_int32)]


class Library:
    """The library, with the calls that this comparison needs."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))
        self.library.residual_knn_last_error.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        converted = [array.ctypes if isinstance(array, np.ndarray) else array for array in arguments]
        converted = [ctypes.c_int64(value) if isinstance(value, int) else value for value in converted]
        if getattr(self.library, name)(*converted) != 0:
            sys.exit(self.library.residual_knn_last_error().decode())

    def choose_inducing(self, points, lengthscales, m):
        inducing = np.empty((m, points.shape[1]))
        self.call("residual_knn_choose_inducing", points, *points.shape, lengthscales, len(lengthscales),
                  ctypes.c_int32(KMEANS_PLUS_PLUS), m, None, inducing)
        return inducing

    def index(self, job, nugget, threads):
        options = ModelOptions()
        self.library.residual_knn_model_options_init(ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options)))
        options.kernel, options.nugget, options.jitter, options.threads = MATERN32, nugget, job.jitter, threads
        index = ctypes.c_void_p()
        self.call("residual_knn_index_create", job.points, *job.points.shape, job.lengthscales,
                  len(job.lengthscales), job.inducing, len(job.inducing), ctypes.byref(options), ctypes.byref(index))
        return index

    def predecessors(self, index, n, k):
        neighbors = np.empty((n, k), np.int64)
        self.call("residual_knn_predecessors", index, None, n, None, ctypes.c_int32(k), neighbors, None, None)
        return neighbors

    def weights(self, index, neighbors, threads, out):
        options = WeightsOptions()
        self.library.residual_knn_weights_options_init(ctypes.byref(options), ctypes.c_size_t(ctypes.sizeof(options)))
        options.threads = threads
        n, k = neighbors.shape
        self.call("residual_knn_weights", index, None, n, ctypes.byref(options), ctypes.c_int32(k), neighbors, *out,
                  None)


def matern32(a, b):
    """Covariances of the points a[i] with the points b[i], for all i at once. a: c x s x d, b: c x t x d."""
    square = 0.0
    for coordinate in range(a.shape[-1]):
        difference = a[:, :, None, coordinate] - b[:, None, :, coordinate]
        difference *= difference
        square = difference if coordinate == 0 else np.add(square, difference, out=square)
    square *= 3.0
    r = np.sqrt(square, out=square)
    e = np.exp(-r)
    r += 1.0
    r *= e
    return r


class NumpyWeights:
    """Weights and conditional variances in NumPy: chunks of queries, each with a full set."""

    def __init__(self, model, p, neighbors):
        self.v, self.scaled, self.p, self.neighbors = model.v, model.scaled, p, neighbors

    def solve(self, rows, out):
        """Queries `rows`, a slice, whose sets have no free places."""
        sets = self.neighbors[rows]
        v, points = self.v[sets], self.scaled[sets]
        within = matern32(points, points)
        within -= v @ v.transpose(0, 2, 1)
        k = sets.shape[1]
        within[:, range(k), range(k)] = self.p[sets]
        with_query = matern32(points, self.scaled[rows][:, None, :])
        with_query -= v @ self.v[rows][:, :, None]
        weights = np.linalg.solve(within, with_query)[:, :, 0]
        out[0][rows] = weights
        out[1][rows] = self.p[rows] - np.einsum("ij,ij->i", weights, with_query[:, :, 0])

    def run(self, chunk, threads, out, end=None):
        n, k = self.neighbors.shape
        out[0][0], out[1][0] = 0.0, self.p[0]
        for row in range(1, k):  # sets with free places
            short = NumpyWeights(self, self.p, self.neighbors[:, :row])
            short.solve(slice(row, row + 1), (out[0][:, :row], out[1]))
            out[0][row, row:] = 0.0
        end = n if end is None else end
        chunks = [slice(first, min(first + chunk, end)) for first in range(k, end, chunk)]
        if threads == 1:
            for rows in chunks:
                self.solve(rows, out)
            return
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(self.solve, rows, out) for rows in chunks]:
                done.result()


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory(field):
    text = pathlib.Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(text.split(field + ":")[1].split()[0])


def extra_memory(work):
    """The most memory that the process had during the work, minus what it had before."""
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # resets VmHWM
    before = memory("VmRSS")
    work()
    return memory("VmHWM") - before


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=pathlib.Path, required=True, help="libresidual_knn.so.0")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--nugget", type=float, default=0.01)
    parser.add_argument("--uniform", type=int, default=20000, metavar="N", help="points of the job without --csv")
    jobs.csv_arguments(parser)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    library = Library(arguments.library)
    if arguments.csv:
        job = jobs.from_csv(arguments.csv, [name for name in arguments.columns.split(",") if name],
                            [name for name in arguments.lonlat.split(",") if name],
                            [float(part) for part in arguments.lengthscales.split(",")], library.choose_inducing)
    else:
        job = jobs.uniform(arguments.uniform, library.choose_inducing)
    n, k, threads = len(job.points), job.k, arguments.threads
    index = library.index(job, arguments.nugget, threads)
    neighbors = library.predecessors(index, n, k)
    model = Model(job)
    p = model.p + arguments.nugget
    numpy_weights = NumpyWeights(model, p, neighbors)
    ours, theirs = ((np.zeros((n, k)), np.zeros(n)) for _ in range(2))
    ours[0].fill(1.0), ours[1].fill(1.0)  # so that all pages are there
    extra = extra_memory(lambda: library.weights(index, neighbors, threads, ours))
    print(f"{job.name}; m = {len(job.inducing)}, k = {k}, nugget {arguments.nugget}; {threads} threads; "
          f"NumPy {np.__version__}")
    print(f"extra memory of the library: {extra / (n * k):.1f} bytes a neighbor")

    sample = min(n, 4000)
    times = {chunk: seconds_of(lambda: numpy_weights.run(chunk, threads, theirs, sample)) for chunk in CHUNKS}
    chunk = min(times, key=times.get)
    print(f"NumPy's fastest of {len(CHUNKS)} sizes of chunks: {chunk} queries")
    ratios = {1: [], threads: []}
    own = []
    for _ in range(arguments.repeats):
        own.append(seconds_of(lambda: library.weights(index, neighbors, threads, ours)))
        for workers, found in ratios.items():
            found.append(seconds_of(lambda: numpy_weights.run(chunk, workers, theirs)) / own[-1])
    for workers, found in ratios.items():
        print(f"NumPy in {workers} {'thread' if workers == 1 else 'threads'} : library in {threads}: "
              f"median {statistics.median(found):.1f}, from {min(found):.1f} to {max(found):.1f}")
    print(f"library: median {statistics.median(own):.3f} s")
    scale = np.abs(theirs[0]).max()
    print(f"largest difference: weights {np.abs(ours[0] - theirs[0]).max() / scale:.2g} of the largest weight, "
          f"variances {np.abs(ours[1] / theirs[1] - 1).max():.2g} of D")


main()
