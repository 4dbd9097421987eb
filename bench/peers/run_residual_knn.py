"""Candidate: the program residual-knn.   PEERS_PROGRAM=residual-knn run_residual_knn.py JOB.npz THREADS OUT.npz

The program itself reports the times: of V, and of the search with the trees that it builds.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import jobs


def main():
    job, threads = jobs.load(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = pathlib.Path(name)
        np.save(folder / "points.npy", job.points)
        np.save(folder / "inducing.npy", job.inducing)
        np.save(folder / "rows.npy", job.queries)
        command = [os.environ["PEERS_PROGRAM"], "neighbors", folder / "points.npy", "--quiet",
                   "--kernel", job.kernel, "--ranking", job.ranking,
                   "--lengthscale", ",".join(map(repr, job.lengthscales.tolist())), "--jitter", repr(job.jitter),
                   "-k", str(job.k), "--threads", threads, "-o", folder / "answer.npy", "--stats", folder / "stats.json"]
        command += ["--inducing-points", folder / "inducing.npy"] if len(job.inducing) else ["--inducing", "0"]
        command += ["--predecessors"] if job.predecessors else ["--queries", folder / "rows.npy"]
        subprocess.run(command, check=True)
        statistics = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
        neighbors = np.load(folder / "answer.npy")
    share = statistics["index"]["residual_share"]
    np.savez(sys.argv[3], neighbors=neighbors, preparation=statistics["index"]["build_seconds"],
             search=statistics["seconds"], residual_share=[share["0"], share["0.05"], share["0.5"]])


main()
