# SPDX-License-Identifier: Apache-2.0
"""Weights and conditional variances of queries given their conditioning sets, and the residual covariances behind them."""
from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

from . import _options
from ._arrays import Numbers, Rows, row_numbers
from ._base import IndexBase
from ._errors import InvalidArgumentError
from ._library import C
from ._pointers import DoubleArray, Int64Array
from ._progress import Progress
from ._queries import Queries, read_queries
from ._results import Covariances, Neighbors, Weights
from ._sets import NeighborRows, conditioning_sets


class WeightsOfSets(IndexBase):
    """The methods of an index that compute with given sets of neighbors."""

    def weights(
        self,
        neighbors: NeighborRows,
        *,
        rows: Optional[Rows] = None,
        queries: Optional[Numbers] = None,
        query_factor: Optional[Numbers] = None,
        query_residual_variance: Optional[Numbers] = None,
        jitter: float = 0.0,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Weights:
        """Compute the regression of queries on their conditioning sets, in residual covariances.

        For query i with the set S, ``b_i = R_SS^-1 R_Si`` are its weights, and ``D_i = R_ii - R_iS b_i`` is its
        conditional variance; ``R_ii = p_i``, which includes the nugget.

        Parameters
        ----------
        neighbors : Neighbors or array_like of int, shape (q, k)
            The sets: the result of a search for the same queries, its `indices`, or any other matrix of row numbers, with
            -1 in places without a neighbor. A set must not name a row twice, nor the query itself.
        rows : array_like of int, shape (q,), optional
            As for `neighbors`. The result of a search with `rows` brings these rows along.
        queries : array_like, shape (q, d), optional
            As for `neighbors`.
        query_factor : array_like, shape (q, m), optional
            As for `neighbors`.
        query_residual_variance : array_like, shape (q,), optional
            As for `neighbors`.
        jitter : float
            Not negative. If the residual covariance of a query and its neighbors is not positive definite,
            ``jitter * R_jj`` is added to each of its diagonal elements R_jj. All other sets are computed without jitter.
        threads : int, optional
            As for `neighbors`.
        progress : bool or callable, optional
            As for `neighbors`.

        Returns
        -------
        Weights
            `weights`, `variances`, `log_determinant` and more. If the queries are all rows, and each set has only
            predecessors of its query, `log_determinant` is that of the Vecchia approximation of R.

        Raises
        ------
        NotPositiveDefiniteError
            If a set is not positive definite in double precision, with the jitter too. The message names the query.

        Notes
        -----
        The log-likelihood of values y with the covariance R, in the Vecchia approximation, is
        ``-(n log(2 pi) + log_determinant + sum((B y)^2 / variances)) / 2``, where B y is
        ``y - (weights * y[neighbors]).sum(axis=1)``. The conditional mean at new points is
        ``(weights * y[neighbors]).sum(axis=1)``. Places without a neighbor have weight 0. Sources: Vecchia (1988), J. R.
        Stat. Soc. B 50(2); Gyger, Furrer and Sigrist (2025), arXiv 2507.05064, section 2.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2, kernel="matern12")
        >>> weights = index.weights(index.predecessors(1))
        >>> weights.weights.ravel().round(3)
        array([0.   , 0.607, 0.779, 0.287])
        >>> weights.variances.round(3)
        array([1.   , 0.632, 0.393, 0.918])
        """
        asked, sets = _asked_sets(self, neighbors, rows, queries, query_factor, query_residual_variance)
        options = _options.weights_options(jitter, self._threads(threads))
        report = _options.weights_report()
        values = np.empty(sets.shape)
        variances = np.empty(len(sets))
        self._run(
            lambda: asked.call(self, C.weights, C.weights_of_new_points, C.weights_of_new_factor, options, sets.shape[1],
                               sets, values, variances, report), options, progress)
        return Weights(values, variances, report.log_determinant, report.jittered_sets, report.first_jittered,
                       report.degenerate_queries, report.seconds, sets, asked.rows, self.n, asked.are_new)

    def covariances(
        self,
        neighbors: NeighborRows,
        *,
        rows: Optional[Rows] = None,
        queries: Optional[Numbers] = None,
        query_factor: Optional[Numbers] = None,
        query_residual_variance: Optional[Numbers] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> Covariances:
        """Compute the residual covariances of queries with their neighbors, ``R_ij = K(x_i, x_j) - V_i . V_j``.

        Parameters
        ----------
        neighbors : Neighbors or array_like of int, shape (q, k)
            As for `weights`. Here a set may name a row more than once, and the query itself.
        rows : array_like of int, shape (q,), optional
            As for `weights`.
        queries : array_like, shape (q, d), optional
            As for `weights`.
        query_factor : array_like, shape (q, m), optional
            As for `weights`.
        query_residual_variance : array_like, shape (q,), optional
            As for `weights`.
        threads : int, optional
            As for `weights`.
        progress : bool or callable, optional
            As for `weights`.

        Returns
        -------
        Covariances
            `covariances`, 0 in places without a neighbor, and `residual_variances`. For degenerate points these are at
            rounding level.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [2.0]], lengthscales=2, kernel="matern12", variance=3)
        >>> index.covariances([[1], [0]]).covariances.round(4)
        array([[1.1036],
               [1.1036]])
        """
        asked, sets = _asked_sets(self, neighbors, rows, queries, query_factor, query_residual_variance)
        options = _options.covariance_options(self._threads(threads))
        result = Covariances(np.empty(sets.shape), np.empty(len(sets)))
        self._run(
            lambda: asked.call(self, C.covariances, C.covariances_of_new_points, C.covariances_of_new_factor, options,
                               sets.shape[1], sets, result.covariances, result.residual_variances), options, progress)
        return result

    def covariance_blocks(
        self,
        neighbors: NeighborRows,
        *,
        rows: Optional[Rows] = None,
        queries: Optional[Numbers] = None,
        query_factor: Optional[Numbers] = None,
        query_residual_variance: Optional[Numbers] = None,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> DoubleArray:
        """Compute the residual covariance matrix of each query and its neighbors, for gradients and models of your own.

        Parameters
        ----------
        neighbors : Neighbors or array_like of int, shape (q, k)
            As for `weights`.
        rows : array_like of int, shape (q,), optional
            As for `weights`.
        queries : array_like, shape (q, d), optional
            As for `weights`.
        query_factor : array_like, shape (q, m), optional
            As for `weights`.
        query_residual_variance : array_like, shape (q,), optional
            As for `weights`.
        threads : int, optional
            As for `weights`.
        progress : bool or callable, optional
            As for `weights`.

        Returns
        -------
        ndarray of float64, shape (q, k + 1, k + 1)
            Row and column 0 of a block are those of the query, row and column 1 + j those of its neighbor in place j. A
            place without a neighbor has 1 on the diagonal and 0 elsewhere, so it changes neither the Cholesky factor of
            the others nor the determinant. The blocks are symmetric to the last bit. They are not checked: a block with
            repeated or degenerate points may be singular up to rounding.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [2.0]], lengthscales=2, kernel="matern12", nugget=0.5)
        >>> index.covariance_blocks([[1]], rows=[0]).round(4)
        array([[[1.5   , 0.3679],
                [0.3679, 1.5   ]]])
        """
        asked, sets = _asked_sets(self, neighbors, rows, queries, query_factor, query_residual_variance)
        options = _options.covariance_options(self._threads(threads))
        size = sets.shape[1] + 1
        blocks = np.empty((len(sets), size, size))
        self._run(
            lambda: asked.call(self, C.covariance_blocks, C.covariance_blocks_of_new_points,
                               C.covariance_blocks_of_new_factor, options, sets.shape[1], sets, blocks), options, progress)
        return blocks


def _check_same_rows(rows: Int64Array, found: Neighbors) -> None:
    """The rows given beside the result of a search must be those of the search."""
    own = np.arange(len(found.indices)) if found.rows is None else found.rows
    if len(rows) == len(own) and (rows != own).any():
        place = np.flatnonzero(rows != own)[0]
        raise InvalidArgumentError(f"rows[{place}] is {rows[place]}, but row {place} of neighbors has the neighbors of "
                                   f"point {own[place]}; neighbors.indices goes with any rows")


def _asked_sets(index: IndexBase, neighbors: NeighborRows, rows: Optional[Rows], queries: Optional[Numbers],
                query_factor: Optional[Numbers], query_residual_variance: Optional[Numbers]) -> Tuple[Queries, Int64Array]:
    """The queries of a call and their sets. The result of a search with rows brings these rows along."""
    has_new = not (queries is None and query_factor is None and query_residual_variance is None)
    if isinstance(neighbors, Neighbors) and neighbors.kind in ("neighbors", "predecessors") and not has_new:
        if rows is None:
            rows = neighbors.rows
        else:
            _check_same_rows(row_numbers(rows, index.n), neighbors)
    asked = read_queries(index, rows, queries, query_factor, query_residual_variance)
    return asked, conditioning_sets(neighbors, index.n, asked.count, asked.are_new)
