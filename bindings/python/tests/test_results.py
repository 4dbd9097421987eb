# SPDX-License-Identifier: Apache-2.0
"""Results in the forms of other packages."""
import numpy as np
import pytest

import residual_knn as rk
from definition import a_case


def test_nnarrays():
    model, points, new = a_case(80, n=30)
    index = model.index(points)
    found = index.predecessors(4)
    array = found.to_nnarray()
    assert array.dtype == np.int64 and array.shape == (30, 5)
    assert np.array_equal(array[:, 0], np.arange(30)) and np.array_equal(array[:, 1:], found.indices)
    assert np.array_equal(found.to_nnarray(include_self=False), found.indices)
    of_r = found.to_nnarray(base=1, missing=-2**31)
    assert np.array_equal(of_r[:, 0], np.arange(1, 31)) and (of_r[0, 1:] == -2**31).all() and of_r[1, 1] == 1
    assert (found.to_nnarray(base=1)[0, 1:] == -1).all()
    for wrong in (index.neighbors(4), index.predecessors(4, rows=[1]), index.neighbors(4, queries=new)):
        with pytest.raises(ValueError, match="predecessors\\(\\) for all rows"):
            wrong.to_nnarray()
    with pytest.raises(ValueError, match="base is 2"):
        found.to_nnarray(base=2)


def test_frames():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    model, points, _ = a_case(81, n=30)
    index = model.index(points)
    found = index.predecessors(4, rows=[20, 1], selection="conditional")
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["query", "rank", "neighbor", "distance", "conditional_variance"]
    assert frame["query"].tolist() == [20] * 4 + [1] and frame["rank"].tolist() == [0, 1, 2, 3, 0]
    assert frame["neighbor"].tolist() == found.indices[0].tolist() + [0]
    assert frame["distance"].tolist() == found.distances[0].tolist() + [found.distances[1, 0]]
    weights = index.weights(found)
    assert weights.to_pandas()["weight"].tolist() == weights.weights[0].tolist() + [weights.weights[1, 0]]
    pairs = index.neighbors_above(0.2, rows=[5, 3]).to_pandas()
    assert list(pairs.columns) == ["query", "rank", "neighbor", "distance"]
    assert set(pairs["query"]) <= {5, 3} and (pairs.groupby("query")["distance"].is_monotonic_increasing).all()
    assert (pairs.groupby("query")["rank"].min() == 0).all()


def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse", reason="SciPy is absent")
    model, points, new = a_case(82, n=40, nugget=0.05)
    index = model.index(points)
    weights = index.weights(index.predecessors(39))
    B = weights.to_scipy()
    assert isinstance(B, sparse.csr_array) and B.has_sorted_indices
    R = model.residual_matrix(points)
    inverse = np.linalg.inv(B.toarray())
    assert np.abs(inverse @ np.diag(weights.variances) @ inverse.T - R).max() < 1e-8
    some = index.weights(index.predecessors(3, rows=[7, 2])).to_csr()
    assert some.shape == (2, 40) and some.offsets.tolist() == [0, 4, 7]
    assert some.columns[3] == 7 and some.values[3] == 1
    found = index.neighbors(5, queries=new)
    of_new = index.weights(found, queries=new)
    y = np.cos(points[:, 0])
    assert np.abs(-of_new.to_scipy() @ y - (of_new.weights * y[found.indices]).sum(axis=1)).max() < 1e-12
    pairs = index.neighbors_above(0.1)
    dense = pairs.to_scipy(40).toarray()
    rho = np.abs(model.rho(points, points))
    there = dense > 0
    assert np.abs(1 - dense[there]**2 - rho[there]).max() < 1e-9 and there.sum() == len(pairs.indices)
