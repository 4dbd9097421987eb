# SPDX-License-Identifier: Apache-2.0
"""Conditional selection, candidates, candidate lists and starts."""
import numpy as np
import pytest

import residual_knn as rk
from definition import a_case, assert_nearest, only_predecessors, same, without_self


def variance_given(R, i, rows):
    rows = list(rows)
    return R[i, i] - R[i, rows] @ np.linalg.solve(R[np.ix_(rows, rows)], R[rows, i]) if rows else R[i, i]


def greedy(R, i, candidates, k):
    """Selection by conditional variance with dense algebra."""
    chosen = []
    for _ in range(k):
        left = [j for j in candidates if j not in chosen]
        chosen.append(min(left, key=lambda j: variance_given(R, i, chosen + [j])))
    return chosen


def test_conditional_selection_by_the_definition():
    model, points, _ = a_case(40, n=50, nugget=0.05)
    index = model.index(points)
    R = model.residual_matrix(points)
    rows = [49, 20, 12]
    found = index.predecessors(5, rows=rows, selection="conditional", candidates=100)
    for place, row in enumerate(rows):
        chosen = greedy(R, row, range(row), 5)
        assert found.indices[place].tolist() == chosen
        expected = [variance_given(R, row, chosen[:count + 1]) for count in range(5)]
        assert np.abs(found.conditional_variances[place] - expected).max() < 1e-9
    weights = index.weights(found)
    assert np.abs(weights.variances - found.conditional_variances[:, -1]).max() < 1e-12
    assert found.statistics.candidates == sum(rows)


def test_numbers_of_candidates():
    model, points, new = a_case(41, n=80)
    index = model.index(points)

    def select(**more):
        return index.predecessors(4, selection="conditional", **more)

    assert same(select(candidates=16), select())
    assert same(select(candidates=16), select(candidates={"residual": 8, "scaled": 8}))
    assert same(select(candidates=5), select(candidates={"residual": 4, "scaled": 1}))
    nearest = select(candidates={"residual": 4})
    assert np.array_equal(np.sort(nearest.indices, axis=1), np.sort(index.predecessors(4).indices, axis=1))
    nearest = select(candidates={"scaled": 4})
    assert np.array_equal(np.sort(nearest.indices, axis=1),
                          np.sort(index.predecessors(4, ranking="scaled_distance").indices, axis=1))
    assert index.neighbors(4, queries=new, selection="conditional").indices.shape == (9, 4)
    assert index.neighbors(4).conditional_variances is None
    without = rk.Index(points, lengthscales=0.3)
    assert same(without.neighbors(3, selection="conditional", candidates=9),
                without.neighbors(3, selection="conditional", candidates={"scaled": 9}))


def test_duplicates_are_not_informative():
    points = np.repeat(np.random.default_rng(42).random((12, 2)), 2, axis=0)
    index = rk.Index(points, lengthscales=0.3)
    found = index.predecessors(6, rows=[23], selection="conditional", candidates=23)
    assert found.statistics.uninformative_picks > 0


def test_candidate_lists():
    model, points, new = a_case(43, n=40)
    index = model.index(points)
    rng = np.random.default_rng(1)
    lists = [rng.integers(-1, 40, size).tolist() for size in rng.integers(0, 12, 40)]
    truth = np.full((40, 40), np.inf)
    for i, row in enumerate(lists):
        allowed = [j for j in row if j not in (-1, i)]
        truth[i, allowed] = model.distances(points, points)[i, allowed]
    found = index.neighbors(3, candidate_lists=lists)
    assert_nearest(found, truth, 3)
    assert found.statistics.reason.startswith("the caller gave")
    assert_nearest(index.predecessors(3, candidate_lists=lists), only_predecessors(truth), 3)
    assert same(index.neighbors(3, candidate_lists=[np.array(each, int) for each in lists]), found)
    matrix = index.neighbors(6)
    nearest = index.neighbors(3)
    for form in (matrix, matrix.indices, matrix.indices.astype(np.int32), matrix.indices.tolist()):
        assert same(index.neighbors(3, candidate_lists=form), nearest)
    every = [range(40)] * 9
    assert same(index.neighbors(3, queries=new, candidate_lists=every), index.neighbors(3, queries=new))
    selected = index.neighbors(3, selection="conditional", candidate_lists=[range(40)] * 40)
    assert same(selected, index.neighbors(3, selection="conditional", candidates={"residual": 39}))
    assert index.neighbors(2, rows=[], candidate_lists=[]).indices.shape == (0, 2)


def test_starts_do_not_change_answers():
    model, points, new = a_case(44, n=400, m=10)
    index = model.index(points)
    earlier = index.predecessors(6)
    index.update(lengthscales=0.25)
    expected = index.predecessors(6)
    nonsense = np.random.default_rng(2).integers(-1, 400, (400, 9))
    for start in (earlier, earlier.indices, earlier.indices.astype(np.int16), nonsense, np.full((400, 0), 1),
                  expected.indices[:, :3]):
        for strategy in ("automatic", "dual_tree"):
            assert same(index.predecessors(6, start=start, strategy=strategy), expected)
    found = index.neighbors(6, queries=new)
    assert same(index.neighbors(6, queries=new, start=found), found)
    for name in ("start", "candidates"):
        with pytest.raises(ValueError, match=f"^{name} must be None"):
            index.neighbors(6, candidate_lists=[[1]] * 400, **{name: 6 if name == "candidates" else earlier})
    assert_nearest(expected, only_predecessors(without_self(rk_distances(index, points))), 6)


def rk_distances(index, points):
    """Distances from the index's own V and p."""
    V, p = index.factor()
    model, _, _ = a_case(44, n=400, m=10)
    model.lengthscales = 0.25
    R = model.covariance(points, points) - V @ V.T
    return np.sqrt(np.maximum(1 - np.abs(R / np.sqrt(np.outer(p, p))), 0))
