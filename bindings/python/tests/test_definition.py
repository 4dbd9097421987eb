# SPDX-License-Identifier: Apache-2.0
"""Answers against the definition."""
import numpy as np
import pytest

import residual_knn as rk
from definition import KERNELS, a_case, assert_nearest, only_predecessors, same, scaled_distances, without_self


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("m", [0, 8])
def test_all_kinds_of_queries(kernel, m):
    model, points, new = a_case(kernel=kernel, m=m, variance=1.7, nugget=0.05, lengthscales=np.array([0.3, 0.5]))
    index = model.index(points, alpha=0.7 if kernel == "rational_quadratic" else None)
    truth = model.distances(points, points)
    rows = [5, 3, 59, 5, 0]
    assert_nearest(index.neighbors(7), without_self(truth), 7)
    assert_nearest(index.neighbors(4, rows=rows), without_self(truth)[rows], 4)
    assert_nearest(index.predecessors(7), only_predecessors(truth), 7)
    assert_nearest(index.predecessors(7, rows=rows), only_predecessors(truth)[rows], 7)
    assert_nearest(index.neighbors(5, queries=new), model.distances(new, points), 5)
    assert_nearest(index.neighbors(70), without_self(truth), 70)


@pytest.mark.parametrize("ranking", ["absolute", "signed", "scaled_distance"])
def test_rankings(ranking):
    model, points, new = a_case(2)
    index = model.index(points)
    assert_nearest(index.neighbors(6, ranking=ranking), without_self(model.distances(points, points, ranking)), 6)
    assert_nearest(index.neighbors(6, queries=new, ranking=ranking), model.distances(new, points, ranking), 6)


def test_matern_of_any_smoothness():
    special = pytest.importorskip("scipy.special", reason="SciPy is absent")
    points = np.random.default_rng(3).random((40, 2))
    nu, r = 0.8, scaled_distances(points, points, 0.4)
    a = np.sqrt(2 * nu) * np.where(r == 0, 1, r)
    rho = np.where(r == 0, 1, 2**(1 - nu) / special.gamma(nu) * a**nu * special.kv(nu, a))
    index = rk.Index(points, lengthscales=0.4, kernel="matern", nu=nu)
    assert_nearest(index.neighbors(5), without_self(np.sqrt(np.maximum(1 - rho, 0))), 5, 1e-7)


def test_strategies_and_threads_give_the_same_bytes():
    model, points, _ = a_case(4, n=500, m=20)
    index = model.index(points)
    expected = index.predecessors(8)
    for strategy in ("brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"):
        found = index.predecessors(8, strategy=strategy, threads=2)
        assert same(found, expected)
        assert found.statistics.strategy == strategy
        assert found.statistics.threads <= 2
    assert expected.statistics.queries == 500
    assert expected.statistics.pairs == 500 * 499 // 2


def test_factor_gives_back_v_and_p():
    model, points, _ = a_case(5, variance=2, nugget=0.1)
    V, p = model.index(points).factor()
    expected_V, expected_p = model.factor(points)
    assert np.abs(V - expected_V).max() < 1e-8
    assert np.abs(p - expected_p).max() < 1e-8


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("points_order", ["C", "F"])
def test_from_factor(order, points_order):
    model, points, new = a_case(6, nugget=0.02)
    V, p = model.factor(points)
    query_V, query_p = model.factor(new)
    index = rk.Index.from_factor(np.asarray(points, order=points_order), np.asarray(V, order=order), p,
                                 lengthscales=model.lengthscales, factor_error=1e-9)
    truth = model.distances(points, points)
    assert_nearest(index.neighbors(6), without_self(truth), 6)
    assert_nearest(index.predecessors(6), only_predecessors(truth), 6)
    found = index.neighbors(6, queries=new, query_factor=np.asarray(query_V, order=order), query_residual_variance=query_p)
    assert_nearest(found, model.distances(new, points), 6)
    assert (index.n, index.d, index.m) == (60, 2, 8)


@pytest.mark.parametrize("with_factor", [False, True])
def test_from_callback(with_factor):
    model, points, new = a_case(7, m=8 if with_factor else 0)
    V, p = model.factor(points)
    query_V, query_p = model.factor(new)
    everything = np.vstack([points, new])

    def covariance(rows, columns):
        assert rows.dtype == columns.dtype == np.int64
        return model.covariance(everything[rows], everything[columns])

    index = rk.Index.from_callback(covariance, V if with_factor else None, p)
    truth = model.distances(points, points)
    assert_nearest(index.neighbors(6), without_self(truth), 6)
    assert_nearest(index.predecessors(6), only_predecessors(truth), 6)
    found = index.neighbors(6, query_factor=query_V if with_factor else None, query_residual_variance=query_p)
    assert_nearest(found, model.distances(new, points), 6)
    assert (index.n, index.d, index.m) == (60, 0, 8 if with_factor else 0)


def test_degenerate_points_and_duplicates():
    points = np.vstack([np.random.default_rng(8).random((30, 2))] * 2)
    index = rk.Index(points, inducing=points[:4], lengthscales=0.3, jitter=0)
    assert index.info().degenerate_points == 8
    assert "degenerate points: 8" in repr(index)
    found = index.neighbors(3)
    assert (found.distances[:4] == 1).all()
    assert (found.indices[4:30, 0] == np.arange(34, 60)).all()


def test_no_queries():
    model, points, _ = a_case()
    index = model.index(points)
    assert index.neighbors(3, rows=[]).indices.shape == (0, 3)
    assert index.neighbors(3, queries=np.empty((0, 2))).indices.shape == (0, 3)
    assert index.predecessors(3, rows=np.array([], int)).distances.shape == (0, 3)


def test_one_point():
    found = rk.Index([[1.0]], lengthscales=1).neighbors(2)
    assert found.indices.tolist() == [[-1, -1]] and np.isinf(found.distances).all()


def test_inducing_points_by_number_are_those_of_choose_inducing():
    model, points, _ = a_case(9)
    chosen = rk.choose_inducing(points, 6, lengthscales=0.3, seed=5)
    a = rk.Index(points, inducing=chosen, lengthscales=0.3)
    b = rk.Index(points, inducing=6, lengthscales=0.3, seed=5)
    assert same(a.neighbors(5), b.neighbors(5))
    assert rk.Index(points, inducing=0, lengthscales=0.3).m == 0


def test_max_jitter_lets_duplicates_pass():
    points = np.random.default_rng(10).random((20, 2))
    twice = points[[0, 1, 0]]
    with pytest.raises(rk.NotPositiveDefiniteError, match="pivot 2"):
        rk.Index(points, inducing=twice, lengthscales=0.3, jitter=0)
    index = rk.Index(points, inducing=twice, lengthscales=0.3, jitter=0, max_jitter=1e-6)
    assert 0 < index.info().jitter <= 1e-6


def test_index_without_v():
    points = np.random.default_rng(11).random((3000, 2))
    model = {"inducing": 40, "lengthscales": 0.2}
    stored = rk.Index(points, **model)
    v_bytes = 3000 * 40 * 8
    without = stored.info().bytes - v_bytes
    small = rk.Index(points, inducing=40, lengthscales=0.2, max_bytes=v_bytes)
    for computed in (rk.Index(points, **model, factor_storage="computed"), small):
        assert computed.info().bytes == without
        assert same(stored.predecessors(7), computed.predecessors(7))
        np.testing.assert_array_equal(stored.factor()[0], computed.factor()[0])
        computed.update(lengthscales=0.3)
        assert same(rk.Index(points, inducing=rk.choose_inducing(points, 40, lengthscales=0.2),
                             lengthscales=0.3).neighbors(3), computed.neighbors(3))
    with pytest.raises(MemoryError, match="max_bytes is 1000, but the index needs"):
        rk.Index(points, **model, max_bytes=1000)
    with pytest.raises(rk.InvalidArgumentError, match="factor_storage is 'no', must be one of"):
        rk.Index(points, **model, factor_storage="no")


def test_model_of_the_definition_is_not_the_library():
    # The oracle of these tests must notice a wrong answer.
    model, points, _ = a_case()
    found = model.index(points).neighbors(3)
    found.distances[5, 1] += 1e-6
    with pytest.raises(AssertionError):
        assert_nearest(found, without_self(model.distances(points, points)), 3)
