"""Jobs: points, inducing points and queries, written to a file that every candidate reads.

SPDX-License-Identifier: Apache-2.0
"""
import csv
import dataclasses
import gzip
import pathlib

import numpy as np

POINT_SEED = 20250701
ROW_SEED = 20250702
COVERTREEX_SEED = 42  # covertreex draws its own inducing points; the others are given the same rows


@dataclasses.dataclass
class Job:
    name: str
    points: np.ndarray  # n x d, in the order that decides what a predecessor is
    lengthscales: np.ndarray  # d
    kernel: str  # as in residual-knn --kernel
    jitter: float  # relative to the variance, which is 1
    k: int
    inducing: np.ndarray  # m x d
    queries: np.ndarray  # row numbers
    predecessors: bool
    ranking: str = "absolute"  # as in residual-knn --ranking

    def save(self, path):
        np.savez(path, **dataclasses.asdict(self))


def load(path):
    with np.load(path) as file:
        values = {field.name: file[field.name] for field in dataclasses.fields(Job)}
    values.update({name: values[name].item() for name in ("name", "kernel", "jitter", "k", "predecessors", "ranking")})
    return Job(**values)


def uniform(n, choose_inducing):
    """The benchmark of Gyger, Furrer and Sigrist (2025), Fig. 7: uniform points in the unit cube of 5 dimensions."""
    points = np.random.default_rng(POINT_SEED).random((n, 5))
    return matern_predecessors(f"uniform, d = 5, n = {n:,}", points, np.linspace(0.13, 1.5, 5), choose_inducing)


def from_csv(path, columns, lonlat, lengthscales, choose_inducing):
    """Points of a CSV file in random order; longitude and latitude become places on the unit sphere."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    places = np.empty((len(rows), 0))
    if lonlat:
        lon, lat = (np.radians([float(row[name]) for row in rows]) for name in lonlat)
        places = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    others = np.array([[float(row[name]) for name in columns] for row in rows]).reshape(len(rows), len(columns))
    points = np.column_stack([places, others])
    points = points[np.random.default_rng(POINT_SEED).permutation(len(points))]
    lengthscales = np.broadcast_to(np.asarray(lengthscales, float), points.shape[1:]).copy()
    name = f"{path.name}, d = {points.shape[1]}, n = {len(points):,}"
    return matern_predecessors(name, points, lengthscales, choose_inducing)


def matern_predecessors(name, points, lengthscales, choose_inducing):
    """Every point's 30 nearest predecessors, Matern 3/2, 200 inducing points chosen by k-means++."""
    return Job(name=name, points=points, lengthscales=lengthscales, kernel="matern32", jitter=1e-8, k=30,
               inducing=choose_inducing(points, lengthscales, 200), queries=np.arange(len(points)), predecessors=True)


def normal(n, kernel):
    """The benchmark of covertreex: 1,024 of n points N(0, 1) in 3 dimensions, their 50 nearest among all."""
    points = np.random.default_rng(POINT_SEED).standard_normal((n, 3)).astype(np.float32).astype(np.float64)
    chosen = np.sort(np.random.default_rng(COVERTREEX_SEED).choice(n, size=min(512, n), replace=False))
    queries = np.random.default_rng(ROW_SEED).choice(n, size=min(1024, n), replace=False)
    return Job(name=f"normal, d = 3, n = {n:,}, {kernel}", points=points, lengthscales=np.ones(3), kernel=kernel,
               jitter=1e-6, k=50, inducing=points[chosen], queries=queries, predecessors=False)


def csv_arguments(parser):
    parser.add_argument("--csv", type=pathlib.Path, help="a CSV file with a header (may be gzipped): one more job")
    parser.add_argument("--columns", default="", help="its columns that are coordinates, separated by commas")
    parser.add_argument("--lonlat", default="", help="its columns of longitude and latitude in degrees")
    parser.add_argument("--lengthscales", default="1", help="one, or one for each coordinate (x, y, z of --lonlat first)")
