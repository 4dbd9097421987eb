# SPDX-License-Identifier: Apache-2.0
"""Converts matrices and vectors of users to arrays for the library.

An array of float64 without gaps, in C or Fortran order, is taken as it is. Everything else is converted once or is an
error; nothing is guessed.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Iterator, List, Optional, Protocol, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._arguments import described, is_double
from ._errors import ArgumentTypeError, InvalidArgumentError, ResidualKNNError
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

# All integers up to here are numbers of double precision.
_EXACT = 2**53

# Device types of DLPack: main memory, also if a GPU can read it.
_MAIN_MEMORY = (1, 3, 11)


def matrix(x: Numbers, name: str) -> DoubleArray:
    """A matrix of float64 without gaps, in C or Fortran order, with a row for each point."""
    array = _real_array(x, name)
    if array.ndim != 2:
        hint = ""
        if array.ndim == 1:
            own = name if isinstance(x, np.ndarray) else f"numpy.asarray({name})"
            hint = f"; for points with one coordinate, use {own}.reshape(-1, 1), for a single point {own}.reshape(1, -1)"
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
    """The names of the columns of a frame; None for other objects. Names of other types than str are taken as texts, as a
    saved index holds them."""
    if isinstance(x, np.ndarray):
        return None
    columns = getattr(x, "column_names", None)  # PyArrow, whose `columns` are the data
    if not isinstance(columns, (list, tuple)):
        columns = getattr(x, "columns", None)
    return None if columns is None or callable(columns) else [str(name) for name in columns]


def integers(x: Any, name: str, what: str) -> npt.NDArray[Any]:
    """An array of integers of any type and rank, as a copy that nobody else can change: a callback or another thread may
    change the caller's array during the call. `what` says what its elements are."""
    array = np.array(plain_array(x, name), order="C")
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


def compressed(lists: List[npt.NDArray[Any]]) -> Tuple[Int64Array, Int64Array]:
    """The offsets of lists of row numbers, and their elements one after the other."""
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(each) for each in lists], out=offsets[1:])
    return offsets, np.concatenate(lists).astype(np.int64) if lists else np.empty(0, np.int64)


def _real_array(x: Any, name: str) -> npt.NDArray[Any]:
    array = plain_array(x, name)
    if array.dtype.kind not in "fiu":
        hint = f"; use {name}.astype(float) if they are numbers" if array.dtype.kind == "b" else ""
        raise ArgumentTypeError(f"{name} is {_kind_of(x, array)}, must be real numbers{hint}")
    if array.dtype.kind in "iu":
        _refuse_inexact(array, name)
    return array


def _refuse_inexact(array: npt.NDArray[Any], name: str) -> None:
    """Refuses integers that double precision would round."""
    error = _inexact(array, name, ())
    if error is not None:
        raise error


def _inexact(array: npt.NDArray[Any], name: str, before: Tuple[int, ...]) -> Optional[ResidualKNNError]:
    """The error of the first integer that double precision would round, in an array that is the element `before`."""
    if array.dtype.itemsize < 8 or array.size == 0 or (int(array.max()) <= _EXACT and int(array.min()) >= -_EXACT):
        return None
    for place in np.argwhere((array > _EXACT) | (array < -_EXACT)):
        value = int(array[tuple(place)])
        if not is_double(value):
            return _rounded(value, _element(name, before + tuple(place)))
    return None


def _rounded(value: int, element: str) -> ResidualKNNError:
    return InvalidArgumentError(f"{element} is {described(value)}, must be a number of double precision")


def _element(name: str, place: Any) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if len(place) else name


def _is_nested(x: Any) -> bool:
    """Whether NumPy takes x as a sequence of elements of any types."""
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes, bytearray, memoryview))


def _refused_element(x: Any, name: str, place: Tuple[int, ...] = ()) -> Optional[ResidualKNNError]:
    """The error of the first element of nested sequences that NumPy would convert to a number though it is none, or would
    round. Raises that of a masked element at once, because NumPy warns of it."""
    found: Optional[ResidualKNNError] = None
    for i, element in enumerate(x):
        kind = type(element)
        if kind is float or (kind is int and -_EXACT <= element <= _EXACT):
            continue
        here = place + (i,)
        error: Optional[ResidualKNNError] = None
        if isinstance(element, int) and not isinstance(element, bool):
            error = None if is_double(element) else _rounded(int(element), _element(name, here))
        elif isinstance(element, np.ma.MaskedArray):
            _refuse_masked(element, name, here)
            error = _refused_part(element.data, name, here)
        elif _is_nested(element):
            error = _refused_element(element, name, here)
        else:
            error = _refused_part(element, name, here)
        found = found or error
    return found


def _refused_part(element: Any, name: str, place: Tuple[int, ...]) -> Optional[ResidualKNNError]:
    """The same for an array in a sequence, or a single value."""
    if not isinstance(element, (bool, np.generic, np.ndarray)):
        if isinstance(element, type) or not (hasattr(element, "__array__") or isinstance(element, memoryview)):
            return None  # no number at all, or a type that NumPy tests
        element = np.asarray(element)
    array = np.asarray(element)
    if array.dtype.kind in "bmM":
        what = "a number" if array.ndim == 0 else "real numbers"
        return ArgumentTypeError(f"{_element(name, place)} is {_kind_of(element, array)}, must be {what}")
    return _inexact(array, name, place) if array.dtype.kind in "iu" else None


def _refuse_columns(x: Any, array: npt.NDArray[Any], name: str) -> None:
    """Refuses columns of frames that are no numbers, but became numbers beside those of other columns in `array`, and
    integers that were rounded."""
    types = getattr(getattr(x, "schema", None), "types", None)  # PyArrow
    if types is None:
        types = getattr(x, "dtypes", None)
    if types is None or not np.iterable(types):
        return
    names = column_names(x)
    for place, each in enumerate(types):
        column = place if names is None else names[place]
        kind = str(getattr(each, "subtype", each)).lower()  # of the values, for sparse columns of pandas
        if kind.startswith(("bool", "date", "time", "duration")):
            raise ArgumentTypeError(f"{name}: column {column} is of type {each}, must be real numbers")
        if array.dtype.kind == "f" and kind.startswith(("int", "uint")):
            for row, value in _large_values(x, array, place):
                if not is_double(value):
                    raise InvalidArgumentError(f"{name}: row {row} of column {column} is {described(int(value))}, must be a "
                                               "number of double precision")


def _large_values(x: Any, array: npt.NDArray[Any], place: int) -> Iterator[Tuple[int, Any]]:
    """The rows and the values of a column of a frame of integers that may be rounded in `array`."""
    if array.ndim != 2:
        return
    rows = np.flatnonzero(np.abs(array[:, place]) >= _EXACT)
    if rows.size == 0:
        return
    if hasattr(x, "iloc"):  # pandas
        values = x.iloc[:, place].tolist()
    elif hasattr(x, "to_series"):  # Polars
        values = x.to_series(place).to_list()
    elif hasattr(x, "column"):  # PyArrow
        values = x.column(place).to_pylist()
    else:
        return
    for row in rows:
        yield int(row), values[row]


def plain_array(x: Any, name: str) -> npt.NDArray[Any]:
    """Any array or sequence as an array of NumPy, of whatever type."""
    if isinstance(x, np.ma.MaskedArray):
        _refuse_masked(x, name)
        return np.asarray(x.data)
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    if x is None or isinstance(x, (str, bytes, bytearray, dict, set, frozenset)):
        raise ArgumentTypeError(f"{name} is {described(x)}, must be an array")
    if type(x).__name__ == "LazyFrame":
        raise ArgumentTypeError(f"{name} is of type LazyFrame, must be an array: use {name}.collect()")
    if isinstance(x, type):
        raise ArgumentTypeError(f"{name} is the class {x.__name__}, must be an array")
    if hasattr(x, "__dlpack_device__"):
        device = int(x.__dlpack_device__()[0])
        if device not in _MAIN_MEMORY:
            raise ArgumentTypeError(f"{name} is on a device (DLPack type {device}), must be in main memory: copy it there")
    refused = _refused_element(x, name) if _is_nested(x) else None
    try:
        array = _converted(x)
    except (ValueError, TypeError, RuntimeError, BufferError, OverflowError) as error:
        # lists of unequal lengths; a tensor with gradients; memory that cannot be shared
        raise InvalidArgumentError(f"{name} is no array: {error}") from None
    if isinstance(array, np.ma.MaskedArray):
        return plain_array(array, name)
    if array.dtype.kind == "O":
        array = _nullable_numbers(x, array)
        if array.dtype.kind == "f":
            _refuse_columns(x, array, name)
        return array
    if array.dtype.kind in "iuf":
        if refused is not None:
            raise refused
        _refuse_columns(x, array, name)
    return array


def _converted(x: Any) -> npt.NDArray[Any]:
    """What NumPy makes of x; a masked array stays one."""
    if hasattr(x, "__dlpack_device__") and not hasattr(x, "__array__"):
        return np.from_dlpack(x)
    if hasattr(x, "__array__"):
        return np.asanyarray(x.__array__())
    return np.asarray(x)


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


def _refuse_masked(x: Any, name: str, before: Tuple[int, ...] = ()) -> None:
    module: Any = np.ma  # not all versions of NumPy have type hints of it
    masked = np.argwhere(module.getmaskarray(x))
    if len(masked):
        raise InvalidArgumentError(f"{_element(name, before + tuple(masked[0]))} is masked, must have a value")


def _kind_of(x: Any, array: npt.NDArray[Any]) -> str:
    return described(x) if array.ndim == 0 else f"an array of {array.dtype}"


def _without_gaps(array: npt.NDArray[Any]) -> DoubleArray:
    flags = array.flags
    # These copy only if something differs.
    if flags.f_contiguous and not flags.c_contiguous:
        return np.require(array, np.float64, ["F", "ALIGNED"])
    return np.require(array, np.float64, ["C", "ALIGNED"])
