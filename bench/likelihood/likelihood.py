#!/usr/bin/env python3
"""Measures the Kullback-Leibler divergence of VIF approximations from the exact process, for several kinds of
conditioning sets, and prints one table. README.md in this folder says what is measured.

    python likelihood.py [--csv argo2016.csv]

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import datetime
import platform
import warnings

import numpy as np
import residual_knn as rk

import cases

JITTER = 1e-8
KINDS = ("scaled", "residual", "conditional", "signed")


class ExactModel:
    """The exact covariance of a case, in an order of its points, and its low-rank part."""

    def __init__(self, case, points, inducing):
        self.covariance = case.kernel(points, points)
        at_inducing = case.kernel(inducing, inducing) + JITTER * cases.VARIANCE * np.eye(len(inducing))
        factor = np.linalg.cholesky(at_inducing)
        self.v = np.ascontiguousarray(np.linalg.solve(factor, case.kernel(inducing, points)).T)
        self.p = cases.VARIANCE + cases.NUGGET - np.einsum("ij,ij->i", self.v, self.v)
        self.with_nugget = self.covariance + cases.NUGGET * np.eye(len(points))
        self.log_determinant = log_determinant(self.with_nugget)

    def divergence(self, sets, weights, variances):
        """KL(exact || approximation) in nats. The approximation is V V' + R~, where R~^-1 = B' D^-1 B. With the
        Woodbury identity and S = I + V' B' D^-1 B V,

            (V V' + R~)^-1      = R~^-1 - R~^-1 V S^-1 V' R~^-1
            log det(V V' + R~)  = sum log D + log det S
        """
        n = len(self.p)
        whitened = rows_of_b(sets, weights, self.with_nugget) / np.sqrt(variances)[:, None]  # D^-1/2 B Sigma
        low_rank = rows_of_b(sets, weights, self.v) / np.sqrt(variances)[:, None]  # D^-1/2 B V
        trace = np.sum(rows_of_b(sets, weights, whitened.T, diagonal=True) / np.sqrt(variances))
        s = np.eye(self.v.shape[1]) + low_rank.T @ low_rank
        # D^-1/2 B Sigma B' D^-1/2, seen from the columns of D^-1/2 B V.
        seen = rows_of_b(sets, weights, np.ascontiguousarray(whitened.T)) / np.sqrt(variances)[:, None]
        trace -= np.trace(np.linalg.solve(s, low_rank.T @ seen @ low_rank))
        log_determinant_of_approximation = np.sum(np.log(variances)) + log_determinant(s)
        return 0.5 * (trace - n + log_determinant_of_approximation - self.log_determinant)


def log_determinant(matrix):
    return 2.0 * np.sum(np.log(np.diag(np.linalg.cholesky(matrix))))


def rows_of_b(sets, weights, matrix, diagonal=False):
    """B times a matrix, where B has ones on its diagonal and -b_ij elsewhere; or only the diagonal of the product."""
    places = np.where(sets >= 0, sets, 0)  # where a set has no neighbor, the weight is 0
    if diagonal:
        here = np.arange(len(sets))
        return matrix[here, here] - np.einsum("ij,ij->i", weights, matrix[places, here[:, None]])
    result = matrix.copy()
    for place in range(sets.shape[1]):
        result -= weights[:, place, None] * matrix[places[:, place]]
    return result


def sets_of(kind, index, near, k):
    """`near` has the nearest predecessors in scaled distance, at least 2 k."""
    if kind == "scaled":
        return near[:, :k]
    if kind == "conditional":
        candidates = np.hstack([near[:, :2 * k], index.predecessors(2 * k).indices])
        return index.predecessors(k, selection="conditional", candidate_lists=candidates).indices
    return index.predecessors(k, ranking="signed" if kind == "signed" else "absolute").indices


def measure(case, m, neighbors, kinds=KINDS):
    """Yields k and the divergence of each kind."""
    points = case.points[rk.order_points(case.points)]
    model = ExactModel(case, points, rk.choose_inducing(points, m, lengthscales=1))
    with rk.Index(points, lengthscales=1) as index:
        near = index.predecessors(2 * max(neighbors), ranking="scaled_distance").indices
    with rk.Index.from_callback(lambda rows, columns: model.covariance[rows[:, None], columns], model.v, model.p) as index:
        for k in neighbors:
            divergences = []
            for sets in (sets_of(kind, index, near, k) for kind in kinds):
                weights = index.weights(sets)
                divergences.append(model.divergence(sets, weights.weights, weights.variances))
            yield k, divergences


def check():
    """With all predecessors as sets, the approximation is exact."""
    case = cases.all_cases(None, 60)[-1]
    for _, divergences in measure(case, 8, [59]):
        if max(map(abs, divergences)) > 1e-8:
            raise SystemExit(f"all predecessors have the divergences {divergences}, must be 0")


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description="Kullback-Leibler divergences of VIF approximations.")
    parser.add_argument("--csv", help="the data set argo2016 of the R package GpGp as a CSV file")
    parser.add_argument("--points", type=int, default=3000, help="points of each case; default 3000")
    parser.add_argument("--neighbors", default="10,30", help="sizes of sets; default 10,30")
    arguments = parser.parse_args()
    # Some sets have more neighbors than are informative.
    warnings.simplefilter("ignore", rk.ResidualKNNWarning)
    check()
    print(f"{datetime.date.today()}, {processor()}, NumPy {np.__version__}; n = {arguments.points:,}")
    if arguments.csv is None:
        print("The case argo is left out: it needs --csv.")
    neighbors = [int(k) for k in arguments.neighbors.split(",")]
    print("\n| case | m | k | " + " | ".join(KINDS) + " |\n" + "|---" * 3 + "|---:" * len(KINDS) + "|")
    for case in cases.all_cases(arguments.csv, arguments.points):
        for m in case.inducing:
            for k, divergences in measure(case, m, neighbors):
                print(f"| {case.name} | {m} | {k} | " + " | ".join(f"{value:.3g}" for value in divergences) + " |",
                      flush=True)


if __name__ == "__main__":
    main()
