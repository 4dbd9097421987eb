"""Nearest residual-correlation neighbors from the definition, for small n. Independent of the
library."""

import numpy as np


def _squared_exponential(r):
    return np.exp(-(r**2) / 2)


def _matern12(r):
    return np.exp(-r)


def _matern32(r):
    a = np.sqrt(3) * r
    return (1 + a) * np.exp(-a)


def _matern52(r):
    a = np.sqrt(5) * r
    return (1 + a + a**2 / 3) * np.exp(-a)


def _matern72(r):
    a = np.sqrt(7) * r
    return (1 + a + 2 * a**2 / 5 + a**3 / 15) * np.exp(-a)


def _rational_quadratic(alpha):
    return lambda r: (1 + r**2 / (2 * alpha)) ** -alpha


CORRELATIONS = {
    "squared-exponential": _squared_exponential,
    "matern12": _matern12,
    "matern32": _matern32,
    "matern52": _matern52,
    "matern:3.5": _matern72,
    "rational-quadratic:0.7": _rational_quadratic(0.7),
}


class Model:
    """V, p and rho of points given inducing points."""

    def __init__(self, inducing, kernel="matern32", variance=1.0, lengthscale=1.0, nugget=0.0,
                 jitter=1e-8):
        self.kernel = CORRELATIONS[kernel]
        self.variance = variance
        self.lengthscale = np.asarray(lengthscale, float)
        self.nugget = nugget
        self.inducing = inducing
        if inducing is not None:
            covariance = self.covariance(inducing, inducing)
            covariance += jitter * variance * np.eye(len(inducing))
            self.cholesky = np.linalg.cholesky(covariance)

    def covariance(self, a, b):
        difference = (a[:, None, :] - b[None, :, :]) / self.lengthscale
        return self.variance * self.kernel(np.sqrt((difference**2).sum(axis=2)))

    def factor(self, points):
        """V (points in rows) and p."""
        if self.inducing is None:
            return np.zeros((len(points), 0)), np.full(len(points), self.variance + self.nugget)
        v = np.linalg.solve(self.cholesky, self.covariance(self.inducing, points)).T
        return v, self.variance + self.nugget - (v**2).sum(axis=1)

    def distances(self, queries, points, signed=False):
        """Distance of every query to every point."""
        query_v, query_p = self.factor(queries)
        v, p = self.factor(points)
        rho = (self.covariance(queries, points) - query_v @ v.T) / np.sqrt(np.outer(query_p, p))
        rho = np.clip(rho, -1, 1)
        return np.sqrt(1 - (rho if signed else np.abs(rho)))
