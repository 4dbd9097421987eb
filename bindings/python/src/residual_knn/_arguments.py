# SPDX-License-Identifier: Apache-2.0
"""Checks of single values. The library checks their ranges, where it has one."""
from __future__ import annotations

import enum
import numbers
import operator
import os
from typing import Any, Literal, Type, TypeVar

import numpy as np

from ._errors import ArgumentTypeError, InvalidArgumentError

E = TypeVar("E", bound=enum.IntEnum)

# The names of rankings, strategies and selections.
RankingName = Literal["absolute", "signed", "scaled_distance"]
ResidualRankingName = Literal["absolute", "signed"]
StrategyName = Literal["automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"]
SelectionName = Literal["nearest", "conditional"]
SinkOrderName = Literal["query", "space"]

_MOST_THREADS = 1024  # as in the library
INT32_MOST = 2**31 - 1
INT64_MOST = 2**63 - 1
UINT64_MOST = 2**64 - 1


def described(x: Any) -> str:
    """A text for messages: short values as they are, other objects by their type."""
    if x is None or isinstance(x, (bool, int, float, complex, str, bytes, np.generic, enum.Enum)):
        try:
            text = repr(x)
        except ValueError:  # Python does not write very long numbers
            text = "a very long number"
        return text if len(text) <= 60 else text[:57] + "..."
    return f"of type {type(x).__name__}"


def is_single(x: Any) -> bool:
    """Whether x is a single number, of any type."""
    return isinstance(x, (numbers.Number, np.generic)) or (isinstance(x, np.ndarray) and x.ndim == 0)


def number(x: Any, name: str) -> float:
    """A real number as a float."""
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
    # np.timedelta64 is a kind of np.integer.
    if isinstance(x, (bool, np.bool_, np.timedelta64)) or not isinstance(x, (numbers.Real, np.floating, np.integer)):
        raise ArgumentTypeError(f"{name} is {described(x)}, must be a number")
    if x != x:
        raise InvalidArgumentError(f"{name} is nan, must be a number")
    if isinstance(x, (int, np.integer)) and not is_double(x):
        raise InvalidArgumentError(f"{name} is {described(int(x))}, must be a number of double precision")
    try:
        return float(x)
    except OverflowError:
        raise InvalidArgumentError(f"{name} is {described(x)}, must be a number of double precision") from None


def is_double(x: Any) -> bool:
    """Whether double precision holds the integer x without rounding."""
    value = int(x)
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def whole(x: Any, name: str, least: int, most: int, what: str = "") -> int:
    """A whole number between `least` and `most`; `what` says what `most` is."""
    try:
        if isinstance(x, (bool, np.bool_, np.timedelta64)):
            raise TypeError
        value = operator.index(x)
    except TypeError:
        raise ArgumentTypeError(f"{name} is {described(x)}, must be a whole number") from None
    if value < least:
        raise InvalidArgumentError(f"{name} is {described(value)}, must be at least {least}")
    if value > most:
        raise InvalidArgumentError(f"{name} is {described(value)}, must be at most {most}{what}")
    return value


def flag(x: Any, name: str) -> bool:
    """True or False."""
    if not isinstance(x, (bool, np.bool_)):
        raise ArgumentTypeError(f"{name} is {described(x)}, must be True or False")
    return bool(x)


def file_path(x: Any, name: str) -> bytes:
    """The path of a file, for the library."""
    try:
        path = os.fsencode(x)
    except TypeError:
        raise ArgumentTypeError(f"{name} is {described(x)}, must be a path: str, bytes or os.PathLike") from None
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"{name} is {described(x)}, which the encoding of the file system lacks") from None
    if not path or b"\0" in path:
        raise InvalidArgumentError(f"{name} is {described(x)}, must be the name of a file")
    return path


def threads_of(x: Any) -> int:
    """A number of threads; 0 means one for each available processor. The library checks it too, but an index from a file keeps
    it for later searches."""
    return whole(x, "threads", 0, _MOST_THREADS)


def count_of_neighbors(k: Any) -> int:
    """The k of a search."""
    return whole(k, "k", 1, INT32_MOST)


def names_of(choices: Type[E]) -> str:
    return ", ".join(repr(item.name.lower()) for item in choices)


def choice(x: Any, choices: Type[E], name: str) -> E:
    """The member of an enum of the header with this name in lower case."""
    if not isinstance(x, str):
        raise ArgumentTypeError(f"{name} is {described(x)}, must be one of {names_of(choices)}")
    for item in choices:
        if item.name.lower() == x:
            return item
    raise InvalidArgumentError(f"{name} is {x!r}, must be one of {names_of(choices)}")
