# SPDX-License-Identifier: Apache-2.0
"""Results as sparse matrices."""
from __future__ import annotations

import importlib
from typing import Any, NamedTuple, Optional, Tuple

import numpy as np

from . import _c
from ._errors import InvalidArgumentError, check
from ._library import C
from ._pointers import DoubleArray, Int64Array


class CompressedRows(NamedTuple):
    """A sparse matrix in compressed rows (CSR), with the arrays that SciPy's `csr_array` takes.

    Row i has ``values[offsets[i]:offsets[i + 1]]`` in the columns ``columns[offsets[i]:offsets[i + 1]]``.

    Attributes
    ----------
    values : ndarray of float64
        The elements, row by row.
    columns : ndarray of int64
        The columns of the elements.
    offsets : ndarray of int64, shape (q + 1,)
        Where the elements of each row begin.
    shape : tuple of int
        Number of rows and columns.
    """

    values: DoubleArray
    columns: Int64Array
    offsets: Int64Array
    shape: Tuple[int, int]


def rows_of_weights(neighbors: Int64Array, weights: DoubleArray, own: Optional[Int64Array], n: int) -> CompressedRows:
    """Weights as the matrix B. `own` has the column in which each query has its 1, -1 for none; None: all rows in order."""
    q, k = neighbors.shape
    offsets = np.empty(q + 1, np.int64)
    columns = np.empty(q * (k + 1), np.int64)
    values = np.empty(q * (k + 1))
    neighbors, weights = neighbors.copy(), weights.copy()  # another thread may change those of the caller
    own = None if own is None else own.copy()
    check(C.sparse_weights(own, q, n, _c.Layout.POINT_MAJOR, k, neighbors, weights, offsets, columns, values))
    used = int(offsets[-1])
    return CompressedRows(values[:used], columns[:used], offsets, (q, n))


def scipy_matrix(rows: CompressedRows) -> Any:
    """A sparse array of SciPy."""
    _check_places(rows)
    sparse = importlib.import_module("scipy.sparse")
    return sparse.csr_array((rows.values, rows.columns, rows.offsets), shape=rows.shape, copy=True)


def _check_places(rows: CompressedRows) -> None:
    """SciPy does not check the places of the elements. It would write outside of its memory."""
    offsets, columns, (q, n) = rows.offsets, rows.columns, rows.shape
    if len(offsets) != q + 1 or offsets[0] != 0 or offsets[-1] != len(columns) or (np.diff(offsets) < 0).any():
        raise InvalidArgumentError(f"the offsets do not ascend from 0 to {len(columns)}: they were changed after the search")
    bad = np.flatnonzero((columns < 0) | (columns >= n))
    if bad.size:
        raise InvalidArgumentError(f"the neighbor in place {bad[0]} is {columns[bad[0]]}, must be between 0 and {n - 1}")
