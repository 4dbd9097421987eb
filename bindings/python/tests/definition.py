# SPDX-License-Identifier: Apache-2.0
"""The definition at the top of residual_knn.h in NumPy, and helpers of the tests that compare with it."""
import math
import pathlib
from dataclasses import dataclass

import numpy as np

import residual_knn as rk

KERNELS = {
    "squared_exponential": lambda r: np.exp(-r**2 / 2),
    "matern12": lambda r: np.exp(-r),
    "matern32": lambda r: (1 + math.sqrt(3) * r) * np.exp(-math.sqrt(3) * r),
    "matern52": lambda r: (1 + math.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-math.sqrt(5) * r),
    "rational_quadratic": lambda r, alpha=0.7: (1 + r**2 / (2 * alpha))**-alpha,
}


def scaled_distances(a, b, lengthscales):
    a, b = np.asarray(a) / lengthscales, np.asarray(b) / lengthscales
    return np.sqrt(((a[:, None] - b[None])**2).sum(axis=2))


@dataclass
class Model:
    """A model by the definition, with dense matrices."""

    inducing: np.ndarray
    lengthscales: object
    kernel: str = "matern32"
    variance: float = 1.0
    nugget: float = 0.0
    jitter: float = 1e-8

    def covariance(self, a, b):
        return self.variance * KERNELS[self.kernel](scaled_distances(a, b, self.lengthscales))

    def factor(self, x):
        """V and p."""
        m = len(self.inducing)
        prior = self.covariance(self.inducing, self.inducing) + self.jitter * self.variance * np.eye(m)
        V = np.linalg.solve(np.linalg.cholesky(prior), self.covariance(self.inducing, x)).T if m else np.zeros((len(x), 0))
        return V, self.variance + self.nugget - (V**2).sum(axis=1)

    def residual(self, a, b):
        """R of different points."""
        return self.covariance(a, b) - self.factor(a)[0] @ self.factor(b)[0].T

    def residual_matrix(self, x):
        R = self.residual(x, x)
        np.fill_diagonal(R, self.factor(x)[1])
        return R

    def rho(self, a, b):
        return self.residual(a, b) / np.sqrt(np.outer(self.factor(a)[1], self.factor(b)[1]))

    def distances(self, a, b, ranking="absolute"):
        if ranking == "scaled_distance":
            return scaled_distances(a, b, self.lengthscales)
        rho = self.rho(a, b)
        return np.sqrt(np.maximum(1 - (np.abs(rho) if ranking == "absolute" else rho), 0))

    def index(self, points, **more):
        return rk.Index(points, inducing=self.inducing if len(self.inducing) else None, lengthscales=self.lengthscales,
                        kernel=self.kernel, variance=self.variance, nugget=self.nugget, jitter=self.jitter, **more)


def a_case(seed=1, n=60, d=2, m=8, num_new=9, **model):
    """A model, points and new points."""
    rng = np.random.default_rng(seed)
    model = Model(rng.random((m, d)), model.pop("lengthscales", 0.3), **model)
    return model, rng.random((n, d)), rng.random((num_new, d))


def without_self(truth):
    truth = truth.copy()
    np.fill_diagonal(truth, np.inf)
    return truth


def only_predecessors(truth):
    return np.where(np.arange(truth.shape[1]) < np.arange(len(truth))[:, None], truth, np.inf)


def assert_nearest(found, truth, k, tolerance=1e-9):
    """Whether these are the k nearest candidates, up to rounding. `truth` has a row for each query, with inf for points
    that are not candidates."""
    nearest = np.full((len(truth), k), np.inf)
    columns = min(k, truth.shape[1])
    nearest[:, :columns] = np.sort(truth, axis=1)[:, :columns]
    assert found.indices.shape == found.distances.shape == nearest.shape
    assert found.indices.dtype == np.int64
    assert ((found.indices == -1) == np.isinf(nearest)).all()
    assert (np.isinf(found.distances) == np.isinf(nearest)).all()
    there = np.isfinite(nearest)
    assert np.abs(found.distances[there] - nearest[there]).max(initial=0) < tolerance
    own = np.take_along_axis(truth, np.maximum(found.indices, 0), axis=1)
    assert np.abs(found.distances[there] - own[there]).max(initial=0) < tolerance
    for row in found.indices:
        assert len(set(row[row >= 0])) == (row >= 0).sum()


def resident_memory():
    """Memory of this process in MB."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def same(a, b):
    """Whether two answers have the same bytes."""
    return np.array_equal(a.indices, b.indices) and a.distances.tobytes() == b.distances.tobytes()
