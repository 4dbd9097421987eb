# SPDX-License-Identifier: Apache-2.0
"""Plots of the neighbors of a point."""
import numpy as np
import pytest

import residual_knn as rk

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is absent")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def layers(axes):
    """The places of each layer by its label."""
    return {str(layer.get_label()): layer.get_offsets().data for layer in axes.collections}


def places_of(found, labels):
    return np.vstack([found[label] for label in labels if label in found])


@pytest.mark.parametrize("predecessors", [False, True])
def test_layers_are_the_neighbors(predecessors, tmp_path):
    points = np.random.default_rng(90).random((300, 2))
    index = rk.Index(points, inducing=20, lengthscales=0.2)
    axes = index.plot(250, 12, predecessors=predecessors)
    found = layers(axes)
    search = index.predecessors if predecessors else index.neighbors
    for ranking, only in (("absolute", "residual only"), ("scaled_distance", "scaled distance only")):
        expected = points[search(12, rows=[250], ranking=ranking).indices[0]]
        drawn = places_of(found, [only, "neighbor in both"])
        assert sorted(map(tuple, drawn)) == sorted(map(tuple, expected))
    assert found["target"].tolist() == [points[250].tolist()]
    assert len(found["inducing point"]) == 20 and len(axes.collections[0].get_offsets()) == 300
    assert axes.get_aspect() == 1 and axes.get_legend() is not None
    axes.figure.savefig(tmp_path / "neighbors.png")
    assert (tmp_path / "neighbors.png").stat().st_size > 5000
    pyplot.close("all")


def test_axes_and_coordinates():
    rng = np.random.default_rng(91)
    places = np.column_stack([rng.uniform(0, 100, 100), rng.uniform(40, 60, 100), rng.uniform(-10, 10, 100)])
    index = rk.Index(places, inducing=9, lengthscales=[0.1, 0.1, 0.1, 30], lonlat=(2, 1))
    axes = index.plot(3, dims=(2, 1))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x2", "x1")
    assert abs(axes.get_aspect() - 1 / np.cos(np.radians((places[:, 1].min() + places[:, 1].max()) / 2))) < 1e-9
    inducing = layers(axes)["inducing point"]
    assert (np.abs(inducing[:, 0]) < 11).all() and (inducing[:, 1] > 39).all()
    assert index.plot(3, dims=[0], legend=False).get_legend() is None
    own = pyplot.subplots()[1]
    assert rk.Index(places, lengthscales=1e3).plot(3, ax=own) is own
    one = rk.Index(places[:, :1], lengthscales=9)
    assert one.plot(3).get_xlabel() == "x0"
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    frame = pandas.DataFrame(places, columns=["day", "lat", "lon"])
    assert rk.Index(frame, lengthscales=[9, 5, 5]).plot(0).get_ylabel() == "lat"
    assert rk.Index(frame, lengthscales=[9, 5, 5]).plot(0).get_aspect() == "auto"
    pyplot.close("all")


def test_what_cannot_be_drawn():
    index = rk.Index(np.random.default_rng(92).random((20, 2)), lengthscales=0.3)
    for wrong in (-1, 20, 1.5, None, "a", True):
        with pytest.raises((ValueError, TypeError), match="^target is"):
            index.plot(wrong)
    for wrong in ([], [0, 1, 1], [2], [-1], ["a"]):
        with pytest.raises((ValueError, TypeError), match="^dims (is|has)"):
            index.plot(0, dims=wrong)
    for wrong in (0, 1.5, None):
        with pytest.raises((ValueError, TypeError), match="^k is"):
            index.plot(0, wrong)
    by_callback = rk.Index.from_callback(lambda a, b: np.zeros((len(a), len(b))), None, np.ones(5))
    with pytest.raises(rk.UnsupportedError, match="no points"):
        by_callback.plot(0)
    assert pyplot.get_fignums() == []


def test_points_that_have_changed_or_are_gone():
    points = np.random.default_rng(95).random((20, 2)).tolist()
    index = rk.Index(points, lengthscales=1)
    del points[10:]
    with pytest.raises(rk.InvalidArgumentError, match="points has the shape .10, 2. now"):
        index.plot(15)
    index.close()
    with pytest.raises(rk.InvalidArgumentError, match="closed"):
        index.plot(1)


def test_dims_by_name_and_wrong_axes():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    points = np.random.default_rng(96).random((20, 3))
    index = rk.Index(pandas.DataFrame(points, columns=["a", "b", "c"]), lengthscales=1)
    axes = index.plot(0, dims=["c", "a"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("c", "a")
    pyplot.close("all")
    for wrong in (1, "ab", ["z"], [1.5]):
        with pytest.raises(rk.ArgumentTypeError, match="^dims is"):
            index.plot(0, dims=wrong)
    with pytest.raises(rk.ArgumentTypeError, match="^ax is 'x'"):
        index.plot(0, ax="x")
