# SPDX-License-Identifier: Apache-2.0
"""Finds and loads libresidual_knn."""
from __future__ import annotations

import ctypes
import os
import pathlib
from dataclasses import dataclass
from typing import Tuple

from . import _c

VARIABLE = "RESIDUAL_KNN_LIBRARY"
SONAME = f"libresidual_knn.so.{_c.VERSION_MAJOR}"
NEEDED = (_c.VERSION_MAJOR, _c.VERSION_MINOR, _c.VERSION_PATCH)
ABI = 0


def _place() -> Tuple[str, str]:
    """What to load, and where that name comes from."""
    named = os.environ.get(VARIABLE)
    if named:
        return named, f"the environment variable {VARIABLE}"
    inside = sorted(pathlib.Path(__file__).with_name("_lib").glob("libresidual_knn.so.*"))
    if inside:
        return str(inside[-1]), "the copy in this package"
    return SONAME, "the dynamic linker"


def _load() -> Tuple[str, _c.Functions]:
    path, origin = _place()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(
            f"libresidual_knn was not loaded: {error} (asked for {path}, from {origin}). Install the library where the "
            f"dynamic linker finds it, or set {VARIABLE} to its path.") from None
    try:
        functions = _c.Functions(library)
    except AttributeError as error:
        raise ImportError(f"{path} is no libresidual_knn of version {_text(NEEDED)} or newer: {error}") from None
    found = _version_numbers(functions.version().decode())
    if functions.abi_version() != ABI or found[0] != NEEDED[0] or found < NEEDED:
        raise ImportError(
            f"{path} is libresidual_knn {_text(found)} with binary interface {functions.abi_version()}, but this package "
            f"needs version {_text(NEEDED)} or newer with binary interface {ABI}")
    return path, functions


def _version_numbers(text: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _text(numbers: Tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


PATH, C = _load()


@dataclass(frozen=True)
class LibraryInfo:
    """The loaded library; see `library`."""

    version: str
    abi: int
    simd_target: str
    blas: str
    path: str


def library() -> LibraryInfo:
    """Describe the loaded C library.

    Returns
    -------
    LibraryInfo
        `version`; `abi`, the version of the binary interface; `simd_target`, the instructions that it uses on this
        processor; `blas`; and `path`, the name under which the library was loaded.

    Examples
    --------
    >>> import residual_knn as rk
    >>> rk.library().abi
    0
    """
    return LibraryInfo(C.version().decode(), C.abi_version(), C.simd_target().decode(), C.blas().decode(), PATH)
