# SPDX-License-Identifier: Apache-2.0
"""Converts matrices and vectors of users to arrays for the library.

An array of float64 without gaps, in C or Fortran order, is taken as it is. Everything else is converted once or is an
error; nothing is guessed.
"""
from __future__ import annotations

from typing import Any, List, Optional, Protocol, Union

import numpy as np
import numpy.typing as npt

from ._arguments import described
from ._errors import ArgumentTypeError, InvalidArgumentError
from ._pointers import DoubleArray, Int64Array


class SupportsDLPack(Protocol):
    """An array of another package in main memory."""

    def __dlpack__(self, *, stream: Any = None) -> Any:
        ...

    def __dlpack_device__(self) -> Any:
        ...


# What users give for matrices and vectors of numbers: NumPy arrays, lists, frames, tensors in main memory.
Numbers = Union[npt.ArrayLike, SupportsDLPack]
# What users give for row numbers.
Rows = npt.ArrayLike

# Device types of DLPack: main memory, also if a GPU can read it.
_MAIN_MEMORY = (1, 3, 11)


def matrix(x: Numbers, name: str) -> DoubleArray:
    """A matrix of float64 without gaps, in C or Fortran order, with a row for each point."""
    array = _real_array(x, name)
    if array.ndim != 2:
        hint = ""
        if array.ndim == 1:
            hint = f"; for points with one coordinate, use {name}.reshape(-1, 1), for a single point {name}.reshape(1, -1)"
        raise InvalidArgumentError(f"{name} has {array.ndim} dimensions, must be a matrix with a row for each point{hint}")
    return _without_gaps(array)


def vector(x: Numbers, name: str) -> DoubleArray:
    """A vector of float64 without gaps."""
    array = _real_array(x, name)
    if array.ndim != 1:
        raise InvalidArgumentError(f"{name} has {array.ndim} dimensions, must be a vector")
    return _without_gaps(array)


def in_c_order(array: DoubleArray) -> DoubleArray:
    return np.ascontiguousarray(array)


def column_names(x: Any) -> Optional[List[str]]:
    """The names of the columns of a frame; None for other objects, and if not all names are texts."""
    columns = getattr(x, "columns", None)
    if columns is None or callable(columns) or isinstance(x, np.ndarray):
        return None
    names = list(columns)
    return names if all(isinstance(name, str) for name in names) else None


def integers(x: Any, name: str, what: str) -> npt.NDArray[Any]:
    """An array of integers of any type and rank, as a copy that nobody else can change: a callback or another thread may
    change the caller's array during the call. `what` says what its elements are."""
    array = np.array(_plain_array(x, name), order="C")
    if array.dtype.kind == "b":
        raise ArgumentTypeError(f"{name} is an array of bool, must be {what}; numpy.flatnonzero gives the numbers of the "
                                "True elements")
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise ArgumentTypeError(f"{name} is {_kind_of(x, array)}, must be {what}")
    return array


def row_numbers(x: Rows, n: int, name: str = "rows") -> Int64Array:
    """A vector of row numbers of n rows."""
    array = integers(x, name, "whole numbers")
    if array.ndim != 1:
        hint = f"; for a single row, use [{array}]" if array.ndim == 0 else ""
        raise InvalidArgumentError(f"{name} has {array.ndim} dimensions, must be a vector of row numbers{hint}")
    bad = np.flatnonzero((array < 0) | (array >= n))
    if bad.size:
        raise InvalidArgumentError(f"{name}[{bad[0]}] is {array[bad[0]]}, must be between 0 and {n - 1}")
    return np.ascontiguousarray(array, np.int64)


def _real_array(x: Any, name: str) -> npt.NDArray[Any]:
    array = _plain_array(x, name)
    if array.dtype.kind not in "fiu":
        hint = f"; use {name}.astype(float) if they are numbers" if array.dtype.kind == "b" else ""
        raise ArgumentTypeError(f"{name} is {_kind_of(x, array)}, must be real numbers{hint}")
    return array


def _plain_array(x: Any, name: str) -> npt.NDArray[Any]:
    """Any array or sequence as an array of NumPy, of whatever type."""
    if isinstance(x, np.ma.MaskedArray):
        _refuse_masked(x, name)
        return np.asarray(x.data)
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    if x is None or isinstance(x, (str, bytes, dict, set)):
        raise ArgumentTypeError(f"{name} is {described(x)}, must be an array")
    if hasattr(x, "__dlpack_device__"):
        device = int(x.__dlpack_device__()[0])
        if device not in _MAIN_MEMORY:
            raise ArgumentTypeError(f"{name} is on a device (DLPack type {device}), must be in main memory: copy it there")
        if not hasattr(x, "__array__"):
            return np.from_dlpack(x)
    try:
        array = np.asarray(x)
    except (ValueError, RuntimeError) as error:  # lists of unequal lengths; a tensor with gradients
        raise InvalidArgumentError(f"{name} is no array: {error}") from None
    if array.dtype.kind == "O":
        return _nullable_numbers(x, array)
    return array


def _nullable_numbers(x: Any, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Columns of pandas with missing values have the type object as an array; missing numbers become NaN."""
    types = getattr(x, "dtypes", None)
    to_numpy = getattr(x, "to_numpy", None)
    if types is None or to_numpy is None:
        return array
    kinds = {getattr(each, "kind", "O") for each in (types if np.iterable(types) else [types])}
    if kinds <= set("iu"):
        try:
            return np.asarray(to_numpy(dtype=np.int64))
        except (ValueError, TypeError):  # something is missing
            pass
    if kinds <= set("fiu"):
        return np.asarray(to_numpy(dtype=np.float64, na_value=np.nan))
    return array


def _refuse_masked(x: Any, name: str) -> None:
    module: Any = np.ma  # not all versions of NumPy have type hints of it
    masked = np.argwhere(module.getmaskarray(x))
    if len(masked):
        place = ", ".join(map(str, masked[0]))
        raise InvalidArgumentError(f"{name}[{place}] is masked, must have a value")


def _kind_of(x: Any, array: npt.NDArray[Any]) -> str:
    return described(x) if array.ndim == 0 else f"an array of {array.dtype}"


def _without_gaps(array: npt.NDArray[Any]) -> DoubleArray:
    flags = array.flags
    # These copy only if something differs.
    if flags.f_contiguous and not flags.c_contiguous:
        return np.require(array, np.float64, ["F", "ALIGNED"])
    return np.require(array, np.float64, ["C", "ALIGNED"])
