# SPDX-License-Identifier: Apache-2.0
"""The estimator for scikit-learn."""
import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is absent")
from sklearn.base import clone  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

import residual_knn as rk  # noqa: E402
from residual_knn.sklearn import ResidualNeighbors  # noqa: E402

POINTS = np.random.default_rng(100).random((150, 3))
NEW = np.random.default_rng(101).random((12, 3))


@pytest.mark.parametrize("estimator", [ResidualNeighbors(3), ResidualNeighbors(2, inducing=4, ranking="scaled_distance")])
def test_scikit_learn_checks_the_estimator(estimator):
    with warnings.catch_warnings():
        # Some checks have data without any correlation, or a random order of neighbors.
        warnings.simplefilter("ignore")
        check_estimator(estimator)


def test_answers_are_those_of_an_index():
    assert rk.sklearn.ResidualNeighbors is ResidualNeighbors
    estimator = ResidualNeighbors(4, lengthscales=[0.2, 0.3, 0.4], inducing=10, kernel="matern52", n_jobs=1).fit(POINTS)
    index = rk.Index(POINTS, inducing=10, lengthscales=[0.2, 0.3, 0.4], kernel="matern52")
    for queries in (None, NEW):
        expected = index.neighbors(4, queries=queries)
        distances, indices = estimator.kneighbors(queries)
        assert np.array_equal(indices, expected.indices) and np.array_equal(distances, expected.distances)
        assert np.array_equal(estimator.kneighbors(queries, 2, return_distance=False), expected.indices[:, :2])
    for again in (pickle.loads(pickle.dumps(estimator)), clone(estimator).fit(POINTS)):
        assert np.array_equal(again.kneighbors(NEW)[0], estimator.kneighbors(NEW)[0])


def test_without_inducing_points_they_are_the_nearest():
    theirs = NearestNeighbors(n_neighbors=5).fit(POINTS)
    for estimator in (ResidualNeighbors(), ResidualNeighbors(ranking="scaled_distance")):
        estimator.fit(POINTS)
        for queries in (None, NEW):
            assert np.array_equal(estimator.kneighbors(queries)[1], theirs.kneighbors(queries)[1])
            graph = estimator.kneighbors_graph(queries)
            assert (graph != theirs.kneighbors_graph(queries)).nnz == 0
    graph = estimator.kneighbors_graph(NEW, mode="distance")
    assert np.abs((graph - theirs.kneighbors_graph(NEW, mode="distance")).toarray()).max() < 1e-12


def test_wrong_arguments():
    estimator = ResidualNeighbors().fit(POINTS)
    with pytest.raises(ValueError, match="n_neighbors <= n_samples_fit"):
        estimator.kneighbors(None, 150)
    assert estimator.kneighbors(NEW, 150)[1].shape == (12, 150)
    for wrong in (0, -1, 1.5, "3"):
        with pytest.raises((ValueError, TypeError)):
            estimator.kneighbors(NEW, wrong)
    with pytest.raises(ValueError, match="mode"):
        estimator.kneighbors_graph(NEW, mode="x")
    with pytest.raises(ValueError, match="kernel"):
        ResidualNeighbors(kernel="x").fit(POINTS)
