# SPDX-License-Identifier: Apache-2.0
"""What arrays are read as."""
import tracemalloc

import numpy as np
import pytest

import residual_knn as rk
from definition import a_case, resident_memory, same


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
    before = resident_memory()
    with rk.Index(points, lengthscales=[1, 2, 3], threads=2) as index:
        peak = tracemalloc.get_traced_memory()[1]
        growth = resident_memory() - before
        assert index.n == 1_000_000
        own = index.info().bytes / 2**20
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
