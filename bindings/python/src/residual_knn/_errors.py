# SPDX-License-Identifier: Apache-2.0
"""Exceptions and warnings of this package, and the texts of the library in its terms."""
from __future__ import annotations

import errno
import os
import re
import sys
import warnings
from contextlib import contextmanager
from typing import Any, Callable, ClassVar, Dict, Iterator, Match, Optional, Pattern, Tuple, Type

import numpy as np

from . import _c
from ._library import C


class ResidualKNNError(Exception):
    """The base of all exceptions of this package. `status` is the status code of residual_knn.h, if there is one."""

    status: ClassVar[Optional[_c.StatusCode]] = None


class InvalidArgumentError(ResidualKNNError, ValueError):
    """An argument has a wrong value or shape, or the index is closed. The message names the argument."""

    status = _c.StatusCode.ERROR_INVALID_ARGUMENT


class ArgumentTypeError(ResidualKNNError, TypeError):
    """An argument has a wrong type."""

    status = _c.StatusCode.ERROR_INVALID_ARGUMENT


class OutOfMemoryError(ResidualKNNError, MemoryError):
    """Memory could not be allocated."""

    status = _c.StatusCode.ERROR_OUT_OF_MEMORY


class NotPositiveDefiniteError(ResidualKNNError, np.linalg.LinAlgError, ValueError):
    """K(Z, Z) + jitter, or the residual covariance of a conditioning set, is not positive definite."""

    status = _c.StatusCode.ERROR_NOT_POSITIVE_DEFINITE


class CancelledError(ResidualKNNError, RuntimeError):
    """The progress function, or the sink of an answer, returned False."""

    status = _c.StatusCode.ERROR_CANCELLED


class CallbackError(ResidualKNNError, ValueError):
    """A covariance function returned a matrix of a wrong shape, or a value that is not finite."""

    status = _c.StatusCode.ERROR_CALLBACK


class UnsupportedError(ResidualKNNError, NotImplementedError):
    """This kind of index does not support the call, for example an update of an index made from V and p."""

    status = _c.StatusCode.ERROR_UNSUPPORTED


class InternalError(ResidualKNNError, RuntimeError):
    """An internal error of the library."""

    status = _c.StatusCode.ERROR_INTERNAL


class FileError(ResidualKNNError, OSError):
    """The file of an index cannot be opened, read or written. `errno`, `strerror` and `filename` are those of an OSError.

    If Python has an exception for this errno, such as FileNotFoundError or PermissionError, the error is one, too.
    """

    status = _c.StatusCode.ERROR_FILE
    _text = ""

    def __str__(self) -> str:
        return self._text or super().__str__()


class _FileNotFoundError(FileError, FileNotFoundError):
    pass


class _FileExistsError(FileError, FileExistsError):
    pass


class _PermissionError(FileError, PermissionError):
    pass


class _IsADirectoryError(FileError, IsADirectoryError):
    pass


class _NotADirectoryError(FileError, NotADirectoryError):
    pass


class _TimeoutError(FileError, TimeoutError):
    pass


_OF_PYTHON: Dict[type, Type[FileError]] = {
    FileNotFoundError: _FileNotFoundError, FileExistsError: _FileExistsError, PermissionError: _PermissionError,
    IsADirectoryError: _IsADirectoryError, NotADirectoryError: _NotADirectoryError, TimeoutError: _TimeoutError,
}


class NotAnIndexError(ResidualKNNError, ValueError):
    """A file is not a saved index."""

    status = _c.StatusCode.ERROR_NOT_AN_INDEX


class CorruptIndexError(ResidualKNNError, ValueError):
    """A saved index is damaged or incomplete."""

    status = _c.StatusCode.ERROR_CORRUPT


class TooNewError(ResidualKNNError, ValueError):
    """A saved index needs a newer version of the library."""

    status = _c.StatusCode.ERROR_TOO_NEW


class OtherTargetError(ResidualKNNError, ValueError):
    """A saved index was written on a processor with another SIMD target, whose numbers differ in the last bits."""

    status = _c.StatusCode.ERROR_OTHER_TARGET


class IndexInUseError(ResidualKNNError, RuntimeError):
    """A call tried to close or update an index during another call that uses it, or to use it during its update.

    The other call is in another thread, or the failing call is in its callback. The index is unchanged.
    """


class ResidualKNNWarning(UserWarning):
    """An answer is exact but probably not what was wanted; the text tells the likely cause."""


_BY_STATUS: Dict[int, Type[ResidualKNNError]] = {
    error.status: error
    for error in (InvalidArgumentError, OutOfMemoryError, NotPositiveDefiniteError, CancelledError, CallbackError,
                  UnsupportedError, InternalError, FileError, NotAnIndexError, CorruptIndexError, TooNewError,
                  OtherTargetError) if error.status is not None
}

def _change(pattern: str, form: str) -> Tuple[Pattern[str], Callable[[Match[str]], str]]:
    """The arguments of a replacement. `form` has the groups of the pattern by number. It is no template of re, and the pattern
    is compiled now, because re imports modules for both, which fails when the interpreter ends."""
    return re.compile(pattern), lambda match: form.format(match[0], *match.groups())


# The library's names of elements and functions, and those of this package.
_CHANGES = (
    _change(r"^residual_knn_\w+: ", ""),
    _change(r"^(\w+): (?:coordinate|column) (\d+) of row (\d+)", "{1}[{3}, {2}]"),
    _change(r"^group_rows\[\d+\], in group (\d+), is (\d+)", "groups[{1}] has row {2}"),
    _change(r"^group (\d+) is empty", "groups[{1}] is empty"),
    _change(r"^neighbors: place (\d+) of query (\d+)", "neighbors[{2}, {1}]"),
    _change(r"\b(progress|covariance) callback\b", "{1} function"),
    _change(r"update it again, or free it", "update it again, or close it"),
)


def python_text(text: bytes) -> str:
    """A text of the library in the terms of this package. Numbers in it count from 0 already."""
    result = text.decode("utf-8", "replace")
    for pattern, replacement in _CHANGES:
        result = pattern.sub(replacement, result)
    return result


def _file_error(text: str) -> FileError:
    """The exception for a text of the library, which ends with the text of an error of the operating system, if there is one."""
    error = FileError(text)
    for number in errno.errorcode:
        reason = os.strerror(number)
        if text.endswith(": " + reason):
            error = _OF_PYTHON.get(type(OSError(number, reason)), FileError)(number, reason)
            break
    error._text = text
    return error


@contextmanager
def naming_file(path: Any) -> Iterator[None]:
    """Gives the FileErrors of a block the name of the file as the user gave it."""
    try:
        yield
    except FileError as error:
        if error.filename is None:  # not that of a callback
            error.filename = os.fspath(path)
        raise


def exception_of(status: int, text: str) -> ResidualKNNError:
    """The exception for a status that is not OK."""
    if status == _c.StatusCode.ERROR_FILE:
        return _file_error(text)
    return _BY_STATUS.get(status, InternalError)(text or C.status_string(status).decode())


def check(status: int) -> None:
    """Raises the exception of a short call that has just failed on this thread."""
    if status != _c.StatusCode.OK:
        raise exception_of(status, python_text(C.last_error()))


_PACKAGE = os.path.dirname(__file__) + os.sep


def warn(text: str) -> None:
    """Shows a warning, if there is one, at the user's call of this package."""
    if not text:
        return
    depth = 1
    while True:
        try:
            frame = sys._getframe(depth)
        except ValueError:
            break
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            break
        depth += 1
    warnings.warn(text, ResidualKNNWarning, stacklevel=depth + 1)
