# SPDX-License-Identifier: Apache-2.0
"""The index of the library behind an Index: who uses it at present, and when it is freed.

Searches share an index; updating and closing are exclusive. A conflict is an error: a call does not wait, because a
callback would wait for itself.
"""
from __future__ import annotations

import atexit
import ctypes
import functools
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


class _Freeing(weakref.ref):  # type: ignore[type-arg]
    """Frees an index when its handle ends. No step of Python runs then: Ctrl-C would be lost in it. So the callback is the
    function of the library, which gets the address, and this reference as 0."""

    _as_parameter_ = 0


# By the addresses of the indexes, also of those that have ended; these are left out when the next one is added.
_freeing: Dict[int, _Freeing] = {}
# At the end of the process, other threads may still use indexes.
atexit.register(_freeing.clear)


class Handle:
    """An index of the library. The library writes its address to `address`."""

    def __init__(self) -> None:
        self.address = ctypes.c_void_p()
        self._users: Dict[int, int] = {}  # by thread
        self._owner: Optional[int] = None  # the thread that updates or closes
        self._lost = False
        self._kept: Any = None

    def adopt(self, kept: Any) -> None:
        """Frees the index when this object ends. `kept` lives as long as the index; the callback must not keep it, because it
        may refer to the index, which would then never end. Freeing an index calls no callback of the user."""
        address = self.address.value
        assert address is not None
        self._kept = kept
        with _lock:
            for ended in [each for each, freeing in _freeing.items() if freeing() is None]:
                del _freeing[ended]
            _freeing[address] = _Freeing(self, functools.partial(C._index_free, ctypes.c_void_p(address)))

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
                self._forget()
                C.index_free(self.address)
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

    def _forget(self) -> None:
        """The index is not freed when this object ends."""
        if self.address.value is not None:
            _freeing.pop(self.address.value, None)

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
            self._forget()


def _after_fork_in_child() -> None:
    thread = threading.get_ident()
    for handle in [freeing() for freeing in _freeing.values()]:
        if handle is not None:
            handle.keep_only(thread)
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_after_fork_in_child)
