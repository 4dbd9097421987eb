# SPDX-License-Identifier: Apache-2.0
"""Searches for all pairs above a threshold."""
from __future__ import annotations

from typing import Callable, Optional

import numpy as np

from . import _c, _options
from ._arguments import INT64_MOST, ResidualRankingName, StrategyName, number, whole
from ._arrays import Numbers, Rows
from ._base import IndexBase
from ._errors import InvalidArgumentError
from ._library import C
from ._pointers import Int64Array
from ._progress import Progress
from ._queries import read_queries, read_rows
from ._results import Pairs, statistics_of
from ._search import run_search

# The first search has room for so many pairs, and for so many of each query.
_FIRST_ROOM = 2**20
_ROOM_OF_QUERY = 32


class PairSearches(IndexBase):
    """The methods of an index that find all neighbors above a threshold."""

    def neighbors_above(
        self,
        threshold: float,
        *,
        rows: Optional[Rows] = None,
        queries: Optional[Numbers] = None,
        query_factor: Optional[Numbers] = None,
        query_residual_variance: Optional[Numbers] = None,
        ranking: ResidualRankingName = "absolute",
        strategy: StrategyName = "automatic",
        max_pairs: Optional[int] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Pairs:
        """Find all points of the index whose absolute residual correlation with a query is at least `threshold`.

        The threshold is compared with rho as the library computes it. Rounding can make the rho of points at the same place
        slightly larger or smaller than 1. To find such pairs, use a threshold slightly below 1, such as ``1 - 1e-12``;
        rounding errors are larger where p is small. The rho of degenerate points is 0, so with `threshold` 0, the absolute
        ranking finds all pairs.

        Parameters
        ----------
        threshold : float
            Between 0 and 1.
        rows : array_like of int, shape (q,), optional
            As for `neighbors`.
        queries : array_like, shape (q, d), optional
            As for `neighbors`.
        query_factor : array_like, shape (q, m), optional
            As for `neighbors`.
        query_residual_variance : array_like, shape (q,), optional
            As for `neighbors`.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            As for `neighbors`.
        threads : int, optional
            As for `neighbors`.
        progress : bool or callable, optional
            As for `neighbors`.
        ranking : {"absolute", "signed"}
            With "signed", rho itself must be at least `threshold`.
        max_pairs : int, optional
            The largest number of pairs; default: no limit. More pairs are an error that tells their number. A pair takes
            up to 48 bytes during the call, and 16 in the result. The first search has room for 32 pairs of each query,
            and for 2^20 at least; if there are more, it is repeated with as much room as is needed.

        Returns
        -------
        Pairs
            Compressed rows: the neighbors of query i are ``indices[offsets[i]:offsets[i + 1]]``. In its statistics,
            `uninformative_queries` is 0.

        Examples
        --------
        With all points as queries, the result is a sparse matrix: ``scipy.sparse.csr_array((1 - found.distances**2,
        found.indices, found.offsets), shape=(index.n, index.n))`` has the absolute correlations.

        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> found = index.neighbors_above(0.7)
        >>> found.offsets
        array([0, 1, 3, 4, 4])
        >>> found.indices
        array([1, 2, 0, 1])
        """
        asked = read_queries(self, rows, queries, query_factor, query_residual_variance)
        options = _options.search_options(ranking, strategy, "nearest", self._threads(threads))
        return _find_pairs(
            self, lambda *rest: asked.call(self, C.neighbors_above, C.neighbors_of_new_points_above,
                                           C.neighbors_of_new_factor_above, options, *rest),
            asked.count, threshold, max_pairs, options, progress, asked.kind, asked.rows)

    def predecessors_above(
        self,
        threshold: float,
        *,
        rows: Optional[Rows] = None,
        ranking: ResidualRankingName = "absolute",
        strategy: StrategyName = "automatic",
        max_pairs: Optional[int] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Pairs:
        """Find all predecessors whose absolute residual correlation is at least `threshold`.

        With all points as queries, each pair is found once.

        Parameters
        ----------
        threshold : float
            As for `neighbors_above`.
        rows : array_like of int, shape (q,), optional
            As for `neighbors_above`.
        ranking : {"absolute", "signed"}
            As for `neighbors_above`.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            As for `neighbors_above`.
        max_pairs : int, optional
            As for `neighbors_above`.
        threads : int, optional
            As for `neighbors_above`.
        progress : bool or callable, optional
            As for `neighbors_above`.

        Returns
        -------
        Pairs
            As for `neighbors_above`.

        Examples
        --------
        >>> import residual_knn as rk
        >>> rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2).predecessors_above(0.7).indices
        array([0, 1])
        """
        asked = read_rows(self, rows)
        options = _options.search_options(ranking, strategy, "nearest", self._threads(threads))
        return _find_pairs(
            self, lambda *rest: C.predecessors_above(self._handle.address, asked.rows, asked.count, options, *rest),
            asked.count, threshold, max_pairs, options, progress, "predecessors", asked.rows)


def _find_pairs(index: IndexBase, search: Callable[..., int], num_queries: int, threshold: float,
                max_pairs: Optional[int], options: _c.SearchOptions, progress: Progress, kind: str,
                rows: Optional[Int64Array]) -> Pairs:
    """Runs search(threshold, capacity, offsets, indices, distances, statistics), which calls the library. If there is not
    enough room for the pairs, their number is in the last offset, and the search is repeated."""
    least = number(threshold, "threshold")
    if not 0 <= least <= 1:
        raise InvalidArgumentError(f"threshold is {least}, must be between 0 and 1")
    most = INT64_MOST if max_pairs is None else whole(max_pairs, "max_pairs", 0, INT64_MOST)
    room = min(max(_FIRST_ROOM, _ROOM_OF_QUERY * num_queries), num_queries * index.n, most)
    offsets = np.empty(num_queries + 1, np.int64)
    while True:
        indices = np.empty(room, np.int64)
        distances = np.empty(room)

        def use(record: _c.Statistics) -> int:
            offsets[-1] = 0
            status = search(least, room, offsets, indices, distances, record)
            return _c.StatusCode.OK if offsets[-1] > room else status

        record, scale = run_search(index, use, options, progress)
        needed = int(offsets[-1])
        if needed <= room:
            break
        if needed > most:
            raise InvalidArgumentError(f"max_pairs is {most}, but there are {needed} pairs")
        room = needed
    if needed < room:  # the copies free what is not needed
        indices, distances = indices[:needed].copy(), distances[:needed].copy()
    return Pairs(offsets, indices, distances, least, statistics_of(record, scale), kind, index.n, rows)
