# SPDX-License-Identifier: Apache-2.0
"""Answers in batches: neighbors_to() and predecessors_to()."""
import threading
import traceback

import numpy as np
import pytest

import residual_knn as rk
from definition import a_case


class Collector:
    """A sink that puts the batches together."""

    def __init__(self, num_queries, k):
        self.indices = np.full((num_queries, k), -2)
        self.distances = np.full((num_queries, k), -2.0)
        self.variances = None
        self.sizes = []
        self.kept = []
        self.thread = threading.get_ident()

    def __call__(self, queries, indices, distances, variances=None):
        assert threading.get_ident() == self.thread
        assert queries.dtype == np.int64 and indices.dtype == np.int64 and distances.dtype == np.float64
        assert (self.indices[queries] == -2).all() and (np.diff(queries) > 0).all()
        self.indices[queries] = indices
        self.distances[queries] = distances
        if variances is not None:
            if self.variances is None:
                self.variances = np.full(self.distances.shape, -2.0)
            self.variances[queries] = variances
        self.sizes.append(len(queries))
        self.kept.append((queries, indices))

    def is_that_of(self, found):
        return (np.array_equal(self.indices, found.indices) and self.distances.tobytes() == found.distances.tobytes()
                and (self.variances is None) == (found.conditional_variances is None)
                and (self.variances is None or np.array_equal(self.variances, found.conditional_variances)))


def check(index, name, k, num_queries, sink_queries=None, sink_order="query", **more):
    collector = Collector(num_queries, k)
    done = getattr(index, name + "_to")(collector, k, sink_queries=sink_queries, sink_order=sink_order, **more)
    found = getattr(index, name)(k, **more)
    assert collector.is_that_of(found)
    assert (done.queries, done.pairs, done.uninformative_queries) == (
        num_queries, found.statistics.pairs, found.statistics.uninformative_queries)
    if sink_queries is not None:
        assert all(size == min(sink_queries, num_queries) for size in collector.sizes[:-1])
    # The arrays are the sink's own.
    for queries, indices in collector.kept:
        assert np.array_equal(found.indices[queries], indices)


@pytest.mark.parametrize("sink_order", ["query", "space"])
@pytest.mark.parametrize("sink_queries", [None, 1, 7, 500, 1000])
def test_batches_are_the_answer(sink_queries, sink_order):
    model, points, new = a_case(90, n=500, num_new=30)
    index = model.index(points, threads=2)
    batches = {"sink_queries": sink_queries, "sink_order": sink_order}
    check(index, "predecessors", 5, 500, **batches)
    check(index, "neighbors", 5, 500, ranking="signed", **batches)
    check(index, "neighbors", 3, 500, ranking="scaled_distance", **batches)
    check(index, "neighbors", 3, 30, queries=new, **batches)
    check(index, "predecessors", 3, 4, rows=[400, 3, 3, 77], **batches)
    check(index, "predecessors", 3, 500, selection="conditional", **batches)
    lists = [np.random.default_rng(i).integers(0, 500, 6) for i in range(500)]
    check(index, "neighbors", 3, 500, candidate_lists=lists, **batches)
    check(index, "neighbors", 3, 500, start=index.neighbors(4), **batches)


def test_distances_have_the_units_of_the_caller():
    points = np.random.default_rng(91).random((100, 2))
    index = rk.Index(points, lengthscales=0.2, kernel="matern15_isotropic")
    check(index, "neighbors", 3, 100, ranking="scaled_distance")


def test_an_index_with_a_covariance_function():
    index = rk.Index.from_callback(lambda rows, columns: np.exp(-0.1 * abs(rows[:, None] - columns)), None, np.ones(60))
    check(index, "neighbors", 3, 60, sink_queries=13)


def test_a_sink_ends_the_search():
    model, points, _ = a_case(92, n=300)
    index = model.index(points)
    for last in (1, 2, 4):
        calls = []

        def stop(queries, indices, distances):
            calls.append(queries)
            return (np.bool_ if last == 2 else bool)(len(calls) < last)

        with pytest.raises(rk.CancelledError, match="the sink cancelled"):
            index.neighbors_to(stop, 3, sink_queries=50)
        assert len(calls) == last
    error = KeyError("mine")

    def raising(queries, indices, distances):
        raise error

    with pytest.raises(KeyError) as caught:
        index.predecessors_to(raising, 3)
    assert caught.value is error
    assert "raising" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    with pytest.raises(TypeError, match="positional argument"):
        index.predecessors_to(lambda queries: None, 3)
    check(index, "neighbors", 3, 300)


def test_calls_from_a_sink():
    model, points, _ = a_case(93, n=300)
    index = model.index(points, threads=2)
    expected = index.neighbors(3)
    same = []

    def search(queries, indices, distances):
        same.append(np.array_equal(index.neighbors(3).indices, expected.indices))
        check(index, "predecessors", 2, 300, sink_queries=100)
        with pytest.raises(rk.IndexInUseError):
            index.update(lengthscales=1.0)
        with pytest.raises(rk.IndexInUseError):
            index.close()

    index.neighbors_to(search, 3, sink_queries=150)
    assert same == [True, True]


def test_on_other_threads():
    model, points, _ = a_case(94, n=300)
    index = model.index(points, threads=1)
    failures = []

    def work():
        try:
            for _ in range(5):
                check(index, "neighbors", 3, 300, sink_queries=70)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_arguments_are_checked():
    model, points, _ = a_case(95)
    index = model.index(points)
    with pytest.raises(TypeError, match="sink is of type int, must be a function"):
        index.neighbors_to(3, 3)
    with pytest.raises(ValueError, match="sink_queries is 0"):
        index.neighbors_to(print, 3, sink_queries=0)
    with pytest.raises(ValueError, match="sink_order"):
        index.predecessors_to(print, 3, sink_order="rows")
    with pytest.raises(ValueError, match="start must be None"):
        index.neighbors_to(print, 3, candidate_lists=[[1]] * 60, start=index.neighbors(2))
