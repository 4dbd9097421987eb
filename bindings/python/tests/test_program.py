# SPDX-License-Identifier: Apache-2.0
"""The bytes of the command-line program, whose path is RESIDUAL_KNN_PROGRAM."""
import csv
import subprocess

import numpy as np

import residual_knn as rk


def write(file, names, values):
    with open(file, "w", encoding="ascii") as out:
        out.write(",".join(names) + "\n")
        out.writelines(",".join(f"{value:.17g}" for value in row) + "\n" for row in values)
    return str(file)


def assert_same_bytes(found, file):
    """Compares an answer with a file of the program."""
    with open(file, encoding="ascii") as lines:
        theirs = [(int(line["query"]), int(line["rank"]), int(line["neighbor"]), float(line["distance"]))
                  for line in csv.DictReader(lines)]
    assert (found.indices >= 0).sum() == len(theirs)
    for query, rank, neighbor, distance in theirs:
        assert found.indices[query, rank] == neighbor
        assert found.distances[query, rank] == distance


def test_predecessors(program, tmp_path):
    rng = np.random.default_rng(7)
    points, inducing = rng.random((500, 3)), rng.random((20, 3))
    output = tmp_path / "neighbors.csv"
    subprocess.run([
        program, "neighbors", write(tmp_path / "points.csv", "abc", points), "--inducing-points",
        write(tmp_path / "inducing.csv", "abc", inducing), "--kernel", "matern52", "--variance", "1.5", "--nugget", "0.1",
        "--lengthscale", "0.5,0.4,0.3", "--predecessors", "-k", "6", "-o", str(output)
    ], check=True, capture_output=True)
    index = rk.Index(points, inducing=inducing, lengthscales=[0.5, 0.4, 0.3], kernel="matern52", variance=1.5, nugget=0.1)
    assert_same_bytes(index.predecessors(6), output)


def test_longitude_and_latitude(program, tmp_path):
    rng = np.random.default_rng(35)
    places = np.column_stack([rng.uniform(-90, 90, 400), rng.uniform(-180, 180, 400), rng.uniform(0, 365, 400)])
    output = tmp_path / "neighbors.csv"
    subprocess.run([
        program, "neighbors", write(tmp_path / "places.csv", ["lat", "lon", "day"], places), "--lonlat", "lon,lat",
        "--columns", "day", "--lengthscale", "0.3,0.3,0.3,60", "--inducing", "0", "-k", "6", "-o", str(output)
    ], check=True, capture_output=True)
    index = rk.Index(places, lengthscales=[0.3, 0.3, 0.3, 60], lonlat=(1, 0))
    assert_same_bytes(index.neighbors(6), output)
