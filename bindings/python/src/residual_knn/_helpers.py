# SPDX-License-Identifier: Apache-2.0
"""Inducing points, and orders of points."""
from __future__ import annotations

from typing import Any, Optional

import numpy as np

from . import _c, _options
from ._arguments import choice, whole
from ._arrays import Numbers
from ._base import IndexBase
from ._calls import run
from ._coordinates import Lengthscales, LonLat, lengthscale_vector, own_points
from ._library import C
from ._pointers import DoubleArray, Int64Array
from ._progress import Progress


def layout_of(array: DoubleArray) -> _c.Layout:
    """The library's layout of a matrix."""
    return _c.Layout.POINT_MAJOR if array.flags.c_contiguous else _c.Layout.DIMENSION_MAJOR


def chosen_inducing(points: DoubleArray, m: Any, lengthscales: DoubleArray, method: str, options: _c.HelperOptions,
                    progress: Progress, name: str) -> DoubleArray:
    """Chooses inducing points for points that are already read. The result has their memory order. `name` is the name of
    the argument m."""
    n, d = points.shape
    count = whole(m, name, 0, n, ", the number of points")
    code = choice(method, _c.InducingMethod, "method")
    inducing = np.empty((count, d), order="C" if points.flags.c_contiguous else "F")
    run(lambda: C.choose_inducing(points, n, d, lengthscales, len(lengthscales), code, count, options, inducing), options,
        progress)
    return inducing


def choose_inducing(
    points: Numbers,
    m: int,
    *,
    lengthscales: Lengthscales,
    method: str = "kmeans",
    seed: int = 1,
    max_iterations: int = 10,
    lonlat: LonLat = False,
    threads: Optional[int] = None,
    progress: Progress = None,
) -> DoubleArray:
    """Choose `m` inducing points.

    Parameters
    ----------
    points : array_like, shape (n, d)
        As for `Index`.
    m : int
        Number of inducing points, at most the number of distinct points.
    lengthscales : float or array_like, shape (d,)
        As for `Index`.
    method : {"kmeans", "random_rows"}
        "kmeans": k-means++ seeding, then at most `max_iterations` Lloyd steps, with coordinates divided by
        `lengthscales`. "random_rows": points drawn at random, all at different locations.
    seed : int
        The same seed gives the same answer on every machine. The generators of Python and NumPy are not used.
    max_iterations : int
        Largest number of Lloyd steps. With 0, the result is the rows that k-means++ drew.
    lonlat : bool or pair of int or str
        As for `Index`.
    threads : int, optional
        As for `Index`.
    progress : bool or callable, optional
        As for `Index`.

    Returns
    -------
    ndarray of float64, shape (m, d)
        With `lonlat` the shape is (m, d + 1), because longitude and latitude become x, y and z. `Index` recognizes such
        points by their number of coordinates.

    Examples
    --------
    >>> import numpy as np, residual_knn as rk
    >>> points = np.random.default_rng(1).random((100, 2))
    >>> rk.choose_inducing(points, 7, lengthscales=0.2).shape
    (7, 2)
    """
    own, coordinates = own_points(points, lonlat)
    scales = lengthscale_vector(lengthscales, coordinates)
    options = _options.helper_options(layout_of(own), threads, seed, max_iterations)
    return np.ascontiguousarray(chosen_inducing(own, m, scales, method, options, progress, "m"))


def order_points(
    points: Numbers,
    ordering: str = "maximin",
    *,
    lengthscales: Lengthscales = 1.0,
    seed: int = 1,
    lonlat: LonLat = False,
    progress: Progress = None,
) -> Int64Array:
    """Order points for predecessor searches. This function uses one thread.

    Parameters
    ----------
    points : array_like, shape (n, d)
        As for `Index`.
    ordering : {"maximin", "random", "given"}
        "maximin": each point is the one farthest from all points before it, in coordinates divided by their lengthscales.
        "random": a random permutation. "given": the present order.
    lengthscales : float or array_like, shape (d,)
        As for `Index`. A common factor of all lengthscales has no effect; the default suits coordinates that have one
        scale.
    seed : int
        The seed of "random".
    lonlat : bool or pair of int or str
        As for `Index`.
    progress : bool or callable, optional
        As for `Index`.

    Returns
    -------
    ndarray of int64, shape (n,)
        A permutation of the rows: ``points[order]`` is ordered.

    Examples
    --------
    >>> import residual_knn as rk
    >>> rk.order_points([[0.0], [1.0], [1.5], [4.0]], "maximin")
    array([2, 3, 0, 1])
    """
    own, coordinates = own_points(points, lonlat)
    scales = lengthscale_vector(lengthscales, coordinates)
    options = _options.helper_options(layout_of(own), seed=seed)
    code = choice(ordering, _c.Ordering, "ordering")
    n, d = own.shape
    order = np.empty(n, np.int64)
    run(lambda: C.order_points(own, n, d, scales, len(scales), code, options, order), options, progress)
    return order


class Orders(IndexBase):
    """The method of an index that orders its points."""

    def residual_order(self, *, threads: Optional[int] = None, progress: Progress = None) -> Int64Array:
        """Order the points of the index for predecessor searches, by exact maximin in the residual distance.

        The first point is the one with the largest residual variance. Each next point is the one whose distance from the
        nearest point before it is largest. Ties go to the smaller row. Points whose computed distance from an earlier one
        is 0 come late, and degenerate points come last, both in the order of the rows. Rounding can give two points at the
        same place a distance of about 1e-8 instead of 0. Such points come late too, but not always in the order of the
        rows.

        Parameters
        ----------
        threads : int, optional
            As for `neighbors`.
        progress : bool or callable, optional
            As for `neighbors`.

        Returns
        -------
        ndarray of int64, shape (n,)
            A permutation of the rows. Inducing points do not depend on the order, so the index of the ordered points can
            have the same.

        Examples
        --------
        >>> import residual_knn as rk
        >>> rk.Index([[0.0], [1.0], [1.5], [4.0]], lengthscales=2).residual_order()
        array([0, 3, 2, 1])
        """
        options = _options.helper_options(_c.Layout.POINT_MAJOR)
        options.threads = self._threads(threads)
        order = np.empty(self.n, np.int64)
        self._run(lambda: C.index_order(self._handle.address, options, order), options, progress)
        return order
