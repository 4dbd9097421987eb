# SPDX-License-Identifier: Apache-2.0
"""Calls of the library that can be interrupted: progress, Ctrl-C, and exceptions in callbacks."""
from __future__ import annotations

import threading
from typing import Any, Callable, List, Optional, Tuple

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


class _Call:
    """One call of the library with its callbacks, which run on the thread of the call."""

    def __init__(self, progress: Progress) -> None:
        self.reporter = reporter(progress)
        self.signals = HeldSignals()
        self.failure: Optional[BaseException] = None

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
    if call.failure is not None:
        return 1
    succeeded, goes_on = call.run_callback(call.report, done, total)
    return 0 if succeeded and goes_on else 1


# It lives as long as the process, so a call makes no machine code.
_REPORT = _c.Progress(_report)
_NO_REPORT = _c.Progress(0)


def run(function: Callable[[], int], options: Any, progress: Progress) -> None:
    """Runs function(), which calls the library with these options and returns its status. Raises the exception of a
    callback as it was raised, or that of the status."""
    call = _Call(progress)
    status = -1
    text = ""
    # The main thread handles signals in the progress callback. Other threads need no callback.
    options.progress = _REPORT if call.reporter is not None or on_main_thread() else _NO_REPORT
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
