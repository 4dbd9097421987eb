# SPDX-License-Identifier: Apache-2.0
"""NumPy arrays as arguments of C functions, passed by address.

Each class checks the type of the array, so that the library cannot misread it. None becomes NULL.
"""
from __future__ import annotations

import ctypes
from typing import Any, Optional

import numpy as np
import numpy.typing as npt

DoubleArray = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]


class _Array:
    dtype: np.dtype[Any] = np.dtype(np.float64)
    is_output = False

    @classmethod
    def from_param(cls, array: Optional[npt.NDArray[Any]]) -> Optional[ctypes.c_void_p]:
        """Called by ctypes for each argument of this type."""
        if array is None:
            return None
        flags = array.flags
        if array.dtype != cls.dtype or not flags.forc or not flags.aligned or (cls.is_output and not flags.writeable):
            raise TypeError(f"an array of {array.dtype} with the flags\n{flags}\nis no argument for the C library")
        # array.ctypes would import modules, which fails when the interpreter ends.
        return ctypes.c_void_p(array.__array_interface__["data"][0])


class Doubles(_Array):
    """const double*"""


class DoublesOut(Doubles):
    """double*"""

    is_output = True


class Int64s(_Array):
    """const int64_t*"""

    dtype = np.dtype(np.int64)


class Int64sOut(Int64s):
    """int64_t*"""

    is_output = True


class Int32s(_Array):
    """const int32_t*"""

    dtype = np.dtype(np.int32)


class Int32sOut(Int32s):
    """int32_t*"""

    is_output = True
