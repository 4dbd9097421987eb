# SPDX-License-Identifier: Apache-2.0
"""Pairs above thresholds, and neighbors of groups."""
import numpy as np
import pytest

import residual_knn as rk
from definition import a_case, only_predecessors, same, without_self
from test_sets import variance_given


def assert_above(found, truth, threshold):
    """`truth` has distances, inf for points that are not candidates."""
    assert found.offsets[0] == 0 and found.offsets.dtype == found.indices.dtype == np.int64
    assert len(found.offsets) == len(truth) + 1 and found.offsets[-1] == len(found.indices) == len(found.distances)
    limit = np.sqrt(1 - threshold)
    for i, row in enumerate(truth):
        part = slice(found.offsets[i], found.offsets[i + 1])
        assert set(found.indices[part]) == set(np.flatnonzero(row <= limit))
        assert (np.diff(found.distances[part]) >= 0).all()
        assert np.abs(found.distances[part] - row[found.indices[part]]).max(initial=0) < 1e-9


@pytest.mark.parametrize("ranking", ["absolute", "signed"])
def test_pairs_of_all_kinds_of_queries(ranking):
    model, points, new = a_case(50, n=70)
    index = model.index(points)
    truth = model.distances(points, points, ranking)
    assert_above(index.neighbors_above(0.3, ranking=ranking), without_self(truth), 0.3)
    assert_above(index.neighbors_above(0.3, ranking=ranking, rows=[4, 4, 60]), without_self(truth)[[4, 4, 60]], 0.3)
    assert_above(index.predecessors_above(0.3, ranking=ranking), only_predecessors(truth), 0.3)
    assert_above(index.predecessors_above(0.3, ranking=ranking, rows=[9]), only_predecessors(truth)[[9]], 0.3)
    of_new = model.distances(new, points, ranking)
    assert_above(index.neighbors_above(0.3, ranking=ranking, queries=new), of_new, 0.3)
    V, p = model.factor(points)
    query_V, query_p = model.factor(new)
    own = rk.Index.from_factor(points, V, p, lengthscales=0.3)
    found = own.neighbors_above(0.3, ranking=ranking, queries=new, query_factor=query_V, query_residual_variance=query_p)
    assert_above(found, of_new, 0.3)
    everything = np.vstack([points, new])
    by_callback = rk.Index.from_callback(lambda a, b: model.covariance(everything[a], everything[b]), V, p)
    found = by_callback.neighbors_above(0.3, ranking=ranking, query_factor=query_V, query_residual_variance=query_p)
    assert_above(found, of_new, 0.3)


def test_room_for_pairs(monkeypatch):
    from residual_knn import _pairs
    model, points, _ = a_case(51, n=100)
    index = model.index(points)
    expected = index.neighbors_above(0)
    assert len(expected.indices) == 100 * 99
    monkeypatch.setattr(_pairs, "_FIRST_ROOM", 10)
    monkeypatch.setattr(_pairs, "_ROOM_OF_QUERY", 1)
    repeated = index.neighbors_above(0)
    assert same(repeated, expected) and np.array_equal(repeated.offsets, expected.offsets)
    assert same(index.neighbors_above(0, max_pairs=9900), expected)
    with pytest.raises(ValueError, match="max_pairs is 9899, but there are 9900 pairs"):
        index.neighbors_above(0, max_pairs=9899)
    assert len(index.neighbors_above(1, rows=[], max_pairs=0).indices) == 0


def test_groups_by_the_definition():
    model, points, _ = a_case(52, n=60, nugget=0.05)
    index = model.index(points)
    truth = model.distances(points, points)
    groups = [[3, 40, 22], [7], np.array([58, 59]), (0, 1)]
    for precede, found in ((False, index.group_neighbors(groups, 5)), (True, index.group_predecessors(groups, 5))):
        for i, group in enumerate(groups):
            nearest = truth[list(group)].min(axis=0)
            nearest[list(group)] = np.inf
            if precede:
                nearest[min(group):] = np.inf
            expected = np.sort(nearest)[:5]
            assert np.array_equal(np.isinf(expected), found.indices[i] == -1)
            finite = np.isfinite(expected)
            assert np.abs(found.distances[i][finite] - expected[finite]).max(initial=0) < 1e-9
            assert np.abs(nearest[found.indices[i][finite]] - expected[finite]).max(initial=0) < 1e-9
    assert found.kind == "groups" and found.statistics.queries == 4
    single = index.group_neighbors([[row] for row in range(60)], 4)
    assert same(single, index.neighbors(4))


def test_groups_by_labels():
    model, points, _ = a_case(53, n=10)
    index = model.index(points)
    labels = np.array([0, 1, -1, 1, 0, 2, 2, 2, -1, 0])
    assert same(index.group_neighbors(labels, 3), index.group_neighbors([[0, 4, 9], [1, 3], [5, 6, 7]], 3))
    assert same(index.group_neighbors(np.arange(10).reshape(5, 2), 3),
                index.group_neighbors([[2 * i, 2 * i + 1] for i in range(5)], 3))
    assert index.group_neighbors([], 3).indices.shape == (0, 3)
    assert index.group_neighbors(np.full(10, -1), 3).indices.shape == (0, 3)
    with pytest.raises(ValueError, match=r"groups\[1\] is empty"):
        index.group_neighbors(np.array([0, 2] * 5), 3)


def test_conditional_selection_of_groups():
    model, points, _ = a_case(54, n=40, nugget=0.05)
    index = model.index(points)
    R = model.residual_matrix(points)
    group = [30, 31, 35]
    found = index.group_predecessors([group], 4, selection="conditional", candidates=100)

    def log_determinant(rows):
        rows = list(rows)
        C = R[np.ix_(group, group)] - (R[np.ix_(group, rows)] @ np.linalg.solve(R[np.ix_(rows, rows)], R[np.ix_(rows, group)])
                                      if rows else 0)
        return np.linalg.slogdet(C)[1]

    chosen = []
    for _ in range(4):
        chosen.append(min((j for j in range(30) if j not in chosen), key=lambda j: log_determinant(chosen + [j])))
    assert found.indices[0].tolist() == chosen
    single = index.group_predecessors([[30]], 4, selection="conditional", candidates=100).indices[0]
    assert single[0] == min(range(30), key=lambda j: variance_given(R, 30, [j]))


def test_pairs_as_a_sparse_matrix_have_all_columns():
    pytest.importorskip("scipy", reason="SciPy is absent")
    index = rk.Index(a_case(55, n=40)[1], lengthscales=0.3)
    found = index.neighbors_above(0.1, rows=[3, 0])
    assert found.n == 40 and found.to_scipy().shape == found.to_scipy(40).shape == (2, 40)
    assert found.to_scipy(np.int64(50)).shape == (2, 50)
    assert found.to_scipy().toarray()[0, found.indices[:found.offsets[1]]].tolist() == found.distances[:found.offsets[1]].tolist()
    for wrong in (39, 0, -1, 10**30):
        with pytest.raises(rk.InvalidArgumentError, match=f"n is {wrong}, must be at (least 40|most)"):
            found.to_scipy(wrong)
    for wrong in ("40", 40.0, True):
        with pytest.raises(rk.ArgumentTypeError, match="n is"):
            found.to_scipy(wrong)
    found.to_scipy().data[:] = 7
    assert found.distances.max() < 7
    found.indices[1] = 40
    with pytest.raises(rk.InvalidArgumentError, match="place 1 is 40, must be between 0 and 39"):
        found.to_scipy()
    found.indices[1] = 1
    found.offsets[1] = 10**9
    with pytest.raises(rk.InvalidArgumentError, match="offsets"):
        found.to_scipy()


def test_wrong_labels_of_groups():
    index = rk.Index(a_case(56, n=10)[1], lengthscales=0.3)
    for label in (10, 10**6, 10**13, -2, -7):
        labels = np.zeros(10, np.int64)
        labels[4] = label
        for form in (labels, labels.tolist()):
            with pytest.raises(rk.InvalidArgumentError, match=rf"^groups\[4\] is {label}, must be .* between 0 and 9, or -1"):
                index.group_neighbors(form, 3)
    labels = [0, 1, -1, 1, 0, 2, 2, 2, -1, 0]
    expected = index.group_neighbors(np.array(labels), 3)
    assert same(index.group_neighbors(labels, 3), expected)
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    assert same(index.group_neighbors(pandas.Series(labels), 3), expected)
