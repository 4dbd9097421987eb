# SPDX-License-Identifier: Apache-2.0
"""Covariance functions and progress functions: exceptions, Ctrl-C, memory."""
import ctypes
import errno
import functools
import gc
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
import weakref

import numpy as np
import pytest

import residual_knn as rk
from definition import KERNELS, resident_memory, same, scaled_distances

POINTS = np.random.default_rng(20).random((60, 2))


def kernel(rows, columns):
    return KERNELS["matern32"](scaled_distances(POINTS[rows], POINTS[columns], 0.5))


EXPECTED = rk.Index(POINTS, lengthscales=0.5).neighbors(3)


@pytest.fixture(scope="module")
def slow_index():
    """A search of this index takes seconds."""
    points = np.random.default_rng(21).random((60_000, 5))
    return rk.Index(points, inducing=200, lengthscales=1.0, threads=2)


def slow_search(index, **more):
    return index.neighbors(20, strategy="brute_force", **more)


def test_an_exception_arrives_as_raised():
    error = KeyError("mine")

    def raising(rows, columns):
        raise error

    index = rk.Index.from_callback(raising, None, np.ones(60))
    for call in (lambda: index.neighbors(3), lambda: index.predecessors(3, rows=[5, 30]),
                 lambda: index.weights(EXPECTED.indices), lambda: index.neighbors_above(0.5)):
        with pytest.raises(KeyError) as caught:
            call()
        assert caught.value is error
        assert "raising" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        error.__traceback__ = None
    assert repr(index).startswith("<Index: n=60")
    index.close()


@pytest.mark.parametrize("block, kind, text", [
    (lambda rows, columns: np.zeros((1, 1, 1)), ValueError, "shape"),
    (lambda rows, columns: np.zeros((len(columns) + 1, len(rows))), ValueError, "shape"),
    (lambda rows, columns: None, TypeError, "is None"),
    (lambda rows, columns: np.full((len(rows), len(columns)), 1j), TypeError, "complex"),
    (lambda rows, columns: np.full((len(rows), len(columns)), np.nan), ValueError, "nan for row 0 and column"),
    (lambda rows: rows, TypeError, "positional argument"),
])
def test_wrong_blocks_are_errors(block, kind, text):
    with pytest.raises(kind, match=text):
        rk.Index.from_callback(block, None, np.ones(60)).neighbors(3)


@pytest.mark.parametrize("form", [np.asfortranarray, np.ndarray.tolist, lambda x: x[::-1][::-1]])
def test_blocks_in_other_forms(form):
    index = rk.Index.from_callback(lambda rows, columns: form(kernel(rows, columns)), None, np.ones(60))
    assert (index.neighbors(3).indices == EXPECTED.indices).all()


def test_the_function_lives_as_long_as_the_index():
    def make():
        local = POINTS.copy()
        return rk.Index.from_callback(lambda a, b: KERNELS["matern32"](scaled_distances(local[a], local[b], 0.5)), None,
                                      np.ones(60))

    index = make()
    gc.collect()
    assert (index.neighbors(3).indices == EXPECTED.indices).all()


def test_calls_in_callbacks():
    inner = rk.Index.from_callback(kernel, None, np.ones(60))

    def deep(rows, columns):
        raise ZeroDivisionError

    failing = rk.Index.from_callback(deep, None, np.ones(60))

    def outer(rows, columns):
        assert (inner.neighbors(3).indices == EXPECTED.indices).all()
        with pytest.raises(ZeroDivisionError):
            failing.neighbors(3)
        with pytest.raises(rk.IndexInUseError, match="cannot be closed"):
            index.close()
        return kernel(rows, columns)

    index = rk.Index.from_callback(outer, None, np.ones(60))
    assert (index.neighbors(3).indices == EXPECTED.indices).all()
    through = rk.Index.from_callback(lambda rows, columns: failing.neighbors(3), None, np.ones(60))
    with pytest.raises(ZeroDivisionError):
        through.neighbors(3)


def test_progress_reports_and_cancels(slow_index):
    reports = []
    index = rk.Index(np.random.default_rng(1).random((20_000, 3)), inducing=100, lengthscales=0.3,
                     progress=lambda done, total: reports.append((done, total)))
    assert reports and all(0 <= done <= total and total >= 1 for done, total in reports)
    for answer in (False, np.False_):
        with pytest.raises(rk.CancelledError):
            index.neighbors(5, progress=lambda done, total: answer)
    for answer in (None, 0, "", True):
        index.neighbors(5, rows=[1], progress=lambda done, total: answer)


def test_an_index_whose_update_was_cancelled():
    points = np.random.default_rng(22).random((100_000, 3))
    index = rk.Index(points, inducing=20, lengthscales=1.0)
    before = index.neighbors(5, rows=[7])
    calls = []
    with pytest.raises(rk.CancelledError):
        index.update(inducing=points[:400], kernel="matern", nu=0.8, threads=1,
                     progress=lambda done, total: calls.append(done) or len(calls) < 3)
    assert repr(index) == "<Index: n=100000, d=3, empty because an update failed: update it again>"
    for call in (index.neighbors, index.info, index.factor, lambda: index.weights(np.full((100_000, 1), -1))):
        with pytest.raises(ValueError, match="empty"):
            call()
    index.update()
    assert same(index.neighbors(5, rows=[7]), before)


def test_progress_on_the_terminal(capsys, monkeypatch):
    points = np.random.default_rng(1).random((5_000, 3))
    index = rk.Index(points, inducing=50, lengthscales=0.3, progress=False)
    assert capsys.readouterr().err == ""
    import importlib
    real = importlib.import_module

    def without_tqdm(name, *rest):
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without_tqdm)
    index.neighbors(5, progress=True)
    text = capsys.readouterr().err
    assert text.startswith("\r[") and text.endswith("100 %\n")
    monkeypatch.undo()
    pytest.importorskip("tqdm", reason="tqdm is absent")
    index.neighbors(5, progress=True)
    assert "100%" in capsys.readouterr().err


def interrupt_after(seconds, call, number=signal.SIGINT):
    """Runs call() in a process that gets a signal after so many seconds. Returns the delay until it ended."""
    sent = []

    def send():
        time.sleep(seconds)
        sent.append(time.monotonic())
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        call()
    finally:
        delay = time.monotonic() - sent[0] if sent else np.inf
        thread.join()
        interrupt_after.delay = delay


def delays_of(call, times=3):
    """The smallest delay of several interrupts: the machine may be busy."""
    delays = []
    for _ in range(times):
        with pytest.raises(KeyboardInterrupt):
            interrupt_after(0.2, call)
        delays.append(interrupt_after.delay)
    return min(delays)


def test_ctrl_c_ends_calls_within_100_ms(slow_index):
    assert delays_of(lambda: slow_search(slow_index)) < 0.1
    assert delays_of(lambda: slow_search(slow_index, progress=lambda done, total: True)) < 0.1
    points = np.random.default_rng(3).random((300_000, 5))
    assert delays_of(lambda: rk.Index(points, inducing=500, lengthscales=1, threads=2), 2) < 0.2
    with pytest.raises(KeyboardInterrupt):
        interrupt_after(0.2, lambda: slow_index.update(inducing=points[:1000]))
    slow_index.update(inducing=points[:100], lengthscales=1)
    assert slow_index.neighbors(3, rows=[5]).indices.shape == (1, 3)


def test_ctrl_c_while_an_index_ends_is_not_lost():
    class Sending(weakref.ref):
        """Sends Ctrl-C when its object ends, without a step of Python."""

        _as_parameter_ = 0

    def end():
        index = rk.Index(POINTS, lengthscales=0.5)
        kept.append(Sending(index._handle, functools.partial(ctypes.CDLL(None)["raise"], signal.SIGINT)))
        del index
        for _ in range(1000):
            pass

    for _ in range(20):
        kept = []
        with pytest.raises(KeyboardInterrupt):
            end()
        assert kept[0]() is None


def test_ctrl_c_in_a_callback():
    def sleeping(rows, columns):
        time.sleep(5)

    index = rk.Index.from_callback(sleeping, None, np.ones(60))
    assert delays_of(lambda: index.neighbors(3), 2) < 0.1


def test_handlers_of_the_user_run_during_a_call(slow_index):
    class Timeout(Exception):
        pass

    def handler(number, frame):
        raise Timeout

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(Timeout):
            interrupt_after(0.2, lambda: slow_search(slow_index), signal.SIGALRM)
        assert signal.getsignal(signal.SIGALRM) is handler
        heard = []
        signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
        interrupt_after(0.05, lambda: slow_index.neighbors(20, rows=range(3000), strategy="brute_force"), signal.SIGALRM)
        assert heard == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_that_a_callback_sets_remains():
    def handler(number, frame):
        pass

    def setting(rows, columns):
        signal.signal(signal.SIGUSR1, handler)
        return kernel(rows, columns)

    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        rk.Index.from_callback(setting, None, np.ones(60)).neighbors(3)
        assert signal.getsignal(signal.SIGUSR1) is handler
    finally:
        signal.signal(signal.SIGUSR1, before)


INTERRUPTED = """
import os, random, signal, sys, threading, time
import numpy as np
import residual_knn as rk

points = np.random.default_rng(1).random((60, 2))
distances = np.sqrt(((points[:, None] - points[None])**2).sum(axis=2))
index = rk.Index.from_callback(lambda rows, columns: np.exp(-distances[rows[:, None], columns]), None, np.ones(60))
plain = rk.Index(np.random.default_rng(1).random((1000, 3)), inducing=20, lengthscales=0.3)
expected = index.neighbors(3).indices, plain.neighbors(3).indices
lost = []
sys.unraisablehook = lost.append
going = True


def send():
    draw = random.Random(3)
    while going:
        time.sleep(draw.random() * 0.02)
        os.kill(os.getpid(), signal.SIGINT)


thread = threading.Thread(target=send)
interrupts = wrong = 0
end = time.monotonic() + 3
while going:
    try:
        if thread.ident is None:
            thread.start()
        while time.monotonic() < end:
            found = index.neighbors(3).indices, plain.neighbors(3).indices
            wrong += not all(map(np.array_equal, found, expected))
        going = False
    except KeyboardInterrupt:
        interrupts += 1
while thread.is_alive():
    try:
        thread.join()
    except KeyboardInterrupt:
        pass
index.close()
plain.close()
assert not lost and not wrong and interrupts > 10, (lost, wrong, interrupts)
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
print("ended well")
"""


def test_interrupts_at_any_time_are_neither_lost_nor_change_answers():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=100, check=False)
    assert (done.stdout, done.stderr) == ("ended well\n", "")


def test_random_failures_neither_leak_nor_change_answers(searches):
    event = "none"

    def failing(rows, columns):
        if event == "error":
            raise ZeroDivisionError("boom")
        if event == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        return kernel(rows, columns)

    def report(done, total):
        if event == "progress":
            raise OSError("boom")
        return event != "cancel"

    index = rk.Index.from_callback(failing, None, np.ones(60))
    outcomes = {"none": "none", "error": "ZeroDivisionError", "interrupt": "KeyboardInterrupt", "progress": "OSError",
                "cancel": "CancelledError"}
    generator = random.Random(10)

    def search():
        nonlocal event
        event = generator.choice(list(outcomes))
        try:
            found = index.neighbors(3, progress=report)
            assert (found.indices == EXPECTED.indices).all()
            outcome = "none"
        except BaseException as error:
            outcome = type(error).__name__
        assert outcome == outcomes[event]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(200):
            search()
        gc.collect()
        objects, before = len(gc.get_objects()), resident_memory()
        gc.disable()  # failures must not leave cycles behind
        try:
            for _ in range(searches):
                search()
            growth = len(gc.get_objects()) - objects
        finally:
            gc.enable()
    assert growth < 100
    assert resident_memory() - before < 8
    index.close()


def test_row_numbers_may_change_during_a_call():
    index = rk.Index(np.random.default_rng(40).random((400, 2)), lengthscales=0.3)
    rows = np.arange(400)
    expected = index.neighbors(3, strategy="brute_force")
    start, lists = expected.indices.copy(), np.tile(np.arange(20), (400, 1))
    of_lists = index.neighbors(3, candidate_lists=lists)
    weights = index.weights(expected)

    def destroying(*arrays):
        def progress(done, total):
            for array in arrays:
                array.fill(10**12)

        return progress

    found = index.neighbors(3, rows=rows, strategy="brute_force", progress=destroying(rows))
    assert same(found, expected) and found.rows.tolist() == list(range(400))
    rows = np.arange(400)
    assert same(index.neighbors(3, rows=rows, start=start, progress=destroying(rows, start)), expected)
    assert same(index.neighbors(3, candidate_lists=lists, progress=destroying(lists)), of_lists)
    given = pickle.loads(pickle.dumps(expected))
    again = index.weights(given, progress=destroying(given.indices))
    assert np.array_equal(again.weights, weights.weights) and np.array_equal(again.neighbors, expected.indices)
    groups = np.arange(400).reshape(200, 2)
    shared = index.group_neighbors(groups, 3)
    assert same(index.group_neighbors(groups, 3, progress=destroying(groups)), shared)


def test_results_have_arrays_of_their_own():
    index = rk.Index(np.random.default_rng(41).random((50, 2)), lengthscales=0.3)
    rows = np.array([3, 4, 5])
    found = index.neighbors(4, rows=rows)
    above = index.neighbors_above(0.5, rows=rows)
    weights = index.weights(found)
    rows[:] = [10, 11, 12]
    assert found.rows.tolist() == above.rows.tolist() == weights.rows.tolist() == [3, 4, 5]
    before = weights.neighbors.copy()
    found.indices[:] = 7
    found.rows[:] = 8
    assert np.array_equal(weights.neighbors, before) and weights.rows.tolist() == [3, 4, 5]


def test_wrong_results_of_a_covariance_function_are_errors_of_this_package():
    def error_of(result):
        with pytest.raises(rk.ResidualKNNError, match="covariance function") as caught:
            rk.Index.from_callback(lambda rows, columns: result(len(rows), len(columns)), None, np.ones(9)).neighbors(2)
        return type(caught.value)

    for value in (np.nan, np.inf):
        assert error_of(lambda a, b: np.full((a, b), value)) is rk.CallbackError
    assert error_of(lambda a, b: np.zeros((a + 1, b))) is rk.CallbackError
    for result in (lambda a, b: None, lambda a, b: "x", lambda a, b: np.zeros((a, b), bool), lambda a, b: np.zeros((a, b), object),
                   lambda a, b: np.zeros((a, b), complex)):
        assert error_of(result) is rk.ArgumentTypeError
    assert error_of(lambda a, b: [[1.0] * i for i in range(a)]) in (rk.InvalidArgumentError, rk.ArgumentTypeError)


def test_noted_signals_run_also_if_a_handler_raises():
    from residual_knn._signals import HeldSignals
    heard = []

    def raising(number, frame):
        heard.append(number)
        raise KeyError(number)

    before = {number: signal.signal(number, raising) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    try:
        held = HeldSignals()
        held.hold()
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        assert heard == []
        with pytest.raises(KeyError) as caught:
            held.release()
        assert sorted(heard) == sorted(before) and isinstance(caught.value.__context__, KeyError)
        assert all(signal.getsignal(number) is raising for number in before)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_child_of_another_thread_has_the_handlers_of_the_user(slow_index):
    def handler(number, frame):
        pass

    before = signal.signal(signal.SIGUSR1, handler)
    results = []

    def fork():
        time.sleep(0.1)
        child = os.fork()
        if child == 0:
            right = signal.getsignal(signal.SIGUSR1) is handler and signal.getsignal(signal.SIGINT) is signal.default_int_handler
            os._exit(0 if right else 1)
        results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    thread = threading.Thread(target=fork)
    thread.start()
    try:
        while thread.is_alive():
            slow_index.neighbors(20, rows=range(3000), strategy="brute_force")
        assert results == [0]
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)


def test_the_limit_of_recursion_is_a_recursion_error():
    index = rk.Index.from_callback(kernel, None, np.ones(60))
    outcomes = set()

    def deeper():
        try:
            deeper()
        except RecursionError:
            pass
        # Every call on the way back has one frame more to use.
        try:
            outcomes.add((index.neighbors(3).indices == EXPECTED.indices).all())
        except (RecursionError, ctypes.ArgumentError):  # ctypes wraps that of a conversion of arguments
            outcomes.add("limit")

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(200 + len(traceback.extract_stack()))
    unraisable = []
    hook, sys.unraisablehook = sys.unraisablehook, unraisable.append
    try:
        deeper()
    finally:
        sys.setrecursionlimit(before)
        sys.unraisablehook = hook
    assert outcomes == {True, "limit"} and not unraisable


def test_a_handler_that_was_read_during_a_call_still_works_later():
    heard, read = [], []

    def reading(rows, columns):
        read.append(signal.getsignal(signal.SIGUSR1))
        return kernel(rows, columns)

    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    try:
        rk.Index.from_callback(reading, None, np.ones(60)).neighbors(3)
        signal.signal(signal.SIGUSR1, read[0])
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGUSR1)
        assert heard == [signal.SIGUSR1] * 2
        assert (rk.Index.from_callback(kernel, None, np.ones(60)).neighbors(3).indices == EXPECTED.indices).all()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert heard == [signal.SIGUSR1] * 3
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_settings_of_siginterrupt_remain_after_a_call():
    inside = []

    def interrupted():
        """Whether SIGUSR1 ends a read() of the C library, which Python itself would repeat."""
        libc = ctypes.CDLL(None, use_errno=True)
        reading, writing = os.pipe()
        timers = [threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGUSR1)),
                  threading.Timer(0.3, os.write, (writing, b"x"))]
        for timer in timers:
            timer.start()
        count = libc.read(reading, ctypes.create_string_buffer(1), ctypes.c_size_t(1))
        for timer in timers:
            timer.join()
        os.close(reading)
        os.close(writing)
        return count == -1 and ctypes.get_errno() == errno.EINTR

    def looking(rows, columns):
        if not inside:
            inside.append(interrupted())
        return kernel(rows, columns)

    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        for setting in (True, False):
            signal.siginterrupt(signal.SIGUSR1, setting)
            assert interrupted() == setting
            inside.clear()
            rk.Index.from_callback(looking, None, np.ones(60)).neighbors(3)
            assert inside == [setting] and interrupted() == setting
    finally:
        signal.signal(signal.SIGUSR1, before)
