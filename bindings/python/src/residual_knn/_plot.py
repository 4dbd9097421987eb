# SPDX-License-Identifier: Apache-2.0
"""A plot of the neighbors of one point."""
from __future__ import annotations

import importlib
import math
from typing import Any, List, Optional, Sequence, SupportsIndex, Union

import numpy as np

from . import _c
from ._arguments import described, whole
from ._arrays import matrix
from ._base import FROM_CALLBACK, IndexBase
from ._errors import ArgumentTypeError, InvalidArgumentError, UnsupportedError, check
from ._library import C
from ._pointers import DoubleArray, Int64Array
from ._results import Neighbors


class Plots(IndexBase):
    """The method of an index that draws."""

    def plot(
        self,
        target: SupportsIndex,
        k: SupportsIndex = 10,
        *,
        predecessors: bool = False,
        dims: Optional[Sequence[Union[int, str]]] = None,
        legend: bool = True,
        ax: Any = None,
    ) -> Any:
        """Draw the points, and the neighbors of one of them in residual correlation and in scaled distance.

        Needs matplotlib.

        Parameters
        ----------
        target : int
            Row number of the point.
        k : int
            Number of neighbors of both kinds.
        predecessors : bool
            Whether only predecessors of the point are candidates.
        dims : sequence of one or two int or str, optional
            Numbers or names of the columns of `points` that are drawn; default: the first two. They are the columns of the
            caller: longitude and latitude in degrees. The object that was given as `points` is read again, so it must not
            have changed. The index keeps a reference to it until it is closed.
        legend : bool
            Whether to draw a legend.
        ax : matplotlib.axes.Axes, optional
            Where to draw; default: new axes.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> import numpy as np, residual_knn as rk
        >>> index = rk.Index(np.random.default_rng(1).random((200, 2)), inducing=20, lengthscales=0.3)
        >>> axes = index.plot(17, predecessors=True)
        >>> axes.get_xlabel()
        'x0'
        """
        with self._handle.shared():  # an error if it is closed
            given = self._given_points
            if self._source == FROM_CALLBACK:
                raise UnsupportedError("the index has no points to plot")
            if given is None:  # from a file
                given = self._in_columns(self._points())
        row = whole(target, "target", 0, self.n - 1)
        points = matrix(given, "points")
        if points.shape != (self.n, self._coordinates.given):
            raise InvalidArgumentError(f"points has the shape {points.shape} now, must have the shape "
                                       f"{(self.n, self._coordinates.given)} as before, because plot() reads it again")
        shown = _dims(dims, points.shape[1], self._coordinates.names)
        if ax is not None and not hasattr(ax, "scatter"):
            raise ArgumentTypeError(f"ax is {described(ax)}, must be axes of matplotlib")
        residual = self._rows_near(row, k, predecessors, "absolute")
        scaled = self._rows_near(row, k, predecessors, "scaled_distance")
        if ax is None:
            ax = importlib.import_module("matplotlib.pyplot").subplots()[1]
        _scatter(ax, points, shown, marker=".", s=8, c="0.7")
        if self._inducing is not None:
            inducing = self._in_columns(self._inducing)
            _scatter(ax, inducing, shown, marker="+", s=30, c="0.4", label="inducing point")
        layers = (
            (np.setdiff1d(scaled, residual), {"label": "scaled distance only", "marker": "o", "s": 50, "facecolors": "none",
                                              "edgecolors": "darkorange"}),
            (np.intersect1d(residual, scaled), {"label": "neighbor in both", "marker": "o", "s": 35, "c": "steelblue"}),
            (np.setdiff1d(residual, scaled), {"label": "residual only", "marker": "^", "s": 40, "c": "blue"}),
            (np.array([row]), {"label": "target", "marker": "o", "s": 60, "c": "magenta"}),
        )
        for rows, style in layers:
            if len(rows):
                _scatter(ax, points[rows], shown, **style)
        self._label(ax, points, shown)
        if legend:
            ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=3, fontsize="small")
        return ax

    def _rows_near(self, target: int, k: SupportsIndex, predecessors: bool, ranking: str) -> Int64Array:
        search: Any = getattr(self, "predecessors" if predecessors else "neighbors")
        found: Neighbors = search(k, rows=[target], ranking=ranking)
        return found.indices[found.indices >= 0]

    def _in_columns(self, points: DoubleArray) -> DoubleArray:
        """Points of the library in the columns of the caller."""
        if self._coordinates.lonlat is None:
            return points
        lon, lat = self._coordinates.lonlat
        result = np.empty((len(points), self._coordinates.given))
        result[:, lon] = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
        result[:, lat] = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
        result[:, [c for c in range(result.shape[1]) if c not in (lon, lat)]] = points[:, 3:]
        return result

    def _points(self) -> DoubleArray:
        """The points of the library."""
        points = np.empty((self.n, self.d))
        check(C.index_points(self._handle.address, _c.Layout.POINT_MAJOR, points, None))
        return points

    def _label(self, ax: Any, points: DoubleArray, dims: List[int]) -> None:
        names = self._coordinates.names or [f"x{column}" for column in range(points.shape[1])]
        ax.set_xlabel(names[dims[0]])
        if len(dims) == 2:
            ax.set_ylabel(names[dims[1]])
            aspect = self._aspect(points, dims[0], dims[1])
            if aspect is not None:
                ax.set_aspect(aspect)
        else:
            ax.set_yticks([])

    def _aspect(self, points: DoubleArray, first: int, second: int) -> Optional[float]:
        """The ratio of the scales of the axes. For longitude and latitude, it is right at the middle of the map. For other
        coordinates, it is 1 if they have the same lengthscale, and free otherwise."""
        if self._coordinates.lonlat is not None:
            lon, lat = self._coordinates.lonlat
            if {first, second} != {lon, lat}:
                return None
            middle = (points[:, lat].min() + points[:, lat].max()) / 2
            # The limit avoids the poles, where such a map is not possible.
            ratio = 1 / max(math.cos(math.radians(middle)), 0.05)
            return ratio if first == lon else 1 / ratio
        scales = np.broadcast_to(self._lengthscales, self.d)
        return 1.0 if scales[first] == scales[second] else None


def _dims(dims: Optional[Sequence[Union[int, str]]], columns: int, names: Optional[List[str]]) -> List[int]:
    if dims is None:
        return list(range(min(2, columns)))
    if isinstance(dims, (str, bytes)) or not np.iterable(dims):
        raise ArgumentTypeError(f"dims is {described(dims)}, must be one or two columns of points")
    found = [names.index(dim) if isinstance(dim, str) and names is not None and dim in names else
             whole(dim, "dims", 0, columns - 1) for dim in dims]
    if len(found) not in (1, 2):
        raise InvalidArgumentError(f"dims has {len(found)} values, must have 1 or 2")
    return found


def _scatter(ax: Any, places: DoubleArray, dims: List[int], **style: Any) -> None:
    y = places[:, dims[1]] if len(dims) == 2 else np.zeros(len(places))
    ax.scatter(places[:, dims[0]], y, **style)
