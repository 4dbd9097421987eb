# SPDX-License-Identifier: Apache-2.0
"""Results as frames of pandas, with the columns of the files of the command-line program."""
from __future__ import annotations

import importlib
from typing import Any, Dict, Optional

import numpy as np

from ._pointers import DoubleArray, Int64Array


def frame(query: Int64Array, rank: Int64Array, neighbor: Int64Array, **values: DoubleArray) -> Any:
    """A frame with one row for each neighbor, query by query."""
    pandas = importlib.import_module("pandas")
    columns: Dict[str, Any] = {"query": query, "rank": rank, "neighbor": neighbor, **values}
    return pandas.DataFrame(columns)


def frame_of_matrix(indices: Int64Array, rows: Optional[Int64Array], **values: DoubleArray) -> Any:
    """The neighbors in a matrix, without the places that have none."""
    there = indices >= 0
    query, rank = np.nonzero(there)
    return frame(query if rows is None else rows[query], rank, indices[there],
                 **{name: matrix[there] for name, matrix in values.items()})


def frame_of_pairs(offsets: Int64Array, indices: Int64Array, rows: Optional[Int64Array], **values: DoubleArray) -> Any:
    """The neighbors in compressed rows."""
    counts = np.diff(offsets)
    query = np.repeat(np.arange(len(counts)) if rows is None else rows, counts)
    rank = np.arange(len(indices)) - np.repeat(offsets[:-1], counts)
    return frame(query, rank, indices, **values)
