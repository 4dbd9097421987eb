# SPDX-License-Identifier: Apache-2.0
"""Reference answers for 32,436 ocean measurements, in the folder RESIDUAL_KNN_SHARED_DIR."""
import numpy as np
import pytest

import residual_knn as rk


def read(file):
    return np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)


@pytest.mark.parametrize("search", ["all", "predecessors"])
def test_the_reference_is_found(reference_folder, search):
    points = read(reference_folder / "argo2016_points.csv")
    inducing = read(reference_folder / "argo2016_inducing.csv")
    rows = read(reference_folder / "argo2016_queries.csv")[:, 0].astype(int)
    index = rk.Index(points, inducing=inducing, lengthscales=[0.1, 0.1, 0.1, 60], kernel="matern32", threads=2)
    found = index.neighbors(30, rows=rows) if search == "all" else index.predecessors(30, rows=rows)
    oracle = read(reference_folder / f"argo2016_{search}.csv")
    query, rank, neighbor = oracle[:, :3].astype(int).T
    place = {row: i for i, row in enumerate(rows)}
    places = np.array([place[row] for row in query])
    assert len(oracle) > 11000
    assert (found.indices >= 0).sum() == len(oracle)
    assert np.abs(found.distances[places, rank] - oracle[:, 3]).max() < 1e-9
    # A place may have another neighbor only if two distances tie.
    others = np.flatnonzero(found.indices[places, rank] != neighbor)
    assert len(others) < 100
    for i in others:
        of_query = query == query[i]
        theirs = oracle[of_query & (neighbor == found.indices[places[i], rank[i]]), 3]
        distance = theirs[0] if len(theirs) else oracle[of_query, 3].max()
        assert abs(distance - oracle[i, 3]) < 1e-9
