# SPDX-License-Identifier: Apache-2.0
"""What all methods of an index use: its handle, its sizes and its model."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from . import _c, _options
from ._arguments import threads_of
from ._calls import run
from ._coordinates import Coordinates
from ._errors import InvalidArgumentError, check, python_text
from ._handle import Handle
from ._kernels import distance_scale, scale_note
from ._library import C
from ._pointers import DoubleArray
from ._progress import Progress
from ._results import IndexInfo

# How an index was made.
FROM_INDUCING = "inducing points"
FROM_FACTOR = "V and p"
FROM_CALLBACK = "a covariance function"

_IS_EMPTY = "the index is empty because an update was cancelled or ran out of memory: update it again, or close it"


class IndexBase:
    """The attributes of an index. Only `Index` makes and updates it."""

    _handle: Handle = Handle()  # closed, for an object that `Index.__init__` has not made
    _source: str
    _coordinates: Coordinates
    _lengthscales: DoubleArray
    _kernel: str
    _options: _c.ModelOptions
    _info: _c.Info
    # For plots: the object of the caller, and the inducing points in the library's coordinates.
    _given_points: Any
    _inducing: Optional[DoubleArray]

    if not TYPE_CHECKING:  # type checkers would accept all names

        def __getattr__(self, name: str) -> Any:
            """The attributes that an object lacks if `Index.__init__` was not called or has failed."""
            if name in IndexBase.__annotations__:
                raise InvalidArgumentError("the index is closed")
            return object.__getattribute__(self, name)  # Python's own error

    @property
    def n(self) -> int:
        """Number of points."""
        return self._info.n

    @property
    def d(self) -> int:
        """Number of coordinates in the library: longitude and latitude count as three. 0 with a covariance function."""
        return self._info.d

    @property
    def m(self) -> int:
        """Number of inducing points, or of columns of V."""
        return self._info.m

    def info(self) -> IndexInfo:
        """Describe the index.

        Returns
        -------
        IndexInfo
            Its sizes, degenerate points, memory and quantiles of the residual variances.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> points = np.random.default_rng(1).random((50, 2))
        >>> rk.Index(points, inducing=5, lengthscales=0.3).info().degenerate_points
        0
        """
        with self._handle.shared():
            if self._is_empty():
                raise InvalidArgumentError(_IS_EMPTY)
            record = self._read_info()
        return IndexInfo(record.n, record.d, record.m, record.degenerate_points, record.bytes, record.build_seconds,
                         record.jitter, np.array(record.residual_share), record.given_factor)

    def _read_info(self) -> _c.Info:
        record = _options.info()
        check(C.index_info(self._handle.address, record))
        return record

    def _is_empty(self) -> bool:
        """Whether a failed update has left the index empty. A search without queries then fails."""
        nothing = np.empty(0, np.int64)
        status = C.predecessors(self._handle.address, nothing, 0, None, 1, None, None, None)
        return status != _c.StatusCode.OK

    def _threads(self, threads: Optional[int]) -> int:
        """The threads of a call: its own, or those of the index."""
        return self._options.threads if threads is None else threads_of(threads)

    def _run(self, function: Callable[[], int], options: Any, progress: Progress, calls_back: bool = False) -> None:
        """Runs a call that shares the index; see run(). `calls_back` says whether the library calls a function of the user
        besides progress and covariances."""

        def use() -> int:
            self._handle.enter()
            try:
                return function()
            finally:
                self._handle.leave()

        run(use, options, progress, calls_back or self._source == FROM_CALLBACK)

    def _distance_scale(self) -> float:
        """The factor from distances in the library's lengthscales to those in the lengthscales that the user gave."""
        return 1.0 if self._source == FROM_CALLBACK else distance_scale(self._kernel, self._options.nu)

    def _warning(self, text: bytes) -> str:
        """A warning of the library in the terms of this package."""
        if not text or self._source == FROM_CALLBACK:
            return python_text(text)
        return python_text(text) + scale_note(self._kernel, self._options.nu)
