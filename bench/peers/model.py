"""The residual correlation from its definition, in NumPy's float64. It is the reference for recall, and what a user
without a library would write.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np
import scipy.linalg
import scipy.spatial.distance

TOLERANCE = 1e-9  # neighbors whose distances differ by less are the same for recall


def covariance(kernel, a, b):
    """The covariance between scaled points, at variance 1."""
    if kernel == "squared-exponential":
        return np.exp(-0.5 * scipy.spatial.distance.cdist(a, b, "sqeuclidean"))
    r = scipy.spatial.distance.cdist(a, b)
    if kernel == "matern32":
        r *= np.sqrt(3.0)
        return (1.0 + r) * np.exp(-r)
    if kernel == "matern52":
        r *= np.sqrt(5.0)
        return (1.0 + r + r * r / 3.0) * np.exp(-r)
    raise ValueError(f"no kernel {kernel}")


class Model:
    def __init__(self, job):
        self.kernel = job.kernel
        self.scaled = job.points / job.lengthscales
        inducing = job.inducing / job.lengthscales
        at_inducing = covariance(job.kernel, inducing, inducing) + job.jitter * np.eye(len(inducing))
        factor = np.linalg.cholesky(at_inducing)
        self.v = scipy.linalg.solve_triangular(factor, covariance(job.kernel, inducing, self.scaled), lower=True).T.copy()
        self.p = 1.0 - np.einsum("ij,ij->i", self.v, self.v)

    def distances(self, rows, end):
        """Residual distances of points `rows` to the first `end` points."""
        rho = covariance(self.kernel, self.scaled[rows], self.scaled[:end])
        rho -= self.v[rows] @ self.v[:end].T
        np.abs(rho, out=rho)
        rho /= np.sqrt(np.maximum(self.p[rows], 1e-300))[:, None]
        rho /= np.sqrt(np.maximum(self.p[:end], 1e-300))[None, :]
        return np.sqrt(1.0 - np.minimum(rho, 1.0))


class Recall:
    """The share of the true neighbors that an answer holds, over a sample of its queries."""

    def __init__(self, job, rows=100):
        model = Model(job)
        generator = np.random.default_rng(20250705)
        self.job = job
        self.places = np.sort(generator.choice(len(job.queries), size=min(rows, len(job.queries)), replace=False))
        self.distances = [model.distances(job.queries[[place]], len(job.points))[0] for place in self.places]

    def of(self, neighbors):
        found = wanted = 0
        for place, distances in zip(self.places, self.distances):
            query = self.job.queries[place]
            candidates = np.arange(query if self.job.predecessors else len(distances))
            candidates = candidates[candidates != query]
            k = min(self.job.k, len(candidates))
            if k == 0:
                continue
            worst = np.partition(distances[candidates], k - 1)[k - 1]
            answer = np.unique(neighbors[place])
            answer = answer[np.isin(answer, candidates)]
            found += min(k, int(np.sum(distances[answer] <= worst + TOLERANCE)))
            wanted += k
        return found / wanted
