# SPDX-License-Identifier: Apache-2.0
"""The index of the library behind an Index: who uses it at present, and when it is freed.

Searches share an index; updating and closing are exclusive. A conflict is an error: a call does not wait, because a
callback would wait for itself.
"""
from __future__ import annotations

import ctypes
import os
import threading
import weakref
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from ._errors import IndexInUseError, InvalidArgumentError
from ._library import C
from ._signals import HeldSignals

# It is held for a few steps only. A garbage collection may close another index meanwhile, on the same thread.
_lock = threading.RLock()
_handles: weakref.WeakSet[Handle] = weakref.WeakSet()


def _free(address: int) -> None:
    C.index_free(ctypes.c_void_p(address))


class Handle:
    """An index of the library. The library writes its address to `address`."""

    def __init__(self) -> None:
        self.address = ctypes.c_void_p()
        self._users: Dict[int, int] = {}  # by thread
        self._owner: Optional[int] = None  # the thread that updates or closes
        self._lost = False
        self._finalizer: Any = None
        self._kept: Any = None
        with _lock:
            _handles.add(self)

    def adopt(self, kept: Any) -> None:
        """Frees the index when this object ends. `kept` lives as long as the index; it must not be kept by the finalizer,
        because it may refer to the index, which would then never end. Freeing an index calls no callback."""
        assert self.address.value is not None
        self._kept = kept
        self._finalizer = weakref.finalize(self, _free, self.address.value)
        # At the end of the process, other threads may still use it.
        self._finalizer.atexit = False

    @property
    def is_open(self) -> bool:
        return self.address.value is not None

    def enter(self) -> None:
        """Begins a use that others may share. The caller holds signals back."""
        thread = threading.get_ident()
        with _lock:
            self._require_usable()
            self._users[thread] = self._users.get(thread, 0) + 1

    def leave(self) -> None:
        thread = threading.get_ident()
        with _lock:
            self._users[thread] -= 1
            if self._users[thread] == 0:
                del self._users[thread]

    def enter_alone(self, what: str) -> None:
        with _lock:
            self._require_usable()
            if self._users:
                raise IndexInUseError(f"the index is in use by a search or one of its callbacks, and cannot be {what} "
                                      "until that ends")
            self._owner = threading.get_ident()

    def leave_alone(self) -> None:
        with _lock:
            self._owner = None

    def close(self) -> None:
        """Frees the index. Does nothing if it is closed."""
        if not self.is_open or self._lost:
            return
        try:
            with self.alone("closed"):
                self._finalizer()
                self.address = ctypes.c_void_p()
                self._kept = None
        except InvalidArgumentError:  # another thread has closed it meanwhile
            pass

    @contextmanager
    def shared(self) -> Iterator[None]:
        """A short use without callbacks."""
        signals = HeldSignals()
        signals.hold()
        try:
            self.enter()
            try:
                yield
            finally:
                self.leave()
        finally:
            signals.release()

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """A short exclusive use without callbacks."""
        signals = HeldSignals()
        signals.hold()
        try:
            self.enter_alone(what)
            try:
                yield
            finally:
                self.leave_alone()
        finally:
            signals.release()

    def _require_usable(self) -> None:
        if self._lost:
            raise IndexInUseError("the index was being updated when this process was forked, and cannot be used here")
        if not self.is_open:
            raise InvalidArgumentError("the index is closed")
        if self._owner is not None:
            raise IndexInUseError("the index is being updated or closed, and cannot be used until that ends")

    def keep_only(self, thread: int) -> None:
        """After a fork: of all threads, only this one exists in the child."""
        self._users = {user: count for user, count in self._users.items() if user == thread}
        if self._owner not in (None, thread):
            self._lost = True
            if self._finalizer is not None:
                self._finalizer.detach()


def _after_fork_in_child() -> None:
    thread = threading.get_ident()
    for handle in list(_handles):
        handle.keep_only(thread)
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_after_fork_in_child)
