# SPDX-License-Identifier: Apache-2.0
"""Searches for the neighbors that the rows of a group share."""
from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, SupportsIndex, Tuple, Union

import numpy as np

from . import _options
from ._arguments import ResidualRankingName, SelectionName, StrategyName, count_of_neighbors, described, is_single
from ._arrays import Rows, compressed, integers, row_numbers
from ._base import IndexBase
from ._errors import ArgumentTypeError, InvalidArgumentError
from ._library import C
from ._pointers import Int64Array
from ._progress import Progress
from ._results import Neighbors
from ._search import find_neighbors
from ._sets import Candidates, SearchSets

# A list of groups, which are lists of row numbers; or the number of the group of each row, -1 for none.
Groups = Union[Sequence[Rows], Rows]


class GroupSearches(IndexBase):
    """The methods of an index that find the neighbors of groups."""

    def group_neighbors(
        self,
        groups: Groups,
        k: SupportsIndex = 10,
        *,
        ranking: ResidualRankingName = "absolute",
        strategy: StrategyName = "automatic",
        selection: SelectionName = "nearest",
        candidates: Optional[Candidates] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Neighbors:
        """Find the `k` nearest neighbors that the points of each group share, as a block Vecchia approximation needs them.

        The distance of a point from a group is its distance from the nearest point of the group. Points of a group are
        not its neighbors; points of other groups may be.

        Parameters
        ----------
        groups : list of arrays of int, or array, Series or list of int of shape (n,)
            The row numbers of each group; or for each row the number of its group from 0 on, -1 for none. A group must
            not be empty, and no row may be in two groups.
        k : int
            As for `neighbors`.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            As for `neighbors`.
        threads : int, optional
            As for `neighbors`.
        progress : bool or callable, optional
            As for `neighbors`.
        ranking : {"absolute", "signed"}
            As for `neighbors`.
        selection : {"nearest", "conditional"}
            With "conditional", the points of the set S that a group G shares are selected one after the other among the
            candidates of all its points. The next one leaves the least log-determinant of the conditional covariance of
            the group, ``log det(R_GG - R_GS R_SS^-1 R_SG)``. Ties go to the smaller row.
        candidates : int or dict, optional
            As for `neighbors`, for each point of a group.

        Returns
        -------
        Neighbors
            `indices` and `distances` have a row for each group. In the statistics, `queries` is the number of groups, and
            `uninformative_queries` is 0.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> index.group_neighbors([[0, 1], [3]], k=1).indices
        array([[2],
               [2]])
        """
        return _find_groups(self, C.group_neighbors, groups, k, ranking, strategy, selection, candidates, threads, progress)

    def group_predecessors(
        self,
        groups: Groups,
        k: SupportsIndex = 10,
        *,
        ranking: ResidualRankingName = "absolute",
        strategy: StrategyName = "automatic",
        selection: SelectionName = "nearest",
        candidates: Optional[Candidates] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Neighbors:
        """Find the nearest neighbors that groups share among the points that precede all points of the group.

        A group with row 0 has none.

        Parameters
        ----------
        groups : list of arrays of int, or array of int of shape (n,)
            As for `group_neighbors`.
        k : int
            As for `group_neighbors`.
        ranking : {"absolute", "signed"}
            As for `group_neighbors`.
        strategy : {"automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first", "dual_tree"}
            As for `group_neighbors`.
        selection : {"nearest", "conditional"}
            As for `group_neighbors`.
        candidates : int or dict, optional
            As for `group_neighbors`.
        threads : int, optional
            As for `group_neighbors`.
        progress : bool or callable, optional
            As for `group_neighbors`.

        Returns
        -------
        Neighbors
            As for `group_neighbors`.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2)
        >>> index.group_predecessors([[0, 1], [2, 3]], k=1).indices
        array([[-1],
               [ 1]])
        """
        return _find_groups(self, C.group_predecessors, groups, k, ranking, strategy, selection, candidates, threads,
                            progress)


def _find_groups(index: IndexBase, search: Callable[..., int], groups: Groups, k: Any, ranking: str, strategy: str,
                 selection: str, candidates: Optional[Candidates], threads: Optional[int],
                 progress: Progress) -> Neighbors:
    k = count_of_neighbors(k)
    options = _options.search_options(ranking, strategy, selection, index._threads(threads))
    offsets, members = _group_arrays(groups, index.n)
    count = len(offsets) - 1
    sets = SearchSets(options)
    sets.select(index, k, candidates)
    return find_neighbors(
        index, lambda *rest: search(index._handle.address, offsets, count, members, *rest), count, k, options, sets,
        progress, "groups")


def _group_arrays(groups: Groups, n: int) -> Tuple[Int64Array, Int64Array]:
    """The members of all groups one after the other, and the offsets of the groups."""
    if _are_labels(groups):
        return _groups_of_labels(groups, n)
    if not isinstance(groups, (list, tuple)) and not (isinstance(groups, np.ndarray) and groups.ndim == 2):
        raise ArgumentTypeError(f"groups is {described(groups)}, must be a list of groups, which are lists of row numbers, "
                                f"or an array with the group of each of the {n} rows")
    return compressed([row_numbers(group, n, f"groups[{place}]") for place, group in enumerate(groups)])


def _are_labels(groups: Any) -> bool:
    """Whether these are the numbers of the groups of all rows, in an array, a Series or a list."""
    if isinstance(groups, (list, tuple)):
        return len(groups) > 0 and all(map(is_single, groups))
    return getattr(groups, "ndim", None) == 1 and getattr(getattr(groups, "dtype", None), "kind", "i") != "O"


def _groups_of_labels(labels: Any, n: int) -> Tuple[Int64Array, Int64Array]:
    """The members of all groups from the number of the group of each row."""
    numbers = integers(labels, "groups", "the number of the group of each row, or a list of groups")
    if len(numbers) != n:
        raise InvalidArgumentError(f"groups has {len(numbers)} elements, must have the group of each of the {n} rows, or "
                                   "be a list of groups")
    bad = np.flatnonzero((numbers < -1) | (numbers >= n))
    if bad.size:
        raise InvalidArgumentError(f"groups[{bad[0]}] is {numbers[bad[0]]}, must be the number of a group between 0 and "
                                   f"{n - 1}, or -1 for none; numpy.unique(labels, return_inverse=True)[1] numbers them so")
    numbers = numbers.astype(np.int64)
    rows = np.argsort(numbers, kind="stable")
    rows = rows[numbers[rows] >= 0]
    count = int(numbers.max(initial=-1)) + 1
    return np.searchsorted(numbers[rows], np.arange(count + 1)).astype(np.int64), rows.astype(np.int64)
