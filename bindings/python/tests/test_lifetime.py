# SPDX-License-Identifier: Apache-2.0
"""Ends of indexes, threads and processes."""
import copy
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import residual_knn as rk
from definition import resident_memory, same

POINTS = np.random.default_rng(30).random((3000, 2))


def make(**more):
    return rk.Index(POINTS, inducing=POINTS[:50] + 0.001, lengthscales=0.2, **more)


def test_a_closed_index_is_an_error():
    with make() as index:
        assert index.n == 3000
    index.close()
    index.close()
    assert repr(index) == "<Index: closed>"
    for call in (index.neighbors, index.predecessors, index.info, index.factor, index.update, index.residual_order,
                 lambda: index.neighbors_above(0.9), lambda: index.weights(np.zeros((3000, 1), int) - 1)):
        with pytest.raises(ValueError, match="the index is closed"):
            call()
    assert index.n == 3000


def test_an_error_in_the_block_closes_the_index():
    with pytest.raises(KeyError), make() as index:
        raise KeyError
    assert repr(index) == "<Index: closed>"


def test_an_index_that_failed_to_be_made():
    for call in (lambda: rk.Index(POINTS, lengthscales=-1), lambda: rk.Index(POINTS * np.nan, lengthscales=1)):
        with pytest.raises(ValueError):
            call()


class Forgetful(rk.Index):
    def __init__(self, fail=False):
        if fail:
            super().__init__(POINTS, lengthscales=1, max_bytes=1)


def half_made():
    index = Forgetful.__new__(Forgetful)
    with pytest.raises(MemoryError):
        index.__init__(fail=True)
    return index


@pytest.mark.parametrize("make_half", [lambda: rk.Index.__new__(rk.Index), Forgetful, half_made])
def test_a_half_made_index_is_closed(make_half, tmp_path):
    index = make_half()
    assert repr(index) == "<Index: closed>"
    zeros = np.zeros((3000, 1), int)
    for call in (lambda: index.neighbors(1), lambda: index.predecessors(1), index.info, index.factor, index.residual_order,
                 lambda: index.n, lambda: index.d, lambda: index.m, lambda: index.save(tmp_path / "i.rknn"),
                 lambda: index.update(nugget=1), lambda: index.neighbors_above(0.9), lambda: index.weights(zeros),
                 lambda: index.covariances(zeros), lambda: index.covariance_blocks(zeros), lambda: index.plot(1),
                 lambda: index.group_neighbors([[0]], 1), lambda: index.neighbors_to(print, 1)):
        with pytest.raises(rk.InvalidArgumentError, match="^the index is closed$"):
            call()
    with pytest.raises(AttributeError, match="^'[A-Z][a-z]*' object has no attribute 'other'$"):
        index.other
    index.close()
    with index as same_index:
        assert same_index is index
    index.close()
    with make() as other:  # is not affected
        assert other.neighbors(1, rows=[0]).indices.shape == (1, 1)


# A global object of a module is deleted late, when Python imports nothing more.
AT_EXIT = """
import builtins
import numpy as np
import residual_knn as rk

class Late:
    def __init__(self):
        self.points = np.random.default_rng(1).random((50, 2))
        self.index = rk.Index(self.points, inducing=5, lengthscales=0.3)
        self.by_callback = rk.Index.from_callback(lambda a, b: np.exp(-abs(a[:, None] - b)), None, np.ones(9))

    def __del__(self):
        index = self.index
        found = index.neighbors(2)
        print(found.indices.shape, index.neighbors(2, queries=self.points[:3]).indices.shape)
        print(self.by_callback.neighbors(2).indices.shape, index.weights(found).weights.shape)
        for call in (lambda: index.update(nugget=-1), lambda: index.neighbors(2, queries=self.points * np.nan),
                     lambda: index.neighbors(2, progress=lambda done, total: False)):
            try:
                call()
            except rk.ResidualKNNError as error:
                print(error)
        index.neighbors_to(lambda *batch: None, 2)
        index.neighbors_above(0.9)
        index.group_neighbors([[1], [2]], 2)
        index.save("late.rknn")
        print(rk.load_index("late.rknn").update(nugget=0.1).info().n)
        print("end")

builtins.keep = Late()
"""


def test_searches_while_the_interpreter_ends(tmp_path):
    script = AT_EXIT.replace("late.rknn", str(tmp_path / "late.rknn"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "(50, 2) (3, 2)", "(9, 2) (50, 2)", "nugget is -1, must be between 0 and 1e140", "queries[0, 0] is nan, must be finite",
        "the progress function cancelled the call", "50", "end",
    ]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies(copied):
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        copied(make())


def test_results_can_be_pickled():
    index = make()
    found = index.predecessors(3, selection="conditional")
    for result in (found, index.neighbors_above(0.9, rows=[3]), index.weights(found), index.covariances(found), index.info()):
        again = pickle.loads(pickle.dumps(result))
        assert repr(again) == repr(result)


def test_unreachable_indexes_are_freed_at_once():
    index = make()
    handle = weakref.ref(index._handle)
    del index
    assert handle() is None
    for _ in range(10):
        make()
    before = resident_memory()
    for _ in range(60):
        make().neighbors(2, rows=[5])
    for _ in range(60):
        make().close()
    # An index takes more than a megabyte.
    assert resident_memory() - before < 30


def test_threads_share_an_index():
    index = make(threads=1)
    expected = index.neighbors(5)
    rows = np.array_split(np.arange(3000), 12)
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(lambda part: index.neighbors(5, rows=part), rows))
    assert np.array_equal(np.vstack([part.indices for part in parts]), expected.indices)
    with ThreadPoolExecutor(2) as pool:
        assert all(same(found, expected) for found in pool.map(lambda _: index.neighbors(5), range(4)))


def test_calls_release_the_lock_of_the_interpreter():
    index = rk.Index(np.random.default_rng(1).random((12_000, 4)), inducing=100, lengthscales=0.5, threads=1)
    steps = 0
    thread = threading.Thread(target=lambda: index.neighbors(10, strategy="brute_force"))
    thread.start()
    while thread.is_alive():
        steps += 1
        time.sleep(0.001)
    assert steps > 20


def test_exceptions_of_threads_do_not_mix():
    def of(error):
        def raising(rows, columns):
            time.sleep(0.001)
            raise error

        return rk.Index.from_callback(raising, None, np.ones(50))

    errors = [KeyError(i) for i in range(4)]

    def caught(error):
        index = of(error)
        for _ in range(10):
            try:
                index.neighbors(2)
            except KeyError as found:
                if found is not error:
                    return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(caught, errors))


def test_closing_or_updating_during_a_search_is_an_error():
    started, go_on = threading.Event(), threading.Event()

    def waiting(done, total):
        started.set()
        go_on.wait(20)

    index = make()
    thread = threading.Thread(target=lambda: index.neighbors(5, progress=waiting))
    thread.start()
    assert started.wait(20)
    with pytest.raises(rk.IndexInUseError, match="cannot be closed"):
        index.close()
    with pytest.raises(rk.IndexInUseError, match="cannot be updated"):
        index.update(nugget=0.1)
    assert index.neighbors(3).indices.shape == (3000, 3)
    go_on.set()
    thread.join()
    started.clear()
    go_on.clear()
    thread = threading.Thread(target=lambda: index.update(nugget=0.1, progress=waiting))
    thread.start()
    assert started.wait(20)
    for call in (index.close, index.neighbors, index.info, lambda: index.update(nugget=0.2)):
        with pytest.raises(rk.IndexInUseError, match="is being updated"):
            call()
    assert repr(index) == "<Index: n=3000, d=2, being updated>"
    go_on.set()
    thread.join()
    index.close()


def in_child(function):
    """Whether function() is true in a forked child."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if function() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_forked_child_uses_and_frees_what_it_inherits():
    index = make()
    expected = index.neighbors(4)

    def use():
        nonlocal index
        right = same(index.neighbors(4, threads=2), expected)
        index.update(nugget=0.5)
        index.close()
        del index
        return right

    assert in_child(use)
    assert same(index.neighbors(4), expected)

    def drop():
        nonlocal index
        del index
        gc.collect()
        return True

    assert in_child(drop)
    assert same(index.neighbors(4), expected)


def test_fork_while_other_threads_search_and_update():
    index, updated = make(), make()
    expected = index.neighbors(4)
    started, go_on = threading.Barrier(3), threading.Event()

    def waiting(done, total):
        if not go_on.is_set():
            started.wait(20)
            go_on.wait(20)

    threads = [threading.Thread(target=lambda: index.neighbors(4, progress=waiting)),
               threading.Thread(target=lambda: updated.update(nugget=0.1, progress=waiting))]
    for thread in threads:
        thread.start()
    started.wait(20)

    def use():
        right = same(index.neighbors(4), expected)
        index.close()  # the search of the other thread is not in this process
        try:
            updated.neighbors(4)
        except rk.IndexInUseError as error:
            right = right and "forked" in str(error)
        updated.close()
        return right

    try:
        assert in_child(use)
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert updated.neighbors(4).indices.shape == (3000, 4)


def search_in_another_process(seed):
    points = np.random.default_rng(seed).random((500, 2))
    return rk.Index(points, inducing=20, lengthscales=0.2).neighbors(4)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_pools_of_processes(method):
    search_in_another_process(0)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        found = list(pool.map(search_in_another_process, range(4)))
    assert all(same(answer, search_in_another_process(seed)) for seed, answer in enumerate(found))


def test_memory_that_runs_out_in_the_library_is_a_memory_error():
    script = """
import resource, numpy as np, residual_knn as rk
points = np.random.default_rng(1).random((100_000, 2))
index = rk.Index(points, inducing=5, lengthscales=0.3, threads=1)
expected = index.neighbors(3, rows=[7], threads=1).indices
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 300_000_000, size + 300_000_000))
for call in (lambda: rk.Index(points, inducing=points[:1000], lengthscales=0.3, jitter=1e-4, threads=1),
             lambda: index.update(inducing=points[:1000], jitter=1e-4, threads=1)):
    try:
        call()
    except rk.OutOfMemoryError as error:
        assert isinstance(error, MemoryError)
    else:
        raise SystemExit("no error")
index.update(inducing=points[:5], jitter=1e-8)
assert index.neighbors(3, rows=[7], threads=1).indices.shape == expected.shape
print("ended well")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("ended well\n", "")


def test_a_process_ends_well_during_a_search():
    script = """
import threading, time, numpy as np, residual_knn as rk
index = rk.Index(np.random.default_rng(1).random((60000, 5)), inducing=100, lengthscales=1)
kept = [rk.Index([[0.0], [1.0]], lengthscales=1)]
threading.Thread(target=lambda: index.neighbors(20, strategy='brute_force'), daemon=True).start()
time.sleep(0.3)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("search", [
    "index.neighbors(10, rows=range(3000), strategy='brute_force', progress=lambda done, total: None)",
    "own.neighbors(10)",
    "own.neighbors(10, progress=lambda done, total: index.neighbors(10, strategy='brute_force'))",
])
def test_a_process_ends_well_during_a_search_with_callbacks(search):
    script = f"""
import threading, time, numpy as np, residual_knn as rk
index = rk.Index(np.random.default_rng(0).random((20_000, 3)), lengthscales=0.3, inducing=100)
x = np.random.default_rng(1).random(1000)
own = rk.Index.from_callback(lambda rows, columns: np.exp(-abs(x[rows, None] - x[columns])), None, np.ones(1000))
def work():
    while True:
        {search}
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_index_in_a_cycle_with_its_function_is_freed():
    class Model:
        def __init__(self):
            self.index = rk.Index.from_callback(self.covariance, None, np.ones(20))

        def covariance(self, rows, columns):
            return np.exp(-abs(rows[:, None] - columns))

    model = Model()
    assert model.index.neighbors(1, rows=[3]).indices.tolist() == [[2]]
    handle, model = weakref.ref(model.index._handle), weakref.ref(model)
    gc.collect()
    assert model() is None and handle() is None
    model = Model()
    model.index.close()
    function = weakref.ref(model)
    del model
    gc.collect()
    assert function() is None


def test_a_closed_index_does_not_keep_the_points():
    class Points:
        def __array__(self, dtype=None, copy=None):
            return POINTS

    points = Points()
    index = rk.Index(points, lengthscales=1)
    kept = weakref.ref(points)
    del points
    assert kept() is not None
    index.close()
    assert kept() is None
