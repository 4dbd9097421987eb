# SPDX-License-Identifier: Apache-2.0
"""Covariance functions of users as callbacks of the library."""
from __future__ import annotations

from typing import Any, Callable, Dict, Optional

import numpy as np

from . import _c
from ._arrays import plain_array
from ._calls import running_call
from ._errors import ArgumentTypeError, CallbackError
from ._pointers import DoubleArray, Int64Array

# Returns the matrix of the covariances of the points with the numbers `rows` with those with the numbers `columns`.
CovarianceFunction = Callable[[Int64Array, Int64Array], Any]


class _Memory:
    """An array of the library for NumPy, which reads this attribute."""

    def __init__(self, address: Optional[int], shape: Any, kind: str) -> None:
        self.__array_interface__: Dict[str, Any] = {
            "version": 3, "data": (address, False), "shape": shape, "typestr": np.dtype(kind).str
        }


def _array(address: Optional[int], shape: Any, kind: str) -> Any:
    return np.asarray(_Memory(address, shape, kind))


def library_callback(covariance: CovarianceFunction) -> Any:
    """The callback for the library, which must live as long as the index."""

    def fill(rows: Any, columns: Any, out: Any) -> None:
        # Copies, because the user may keep them.
        block = covariance(rows.copy(), columns.copy())
        out[...] = _checked(block, rows, columns)

    def compute(_user: Any, rows: Any, num_rows: int, columns: Any, num_columns: int, block: Any) -> int:
        call = running_call()
        if not call.goes_on():
            return 1
        succeeded, _ = call.run_callback(
            fill, _array(rows, (num_rows,), "i8"), _array(columns, (num_columns,), "i8"),
            _array(block, (num_rows, num_columns), "f8"))
        return 0 if succeeded else 1

    return _c.Covariance(compute)


def copy_of(address: Optional[int], shape: Any, kind: str) -> Any:
    """A copy of an array of the library, which the user may keep."""
    return _array(address, shape, kind).copy()


def _checked(block: Any, rows: Int64Array, columns: Int64Array) -> DoubleArray:
    """A block of covariances that the function returned."""
    array = plain_array(block, "the result of the covariance function")
    if array.dtype.kind not in "fiu":
        raise ArgumentTypeError(f"the covariance function returned an array of {array.dtype}, must return real numbers")
    if array.shape != (len(rows), len(columns)):
        raise CallbackError(f"the covariance function returned the shape {array.shape}, must return "
                            f"({len(rows)}, {len(columns)})")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        i, j = bad[0]
        raise CallbackError(f"the covariance function returned {array[i, j]} for row {rows[i]} and column {columns[j]}, "
                            "must be finite")
    return array
