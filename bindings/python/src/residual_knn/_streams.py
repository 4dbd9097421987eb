# SPDX-License-Identifier: Apache-2.0
"""Searches whose answers go to a function of the user batch by batch, for answers that do not fit into memory."""
from __future__ import annotations

from typing import Any, Callable, Optional, SupportsIndex

from . import _c, _options
from ._arguments import INT64_MOST, RankingName, SelectionName, SinkOrderName, StrategyName, choice, count_of_neighbors, whole
from ._arrays import Numbers, Rows
from ._callbacks import copy_of
from ._calls import running_call
from ._errors import ArgumentTypeError
from ._library import C
from ._progress import Progress, goes_on
from ._queries import read_queries, read_rows
from ._results import Statistics, statistics_of
from ._search import SearchCall, Searches, naming_k, run_search
from ._sets import CandidateLists, Candidates, NeighborRows

# Gets the numbers of some queries, their neighbors, the distances and, with conditional selection, the conditional variances.
SinkFunction = Callable[..., Any]


def _set_sink(options: _c.SearchOptions, sink: SinkFunction, sink_queries: Optional[SupportsIndex], sink_order: str,
              distance_scale: Callable[[], float]) -> None:
    """Makes the library call sink(queries, indices, distances)."""
    if not callable(sink):
        raise ArgumentTypeError(f"sink is of type {type(sink).__name__}, must be a function")

    def deliver(batch: _c.Batch) -> bool:
        shape = (batch.num_queries, batch.k)
        distances = copy_of(batch.distances, shape, "f8")
        if options.ranking == _c.Ranking.SCALED_DISTANCE:
            distances *= distance_scale()
        parts = [copy_of(batch.queries, shape[:1], "i8"), copy_of(batch.neighbors, shape, "i8"), distances]
        if batch.conditional_variances is not None:
            parts.append(copy_of(batch.conditional_variances, shape, "f8"))
        return goes_on(sink(*parts))

    def take(_user: Optional[int], address: int) -> int:
        call = running_call()
        if not call.goes_on():
            return 1
        succeeded, more = call.run_callback(deliver, _c.Batch.from_address(address))
        return 0 if succeeded and more else 1

    options.sink = _c.Sink(take)
    if sink_queries is not None:
        options.sink_queries = whole(sink_queries, "sink_queries", 1, INT64_MOST)
    options.sink_order = choice(sink_order, _c.SinkOrder, "sink_order")


class Streams(Searches):
    """The methods of an index whose answers go to a function."""

    def neighbors_to(
        self,
        sink: SinkFunction,
        k: SupportsIndex = 10,
        *,
        rows: Optional[Rows] = None,
        queries: Optional[Numbers] = None,
        query_factor: Optional[Numbers] = None,
        query_residual_variance: Optional[Numbers] = None,
        ranking: RankingName = "absolute",
        strategy: StrategyName = "automatic",
        selection: SelectionName = "nearest",
        candidates: Optional[Candidates] = None,
        candidate_lists: Optional[CandidateLists] = None,
        start: Optional[NeighborRows] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
        sink_queries: Optional[SupportsIndex] = None,
        sink_order: SinkOrderName = "query",
    ) -> Statistics:
        """Find what `neighbors` finds, and pass it on in batches, so that the whole answer need not fit into memory.

        Parameters
        ----------
        sink : callable
            Called as ``sink(queries, indices, distances)`` with the answers for some queries. `queries` (int64) are their
            places among the queries of the call, from 0 on; for all rows these are row numbers. `indices` and `distances`
            have a row for each. With `selection="conditional"` there is a fourth argument, `conditional_variances`. The
            arrays are the function's own. If it returns False, the search ends with a `CancelledError`; an exception
            arrives as it was raised. What the function has got is final.
        k, rows, queries, query_factor, query_residual_variance, ranking, strategy, selection, candidates
            As for `neighbors`.
        candidate_lists, start, threads, progress
            As for `neighbors`.
        sink_queries : int, optional
            The largest number of queries in a batch. All batches but the last have this number. Default: as many as have
            64 MiB of answers.
        sink_order : {"query", "space"}
            "query": in the order of the queries. "space": queries that are near each other go together, which is faster
            if V is not stored, or if many points are in random order. Each query comes once.

        Returns
        -------
        Statistics
            What the search did.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> answer = np.empty((4, 2), np.int64)  # or numpy.lib.format.open_memmap(...)
        >>> def sink(queries, indices, distances):
        ...     answer[queries] = indices
        >>> index.neighbors_to(sink, 2, sink_queries=3).queries
        4
        >>> answer
        array([[1, 2],
               [2, 0],
               [1, 0],
               [2, 1]])
        """
        count = count_of_neighbors(k)
        asked = read_queries(self, rows, queries, query_factor, query_residual_variance)
        options = _options.search_options(ranking, strategy, selection, self._threads(threads))
        _set_sink(options, sink, sink_queries, sink_order, self._distance_scale)
        # The sets keep the arrays to which the options point.
        sets = self._search_sets(options, asked, count, candidates, candidate_lists, start, has_sink=True)
        statistics = self._stream(
            lambda *rest: asked.call(self, C.neighbors, C.neighbors_of_new_points, C.neighbors_of_new_factor, *rest), count,
            options, progress)
        del sets
        return statistics

    def predecessors_to(
        self,
        sink: SinkFunction,
        k: SupportsIndex = 10,
        *,
        rows: Optional[Rows] = None,
        ranking: RankingName = "absolute",
        strategy: StrategyName = "automatic",
        selection: SelectionName = "nearest",
        candidates: Optional[Candidates] = None,
        candidate_lists: Optional[CandidateLists] = None,
        start: Optional[NeighborRows] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
        sink_queries: Optional[SupportsIndex] = None,
        sink_order: SinkOrderName = "query",
    ) -> Statistics:
        """Find what `predecessors` finds, and pass it on in batches, so that the whole answer need not fit into memory.

        Parameters
        ----------
        sink, sink_queries, sink_order
            As for `neighbors_to`.
        k, rows, ranking, strategy, selection, candidates, candidate_lists, start, threads, progress
            As for `predecessors`.

        Returns
        -------
        Statistics
            What the search did.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> done = index.predecessors_to(lambda queries, indices, distances: print(queries, indices.tolist()), 2, rows=[3, 1],
        ...                              sink_queries=1)
        [0] [[2, 1]]
        [1] [[0, -1]]
        """
        count = count_of_neighbors(k)
        asked = read_rows(self, rows)
        options = _options.search_options(ranking, strategy, selection, self._threads(threads))
        _set_sink(options, sink, sink_queries, sink_order, self._distance_scale)
        sets = self._search_sets(options, asked, count, candidates, candidate_lists, start, has_sink=True)
        statistics = self._stream(lambda *rest: C.predecessors(self._handle.address, asked.rows, asked.count, *rest), count,
                                  options, progress)
        del sets
        return statistics

    def _stream(self, search: SearchCall, k: int, options: _c.SearchOptions, progress: Progress) -> Statistics:
        find = naming_k(k, search)
        record, scale = run_search(self, lambda record: find(options, k, None, None, record), options, progress,
                                   calls_back=True)
        return statistics_of(record, scale)
