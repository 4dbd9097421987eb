#!/usr/bin/env python3
"""Finds the nearest predecessors of twelve weather stations, in Python with NumPy and ctypes.

    python3 neighbors.py [path of libresidual_knn.so.0]

The library reads NumPy's own memory and writes into it: an array of float64 without gaps is not copied. In C
order it is point-major for the library, in Fortran order dimension-major; here the points are in Fortran
order, as they come out of a table stored by columns. Any other array of numbers is converted once.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import sys

import numpy as np

OK = 0
MATERN52 = 3
POINT_MAJOR = 0
DIMENSION_MAJOR = 1

STATIONS = np.asfortranarray([
    [12.4, 31.0], [78.1, 64.7], [45.0, 8.3], [91.6, 22.9], [23.7, 71.5], [56.2, 40.8],
    [5.9, 55.1], [67.3, 83.4], [34.8, 27.6], [82.5, 46.0], [49.1, 59.9], [18.0, 12.2],
])
INDUCING_POINTS = np.asfortranarray([[20.0, 25.0], [80.0, 35.0], [40.0, 70.0]])
LENGTHSCALES = np.array([40.0, 25.0])
VARIANCE = 2.5
NUGGET = 0.1
NUM_NEIGHBORS = 3


class ModelOptions(ctypes.Structure):
    """The fields of residual_knn_model_options in residual_knn.h."""
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("kernel", ctypes.c_int32),
        ("layout", ctypes.c_int32),
        ("variance", ctypes.c_double),
        ("nu", ctypes.c_double),
        ("alpha", ctypes.c_double),
        ("nugget", ctypes.c_double),
        ("jitter", ctypes.c_double),
        ("max_jitter", ctypes.c_double),
        ("threads", ctypes.c_int32),
        ("concurrent_callback", ctypes.c_int32),
        ("progress", ctypes.c_void_p),
        ("progress_user", ctypes.c_void_p),
        ("factor_error", ctypes.c_double),
    ]


def load_library(path):
    """Loads the library and declares the functions that this program calls."""
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        sys.exit(f"{error}\nName the file as the first argument, set LD_LIBRARY_PATH to its folder, or run ldconfig.")
    pointer, int64 = ctypes.c_void_p, ctypes.c_int64
    library.residual_knn_model_options_init.argtypes = [ctypes.POINTER(ModelOptions), ctypes.c_size_t]
    library.residual_knn_model_options_init.restype = None
    library.residual_knn_index_create.argtypes = [
        pointer, int64, int64, pointer, int64, pointer, int64,
        ctypes.POINTER(ModelOptions), ctypes.POINTER(pointer)
    ]
    library.residual_knn_index_create.restype = ctypes.c_int32
    library.residual_knn_predecessors.argtypes = [
        pointer, pointer, int64, pointer, ctypes.c_int32, pointer, pointer, pointer
    ]
    library.residual_knn_predecessors.restype = ctypes.c_int32
    library.residual_knn_index_free.argtypes = [pointer]
    library.residual_knn_index_free.restype = None
    library.residual_knn_last_error.argtypes = []
    library.residual_knn_last_error.restype = ctypes.c_char_p
    return library


def as_points(values, name):
    """A contiguous float64 matrix with a point in each row; not a copy if `values` is one already."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values")
    array = np.asarray(values)
    if not np.can_cast(array.dtype, np.float64, "same_kind"):
        raise TypeError(f"{name} holds {array.dtype}, must hold real numbers")
    if array.ndim != 2:
        raise ValueError(f"{name} has the shape {array.shape}, must have a row for each point")
    dense = array.flags.c_contiguous or array.flags.f_contiguous
    return array.astype(np.float64, order="K" if dense else "C", copy=False)


def layout_of(array):
    """The library's layout of an array from as_points()."""
    return POINT_MAJOR if array.flags.c_contiguous else DIMENSION_MAJOR


def nearest_predecessors(library, points, inducing_points, k):
    """Returns the k nearest predecessors of each point and their distances, two n x k arrays."""
    options = ModelOptions()
    library.residual_knn_model_options_init(ctypes.byref(options), ctypes.sizeof(options))
    options.kernel = MATERN52
    options.variance = VARIANCE
    options.nugget = NUGGET
    points = as_points(points, "points")
    options.layout = layout_of(points)
    inducing_points = np.asarray(as_points(inducing_points, "inducing_points"),
                                 order="C" if options.layout == POINT_MAJOR else "F")
    if inducing_points.shape[1] != points.shape[1]:
        raise ValueError(f"inducing_points has {inducing_points.shape[1]} columns, points {points.shape[1]}")
    lengthscales = np.ascontiguousarray(LENGTHSCALES, np.float64)

    def check(status):
        if status != OK:
            raise RuntimeError(library.residual_knn_last_error().decode())

    n, d = points.shape
    neighbors = np.empty((n, k), dtype=np.int64)
    distances = np.empty((n, k), dtype=np.float64)
    index = ctypes.c_void_p()
    check(
        library.residual_knn_index_create(points.ctypes.data, n, d, lengthscales.ctypes.data,
                                          lengthscales.size, inducing_points.ctypes.data,
                                          inducing_points.shape[0], ctypes.byref(options),
                                          ctypes.byref(index)))
    try:
        check(
            library.residual_knn_predecessors(index, None, n, None, k, neighbors.ctypes.data,
                                              distances.ctypes.data, None))
    finally:
        library.residual_knn_index_free(index)
    return neighbors, distances


def main():
    library = load_library(sys.argv[1] if len(sys.argv) > 1 else "libresidual_knn.so.0")
    neighbors, distances = nearest_predecessors(library, STATIONS, INDUCING_POINTS, NUM_NEIGHBORS)
    print("query,rank,neighbor,distance")
    for row in range(len(STATIONS)):
        for rank in range(NUM_NEIGHBORS):
            if neighbors[row, rank] >= 0:  # the first stations have fewer than three predecessors
                print(f"{row},{rank},{neighbors[row, rank]},{distances[row, rank]:.17g}")


if __name__ == "__main__":
    main()
