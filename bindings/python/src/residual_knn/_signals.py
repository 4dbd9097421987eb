# SPDX-License-Identifier: Apache-2.0
"""Holds back Python's signal handlers, such as that of Ctrl-C, while the library runs.

Python runs signal handlers between any two steps of the main thread. An exception of a handler at the entry of a callback
would be lost, because it cannot pass through the library. So the handlers only take note of a signal while the library
runs. They run in the callbacks, where exceptions are caught, and after the call.
"""
from __future__ import annotations

import ctypes
import importlib
import os
import signal
import threading
from types import FrameType
from typing import Any, Dict, List, Optional, Tuple

try:
    # The functions behind those of signal, which take several times as long because they make enums.
    _functions: Any = importlib.import_module("_signal")
except ImportError:
    _functions = signal
_get_handler = _functions.getsignal
_set_handler = _functions.signal
_sigaction = ctypes.PyDLL(None).sigaction
_Action = ctypes.c_char * 1024  # struct sigaction is smaller on every system
# Ctrl-C comes first, so that it is released last.
_SIGNALS = sorted(map(int, signal.valid_signals()), key=lambda number: number != signal.SIGINT)


def on_main_thread() -> bool:
    """Signal handlers run on the main thread only."""
    return threading.current_thread() is threading.main_thread()


# The calls on the main thread, the innermost last.
_holding: List[HeldSignals] = []


def _replace_handler(number: int, handler: Any) -> None:
    """Sets a handler in place of another function of Python. The action of the C library stays the same, with the flags of
    signal.siginterrupt, which signal.signal resets."""
    action = _Action()
    is_known = _sigaction(number, None, action) == 0
    _set_handler(number, handler)
    if is_known:
        _sigaction(number, action, None)


class HeldSignals:
    """The signal handlers that are held back during one call."""

    def __init__(self) -> None:
        self._handlers: Dict[int, Any] = {}
        self._noted: List[Tuple[int, Optional[FrameType]]] = []
        self._let_through = False
        # The handlers, also after the call: another thread may have read _note meanwhile, and may set it later.
        self._originals: Dict[int, Any] = {}
        self._is_over = False
        self._thread = threading.get_ident()

    def hold(self) -> None:
        """Call release() afterwards. Does nothing on other threads than the main thread."""
        if not on_main_thread():
            return
        _holding.append(self)
        try:
            for number in _SIGNALS:
                handler = _get_handler(number)
                if callable(handler):
                    self._handlers[number] = self._originals[number] = handler
                    _replace_handler(number, self._note)
        except ValueError:  # not the main interpreter
            self._handlers.clear()
        except BaseException:
            self._restore()
            raise

    def let_through(self) -> None:
        """Runs the handlers of signals that came, and lets others through until hold_back(). They may raise."""
        self._let_through = True
        self._run_noted()

    def hold_back(self) -> None:
        self._let_through = False

    def release(self) -> None:
        """Restores all handlers and runs those of signals that came."""
        self._let_through = False
        try:
            self._restore()
        finally:  # a handler that was restored may raise
            try:
                self._run_noted(self._originals)
            finally:
                self._is_over = True

    def _note(self, number: int, frame: Optional[FrameType]) -> None:
        if self._is_over:
            self._originals[number](number, frame)
        elif self._let_through:
            self._handlers[number](number, frame)
        else:
            self._noted.append((number, frame))

    def _run_noted(self, handlers: Optional[Dict[int, Any]] = None) -> None:
        """Runs the handlers of all signals that came, also if one of them raises. The last exception is raised."""
        failure: Optional[BaseException] = None
        while self._noted:
            try:
                number, frame = self._noted.pop(0)
                (self._handlers if handlers is None else handlers)[number](number, frame)
            except BaseException as error:
                if error.__context__ is None:
                    error.__context__ = failure
                failure = error
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # otherwise its traceback would refer to itself

    def drop(self) -> None:
        """Restores all handlers, in a forked child without the thread of the call."""
        self._noted.clear()
        self._restore()
        self._is_over = True

    @property
    def is_of_this_thread(self) -> bool:
        return self._thread == threading.get_ident()

    def _restore(self) -> None:
        if self in _holding:
            _holding.remove(self)
        while self._handlers:
            number, handler = self._handlers.popitem()
            # A callback may have set another handler, which remains.
            if _get_handler(number) == self._note:
                _replace_handler(number, handler)


def _after_fork_in_child() -> None:
    """The thread that forked is the main thread of the child. If the calls are on another thread, they do not exist in the
    child."""
    for held in reversed(list(_holding)):
        if not held.is_of_this_thread:
            held.drop()


os.register_at_fork(after_in_child=_after_fork_in_child)
