# SPDX-License-Identifier: Apache-2.0
"""The estimator for scikit-learn."""
import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is absent")
from sklearn.base import clone  # noqa: E402
from sklearn.cluster import DBSCAN  # noqa: E402
from sklearn.neighbors import KNeighborsTransformer, NearestNeighbors  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

import residual_knn as rk  # noqa: E402
from residual_knn.sklearn import ResidualNeighbors  # noqa: E402

POINTS = np.random.default_rng(100).random((150, 3))
NEW = np.random.default_rng(101).random((12, 3))


@pytest.mark.parametrize("estimator", [ResidualNeighbors(3), ResidualNeighbors(2, inducing=4, ranking="scaled_distance", mode="connectivity")])
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


@pytest.mark.parametrize("mode", ["distance", "connectivity"])
@pytest.mark.parametrize("k", [1, 5])
def test_graphs_of_transform_are_those_of_scikit_learn(mode, k):
    theirs = KNeighborsTransformer(n_neighbors=k, mode=mode).fit(POINTS)
    ours = ResidualNeighbors(k, mode=mode, ranking="scaled_distance")
    for graph, expected in [(ours.fit_transform(POINTS), theirs.transform(POINTS)), (ours.transform(NEW), theirs.transform(NEW))]:
        assert graph.nnz == expected.nnz and np.array_equal(graph.indices, expected.indices)
        assert np.abs(graph.data - expected.data).max() < 1e-7  # their distances come from squares
    assert ours.get_feature_names_out()[-1] == "residualneighbors149"


def test_a_point_is_its_own_neighbor_in_the_graph_of_fit_transform():
    estimator = ResidualNeighbors(4, lengthscales=0.3, inducing=10, nugget=0.5)
    graph = estimator.fit_transform(POINTS)
    assert graph.shape == (150, 150) and (np.diff(graph.indptr) == 5).all()
    assert np.array_equal(graph.indices[::5], np.arange(150)) and (graph.data[::5] == 0).all()
    distances, indices = estimator.kneighbors()
    assert np.array_equal(graph.indices.reshape(150, 5)[:, 1:], indices)
    assert np.array_equal(graph.data.reshape(150, 5)[:, 1:], distances)
    clusters = make_pipeline(ResidualNeighbors(8, lengthscales=0.3), DBSCAN(eps=0.3, metric="precomputed"))
    assert clusters.fit_predict(POINTS).shape == (150,)


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
    for call in (lambda bad: bad.fit_transform(POINTS), lambda bad: bad.fit(POINTS).transform(NEW)):
        with pytest.raises(ValueError, match="^mode is 'x', must be 'connectivity' or 'distance'"):
            call(ResidualNeighbors(mode="x"))
        with pytest.raises(ValueError, match="n_neighbors <= n_samples_fit"):
            call(ResidualNeighbors(150))
    with pytest.raises(ValueError, match="kernel"):
        ResidualNeighbors(kernel="x").fit(POINTS)


def test_a_fit_does_not_change_with_its_data_and_parameters():
    points = POINTS.copy()
    inducing = NEW[:4].copy()
    estimator = ResidualNeighbors(3, lengthscales=0.3, inducing=inducing).fit(points)
    expected = estimator.kneighbors(NEW)
    points[:] = 0
    inducing[:] = 0
    estimator.set_params(lengthscales=0.9, kernel="matern12")
    for again in (estimator, pickle.loads(pickle.dumps(estimator))):
        assert all(map(np.array_equal, again.kneighbors(NEW), expected))
    estimator.set_params(lengthscales=0.3, kernel="matern32", inducing=None)
    with pytest.raises(rk.InvalidArgumentError, match="^kernel"):
        estimator.set_params(kernel="x").fit(POINTS[:20, :2])
    assert estimator.kneighbors_graph().shape == (150, 150) and estimator.n_features_in_ == 3
    assert all(map(np.array_equal, estimator.kneighbors(NEW), expected))


def test_arguments_have_their_names_of_scikit_learn():
    for name, wrong in (("random_state", -1), ("random_state", "x"), ("n_jobs", 0), ("n_jobs", 1.5)):
        with pytest.raises(rk.ResidualKNNError, match=f"^{name} is"):
            ResidualNeighbors(**{name: wrong}).fit(POINTS)
    with pytest.raises(rk.InvalidArgumentError, match="^n_neighbors is 0"):
        ResidualNeighbors(0).fit(POINTS).kneighbors(NEW)
    expected = ResidualNeighbors(inducing=5, random_state=1, n_jobs=1).fit(POINTS).kneighbors(NEW)
    for more in ({"n_jobs": -2}, {"n_jobs": -99}, {"random_state": None}):
        assert np.array_equal(ResidualNeighbors(inducing=5, **more).fit(POINTS).kneighbors(NEW)[0], expected[0])
    drawn = [ResidualNeighbors(inducing=5, random_state=np.random.RandomState(7)).fit(POINTS).kneighbors(NEW)[0] for _ in "ab"]
    assert np.array_equal(*drawn)


def test_columns_of_frames_have_their_names():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    frame = pandas.DataFrame(POINTS, columns=["x", "y", "z"])
    with pytest.raises(rk.InvalidArgumentError, match="^inducing has the columns z, y, x"):
        ResidualNeighbors(inducing=frame[["z", "y", "x"]][:4]).fit(frame)
    scales = pandas.Series({"z": 0.3, "x": 0.1, "y": 0.2})
    by_name = ResidualNeighbors(lengthscales=scales).fit(frame).kneighbors()
    assert np.array_equal(by_name[0], ResidualNeighbors(lengthscales=[0.1, 0.2, 0.3]).fit(POINTS).kneighbors()[0])
