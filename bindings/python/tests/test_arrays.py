# SPDX-License-Identifier: Apache-2.0
"""What arrays are read as."""
import collections
import importlib.util
import tracemalloc

import numpy as np
import pytest

import residual_knn as rk
from definition import a_case, resident_memory, same

Pair = collections.namedtuple("Pair", "x y")


@pytest.fixture(scope="module")
def case():
    model, points, new = a_case(11, n=80, d=3)
    return model, points, new, model.index(points).neighbors(5)


def big_endian(x):
    return x.astype(">f8")


def with_gaps(x):
    wide = np.zeros((2 * len(x), 2 * x.shape[1]))
    wide[::2, ::2] = x
    return wide[::2, ::2]


def unaligned(x):
    buffer = np.zeros(x.nbytes + 1, np.uint8)[1:]
    result = buffer.view(np.float64).reshape(x.shape)
    result[...] = x
    return result


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


class HasArray:
    def __init__(self, x):
        self.x = x

    def __array__(self, dtype=None, copy=None):
        return self.x if dtype is None else self.x.astype(dtype)


class HasDLPack:
    def __init__(self, x, device=1):
        self.x = x
        self.device = device

    def __dlpack__(self, **arguments):
        return self.x.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.device, 0


@pytest.mark.parametrize("form", [
    np.ascontiguousarray, np.asfortranarray, big_endian, with_gaps, unaligned, read_only, np.ndarray.tolist, HasArray,
    HasDLPack, lambda x: x[::-1][::-1], np.asanyarray,
    lambda x: np.ma.masked_array(x, np.zeros(x.shape, bool)), lambda x: x.astype(np.longdouble), memoryview
])
def test_the_same_numbers_give_the_same_bytes(case, form):
    model, points, new, expected = case
    index = rk.Index(form(points), inducing=form(model.inducing), lengthscales=0.3)
    assert same(index.neighbors(5), expected)
    plain = rk.Index(points, inducing=model.inducing, lengthscales=0.3)
    found = index.neighbors(5, queries=form(new))
    assert same(found, plain.neighbors(5, queries=new))
    assert found.indices.flags.c_contiguous and found.distances.flags.c_contiguous
    index.update(inducing=form(new), lengthscales=0.4)
    assert same(index.neighbors(5), rk.Index(points, inducing=new, lengthscales=0.4).neighbors(5))
    assert np.array_equal(rk.order_points(form(points)), rk.order_points(points))
    assert np.array_equal(rk.choose_inducing(form(points), 6, lengthscales=0.3),
                          rk.choose_inducing(points, 6, lengthscales=0.3))


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64, np.uint64, np.float16, np.float32])
def test_other_real_types_are_converted(kind):
    points = np.random.default_rng(12).integers(0, 100, (50, 2)).astype(kind)
    expected = rk.Index(points.astype(np.float64), lengthscales=20).neighbors(4)
    assert same(rk.Index(points, lengthscales=20).neighbors(4), expected)
    assert same(rk.Index(np.asfortranarray(points), lengthscales=20).neighbors(4), expected)


def test_frames_of_pandas(case):
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    model, points, new, expected = case
    frame = pandas.DataFrame(points, columns=["a", "b", "c"])
    columns = pandas.DataFrame({name: points[:, i] for i, name in enumerate("abc")})
    nullable = frame.astype("Float64")
    for form in (frame, columns, nullable):
        assert same(rk.Index(form, inducing=model.inducing, lengthscales=0.3).neighbors(5), expected)
    index = rk.Index(frame, inducing=model.inducing, lengthscales=0.3)
    queries = pandas.DataFrame(new, columns=["a", "b", "c"])
    assert same(index.neighbors(5, queries=queries), index.neighbors(5, queries=new))
    with pytest.raises(ValueError, match="queries has the columns c, b, a, must have a, b, c"):
        index.neighbors(5, queries=queries[["c", "b", "a"]])
    for rows in (pandas.Series([4, 2]), pandas.Series([4, 2], dtype="Int64"), pandas.Index([4, 2])):
        assert same(index.neighbors(5, rows=rows), index.neighbors(5, rows=[4, 2]))
    with pytest.raises(TypeError, match="rows is an array of float64"):
        index.neighbors(5, rows=pandas.Series([4, None], dtype="Int64"))
    nullable.iloc[7, 1] = None
    with pytest.raises(ValueError, match=r"points\[7, 1\] is nan"):
        rk.Index(nullable, lengthscales=0.3)
    mixed = frame.assign(day=pandas.Timestamp("2026-01-01"))
    for wrong in (mixed, frame.assign(name="x"), frame.assign(b=True)):
        with pytest.raises(TypeError, match="points is an array of object"):
            rk.Index(wrong, lengthscales=0.3)


def test_frames_of_polars(case):
    polars = pytest.importorskip("polars", reason="polars is absent")
    model, points, new, expected = case
    frame = polars.DataFrame(points, schema=["a", "b", "c"])
    index = rk.Index(frame, inducing=model.inducing, lengthscales=0.3)
    assert same(index.neighbors(5), expected)
    queries = polars.DataFrame(new, schema=["a", "b", "c"])
    assert same(index.neighbors(5, queries=queries), index.neighbors(5, queries=new))
    with pytest.raises(ValueError, match="queries has the columns c, b, a, must have a, b, c"):
        index.neighbors(5, queries=queries.select("c", "b", "a"))
    assert same(index.neighbors(5, rows=polars.Series([4, 2])), index.neighbors(5, rows=[4, 2]))
    with pytest.raises(ValueError, match=r"points\[1, 0\] is nan"):
        rk.Index(polars.DataFrame({"a": [1.0, None], "b": [2.0, 3.0]}), lengthscales=0.3)
    for wrong in ([["x"], ["y"]], [[True], [False]]):
        with pytest.raises(TypeError, match="points is an array of"):
            rk.Index(polars.DataFrame(wrong), lengthscales=0.3)


def test_tensors(case):
    torch = pytest.importorskip("torch", reason="PyTorch is absent")
    model, points, new, expected = case
    tensor = torch.from_numpy(points)
    index = rk.Index(tensor, inducing=torch.from_numpy(model.inducing), lengthscales=torch.tensor([0.3], dtype=torch.float64))
    assert same(index.neighbors(5), expected)
    assert same(rk.Index(tensor.T.contiguous().T, inducing=model.inducing, lengthscales=0.3).neighbors(5), expected)
    assert same(index.neighbors(5, rows=torch.tensor([4, 2])), index.neighbors(5, rows=[4, 2]))
    with pytest.raises(ValueError, match="points is no array: .*requires grad"):
        rk.Index(tensor.clone().requires_grad_(), lengthscales=0.3)


def test_arrays_on_a_device_are_an_error():
    with pytest.raises(TypeError, match="queries is on a device"):
        rk.Index([[0.0, 1]], lengthscales=1).neighbors(1, queries=HasDLPack(np.zeros((1, 2)), device=2))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_is_not_copied(order):
    points = np.asarray(np.random.default_rng(13).random((1_000_000, 3)), order=order)
    rk.Index(points[:10], lengthscales=[1, 2, 3]).close()
    tracemalloc.start()
    try:
        before = resident_memory()
        with rk.Index(points, lengthscales=[1, 2, 3], threads=2) as index:
            peak = tracemalloc.get_traced_memory()[1]
            growth = resident_memory() - before
            assert index.n == 1_000_000
            own = index.info().bytes / 2**20
    finally:
        tracemalloc.stop()
    assert peak < 1e6
    # A copy of the points would be 23 MB.
    assert growth < own + 20


def test_the_array_may_change_afterwards(case):
    model, points, _, expected = case
    copy = points.copy()
    index = model.index(copy)
    copy[...] = 0
    assert same(index.neighbors(5), expected)


def masked(x):
    mask = np.zeros(x.shape, bool)
    mask[3, 1] = True
    return np.ma.masked_array(x, mask)


def with_masked_element(x):
    rows = x.tolist()
    rows[3][1] = np.ma.masked
    return rows


@pytest.mark.parametrize("form, text", [
    (masked, "masked"), (lambda x: list(masked(x)), "masked"), (with_masked_element, "masked"),
    (lambda x: HasArray(masked(x)), "masked"),
])
def test_masked_values_are_errors_in_every_form(case, form, text, recwarn):
    with pytest.raises(rk.InvalidArgumentError, match=rf"^points\[3, 1\] is {text}"):
        rk.Index(form(case[1]), lengthscales=0.3)
    assert not recwarn


@pytest.mark.parametrize("block", [
    lambda K: np.ma.masked_array(K, np.ones(K.shape, bool)), lambda K: [[True] * K.shape[1]] + [[0.5] * K.shape[1]] * (len(K) - 1)
])
def test_blocks_of_a_covariance_function_are_checked_in_the_same_way(block):
    index = rk.Index.from_callback(lambda rows, columns: block(np.zeros((len(rows), len(columns)))), None, np.ones(9))
    with pytest.raises((rk.InvalidArgumentError, rk.ArgumentTypeError), match="^the result of the covariance function"):
        index.neighbors(2)


@pytest.mark.parametrize("points", [
    [[True, 0.5], [False, 0.2]], [[0.1, 0.5], [0.3, np.True_]], [np.array([True, False]), np.array([0.5, 0.2])],
    [[np.timedelta64(3, "s"), 0.5], [1, 2]],
])
def test_elements_that_are_no_numbers_are_errors_beside_numbers(points):
    with pytest.raises(rk.ResidualKNNError, match="^points"):
        rk.Index(points, lengthscales=1)


def test_single_values_and_rows_that_are_no_numbers():
    points = np.random.default_rng(1).random((9, 2))
    index = rk.Index(points, lengthscales=1)
    for rows in ([True, 2], bytearray(b"\x01\x02"), [np.timedelta64(1, "s")]):
        with pytest.raises(rk.ArgumentTypeError, match="^rows"):
            index.neighbors(2, rows=rows)
    for wrong in (np.timedelta64(3, "ns"), np.timedelta64(3, "D"), [True, 0.3]):
        with pytest.raises(rk.ArgumentTypeError, match="^lengthscales"):
            rk.Index(points, lengthscales=wrong)
    for name in ("variance", "nugget", "seed", "threads"):
        with pytest.raises(rk.ArgumentTypeError, match=f"^{name}"):
            rk.Index(points, lengthscales=1, **{name: np.timedelta64(1, "s")})
    for value in (10**400, 10**5000):
        with pytest.raises(rk.InvalidArgumentError, match="^variance"):
            rk.Index(points, lengthscales=1, variance=value)
        with pytest.raises(rk.InvalidArgumentError, match="^k is"):
            index.neighbors(value)


def test_integers_that_double_precision_would_round_are_errors():
    for points in (np.array([[2**53], [2**53 + 1]]), [[2**53], [2**53 + 1]], [[0.5], [2**53 + 1]],
                   np.array([[0], [2**64 - 1]], np.uint64)):
        with pytest.raises(rk.InvalidArgumentError, match=r"^points\[1, 0\] is .* double precision"):
            rk.Index(points, lengthscales=1)
    assert rk.Index(np.array([[0], [2**53 + 2]]), lengthscales=2.0**50).n == 2
    large, exact = np.array([2**53, 2**53 + 1]), np.array([1.0, 1.0])
    for points, place in (([[np.int64(2**53), 1.0], [np.int64(2**53 + 1), 1.0]], r"\[1, 0\]"), ([large, exact], r"\[0, 1\]"),
                          ((exact, range(2**53, 2**53 + 2)), r"\[1, 1\]"), ([Pair(1.0, 2**53 + 1)], r"\[0, 1\]"),
                          (collections.deque([[0.5], np.array([2**53 + 1])]), r"\[1, 0\]"),
                          ([[np.array(2**53 + 1), 0.5]], r"\[0, 0\]"), ([exact, memoryview(large)], r"\[1, 1\]"),
                          ([np.uint64(2**64 - 1), [0.5]], "")):
        with pytest.raises(rk.InvalidArgumentError, match=rf"^points{place} is .*"):
            rk.Index(points, lengthscales=1)
    for value in (2**53 + 1, np.int64(2**53 + 1), np.array(2**53 + 1), [2**53 + 1], {"a": 2**53 + 1}):
        with pytest.raises(rk.InvalidArgumentError, match="^lengthscales.* is 9007199254740993, must be a number of double"):
            pandas = pytest.importorskip("pandas", reason="pandas is absent") if isinstance(value, dict) else None
            rk.Index(pandas.DataFrame({"a": exact}) if pandas else exact[:, None], lengthscales=value)


@pytest.mark.filterwarnings("ignore:The behavior of .astype from SparseDtype")  # from pandas 1.5 itself
def test_large_integers_in_frames():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    large = [2**53, 2**53 + 1]
    for column in (large, pandas.array(large, "Int64"), pandas.arrays.SparseArray(large), np.array(large, np.uint64)):
        for other in ([1.0, 1.0], pandas.array([1.0, 1.0], "Float64"), np.ones(2, np.int64), np.ones(2, np.uint64)):
            frame = pandas.DataFrame({"b": other, "id": column})
            with pytest.raises(rk.InvalidArgumentError, match="^points.* is 9007199254740993, must be a number of double"):
                rk.Index(frame, lengthscales=1)
    frame = pandas.DataFrame({"b": [1.0, 1.0, 1.0], "id": [2**53, 2**53 + 2, -2**60]})
    assert rk.Index(frame, lengthscales=2.0**58).n == 3
    frame = pandas.DataFrame({"id": pandas.array([None, *large], "Int64")})
    with pytest.raises(rk.InvalidArgumentError, match="^points: row 2 of column id is 9007199254740993"):
        rk.Index(frame, lengthscales=1)


def test_large_integers_in_frames_of_other_packages():
    polars = pytest.importorskip("polars", reason="polars is absent")
    frame = polars.DataFrame({"id": [2**53, 2**53 + 1], "b": [1.0, 1.0]})
    for table in (frame, *([frame.to_arrow()] if importlib.util.find_spec("pyarrow") else [])):
        with pytest.raises(rk.InvalidArgumentError, match="^points: row 1 of column id is 9007199254740993"):
            rk.Index(table, lengthscales=1)


@pytest.mark.filterwarnings("ignore:The behavior of .astype from SparseDtype")  # from pandas 1.5 itself
def test_sparse_columns_of_bool_are_errors():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    frame = pandas.DataFrame({"a": pandas.arrays.SparseArray([True, False]), "b": [1.0, 2.0]})
    with pytest.raises(rk.ArgumentTypeError, match=r"^points(: column a)? is .*, must be real numbers$"):
        rk.Index(frame, lengthscales=1)


def test_arrays_of_bool_beside_numbers_are_named():
    with pytest.raises(rk.ArgumentTypeError, match=r"^points\[0\] is an array of bool, must be real numbers$"):
        rk.Index((np.array([True, False]), np.array([1.0, 2.0])), lengthscales=1)


def test_a_class_is_no_array():
    for call in (lambda: rk.Index(np.ndarray, lengthscales=1.0), lambda: rk.order_points(np.ma.MaskedArray)):
        with pytest.raises(rk.ArgumentTypeError, match="^points is the class [A-Za-z]*, must be an array$"):
            call()


def test_columns_of_frames_that_are_no_numbers():
    polars = pytest.importorskip("polars", reason="polars is absent")
    import datetime
    for column in ([True, False], [datetime.date(2026, 1, 1)] * 2, [datetime.timedelta(1)] * 2):
        with pytest.raises(rk.ResidualKNNError, match="^points"):
            rk.Index(polars.DataFrame({"a": column, "b": [0.5, 1.0]}), lengthscales=1)
    with pytest.raises(rk.ArgumentTypeError, match="collect"):
        rk.Index(polars.DataFrame({"a": [1.0]}).lazy(), lengthscales=1)


def test_names_of_columns_of_any_type_are_compared():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    points = np.random.default_rng(2).random((9, 2))
    for names in ([0, 1], ["x", "y"], pandas.MultiIndex.from_tuples([("a", 1), ("a", 2)])):
        frame = pandas.DataFrame(points, columns=names)
        index = rk.Index(frame, lengthscales=[0.1, 1.0])
        assert index.neighbors(3, queries=frame).indices.shape == (9, 3)
        for call in (lambda: index.neighbors(3, queries=frame[frame.columns[::-1]]),
                     lambda: rk.Index(frame, inducing=frame[frame.columns[::-1]], lengthscales=1)):
            with pytest.raises(rk.InvalidArgumentError, match="has the columns"):
                call()

    class Table:
        """As the tables of PyArrow."""

        column_names = ["y", "x"]
        columns = [points[:, 1], points[:, 0]]

        def __array__(self, dtype=None, copy=None):
            return points

    with pytest.raises(rk.InvalidArgumentError, match="^queries has the columns y, x"):
        rk.Index(pandas.DataFrame(points, columns=["x", "y"]), lengthscales=1).neighbors(3, queries=Table())


def test_lengthscales_with_labels():
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    points = np.random.default_rng(3).random((30, 2))
    frame = pandas.DataFrame(points, columns=["x", "y"])
    expected = rk.Index(points, lengthscales=[0.1, 1.0]).neighbors(3)
    swapped = pandas.Series({"y": 1.0, "x": 0.1})
    for scales in (swapped, swapped[["x", "y"]], {"y": 1.0, "x": 0.1}, pandas.Series([0.1, 1.0])):
        assert same(rk.Index(frame, lengthscales=scales).neighbors(3), expected)
    assert same(rk.Index(points, lengthscales=pandas.Series([0.1, 1.0])).neighbors(3), expected)
    for given, scales in ((points, swapped), (frame, {"x": 1, "z": 2}), (frame, pandas.Series([1.0, 0.1], [1, 0])), (points, {})):
        with pytest.raises(rk.InvalidArgumentError, match="^lengthscales has the labels"):
            rk.Index(given, lengthscales=scales)
    with pytest.raises(rk.ArgumentTypeError, match="^lengthscales"):
        rk.Index(frame, lengthscales={"x": True, "y": 1})


def test_points_that_are_given_on_the_sphere():
    degrees = np.random.default_rng(4).random((200, 2)) * 90
    inducing = rk.choose_inducing(degrees, 3, lengthscales=0.5, lonlat=True)
    index = rk.Index(degrees, lonlat=True, lengthscales=0.5, inducing=inducing)
    lon, lat = np.radians(degrees[:5]).T
    sphere = np.c_[np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    assert np.array_equal(index.neighbors(2, queries=sphere).indices, index.neighbors(2, queries=degrees[:5]).indices)
    for wrong in (np.c_[degrees[:3], [0.5] * 3], sphere * (1 + 2e-6), sphere * 0.9):
        with pytest.raises(rk.InvalidArgumentError, match=r"^queries\[0\] has the distance .* unit sphere"):
            index.neighbors(2, queries=wrong)
    with pytest.raises(rk.InvalidArgumentError, match=r"^inducing\[0\] has the distance"):
        rk.Index(degrees, lonlat=True, lengthscales=0.5, inducing=sphere * 1.1)
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    index = rk.Index(pandas.DataFrame(degrees, columns=["lon", "lat"]), lonlat=True, lengthscales=0.5)
    with pytest.raises(rk.InvalidArgumentError, match="^queries has the columns lon, lat, depth"):
        index.neighbors(2, queries=pandas.DataFrame(sphere, columns=["lon", "lat", "depth"]))
