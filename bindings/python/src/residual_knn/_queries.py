# SPDX-License-Identifier: Apache-2.0
"""The queries of a call: rows of the index, new points, or new points with V and p."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Optional

from ._arrays import Numbers, Rows, in_c_order, matrix, row_numbers, vector
from ._base import FROM_CALLBACK, FROM_INDUCING, IndexBase
from ._coordinates import points_like
from ._errors import InvalidArgumentError, UnsupportedError
from ._pointers import DoubleArray, Int64Array

Call = Callable[..., int]


@dataclass(frozen=True)
class Queries:
    """The queries of one call. Without new points, `rows` are row numbers, or None for all rows."""

    count: int
    rows: Optional[Int64Array] = None
    points: Optional[DoubleArray] = None
    factor: Optional[DoubleArray] = None
    residual_variance: Optional[DoubleArray] = None

    @property
    def are_new(self) -> bool:
        return self.points is not None or self.residual_variance is not None

    @property
    def kind(self) -> str:
        """What a result says of them, if the answer is among all points."""
        return "new points" if self.are_new else "neighbors"

    def call(self, index: IndexBase, of_rows: Call, of_points: Call, of_factor: Call, *rest: Any) -> int:
        """Calls the function of the library for this kind of queries; `rest` are the arguments after the queries."""
        address = index._handle.address
        if self.residual_variance is not None:
            return of_factor(address, self.factor, self.residual_variance, self.points, self.count, *rest)
        if self.points is not None:
            return of_points(address, self.points, self.count, *rest)
        return of_rows(address, self.rows, self.count, *rest)


def read_queries(index: IndexBase, rows: Optional[Rows], queries: Optional[Numbers], query_factor: Optional[Numbers],
                 query_residual_variance: Optional[Numbers]) -> Queries:
    """The queries that these arguments of a call describe; all rows without any of them."""
    has_factor = query_factor is not None or query_residual_variance is not None
    if queries is None and not has_factor:
        return read_rows(index, rows)
    if rows is not None:
        raise InvalidArgumentError("rows must be None if there are new points")
    if has_factor and index._source == FROM_INDUCING:
        raise UnsupportedError("query_factor and query_residual_variance must be None: the index computes V and p of new "
                               "points itself")
    if not has_factor and index._source != FROM_INDUCING:
        raise UnsupportedError("the index was made from V and p, so new points need query_factor and "
                               "query_residual_variance")
    if not has_factor:
        assert queries is not None
        points = in_c_order(points_like(queries, "queries", index._coordinates))
        return Queries(len(points), points=points)
    return _read_factor(index, queries, query_factor, query_residual_variance)


def read_rows(index: IndexBase, rows: Optional[Rows]) -> Queries:
    """Rows of the index as queries; None for all."""
    if rows is None:
        return Queries(index.n)
    numbers = row_numbers(rows, index.n)
    return Queries(len(numbers), rows=numbers)


def _read_factor(index: IndexBase, queries: Optional[Numbers], query_factor: Optional[Numbers],
                 query_residual_variance: Optional[Numbers]) -> Queries:
    if query_residual_variance is None:
        raise InvalidArgumentError("query_factor needs query_residual_variance")
    variance = vector(query_residual_variance, "query_residual_variance")
    count = len(variance)
    points = None
    if index._source == FROM_CALLBACK:
        if queries is not None:
            raise InvalidArgumentError("queries must be None: an index with a covariance function has no points")
    else:
        if queries is None:
            raise InvalidArgumentError("queries is None, must be the new points")
        points = in_c_order(points_like(queries, "queries", index._coordinates))
        _check_count(len(points), "queries", count)
    factor = None
    if query_factor is not None:
        factor = in_c_order(matrix(query_factor, "query_factor"))
        _check_count(len(factor), "query_factor", count)
    columns = 0 if factor is None else factor.shape[1]
    if columns != index.m:
        raise InvalidArgumentError(f"query_factor has {columns} columns, must have {index.m} as V of the index")
    return Queries(count, points=points, factor=factor, residual_variance=variance)


def _check_count(found: int, name: str, needed: int) -> None:
    if found != needed:
        raise InvalidArgumentError(f"{name} has {found} rows, must have {needed} as query_residual_variance")
