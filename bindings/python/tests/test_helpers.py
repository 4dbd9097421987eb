# SPDX-License-Identifier: Apache-2.0
"""Inducing points, orders, updates, kernels of other packages, longitude and latitude, warnings."""
import dataclasses
import math

import numpy as np
import pytest

import residual_knn as rk
from definition import a_case, same, scaled_distances
from residual_knn import _c


def maximin(points, first):
    """The maximin order from the first point on."""
    order = [first]
    nearest = scaled_distances(points, points[[first]], 1.0)[:, 0]
    while len(order) < len(points):
        order.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, scaled_distances(points, points[[order[-1]]], 1.0)[:, 0])
    return order


def test_orders():
    points = np.random.default_rng(70).random((60, 2))
    order = rk.order_points(points, "maximin")
    assert order.dtype == np.int64
    assert order[0] == np.argmin(((points - points.mean(axis=0))**2).sum(axis=1))
    assert order.tolist() == maximin(points, order[0])
    assert np.array_equal(rk.order_points(points, lengthscales=7), order)
    scaled = rk.order_points(points * [1, 100], lengthscales=[1, 100])
    assert sorted(scaled) == list(range(60)) and np.array_equal(scaled, order)
    assert rk.order_points(points, "given").tolist() == list(range(60))
    random = rk.order_points(points, "random", seed=3)
    assert sorted(random) == list(range(60))
    assert np.array_equal(random, rk.order_points(points, "random", seed=3))
    assert not np.array_equal(random, rk.order_points(points, "random", seed=4))


def test_residual_order():
    model, points, _ = a_case(71, n=50)
    index = model.index(points)
    order = index.residual_order(threads=1)
    distances = model.distances(points, points)
    assert order[0] == np.argmax(model.factor(points)[1])
    nearest = distances[:, order[0]].copy()
    for row in order[1:]:
        nearest[order[0]] = -1
        assert abs(nearest[row] - nearest.max()) < 1e-9
        nearest = np.minimum(nearest, distances[:, row])
        nearest[row] = -1
    assert sorted(order) == list(range(50))


def test_inducing_points():
    points = np.random.default_rng(72).random((200, 3))
    rows = {tuple(point) for point in points}
    assert {tuple(point) for point in rk.choose_inducing(points, 9, lengthscales=1, method="random_rows")} <= rows
    assert {tuple(point) for point in rk.choose_inducing(points, 9, lengthscales=1, max_iterations=0)} <= rows
    chosen = rk.choose_inducing(points, 9, lengthscales=1, seed=2)
    assert chosen.shape == (9, 3) and not {tuple(point) for point in chosen} <= rows
    assert np.array_equal(chosen, rk.choose_inducing(points, 9, lengthscales=1, seed=2, threads=2))
    assert not np.array_equal(chosen, rk.choose_inducing(points, 9, lengthscales=1, seed=3))
    with pytest.raises(ValueError, match="^m is 201, must be at most 200, the number of points"):
        rk.choose_inducing(points, 201, lengthscales=1)


@pytest.mark.parametrize("order", ["C", "F"])
def test_updates_have_the_bytes_of_new_indexes(order):
    points = np.asarray(np.random.default_rng(73).random((300, 2)), order=order)
    a, b = points[:10] + 0.001, points[10:30] + 0.001
    index = rk.Index(points, inducing=a, lengthscales=0.3, nugget=0.1)
    steps = [{"lengthscales": [0.2, 0.4]}, {"inducing": 12, "seed": 3}, {"inducing": b}, {"kernel": "matern52", "variance": 2, "nugget": 0},
             {"kernel": "matern", "nu": 0.7}, {"jitter": 1e-6, "threads": 1}, {}]
    model = {"inducing": a, "lengthscales": 0.3, "nugget": 0.1}
    for step in steps:
        model.update(step)
        assert index.update(**step) is index
        new = rk.Index(points, **model)
        assert same(index.predecessors(5), new.predecessors(5))
        assert repr(index) == repr(new)
    with pytest.raises(rk.NotPositiveDefiniteError):
        index.update(inducing=np.repeat(a, 2, axis=0), jitter=0)
    with pytest.raises(ValueError):
        index.update(lengthscales=-1)
    assert same(index.predecessors(5), new.predecessors(5))


ROOT = {nu: math.sqrt(2 * nu) for nu in (0.8, 1.5, 2.5, 3.5, 4.5)}
# The name, other arguments, and the same covariance in the library's own terms, with a factor of the lengthscales.
NAMES = [
    ("exponential_isotropic", {}, "matern12", 1, {}),
    ("matern_isotropic", {"nu": 0.8}, "matern", ROOT[0.8], {"nu": 0.8}),
    ("matern15_isotropic", {}, "matern32", ROOT[1.5], {}),
    ("matern25_scaledim", {}, "matern52", ROOT[2.5], {}),
    ("matern35_isotropic", {}, "matern", ROOT[3.5], {"nu": 3.5}),
    ("matern45_scaledim", {"nu": 4.5}, "matern", ROOT[4.5], {"nu": 4.5}),
    ("exponential", {}, "matern12", 1, {}),
    ("gaussian_ard", {}, "squared_exponential", 1 / math.sqrt(2), {}),
    ("matern_ard", {"nu": 0.8}, "matern", 1, {"nu": 0.8}),
    ("RBF", {}, "squared_exponential", 1, {}),
    ("Matern", {}, "matern", 1, {"nu": 1.5}),
    ("RationalQuadratic", {"alpha": 0.5}, "rational_quadratic", 1, {"alpha": 0.5}),
    ("RBFKernel", {}, "squared_exponential", 1, {}),
    ("MaternKernel", {}, "matern", 1, {"nu": 2.5}),
    ("MaternKernel", {"nu": 0.8}, "matern", 1, {"nu": 0.8}),
    ("RQKernel", {}, "rational_quadratic", 1, {}),
    ("Matern32", {}, "matern32", 1, {}),
    ("SquaredExponential", {}, "squared_exponential", 1, {}),
]


@pytest.mark.parametrize("name, given, kernel, factor, own", NAMES)
def test_names_of_other_packages(name, given, kernel, factor, own):
    points = np.random.default_rng(74).random((80, 2))
    scales = np.array([0.2, 0.3])
    expected = rk.Index(points, inducing=5, lengthscales=scales * factor, kernel=kernel, **own)
    index = rk.Index(points, inducing=rk.choose_inducing(points, 5, lengthscales=scales * factor), lengthscales=scales,
                     kernel=name, **given)
    assert same(index.neighbors(4), expected.neighbors(4))
    assert f"kernel={name!r}" in repr(index)
    by_class = rk.Index(points, inducing=index_inducing(points, scales * factor), lengthscales=scales,
                        kernel=type(name, (), {}), **given)
    assert same(by_class.neighbors(4), expected.neighbors(4))


def index_inducing(points, scales):
    return rk.choose_inducing(points, 5, lengthscales=scales)


def test_a_kernel_object_is_an_error_that_tells_the_name():
    class Matern:
        pass

    with pytest.raises(TypeError, match="must be a name: 'Matern'"):
        rk.Index([[0.0]], lengthscales=1, kernel=Matern())
    with pytest.raises(ValueError, match="nu is 2, must be None: the nu of 'matern35_isotropic' is 3.5"):
        rk.Index([[0.0]], lengthscales=1, kernel="matern35_isotropic", nu=2)


def test_a_nu_that_a_name_brought_is_dropped_with_it():
    points = np.random.default_rng(75).random((40, 2))
    index = rk.Index(points, lengthscales=0.3, kernel="matern35_isotropic")
    assert "nu=3.5" in repr(index)
    assert "nu=1.5" in repr(index.update(kernel="matern"))
    assert "nu=0.7" in repr(index.update(nu=0.7))
    assert "nu=0.7" in repr(index.update(lengthscales=0.2))
    assert "nu=2.5" in repr(index.update(kernel="MaternKernel"))
    assert "nu=1.5" in repr(index.update(kernel="Matern"))


def on_sphere(lon, lat):
    lon, lat = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


@pytest.mark.parametrize("order", ["C", "F"])
def test_longitude_and_latitude(order):
    rng = np.random.default_rng(76)
    lon, lat, day = rng.uniform(-180, 180, 100), rng.uniform(-90, 90, 100), rng.uniform(0, 365, 100)
    scales = [0.3, 0.3, 0.3, 60]
    expected = rk.Index(np.column_stack([on_sphere(lon, lat), day]), lengthscales=scales, nugget=0.1)
    places = np.asarray(np.column_stack([day, lat, lon]), order=order)
    index = rk.Index(places, lengthscales=scales, lonlat=(2, 1), nugget=0.1)
    assert index.d == 4
    assert np.abs(index.neighbors(5).distances - expected.neighbors(5).distances).max() < 1e-9
    inducing = rk.choose_inducing(places, 7, lengthscales=scales, lonlat=(2, 1))
    assert inducing.shape == (7, 4)
    a = rk.Index(places, inducing=inducing, lengthscales=scales, lonlat=(2, 1))
    b = rk.Index(places, inducing=7, lengthscales=scales, lonlat=(2, 1))
    assert same(a.neighbors(5), b.neighbors(5))
    assert same(a.neighbors(5, queries=places[:9]), b.neighbors(5, queries=a_sphere(places[:9])))
    assert rk.order_points(places, lengthscales=scales, lonlat=(2, 1)).shape == (100,)


def a_sphere(places):
    """As the package converts places with day, latitude and longitude."""
    day, lat, lon = places.T
    cos, sin = np.vectorize(math.cos), np.vectorize(math.sin)
    lon, lat = lon * (math.pi / 180), lat * (math.pi / 180)
    return np.column_stack([cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat), day])


@pytest.mark.parametrize("places, text", [
    ([[0.0, 91.0]], r"points\[0, 1\] is 91.0, must be a latitude .* lonlat takes the longitude first"),
    ([[0.0, 1.0], [361.0, 0.0]], r"points\[1, 0\] is 361.0, must be a longitude"),
    ([[0.0, np.nan]], r"points\[0, 1\] is nan, must be finite"),
    ([[0.0]], "lonlat is True, but points has 1 column"),
])
def test_places_that_are_none(places, text):
    with pytest.raises(ValueError, match=text):
        rk.Index(places, lengthscales=0.1, lonlat=True)


def test_columns_by_name():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    frame = pandas.DataFrame({"lat": [1.0, 2, 3], "lon": [4.0, 5, 7]})
    assert same(rk.Index(frame, lengthscales=0.1, lonlat=("lon", "lat")).neighbors(2),
                rk.Index(frame.to_numpy(), lengthscales=0.1, lonlat=(1, 0)).neighbors(2))
    with pytest.raises(ValueError, match="lonlat has 'x', points has the columns lat, lon"):
        rk.Index(frame, lengthscales=0.1, lonlat=("x", "lat"))


def test_warnings_are_shown_at_the_call_of_the_user():
    points = np.random.default_rng(77).random((100, 2)) * 1e6
    index = rk.Index(points, lengthscales=1)
    with pytest.warns(rk.ResidualKNNWarning, match="same units") as caught:
        index.neighbors(3)
    assert caught[0].filename == __file__
    with pytest.warns(rk.ResidualKNNWarning) as caught:
        rk.Index(points + 1e12, lengthscales=1e-3)
    assert caught[0].filename == __file__
    with pytest.warns(rk.ResidualKNNWarning, match="1.732 times those given for 'matern15_isotropic'"):
        rk.Index(points, lengthscales=1, kernel="matern15_isotropic").neighbors(3)


def test_the_fields_of_results_are_those_of_the_library():
    def names(structure):
        return [name for name, *_ in structure._fields_ if name != "struct_size"]

    assert [field.name for field in dataclasses.fields(rk.Statistics)] == names(_c.Statistics)
    assert [field.name for field in dataclasses.fields(rk.IndexInfo)] == names(_c.Info)
    assert set(names(_c.WeightsReport)) <= {field.name for field in dataclasses.fields(rk.Weights)}


def test_info_and_library():
    model, points, _ = a_case(78)
    index = model.index(points)
    info = index.info()
    assert (info.n, info.d, info.m, info.degenerate_points, info.jitter) == (60, 2, 8, 0, 1e-8)
    assert info.bytes > 0 and info.residual_share.shape == (7,) and (np.diff(info.residual_share) >= 0).all()
    library = rk.library()
    assert library.version == rk.__version__ == _c.VERSION and library.simd_target and library.blas


@pytest.mark.parametrize("kernel, more", [
    ("matern32", {"nu": 0.5}), ("matern12", {"nu": 2.5}), ("squared_exponential", {"nu": 1.5}), ("Matern52", {"nu": 1.5}),
    ("matern35_isotropic", {"nu": 1.5}), ("matern32", {"alpha": 3.0}), ("matern", {"alpha": 1.0}), ("RBF", {"alpha": 1}),
])
def test_parameters_that_a_kernel_does_not_have_are_errors(kernel, more):
    points = np.random.default_rng(7).random((20, 2))
    [name] = more
    with pytest.raises(rk.InvalidArgumentError, match=rf"^{name} is .*, must be None: (kernel '{kernel}' has no|the nu of '{kernel}' is)"):
        rk.Index(points, kernel=kernel, lengthscales=1, **more)
    V, p = rk.Index(points, lengthscales=1).factor()
    with pytest.raises(rk.InvalidArgumentError, match=f"^{name} is"):
        rk.Index.from_factor(points, None, p, kernel=kernel, lengthscales=1, **more)
    index = rk.Index(points, kernel=kernel, lengthscales=1)
    with pytest.raises(rk.InvalidArgumentError, match=f"^{name} is"):
        index.update(**more)
    index = rk.Index(points, lengthscales=1)
    with pytest.raises(rk.InvalidArgumentError, match=f"^{name} is"):
        index.update(kernel=kernel, **more)
    assert rk.Index(points, kernel="matern32", lengthscales=1, nu=1.5).n == 20


@pytest.mark.parametrize("kernel, more", [("gaussian", {}), ("matern15_isotropic", {}), ("matern_isotropic", {"nu": 0.7}),
                                          ("matern32", {})])
def test_scaled_distances_are_in_the_lengthscales_that_were_given(kernel, more):
    points = np.random.default_rng(8).random((40, 2))
    index = rk.Index(points, kernel=kernel, lengthscales=[2.0, 3.0], **more)
    found = index.neighbors(5, ranking="scaled_distance")
    expected = np.sqrt((((points[:, None] - points[found.indices]) / [2.0, 3.0])**2).sum(axis=2))
    assert np.abs(found.distances - expected).max() < 1e-14
    of_new = index.neighbors(45, queries=points[:2], ranking="scaled_distance")
    assert np.isinf(of_new.distances[:, 40:]).all()
    index.update(lengthscales=4.0)
    assert abs(index.predecessors(1, rows=[1], ranking="scaled_distance").distances[0, 0] -
               np.linalg.norm(points[0] - points[1]) / 4) < 1e-14


def test_the_seed_is_checked_without_use():
    for wrong in (-1, 1.5, 2**64):
        with pytest.raises(rk.ResidualKNNError, match="^seed is"):
            rk.Index([[0.0], [1.0]], lengthscales=1, seed=wrong)
