# SPDX-License-Identifier: Apache-2.0
"""How a search selects the set of a query, among which candidates, and from which neighbors it starts; and the sets that
other calls get."""
from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._arguments import INT64_MOST, described, whole
from ._arrays import Rows, compressed, integers
from ._base import FROM_CALLBACK, FROM_INDUCING, IndexBase
from ._errors import ArgumentTypeError, InvalidArgumentError, UnsupportedError
from ._pointers import DoubleArray, Int64Array
from ._results import Neighbors

# The number of candidates of a query, or the numbers of both kinds.
Candidates = Union[int, Mapping[str, int]]
# Row numbers of the neighbors of all queries: a matrix, or the result of a search.
NeighborRows = Union[Neighbors, Rows]
# Candidates of each query: a list of row numbers for each, a matrix, or the result of a search.
CandidateLists = Union[Neighbors, Rows, Sequence[Rows]]


class SearchSets:
    """The arrays to which the options of one search point. It must live as long as the search."""

    def __init__(self, options: _c.SearchOptions) -> None:
        self._options = options
        self._kept: List[Any] = []
        self.conditional_variances: Optional[DoubleArray] = None

    @property
    def _conditional(self) -> bool:
        return self._options.selection == _c.Selection.CONDITIONAL

    def select(self, index: IndexBase, k: int, candidates: Optional[Candidates]) -> None:
        """Sets the number of candidates of conditional selection."""
        options = self._options
        if self._conditional and options.ranking != _c.Ranking.ABSOLUTE:
            name = _c.Ranking(options.ranking).name.lower()
            raise InvalidArgumentError(f"ranking is {name!r}, must be 'absolute' with selection='conditional'")
        if candidates is None:
            return
        if not self._conditional:
            raise InvalidArgumentError("candidates must be None unless selection is 'conditional'")
        counts = _candidate_counts(candidates, index, k)
        # 0 means the default in the library.
        options.residual_candidates, options.scaled_candidates = (-1 if count == 0 else count for count in counts)

    def give_variances(self, num_queries: int, k: int) -> None:
        """Makes conditional selection fill `conditional_variances`."""
        if self._conditional:
            self.conditional_variances = np.empty((num_queries, k))
            self._options.conditional_variances = self.conditional_variances.ctypes.data

    def take_lists(self, lists: Optional[CandidateLists], n: int, num_queries: int) -> None:
        """Sets the candidates of each query."""
        if lists is None:
            return
        offsets, rows = _candidate_arrays(lists, n, num_queries)
        self._kept += [offsets, rows]
        self._options.candidate_offsets = offsets.ctypes.data
        self._options.candidate_rows = rows.ctypes.data

    def take_start(self, start: Optional[NeighborRows], n: int, num_queries: int) -> None:
        """Sets the neighbors from which the search starts."""
        if start is None:
            return
        rows = neighbor_matrix(start, "start", n, num_queries)
        self._kept.append(rows)
        self._options.start_k = rows.shape[1]
        if rows.size:
            self._options.start = rows.ctypes.data


def neighbor_matrix(neighbors: NeighborRows, name: str, n: int, num_queries: int) -> Int64Array:
    """Neighbors of all queries as a matrix in C order, -1 in places without a neighbor."""
    found = neighbors.indices if isinstance(neighbors, Neighbors) else neighbors
    what = "a matrix of row numbers, or the result of neighbors() or predecessors()"
    array = integers(found, name, what)
    if array.ndim != 2:
        raise InvalidArgumentError(f"{name} has {array.ndim} dimensions, must be {what}")
    if len(array) != num_queries:
        raise InvalidArgumentError(f"{name} has {len(array)} rows, must have {num_queries}, one for each query")
    _check_rows(array, n, name)
    return np.ascontiguousarray(array, np.int64)


def conditioning_sets(neighbors: NeighborRows, n: int, num_queries: int, are_new: bool) -> Int64Array:
    """The sets of a call for weights or covariances."""
    if isinstance(neighbors, Neighbors):
        if neighbors.kind == "groups":
            raise InvalidArgumentError("neighbors has the neighbors of groups, must be those of single points")
        if (neighbors.kind == "new points") != are_new:
            raise InvalidArgumentError("neighbors has the neighbors of " + (
                "points of the index, but there are new points" if are_new else
                "new points, so the new points must be given"))
    sets = neighbor_matrix(neighbors, "neighbors", n, num_queries)
    if sets.shape[1] == 0:
        raise InvalidArgumentError("neighbors has no columns, must have at least 1")
    return sets


def _check_rows(array: Any, n: int, name: str) -> None:
    bad = np.argwhere((array < -1) | (array >= n))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise InvalidArgumentError(f"{name}[{place}] is {array[tuple(bad[0])]}, must be between 0 and {n - 1}, or -1 for "
                                   "none")


def _candidate_counts(candidates: Candidates, index: IndexBase, k: int) -> Tuple[int, int]:
    """The numbers of candidates by residual correlation and by scaled distance, from both or from their sum. Half of the
    sum are nearest by residual correlation, but at least k, and the rest by distance. An index with a covariance function
    has only the first kind. Without inducing points, both kinds are the same points."""
    if not isinstance(candidates, Mapping):
        total = whole(candidates, "candidates", 1, INT64_MOST)
        if total < k:
            raise InvalidArgumentError(f"candidates is {total}, must be at least k = {k}")
        if index._source == FROM_CALLBACK:
            return total, 0
        if index._source == FROM_INDUCING and index.m == 0:
            return 0, total
        residual = max(-(-total // 2), k)
        return residual, total - residual
    if not set(candidates) <= {"residual", "scaled"}:
        raise InvalidArgumentError(f"candidates has the keys {', '.join(map(repr, candidates))}, must have 'residual' and "
                                   "'scaled'")
    residual, scaled = (whole(candidates.get(name, 0), f"candidates[{name!r}]", 0, INT64_MOST)
                        for name in ("residual", "scaled"))
    if index._source == FROM_CALLBACK and scaled > 0:
        raise UnsupportedError(f"candidates['scaled'] is {scaled}, must be 0: an index with a covariance function has no "
                               "points")
    if max(residual, scaled) < k:
        raise InvalidArgumentError(f"candidates are {residual} (residual) and {scaled} (scaled), one of the two must be at "
                                   f"least k = {k}")
    return residual, scaled


def _candidate_arrays(lists: CandidateLists, n: int, num_queries: int) -> Tuple[Int64Array, Int64Array]:
    """The lists of all queries one after the other, as offsets and row numbers."""
    if isinstance(lists, Neighbors):
        lists = lists.indices
    if getattr(lists, "ndim", 1) == 2:
        rows = neighbor_matrix(np.asarray(lists), "candidate_lists", n, num_queries)
        return np.arange(num_queries + 1, dtype=np.int64) * rows.shape[1], rows.ravel()
    if not isinstance(lists, (list, tuple)):
        raise ArgumentTypeError(f"candidate_lists is {described(lists)}, must be a list with a list of row numbers for each "
                                "query, a matrix, or the result of neighbors() or predecessors()")
    if len(lists) != num_queries:
        raise InvalidArgumentError(f"candidate_lists has {len(lists)} lists, must have {num_queries}, one for each query")
    parts = []
    for place, each in enumerate(lists):
        name = f"candidate_lists[{place}]"
        part = integers(each, name, "row numbers")
        if part.ndim != 1:
            raise InvalidArgumentError(f"{name} has {part.ndim} dimensions, must be a list of row numbers")
        _check_rows(part, n, name)
        parts.append(part)
    return compressed(parts)
