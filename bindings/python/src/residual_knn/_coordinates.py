# SPDX-License-Identifier: Apache-2.0
"""Converts points of users for the library. Longitude and latitude, if there are any, become a point on the unit sphere."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple, Union

import numpy as np

from ._arguments import described, is_single, number
from ._arrays import Numbers, column_names, in_c_order, matrix, vector
from ._errors import ArgumentTypeError, InvalidArgumentError
from ._pointers import DoubleArray

# The argument lonlat: whether the first two coordinates are longitude and latitude, or their places or names.
LonLat = Union[bool, Tuple[int, int], Tuple[str, str]]
# The argument lengthscales: one for all coordinates, one for each, or a dict or Series by the names of the columns.
Lengthscales = Union[Numbers, Mapping[Any, float]]


@dataclass(frozen=True)
class Coordinates:
    """How the points of an index are read: the number `given` of their coordinates, the places of longitude and latitude
    among them, and the names of the columns if the points came as a frame."""

    given: int
    lonlat: Optional[Tuple[int, int]] = None
    names: Optional[List[str]] = None

    @property
    def used(self) -> int:
        """The number of coordinates in the library. Longitude and latitude become three, which come first."""
        return self.given + (self.lonlat is not None)


def own_points(x: Numbers, lonlat: LonLat) -> Tuple[DoubleArray, Coordinates]:
    """The points of an index or of a helper."""
    points = matrix(x, "points")
    n, d = points.shape
    if n == 0 or d == 0:
        raise InvalidArgumentError(f"points has the shape ({n}, {d}), must have at least one row and one column")
    names = column_names(x)
    coordinates = Coordinates(d, _lonlat_places(lonlat, d, names), names)
    return _as_used(points, "points", coordinates), coordinates


def points_like(x: Numbers, name: str, coordinates: Coordinates) -> DoubleArray:
    """Inducing points or new points, in the order of their array. They may already be on the sphere, as the inducing points
    of choose_inducing are."""
    if isinstance(x, (list, tuple)) and len(x) == 0:
        return np.zeros((0, coordinates.used))
    points = matrix(x, name)
    n, d = points.shape
    if d == coordinates.given:
        _check_names(column_names(x), coordinates.names, name)
        return _as_used(points, name, coordinates)
    if d == coordinates.used:
        _check_names(column_names(x), coordinates.names, name)
        _check_sphere(points, name)
        return points
    if n == 0 and d == 0:
        return np.zeros((0, coordinates.used))
    raise InvalidArgumentError(f"{name} has {d} columns, must have {coordinates.given} as the points of the index")


def in_order_of(array: DoubleArray, other: DoubleArray) -> DoubleArray:
    """The array in the memory order of another."""
    return in_c_order(array) if other.flags.c_contiguous else np.asfortranarray(array)


def lengthscale_vector(x: Lengthscales, coordinates: Coordinates) -> DoubleArray:
    """The lengthscales, one or as many as coordinates, as a copy because an index keeps them."""
    ordered = lengthscales_by_name(x, coordinates)
    single = is_single(ordered)
    scales = np.array([number(ordered, "lengthscales")]) if single else vector(ordered, "lengthscales").copy()
    for place, scale in enumerate(scales):
        if not (math.isfinite(scale) and scale > 0):
            where = "lengthscales" if single else f"lengthscales[{place}]"
            raise InvalidArgumentError(f"{where} is {scale}, must be positive and finite")
    if len(scales) not in (1, coordinates.used):
        counts = "1" if coordinates.used == 1 else f"1 or {coordinates.used}"
        sphere = ": for x, y and z on the unit sphere, then for the other coordinates" if coordinates.lonlat else ""
        raise InvalidArgumentError(f"lengthscales has {len(scales)} values, must have {counts}{sphere}")
    return scales


def _check_names(names: Optional[List[str]], expected: Optional[List[str]], name: str) -> None:
    if names is not None and expected is not None and names != expected:
        raise InvalidArgumentError(f"{name} has the columns {_listed(names)}, must have {_listed(expected)} in this order, "
                                   "as the points of the index")


def _listed(names: List[Any]) -> str:
    return ", ".join(map(str, names))


# Rounding errors of the coordinates of points on the unit sphere are smaller.
_OFF_SPHERE = 1e-6


def _check_sphere(points: DoubleArray, name: str) -> None:
    """Checks x, y and z of points that are already on the sphere. Inducing points may lie inside, as means of points do."""
    radius = np.sqrt((points[:, :3]**2).sum(axis=1))
    is_wrong = radius > 1 + _OFF_SPHERE
    if name != "inducing":
        is_wrong |= radius < 1 - _OFF_SPHERE
    bad = np.flatnonzero(is_wrong)
    if bad.size:
        at = "at most 1" if name == "inducing" else "1"
        raise InvalidArgumentError(f"{name}[{bad[0]}] has the distance {radius[bad[0]]:g} from the center of the unit "
                                   f"sphere, must have {at}: the first three of {points.shape[1]} columns are x, y and z, and "
                                   f"points with longitude and latitude have {points.shape[1] - 1} columns")


def lengthscales_by_name(x: Lengthscales, coordinates: Coordinates) -> Any:
    """Lengthscales with labels, as in a dict or a Series, in the order of the columns. The labels 0, 1, ... in this order
    are no names."""
    if isinstance(x, Mapping):
        labels, values = list(x), [number(value, f"lengthscales[{label!r}]") for label, value in x.items()]
        order = []
    else:
        index = getattr(x, "index", None)
        if index is None or callable(index) or not hasattr(x, "to_numpy") or getattr(x, "ndim", 0) != 1:
            return x
        labels, values = list(index), vector(x, "lengthscales").tolist()
        order = list(range(len(labels)))
    names = coordinates.names if coordinates.lonlat is None else None
    if names is not None and len(set(names)) == len(names):
        texts = [str(label) for label in labels]
        if sorted(texts) == sorted(names):
            return [values[texts.index(name)] for name in names]
    if labels and labels == order:
        return values
    what = "have no names" if names is None else f"are {_listed(names)}"
    raise InvalidArgumentError(f"lengthscales has the labels {_listed(labels)}, must have those of the columns, which "
                               f"{what}; an array has no labels")


def _lonlat_places(lonlat: LonLat, d: int, names: Optional[List[str]]) -> Optional[Tuple[int, int]]:
    if isinstance(lonlat, (bool, np.bool_)):
        if not lonlat:
            return None
        if d < 2:
            raise InvalidArgumentError(f"lonlat is True, but points has {d} column")
        return 0, 1
    if not isinstance(lonlat, (tuple, list)) or len(lonlat) != 2:
        raise ArgumentTypeError(f"lonlat is {described(lonlat)}, must be True, False or two columns of points: longitude, "
                                "latitude")
    first, second = (_column_place(each, d, names) for each in lonlat)
    if first == second:
        raise InvalidArgumentError(f"lonlat is {lonlat}, must be two different columns")
    return first, second


def _column_place(column: Union[int, str], d: int, names: Optional[List[str]]) -> int:
    if isinstance(column, str):
        if names is None or column not in names:
            has = "no names of columns" if names is None else "the columns " + _listed(names)
            raise InvalidArgumentError(f"lonlat has {column!r}, points has {has}")
        return names.index(column)
    if isinstance(column, (bool, np.bool_)) or not isinstance(column, (int, np.integer)):
        raise ArgumentTypeError(f"lonlat has {described(column)}, must have numbers or names of columns")
    if not 0 <= column < d:
        raise InvalidArgumentError(f"lonlat has {column}, must have numbers of columns between 0 and {d - 1}")
    return int(column)


def _as_used(points: DoubleArray, name: str, coordinates: Coordinates) -> DoubleArray:
    """Points with longitude and latitude as x, y and z."""
    if coordinates.lonlat is None:
        return points
    lon, lat = coordinates.lonlat
    others = [column for column in range(coordinates.given) if column not in coordinates.lonlat]
    for column in others:
        _check_column(points[:, column], np.inf, name, column, "finite")
    _check_column(points[:, lon], 360, name, lon, "a longitude between -360 and 360 degrees")
    _check_column(points[:, lat], 90, name, lat, "a latitude between -90 and 90 degrees; lonlat takes the longitude first")
    longitude, latitude = (points[:, column] * (math.pi / 180) for column in coordinates.lonlat)
    result = np.empty((len(points), coordinates.used))
    cos_latitude = _elementwise(math.cos, latitude)
    result[:, 0] = cos_latitude * _elementwise(math.cos, longitude)
    result[:, 1] = cos_latitude * _elementwise(math.sin, longitude)
    result[:, 2] = _elementwise(math.sin, latitude)
    result[:, 3:] = points[:, others]
    return result


def _elementwise(function: Any, values: DoubleArray) -> DoubleArray:
    """The functions of math have the same last bits on every processor, and those of the command-line program. NumPy's
    own may differ."""
    return np.fromiter(map(function, values.tolist()), np.float64, len(values))


def _check_column(values: DoubleArray, most: float, name: str, column: int, what: str) -> None:
    bad = np.flatnonzero(~(np.isfinite(values) & (np.abs(values) <= most)))
    if bad.size:
        value = values[bad[0]]
        needed = what if np.isfinite(value) else "finite"
        raise InvalidArgumentError(f"{name}[{bad[0]}, {column}] is {value}, must be {needed}")
