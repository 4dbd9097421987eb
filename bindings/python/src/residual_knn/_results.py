# SPDX-License-Identifier: Apache-2.0
"""What searches return."""
from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Optional, SupportsIndex

import numpy as np

from . import _c
from ._arguments import INT64_MOST, whole
from ._errors import InvalidArgumentError
from ._frames import frame_of_matrix, frame_of_pairs
from ._library import C
from ._pointers import DoubleArray, Int64Array
from ._sparse import CompressedRows, rows_of_weights, scipy_matrix


@dataclass(frozen=True)
class Statistics:
    """What a search did.

    To score a pair is to compute its residual correlation or, with the ranking "scaled_distance", its scaled distance. A
    tree divides the points into blocks. A pivot is a point that represents a block, and a bound is an upper limit of
    the absolute correlation for the points of a block.

    Attributes
    ----------
    strategy : str
        The strategy that was used, never "automatic".
    threads : int
        Number of worker threads that were used.
    queries, pairs : int
        Number of queries, and of pairs of a query and one of its candidates.
    pairs_scored : int
        Number of pairs that were scored. It can exceed `pairs`: blocks of work may reach beyond the predecessors of a
        query, and brute force scores some rows around each query in advance.
    pairs_rescored : int
        Number of pairs scored by the function that decides between candidates and computes the distances.
    seconds, tree_seconds : float
        Seconds that the search took, including what it built, and the part of them for building trees, which the index
        keeps.
    reason : str
        Why this strategy was used, as a sentence.
    coarse_blocks : int
        Number of blocks at the coarsest level of the tree; 0 without a tree.
    pivots_scored, pivots_coupled : int
        Number of pairs of a query and a pivot, and of two pivots, that were scored.
    blocks_bounded, blocks_dismissed : int
        Number of pairs of a query and a block for which a bound was computed, and how many of these it dismissed.
    points_bounded, survivors : int
        Number of pairs of a query and a single point for which a bound was computed, and how many of these it did not
        dismiss.
    scored_in_low_precision : int
        How many of all scored pairs were first scored in single precision or in integers, with a proved error margin.
    uninformative_queries : int
        Number of queries with fewer informative neighbors than the smaller of `k` and their number of candidates. A
        neighbor is informative if its correlation is larger than rounding errors and the jitter alone could make it.
    nearest_lengthscales : float
        The distance in lengthscales from a query to its nearest candidate, as the median over up to 16 queries. It is
        computed if at least half of the queries lack informative neighbors, and is 0 otherwise.
    coarse_queries, coarse_query, coarse_coordinate, coarse_value, coarse_lengthscale
        Number of new points with a coordinate beyond 2^32 lengthscales from 0, where double precision is coarse; the
        first such point and coordinate, its value and its lengthscale. Without such points 0, -1, -1, 0 and 0.
    candidates, uninformative_picks : int
        With `selection="conditional"`, otherwise 0: the number of candidates of all queries, and of points that were
        selected though they were not informative. `uninformative_queries` then counts the queries that have candidates,
        but no informative one.
    """

    strategy: str
    threads: int
    queries: int
    pairs: int
    pairs_scored: int
    pairs_rescored: int
    seconds: float
    reason: str
    coarse_blocks: int
    tree_seconds: float
    pivots_scored: int
    pivots_coupled: int
    blocks_bounded: int
    blocks_dismissed: int
    points_bounded: int
    survivors: int
    scored_in_low_precision: int
    uninformative_queries: int
    nearest_lengthscales: float
    coarse_queries: int
    coarse_query: int
    coarse_coordinate: int
    coarse_value: float
    coarse_lengthscale: float
    candidates: int
    uninformative_picks: int


def statistics_of(record: _c.Statistics, scale: float) -> Statistics:
    """`scale` is the factor from distances in the library's lengthscales to those in the user's."""
    values = {field.name: getattr(record, field.name) for field in fields(Statistics)}
    values["strategy"] = C.strategy_name(record.strategy).decode()
    values["reason"] = C.reason_string(record.reason).decode()
    values["nearest_lengthscales"] *= scale
    values["coarse_lengthscale"] /= scale
    return Statistics(**values)


def _time(statistics: Statistics) -> str:
    return f"by {statistics.strategy} in {statistics.seconds:.3g} s"


@dataclass(frozen=True, repr=False, eq=False)
class Neighbors:
    """The neighbors of q queries.

    Attributes
    ----------
    indices : ndarray of int64, shape (q, k)
        Row numbers, the nearest first; with `selection="conditional"`, in the order in which they were selected. -1 in
        places without a neighbor.
    distances : ndarray of float64, shape (q, k)
        Their distances; inf in places without a neighbor.
    statistics : Statistics
        What the search did.
    conditional_variances : ndarray of float64, shape (q, k), or None
        With `selection="conditional"`, the variance of the query given its neighbors up to each place.
    kind : str
        "neighbors", "predecessors", "new points" or "groups".
    rows : ndarray of int64, shape (q,), or None
        The row numbers of the queries; None for all rows in order, for new points and for groups.
    """

    indices: Int64Array
    distances: DoubleArray
    statistics: Statistics
    conditional_variances: Optional[DoubleArray]
    kind: str
    rows: Optional[Int64Array] = None

    def __repr__(self) -> str:
        q, k = self.indices.shape
        return f"<Neighbors: {self.kind}, {q} queries, k={k}, {_time(self.statistics)}>"

    def to_nnarray(self, include_self: bool = True, base: int = 0, missing: int = -1) -> Int64Array:
        """The predecessors of all rows in the form of GpGp and dgpsi.

        Parameters
        ----------
        include_self : bool
            Whether the first column has the row itself, as both packages expect.
        base : {0, 1}
            The number of the first row: 0 for dgpsi, 1 for GpGp.
        missing : int
            The value in places without a neighbor: -1 for dgpsi, -2**31 for GpGp, which is NA in R.

        Returns
        -------
        ndarray of int64, shape (n, k + 1) or (n, k)
            A copy.

        Examples
        --------
        >>> import residual_knn as rk
        >>> rk.Index([[0.0], [1.0], [1.5]], lengthscales=2).predecessors(2).to_nnarray()
        array([[ 0, -1, -1],
               [ 1,  0, -1],
               [ 2,  1,  0]])
        """
        if self.kind != "predecessors" or self.rows is not None:
            raise InvalidArgumentError("to_nnarray() is for the result of predecessors() for all rows")
        first = whole(base, "base", 0, 1)
        none = whole(missing, "missing", -2**63, INT64_MOST)
        own = np.arange(len(self.indices))[:, None]
        rows = np.hstack([own, self.indices]) if include_self else self.indices
        return np.where(rows >= 0, rows + first, none)

    def to_pandas(self) -> Any:
        """The neighbors as a frame of pandas, as in the files of the command-line program.

        Returns
        -------
        pandas.DataFrame
            One row for each neighbor, with the columns query, rank (from 0 on), neighbor and distance; with
            `selection="conditional"` also conditional_variance.

        Examples
        --------
        >>> import residual_knn as rk
        >>> found = rk.Index([[0.0], [1.0], [1.5]], lengthscales=2).predecessors(2)
        >>> found.to_pandas()[["query", "rank", "neighbor"]].to_numpy().tolist()
        [[1, 0, 0], [2, 0, 1], [2, 1, 0]]
        """
        values = {"distance": self.distances}
        if self.conditional_variances is not None:
            values["conditional_variance"] = self.conditional_variances
        return frame_of_matrix(self.indices, self.rows, **values)


@dataclass(frozen=True, repr=False, eq=False)
class Pairs:
    """All pairs above a threshold, in compressed rows.

    The neighbors of query i are `indices[offsets[i]:offsets[i + 1]]`, sorted by distance, ties by row.

    Attributes
    ----------
    offsets : ndarray of int64, shape (q + 1,)
        Where the neighbors of each query begin.
    indices : ndarray of int64
        Row numbers of the neighbors.
    distances : ndarray of float64
        Their distances, in the same places.
    threshold : float
        The threshold.
    statistics : Statistics
        What the search did.
    kind : str
        "neighbors", "predecessors" or "new points".
    n : int
        Number of points of the index.
    rows : ndarray of int64, shape (q,), or None
        The row numbers of the queries; None for all rows in order, and for new points.
    """

    offsets: Int64Array
    indices: Int64Array
    distances: DoubleArray
    threshold: float
    statistics: Statistics
    kind: str
    n: int
    rows: Optional[Int64Array] = None

    def __repr__(self) -> str:
        return (f"<Pairs: {self.kind}, {len(self.offsets) - 1} queries, {len(self.indices)} pairs above "
                f"{self.threshold:g}, {_time(self.statistics)}>")

    def to_pandas(self) -> Any:
        """The pairs as a frame of pandas; see `Neighbors.to_pandas`.

        Returns
        -------
        pandas.DataFrame
            One row for each pair, with the columns query, rank (from 0 on), neighbor and distance.

        Examples
        --------
        >>> import residual_knn as rk
        >>> len(rk.Index([[0.0], [1.0], [1.5]], lengthscales=2).neighbors_above(0.5).to_pandas())
        6
        """
        return frame_of_pairs(self.offsets, self.indices, self.rows, distance=self.distances)

    def to_scipy(self, n: Optional[SupportsIndex] = None) -> Any:
        """The distances as a sparse array of SciPy.

        Parameters
        ----------
        n : int, optional
            Number of columns; default, and the least number: the points of the index.

        Returns
        -------
        scipy.sparse.csr_array, shape (q, n)
            With absolute ranking, 1 - distance² is the absolute correlation.

        Examples
        --------
        >>> import residual_knn as rk
        >>> rk.Index([[0.0], [1.0], [1.5]], lengthscales=2).neighbors_above(0.5).to_scipy().shape
        (3, 3)
        """
        columns = self.n if n is None else whole(n, "n", self.n, INT64_MOST)
        shape = (len(self.offsets) - 1, columns)
        return scipy_matrix(CompressedRows(self.distances, self.indices, self.offsets, shape))


@dataclass(frozen=True, repr=False, eq=False)
class Weights:
    """Weights and conditional variances of q queries; see `Index.weights`.

    Attributes
    ----------
    weights : ndarray of float64, shape (q, k)
        The weights b_i, 0 in places without a neighbor.
    variances : ndarray of float64, shape (q,)
        The conditional variances D_i.
    log_determinant : float
        The sum of log D_i; -inf if some D_i is 0.
    jittered_sets, first_jittered : int
        Number of sets that needed the jitter, and the first query among them; -1 if there is none.
    degenerate_queries : int
        Number of queries whose residual variance is at its rounding level. Their weights are 0.
    seconds : float
        Seconds that the call took.
    neighbors : ndarray of int64, shape (q, k)
        The conditioning sets.
    rows : ndarray of int64, shape (q,), or None
        The row numbers of the queries; None for all rows in order, and for new points.
    n : int
        Number of points of the index.
    of_new_points : bool
        Whether the queries are new points.
    """

    weights: DoubleArray
    variances: DoubleArray
    log_determinant: float
    jittered_sets: int
    first_jittered: int
    degenerate_queries: int
    seconds: float
    neighbors: Int64Array
    rows: Optional[Int64Array]
    n: int
    of_new_points: bool

    def __repr__(self) -> str:
        q, k = self.weights.shape
        return (f"<Weights: {q} queries, k={k}, log-determinant {self.log_determinant:g}, {self.jittered_sets} jittered "
                "sets>")

    def to_csr(self) -> CompressedRows:
        """The matrix B in compressed rows: row i has 1 in the column of query i and -b_ij in those of its neighbors.

        If the queries are all rows, and each set has only predecessors of its query, the Vecchia approximation of R is
        ``B^-1 D B^-T``, where D is the diagonal matrix of `variances`. Rows of new points have no 1: ``-B @ y`` is the
        conditional mean there, given values y at the points of the index.

        Returns
        -------
        CompressedRows
            `values`, `columns`, `offsets` and `shape`, which is (q, n). The columns of each row ascend.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5]], lengthscales=2, kernel="matern12")
        >>> B = index.weights(index.predecessors(1)).to_csr()
        >>> B.values.round(3), B.columns, B.offsets
        (array([ 1.   , -0.607,  1.   , -0.779,  1.   ]), array([0, 0, 1, 1, 2]), array([0, 1, 3, 5]))
        """
        own = np.full(len(self.weights), -1) if self.of_new_points else self.rows
        return rows_of_weights(self.neighbors, self.weights, own, self.n)

    def to_scipy(self) -> Any:
        """The matrix B as a sparse array of SciPy; see `to_csr`.

        Returns
        -------
        scipy.sparse.csr_array, shape (q, n)
            B.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5]], lengthscales=2, kernel="matern12")
        >>> index.weights(index.predecessors(1)).to_scipy().toarray().round(3).tolist()
        [[1.0, 0.0, 0.0], [-0.607, 1.0, 0.0], [0.0, -0.779, 1.0]]
        """
        return scipy_matrix(self.to_csr())

    def to_pandas(self) -> Any:
        """The weights as a frame of pandas; see `Neighbors.to_pandas`.

        Returns
        -------
        pandas.DataFrame
            One row for each neighbor, with the columns query, rank (from 0 on), neighbor and weight.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0], [1.5]], lengthscales=2, kernel="matern12")
        >>> index.weights(index.predecessors(1)).to_pandas()["weight"].round(3).tolist()
        [0.607, 0.779]
        """
        return frame_of_matrix(self.neighbors, self.rows, weight=self.weights)


@dataclass(frozen=True, eq=False)
class Covariances:
    """Residual covariances of q queries with their neighbors; see `Index.covariances`.

    Attributes
    ----------
    covariances : ndarray of float64, shape (q, k)
        R_ij, 0 in places without a neighbor.
    residual_variances : ndarray of float64, shape (q,)
        R_ii = p_i.
    """

    covariances: DoubleArray
    residual_variances: DoubleArray


@dataclass(frozen=True, eq=False)
class IndexInfo:
    """Description of an index.

    Attributes
    ----------
    n, d, m : int
        Number of points, coordinates and inducing points (or columns of V). d is 0 with a covariance function.
    degenerate_points : int
        Number of points whose residual variance is at its rounding level; their distance to every point is 1.
    bytes : int
        Memory of the index.
    build_seconds : float
        Seconds that its creation took.
    jitter : float
        The relative jitter that was used; 0 if the caller gave V.
    residual_share : ndarray of float64, shape (7,)
        Quantiles over the points of p / (p + V·V), at the levels 0, 0.01, 0.05, 0.5, 0.95, 0.99 and 1. This is the share
        of the variance that the inducing points do not explain; the nugget counts as variance.
    given_factor : int
        1 if the index was made from V and p, else 0.
    """

    n: int
    d: int
    m: int
    degenerate_points: int
    bytes: int
    build_seconds: float
    jitter: float
    residual_share: DoubleArray
    given_factor: int
