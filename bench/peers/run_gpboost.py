"""Candidate: GPBoost's search for residual neighbors.   run_gpboost.py JOB.npz THREADS OUT.npz

GPBoost searches when it evaluates a likelihood. A second process evaluates a likelihood. This script compiles
gpboost_timer.cc and loads it into that process, where it times the search alone, without V.

SPDX-License-Identifier: Apache-2.0
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import jobs

HERE = pathlib.Path(__file__).resolve().parent
SMOOTHNESS = {"matern32": 1.5, "matern52": 2.5}


def evaluate(job, threads):
    import gpboost  # only here: it is slow to load
    model = gpboost.GPModel(
        gp_coords=job.points, cov_function="matern_ard", cov_fct_shape=SMOOTHNESS[job.kernel], likelihood="gaussian",
        gp_approx="full_scale_vecchia_correlation_based", num_neighbors=job.k, num_ind_points=len(job.inducing),
        ind_points_selection="kmeans++", vecchia_ordering="none", seed=1, num_parallel_threads=threads)
    parameters = np.concatenate([[0.1, 1.0], job.lengthscales])  # nugget, variance, lengthscales
    model.neg_log_likelihood(cov_pars=parameters, y=np.random.default_rng(0).standard_normal(len(job.points)))
    sys.exit("run_gpboost: the search was not seen; is this GPBoost 1.8.0?")


def search(job_path, threads, answer_path):
    job = jobs.load(job_path)
    package = pathlib.Path(importlib.util.find_spec("gpboost").origin).parent
    library = next(package.rglob("lib_gpboost.so"))
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        timer, answer, inducing = (str(pathlib.Path(folder) / name) for name in ("timer.so", "answer", "inducing"))
        subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O2", "-shared", "-fPIC", "-o", timer,
                        str(HERE / "gpboost_timer.cc"), "-ldl"], check=True)
        job.inducing.ravel(order="F").tofile(inducing)
        subprocess.run([sys.executable, __file__, "--evaluate", job_path, str(threads)], check=True,
                       stdout=subprocess.DEVNULL,
                       env={**os.environ, "LD_PRELOAD": timer, "PEERS_GPBOOST": str(library),
                            "PEERS_INDUCING": inducing, "PEERS_ANSWER": answer})
        written = pathlib.Path(answer).read_bytes()
    seconds = np.frombuffer(written, np.float64, 1)[0]
    n, k = np.frombuffer(written, np.int64, 2, offset=8)
    neighbors = np.frombuffer(written, np.int32, n * k, offset=24).reshape(n, k)
    np.savez(answer_path, neighbors=neighbors, preparation=np.nan, search=seconds)


if sys.argv[1] == "--evaluate":
    evaluate(jobs.load(sys.argv[2]), int(sys.argv[3]))
else:
    search(sys.argv[1], int(sys.argv[2]), sys.argv[3])
