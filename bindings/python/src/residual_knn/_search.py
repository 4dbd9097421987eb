# SPDX-License-Identifier: Apache-2.0
"""Searches for the k nearest neighbors."""
from __future__ import annotations

from typing import Any, Callable, Optional, SupportsIndex, Tuple

import numpy as np

from . import _c, _options
from ._arguments import RankingName, SelectionName, StrategyName, count_of_neighbors
from ._arrays import Numbers, Rows
from ._base import IndexBase
from ._errors import InvalidArgumentError, OutOfMemoryError, warn
from ._library import C
from ._pointers import Int64Array
from ._progress import Progress
from ._queries import Queries, read_queries, read_rows
from ._results import Neighbors, statistics_of
from ._sets import CandidateLists, Candidates, NeighborRows, SearchSets

# Calls the library with the arguments that follow the queries: options, k, neighbors, distances, statistics.
SearchCall = Callable[..., int]


def run_search(index: IndexBase, search: Callable[[_c.Statistics], int], options: _c.SearchOptions,
               progress: Progress, calls_back: bool = False) -> Tuple[_c.Statistics, float]:
    """Runs search(statistics), which calls the library, and returns the statistics and the factor of scaled distances. Shows
    the warning of the search."""
    record = _options.statistics()
    warning = ""
    scale = 1.0

    def use() -> int:
        nonlocal warning, scale
        scale = index._distance_scale()
        status = search(record)
        if status == _c.StatusCode.OK:
            warning = index._warning(C.search_warning(index._handle.address, record))
        return status

    index._run(use, options, progress, calls_back)
    warn(warning)
    return record, scale


def naming_k(k: int, search: SearchCall) -> SearchCall:
    """The call with an error that names k, if there is no memory for k neighbors."""

    def call(*arguments: Any) -> int:
        status = search(*arguments)
        if status == _c.StatusCode.ERROR_OUT_OF_MEMORY and C.last_error().endswith(b"out of memory"):
            raise OutOfMemoryError(f"k is {k}: out of memory in a search for {k} neighbors of each query")
        return status

    return call


def find_neighbors(index: IndexBase, search: SearchCall, num_queries: int, k: int, options: _c.SearchOptions,
                   sets: SearchSets, progress: Progress, kind: str, rows: Optional[Int64Array] = None) -> Neighbors:
    """Runs search(options, k, indices, distances, statistics), which calls the library."""
    try:
        indices = np.empty((num_queries, k), np.int64)
        distances = np.empty((num_queries, k))
    except (MemoryError, ValueError):
        raise OutOfMemoryError(f"k is {k}: there is no memory for {k} neighbors of {num_queries} queries") from None
    find = naming_k(k, search)
    record, scale = run_search(index, lambda record: find(options, k, indices, distances, record), options, progress)
    if scale != 1 and options.ranking == _c.Ranking.SCALED_DISTANCE:
        distances *= scale
    return Neighbors(indices, distances, statistics_of(record, scale), sets.conditional_variances, kind, rows)


class Searches(IndexBase):
    """The methods of an index that find the k nearest."""

    def neighbors(
        self,
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
    ) -> Neighbors:
        """Find the `k` nearest neighbors among all points of the index.

        The queries are all points, the points with the numbers `rows`, or new points. A point is not its own neighbor.
        Ties go to the smaller row. The distance is ``sqrt(1 - |rho|)``, where rho is the residual correlation.

        Parameters
        ----------
        k : int
            Number of neighbors, at least 1. If there are fewer candidates, the free places hold -1 and inf.
        rows : array_like of int, shape (q,), optional
            Row numbers of the queries, from 0 on, in any order.
        queries : array_like, shape (q, d), optional
            New points, as `points` of `Index`.
        query_factor, query_residual_variance : array_like, shapes (q, m) and (q,), optional
            V and p of new points, for an index made from V and p. It also needs `queries`, unless it has a covariance
            function.
        ranking : {"absolute", "signed", "scaled_distance"}
            "absolute" as above. "signed": the distance is sqrt(1 - rho), so that the neighbors have the largest rho.
            "scaled_distance": the Euclidean distance of the coordinates divided by their lengthscales; V and p then have
            no effect.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            The algorithm. All give the same answer.
        selection : {"nearest", "conditional"}
            "conditional" selects conditioning sets; see Notes.
        candidates : int or dict, optional
            With `selection="conditional"`, the number of candidates of a query, at least `k`; default 4 `k`. Half of
            them, rounded up and at least `k`, are the nearest by residual correlation, the rest by scaled distance. For an
            index without inducing points, where both are the same, all are nearest by scaled distance; for an index with a
            covariance function, all are nearest by residual correlation. A dict such as
            ``{"residual": 20, "scaled": 40}`` gives both numbers; a missing one is 0, and one of the two must be at least
            `k`.
        candidate_lists : list of arrays of int, matrix of int, or Neighbors, optional
            The candidates of each query, for both selections. -1, repeats, the query itself and, among predecessors, rows
            after the query are skipped. The answer is exact among the candidates.
        start : Neighbors or array_like of int, shape (q, any), optional
            Earlier neighbors of the same queries, for example before a small `update`. The answer does not depend on it;
            a start near the answer saves time. It is of use if it has at least `k` points for each query; with
            `selection="conditional"`, as many as there are candidates by residual correlation. It is ignored with the
            ranking "scaled_distance" and for an index with a covariance function.
        threads : int, optional
            Number of worker threads; default: as for the index. 0 means one for each available processor.
        progress : bool or callable, optional
            As for `Index`.

        Returns
        -------
        Neighbors
            With `indices` (int64, -1 where there is none), `distances` and `statistics`.

        Warns
        -----
        ResidualKNNWarning
            If the answer is exact but probably not what was wanted, with the likely cause. For example, lengthscales and
            points are in different units.

        Notes
        -----
        The nearest points are often redundant: two points that are close to each other give nearly the same information
        about the query. With `selection="conditional"`, the points of a set are selected one after the other. R is the
        covariance of the residual process, with p on its diagonal. The next point of the set S of query i is the
        candidate j whose set S + j leaves the least conditional variance ``R_ii - R_iS R_SS^-1 R_Si``. Ties go to the
        smaller row. `indices` then has the points in the order in which they were selected, and `conditional_variances`
        the variance of the query given its neighbors up to each place, which includes the nugget. Candidates that reduce
        the variance by no more than rounding errors, such as duplicates, are selected last, by largest absolute correlation;
        `statistics.uninformative_picks` counts them. Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023),
        arXiv 2307.11648.

        Calls on the main thread can be interrupted at any time, so the library first writes its results to separate
        memory. This takes 16 bytes for each neighbor during the search.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> index.neighbors(2).indices
        array([[1, 2],
               [2, 0],
               [1, 0],
               [2, 1]])
        >>> index.neighbors(1, queries=[[3.5]]).indices
        array([[3]])
        """
        count = count_of_neighbors(k)
        asked = read_queries(self, rows, queries, query_factor, query_residual_variance)
        options = _options.search_options(ranking, strategy, selection, self._threads(threads))
        sets = self._search_sets(options, asked, count, candidates, candidate_lists, start)
        return find_neighbors(
            self, lambda *rest: asked.call(self, C.neighbors, C.neighbors_of_new_points, C.neighbors_of_new_factor, *rest),
            asked.count, count, options, sets, progress, asked.kind, asked.rows)

    def predecessors(
        self,
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
    ) -> Neighbors:
        """Find the `k` nearest neighbors among the predecessors, which are the points with smaller row numbers.

        These neighbors are the conditioning sets of a Vecchia approximation. Row i has i predecessors; the other places
        hold -1 and inf.

        Parameters
        ----------
        k : int
            As for `neighbors`.
        rows : array_like of int, shape (q,), optional
            As for `neighbors`.
        ranking : {"absolute", "signed", "scaled_distance"}
            As for `neighbors`.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            As for `neighbors`.
        selection : {"nearest", "conditional"}
            As for `neighbors`.
        candidates : int or dict, optional
            As for `neighbors`.
        candidate_lists : list of arrays of int, matrix of int, or Neighbors, optional
            As for `neighbors`.
        start : Neighbors or array_like of int, shape (q, any), optional
            As for `neighbors`.
        threads : int, optional
            As for `neighbors`.
        progress : bool or callable, optional
            As for `neighbors`.

        Returns
        -------
        Neighbors
            With `indices` (int64, -1 where there is none), `distances` and `statistics`.

        Examples
        --------
        >>> import residual_knn as rk
        >>> rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2).predecessors(2).indices
        array([[-1, -1],
               [ 0, -1],
               [ 1,  0],
               [ 2,  1]])
        """
        count = count_of_neighbors(k)
        asked = read_rows(self, rows)
        options = _options.search_options(ranking, strategy, selection, self._threads(threads))
        sets = self._search_sets(options, asked, count, candidates, candidate_lists, start)
        return find_neighbors(
            self, lambda *rest: C.predecessors(self._handle.address, asked.rows, asked.count, *rest), asked.count, count,
            options, sets, progress, "predecessors", asked.rows)

    def _search_sets(self, options: _c.SearchOptions, asked: Queries, k: int, candidates: Optional[Candidates],
                     candidate_lists: Optional[CandidateLists], start: Optional[NeighborRows],
                     has_sink: bool = False) -> SearchSets:
        if candidate_lists is not None:
            for name, value in (("candidates", candidates), ("start", start)):
                if value is not None:
                    raise InvalidArgumentError(f"{name} must be None if there are candidate_lists")
        sets = SearchSets(options)
        sets.select(self, k, candidates)
        if not has_sink:  # otherwise each batch has its own
            sets.give_variances(asked.count, k)
        sets.take_lists(candidate_lists, self.n, asked.count)
        sets.take_start(start, self.n, asked.count)
        return sets
