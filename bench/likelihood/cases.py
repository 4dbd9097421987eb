"""Cases: points in scaled coordinates and their exact covariance.

SPDX-License-Identifier: Apache-2.0
"""
import csv
import dataclasses
from collections.abc import Callable

import numpy as np

SEED = 20251107
VARIANCE = 1.0
NUGGET = 0.01


@dataclasses.dataclass
class Case:
    name: str
    points: np.ndarray  # n x d, divided by the lengthscales
    kernel: Callable[[np.ndarray, np.ndarray], np.ndarray]  # covariances of two sets of points, without the nugget
    inducing: tuple[int, ...]  # numbers of inducing points


def distances(a, b):
    """Differences by coordinate, because squares of large coordinates would cancel."""
    return np.sqrt(sum((a[:, None, c] - b[None, :, c])**2 for c in range(a.shape[1])))


def matern32_of(r):
    a = np.sqrt(3.0) * r
    return VARIANCE * (1.0 + a) * np.exp(-a)


def matern32(a, b):
    return matern32_of(distances(a, b))


def squared_exponential(a, b):
    return VARIANCE * np.exp(-0.5 * distances(a, b)**2)


def turning_shapes(points):
    """The squared lengthscales of each point as a 2 x 2 matrix: axes of 0.3 and 0.06, which turn with x."""
    angle = np.pi * points[:, 0]
    cos, sin = np.cos(angle), np.sin(angle)
    long, short = 0.3**2, 0.06**2
    return long * cos**2 + short * sin**2, (long - short) * cos * sin, long * sin**2 + short * cos**2


def turning_matern32(a, b):
    """The non-stationary covariance of Paciorek and Schervish (2006), Environmetrics 17, eq. 8."""
    (a11, a12, a22), (b11, b12, b22) = turning_shapes(a), turning_shapes(b)
    m11, m12, m22 = [(left[:, None] + right[None, :]) / 2 for left, right in ((a11, b11), (a12, b12), (a22, b22))]
    determinant = m11 * m22 - m12**2
    x, y = [a[:, None, c] - b[None, :, c] for c in (0, 1)]
    squared = (m22 * x**2 - 2 * m12 * x * y + m11 * y**2) / determinant
    of_a, of_b = a11 * a22 - a12**2, b11 * b22 - b12**2
    return np.sqrt(np.sqrt(np.outer(of_a, of_b)) / determinant) * matern32_of(np.sqrt(np.maximum(squared, 0.0)))


def argo(path, n):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lon, lat = (np.radians([float(row[name]) for row in rows]) for name in ("lon", "lat"))
    days = np.array([float(row["day"]) for row in rows])
    places = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    points = np.column_stack([places / 0.1, (days - days.min()) / 60.0])
    chosen = np.random.default_rng(SEED).choice(len(points), size=min(n, len(points)), replace=False)
    return Case("argo", points[chosen], matern32, (50, 200))


def all_cases(csv_path, n):
    random = np.random.default_rng(SEED)
    square, cube, other = random.random((n, 2)), random.random((n, 5)), random.random((n, 2))
    cases = [] if csv_path is None else [argo(csv_path, n)]
    cases.append(Case("smooth", square / 0.1, squared_exponential, (50, 200)))
    cases.append(Case("anisotropic", cube / np.array([0.15, 0.5, 1.0, 3.0, 10.0]), matern32, (50, 200)))
    cases.append(Case("non-stationary", other, turning_matern32, (50, 200)))
    return cases
