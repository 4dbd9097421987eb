"""Compares the output of the consumers with the definition and with each other.

    python3 check_answer.py ANSWER.csv...

An answer holds lines query,rank,neighbor,distance: the nearest predecessors of the stations in
examples/neighbors.py. Neighbors must be the ones that the definition gives, distances must agree with
it to 1e-12, and all answers must be the same numbers.
"""
import csv
import math
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import neighbors as example  # noqa: E402

JITTER = 1e-8  # the library's default, relative to the variance
TOLERANCE = 1e-12


def matern52(a, b):
    """Covariances of the rows of a with the rows of b."""
    difference = (a[:, None, :] - b[None, :, :]) / example.LENGTHSCALES
    r = np.sqrt(5.0) * np.sqrt((difference**2).sum(axis=2))
    return example.VARIANCE * (1.0 + r + r**2 / 3.0) * np.exp(-r)


def nearest_predecessors():
    """{(query, rank): (neighbor, distance)} from the definition in residual_knn.h."""
    points, inducing = example.STATIONS, example.INDUCING_POINTS
    lower = np.linalg.cholesky(
        matern52(inducing, inducing) + JITTER * example.VARIANCE * np.eye(len(inducing)))
    v = np.linalg.solve(lower, matern52(inducing, points)).T
    p = example.VARIANCE + example.NUGGET - (v**2).sum(axis=1)
    rho = (matern52(points, points) - v @ v.T) / np.sqrt(np.outer(p, p))
    answer = {}
    for query in range(len(points)):
        found = sorted((math.sqrt(1.0 - abs(rho[query, row])), row) for row in range(query))
        for rank, (distance, neighbor) in enumerate(found[:example.NUM_NEIGHBORS]):
            answer[query, rank] = (neighbor, distance)
    return answer


def read_answer(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    answer = {(int(r["query"]), int(r["rank"])): (int(r["neighbor"]), float(r["distance"]))
              for r in rows}
    if len(answer) != len(rows):
        sys.exit(f"{path}: a query and rank are there twice")
    return answer


def main(paths):
    if not paths:
        sys.exit("check_answer.py: no answers to check")
    expected = nearest_predecessors()
    first = read_answer(paths[0])
    for path in paths:
        answer = read_answer(path)
        if answer.keys() != expected.keys():
            sys.exit(f"{path}: queries and ranks differ: {answer.keys() ^ expected.keys()}")
        for place, (neighbor, distance) in expected.items():
            if answer[place][0] != neighbor or not abs(answer[place][1] - distance) <= TOLERANCE:
                sys.exit(f"{path}: query {place[0]}, rank {place[1]}: {answer[place]} instead of "
                         f"{(neighbor, distance)}")
        if answer != first:
            sys.exit(f"{path}: not the same numbers as {paths[0]}")
        print(f"ok  {pathlib.Path(path).stem}")


if __name__ == "__main__":
    main(sys.argv[1:])
