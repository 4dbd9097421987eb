# SPDX-License-Identifier: Apache-2.0
"""Calls of the library that can be interrupted: progress, Ctrl-C, and exceptions in callbacks."""
from __future__ import annotations

import atexit
import os
import threading
import time
from typing import Any, Callable, List, Optional, Set, Tuple

from . import _c
from ._errors import exception_of, python_text
from ._library import C
from ._progress import Progress, reporter
from ._signals import HeldSignals, on_main_thread


class _RunningCalls(threading.local):
    """The calls that run on this thread. A callback may call the library again, so there may be several."""

    def __init__(self) -> None:
        self.stack: List[_Call] = []


_running = _RunningCalls()

# How long the end of the process waits for callbacks.
_LONGEST_WAIT = 5.0


class _Ending:
    """Ends the calls with callbacks before the interpreter ends.

    When the interpreter ends, it ends a daemon thread as soon as this thread enters a callback. It does so by unwinding the
    stack, which would abort the process at the frames of the library. So such calls end before.
    """

    def __init__(self) -> None:
        self.has_begun = False
        # Calls with callbacks on other threads than the main thread.
        self._calls: Set[_Call] = set()

    def add(self, call: _Call) -> None:
        self._calls.add(call)
        if self.has_begun:  # asked afterwards, so that end() sees the call or the call sees the end
            self.remove(call)
            raise SystemExit

    def remove(self, call: _Call) -> None:
        self._calls.discard(call)

    def end(self) -> None:
        """At the end of the process: calls end at their next callback. A callback that takes longer is not waited for."""
        self.has_begun = True
        latest = time.monotonic() + _LONGEST_WAIT
        while self._calls and time.monotonic() < latest:
            time.sleep(0.002)

    def forget_others(self) -> None:
        """After a fork, the other threads do not exist in the child."""
        self._calls.intersection_update(_running.stack)


_ending = _Ending()
atexit.register(_ending.end)
os.register_at_fork(after_in_child=_ending.forget_others)


class _Call:
    """One call of the library with its callbacks, which run on the thread of the call."""

    def __init__(self, progress: Progress) -> None:
        self.reporter = reporter(progress)
        self.signals = HeldSignals()
        self.failure: Optional[BaseException] = None

    def goes_on(self) -> bool:
        """Whether callbacks may run the user's code. At the end of the interpreter, SystemExit ends the thread silently."""
        if self.failure is None and _ending.has_begun and not on_main_thread():
            self.failure = SystemExit()
        return self.failure is None

    def run_callback(self, function: Callable[..., Any], *arguments: Any) -> Tuple[bool, Any]:
        """Runs code of the user, with the signal handlers let through. Returns whether it succeeded, and its result. An
        exception ends the call, and run() raises it again."""
        try:
            try:
                self.signals.let_through()
                return True, function(*arguments)
            finally:
                self.signals.hold_back()
        except BaseException as failure:  # KeyboardInterrupt too
            self.failure = failure
            return False, None

    def report(self, done: int, total: int) -> bool:
        return self.reporter is None or self.reporter.report(done, total)


def running_call() -> _Call:
    """The innermost call on this thread, for callbacks."""
    return _running.stack[-1]


def _report(_user: Optional[int], done: int, total: int) -> int:
    call = running_call()
    if not call.goes_on():
        return 1
    succeeded, goes_on = call.run_callback(call.report, done, total)
    return 0 if succeeded and goes_on else 1


# It lives as long as the process, so a call makes no machine code.
_REPORT = _c.Progress(_report)
_NO_REPORT = _c.Progress(0)


# The frames from run() to the code of the user in a callback, and some more.
_FRAMES_OF_CALLBACK = 40


def _require_frames(count: int) -> None:
    """Raises RecursionError if so many frames more are too many. If the limit were reached at the entry of a callback, ctypes
    would return an undefined status to the library."""
    if count > 0:
        _require_frames(count - 1)


def run(function: Callable[[], int], options: Any, progress: Progress, has_covariance: bool = False) -> None:
    """Runs function(), which calls the library with these options and returns its status. Raises the exception of a
    callback as it was raised, or that of the status. `has_covariance` says whether the library may call a covariance
    function or another function of the user."""
    _require_frames(_FRAMES_OF_CALLBACK)
    call = _Call(progress)
    status = -1
    text = ""
    is_main = on_main_thread()
    # The main thread handles signals in the progress callback. Other threads need it to end with the interpreter, if they
    # have other callbacks, or are within a callback.
    reports = is_main or has_covariance or call.reporter is not None or bool(_running.stack)
    if reports and not is_main:
        _ending.add(call)
    options.progress = _REPORT if reports else _NO_REPORT
    try:
        call.signals.hold()
        try:
            _running.stack.append(call)
            try:
                status = function()
                if status != _c.StatusCode.OK:
                    text = python_text(C.last_error())
            finally:
                _running.stack.pop()
        finally:
            call.signals.release()
    finally:
        _ending.remove(call)
        # The options may live longer than the call, for example in an index.
        options.progress = _NO_REPORT
        if call.reporter is not None:
            call.reporter.finish(status == _c.StatusCode.OK and call.failure is None)
    if call.failure is not None:
        failure, call.failure = call.failure, None
        try:
            raise failure
        finally:
            del failure  # otherwise its traceback would refer to itself
    if status != _c.StatusCode.OK:
        raise exception_of(status, text)
