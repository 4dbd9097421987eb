# SPDX-License-Identifier: Apache-2.0
"""Weights, conditional variances and residual covariances against dense algebra."""
import numpy as np
import pytest

import residual_knn as rk
from definition import a_case


@pytest.fixture(scope="module")
def case():
    model, points, new = a_case(60, variance=1.7, nugget=0.05)
    return model, points, new, model.index(points), model.residual_matrix(points)


def assert_weights(found, sets, variance, between, R):
    """`between` has R of the queries with all points, `variance` has p of the queries."""
    for i, row in enumerate(sets):
        there = row >= 0
        rows = row[there]
        b = np.linalg.solve(R[np.ix_(rows, rows)], between[i, rows])
        assert np.abs(found.weights[i, there] - b).max(initial=0) < 1e-8
        assert (found.weights[i, ~there] == 0).all()
        assert abs(found.variances[i] - (variance[i] - between[i, rows] @ b)) < 1e-9


def test_weights_of_rows(case):
    model, points, new, index, R = case
    sets = index.predecessors(5)
    found = index.weights(sets)
    assert_weights(found, sets.indices, np.diag(R), R, R)
    assert abs(found.log_determinant - np.log(found.variances).sum()) < 1e-10
    assert (found.jittered_sets, found.first_jittered, found.degenerate_queries) == (0, -1, 0)
    some = index.predecessors(5, rows=[9, 50])
    again = index.weights(some)
    assert np.array_equal(again.weights, found.weights[[9, 50]]) and again.rows.tolist() == [9, 50]
    assert np.array_equal(index.weights(sets.indices[[9, 50]], rows=[9, 50]).weights, again.weights)
    for form in (np.asfortranarray(sets.indices), sets.indices.astype(np.int32), sets.indices.tolist()):
        assert np.array_equal(index.weights(form).weights, found.weights)


def test_the_full_sets_give_the_exact_determinant(case):
    model, points, _, index, R = case
    found = index.weights(index.predecessors(59))
    assert abs(found.log_determinant - np.linalg.slogdet(R)[1]) < 1e-8
    y = np.sin(5 * points[:, 0])
    residual = y - (found.weights * y[found.neighbors]).sum(axis=1)
    assert abs((residual**2 / found.variances).sum() - y @ np.linalg.solve(R, y)) < 1e-6


def test_weights_of_new_points(case):
    model, points, new, index, R = case
    sets = index.neighbors(6, queries=new)
    found = index.weights(sets, queries=new)
    V, p = model.factor(new)
    between = model.residual(new, points)
    assert_weights(found, sets.indices, p, between, R)
    assert found.of_new_points
    own_V, own_p = model.factor(points)
    given = {"query_factor": V, "query_residual_variance": p}
    own = rk.Index.from_factor(points, own_V, own_p, lengthscales=0.3, variance=1.7)
    assert_weights(own.weights(sets, queries=new, **given), sets.indices, p, between, R)
    everything = np.vstack([points, new])
    by_callback = rk.Index.from_callback(lambda a, b: model.covariance(everything[a], everything[b]), own_V, own_p)
    assert_weights(by_callback.weights(sets, **given), sets.indices, p, between, R)
    for call in (index.weights, index.covariances, index.covariance_blocks):
        with pytest.raises(ValueError, match="neighbors of new points, so the new points must be given"):
            call(sets)
        with pytest.raises(ValueError, match="neighbors of points of the index"):
            call(index.neighbors(3), queries=new)
        with pytest.raises(ValueError, match="neighbors of groups"):
            call(index.group_neighbors([[1]], 3), rows=[1])


def test_jitter_is_for_singular_sets_only(case):
    points = np.vstack([case[1], case[1][:1]])
    index = rk.Index(points, lengthscales=0.3)
    sets = np.array([[0, 60], [0, 2]])
    with pytest.raises(rk.NotPositiveDefiniteError, match="query 0"):
        index.weights(sets, rows=[5, 6])
    found = index.weights(sets, rows=[5, 6], jitter=1e-8)
    assert (found.jittered_sets, found.first_jittered) == (1, 0)
    assert np.array_equal(found.weights[1], index.weights(sets[1:], rows=[6]).weights[0])


def test_covariances_and_blocks(case):
    model, points, new, index, R = case
    sets = index.predecessors(4)
    found = index.covariances(sets)
    there = sets.indices >= 0
    rows = np.broadcast_to(np.arange(60)[:, None], there.shape)
    assert np.abs(found.covariances[there] - R[rows[there], sets.indices[there]]).max() < 1e-12
    assert (found.covariances[~there] == 0).all()
    assert np.abs(found.residual_variances - np.diag(R)).max() < 1e-12
    blocks = index.covariance_blocks(sets)
    assert blocks.shape == (60, 5, 5) and np.array_equal(blocks, blocks.transpose(0, 2, 1))
    assert np.array_equal(blocks[:, 0, 1:], found.covariances)
    assert np.array_equal(blocks[0], np.diag([found.residual_variances[0], 1, 1, 1, 1]))
    weights = index.weights(sets).weights
    assert np.abs(np.linalg.solve(blocks[40, 1:, 1:], blocks[40, 1:, 0]) - weights[40]).max() < 1e-9
    of_new = index.neighbors(4, queries=new)
    found = index.covariances(of_new, queries=new)
    assert np.abs(found.covariances - np.take_along_axis(model.residual(new, points), of_new.indices, 1)).max() < 1e-12
    assert np.abs(index.covariance_blocks(of_new, queries=new)[:, 0, 0] - model.factor(new)[1]).max() < 1e-12
    repeated = index.covariances([[7, 7, 3]], rows=[3]).covariances[0]
    assert repeated[0] == repeated[1]


def test_rows_of_a_search_and_rows_beside_it():
    index = rk.Index(np.random.default_rng(60).random((20, 2)), lengthscales=0.3)
    found = index.neighbors(3, rows=[4, 5])
    assert np.array_equal(index.weights(found, rows=[4, 5]).weights, index.weights(found).weights)
    for call in (index.weights, index.covariances, index.covariance_blocks):
        with pytest.raises(rk.InvalidArgumentError, match=r"^rows\[1\] is 6, but row 1 of neighbors has .* point 5"):
            call(found, rows=[4, 6])
        with pytest.raises(rk.InvalidArgumentError, match="^neighbors has the neighbors of points of the index"):
            call(found, queries=[[0.5, 0.5], [0.1, 0.1]])
    assert index.weights(found.indices, rows=[4, 6]).rows.tolist() == [4, 6]


def test_results_are_equal_only_to_themselves():
    index = rk.Index([[0.0], [1.0]], lengthscales=1)
    for make in (index.info, lambda: index.covariances([[1], [0]])):
        result = make()
        assert result == result and result != make() and isinstance(hash(result), int)
