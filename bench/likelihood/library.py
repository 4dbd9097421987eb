"""The functions of libresidual_knn that likelihood.py needs, called by ctypes with NumPy's own arrays.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes

import numpy as np

KMEANS = 0
MAXIMIN = 2
ABSOLUTE, SIGNED, SCALED_DISTANCE = 0, 1, 2
CONDITIONAL = 1

COVARIANCE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int64), ctypes.c_int64,
                              ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(ctypes.c_double))


class SearchOptions(ctypes.Structure):
    """The fields of residual_knn_search_options, up to the last one that is used here."""
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("layout", ctypes.c_int32),
        ("ranking", ctypes.c_int32),
        ("strategy", ctypes.c_int32),
        ("threads", ctypes.c_int32),
        ("tile_queries", ctypes.c_int64),
        ("tile_candidates", ctypes.c_int64),
        ("progress", ctypes.c_void_p),
        ("progress_user", ctypes.c_void_p),
        ("message_base", ctypes.c_int64),
        ("selection", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("residual_candidates", ctypes.c_int64),
        ("scaled_candidates", ctypes.c_int64),
        ("candidate_offsets", ctypes.c_void_p),
        ("candidate_rows", ctypes.c_void_p),
        ("candidate_rows_int32", ctypes.c_void_p),
        ("conditional_variances", ctypes.c_void_p),
    ]


class Library:
    def __init__(self, path):
        self.functions = ctypes.CDLL(path)
        self.functions.residual_knn_last_error.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        """Calls a function that returns a status. Arrays, and whole numbers as int64, are converted."""
        status = getattr(self.functions, "residual_knn_" + name)(*map(as_argument, arguments))
        if status != 0:
            raise RuntimeError(self.functions.residual_knn_last_error().decode())

    def maximin_order(self, points):
        order = np.empty(len(points), np.int64)
        self.call("order_points", points, *points.shape, np.ones(1), 1, ctypes.c_int32(MAXIMIN), None, order)
        return order

    def choose_inducing(self, points, m):
        inducing = np.empty((m, points.shape[1]))
        self.call("choose_inducing", points, *points.shape, np.ones(1), 1, ctypes.c_int32(KMEANS), m, None, inducing)
        return inducing


def as_argument(value):
    if isinstance(value, np.ndarray):
        assert value.flags.c_contiguous
        return ctypes.c_void_p(value.ctypes.data)
    return ctypes.c_int64(value) if isinstance(value, int) else value


class Index:
    """A handle of the library. `kept` must live as long as the handle."""

    def __init__(self, library, n, create, arguments, kept=None):
        self.library, self.n, self.kept = library, n, kept
        self.handle = ctypes.c_void_p()
        library.call(create, *arguments, ctypes.byref(self.handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.functions.residual_knn_index_free(self.handle)

    def predecessors(self, k, **fields):
        """Sets of all points; `fields` are those of SearchOptions."""
        options = SearchOptions()
        size = ctypes.c_size_t(ctypes.sizeof(options))
        self.library.functions.residual_knn_search_options_init(ctypes.byref(options), size)
        for name, value in fields.items():
            setattr(options, name, value.ctypes.data if isinstance(value, np.ndarray) else value)
        sets = np.empty((self.n, k), np.int64)
        self.library.call("predecessors", self.handle, None, self.n, ctypes.byref(options), ctypes.c_int32(k), sets, None,
                          None)
        return sets

    def weights(self, sets):
        """The weights b_ij in the places of the sets, and the conditional variances D_i."""
        weights, variances = np.empty(sets.shape), np.empty(self.n)
        self.library.call("weights", self.handle, None, self.n, None, ctypes.c_int32(sets.shape[1]), sets, weights,
                          variances, None)
        return weights, variances


def index_of_points(library, points):
    """An index without inducing points."""
    return Index(library, len(points), "index_create", (points, *points.shape, np.ones(1), 1, None, 0, None))


def index_of_covariance(library, v, p, covariance):
    """An index of the caller's V, p and covariance matrix."""

    def look_up(_, rows, num_rows, columns, num_columns, out):
        rows = np.ctypeslib.as_array(rows, (num_rows,))
        columns = np.ctypeslib.as_array(columns, (num_columns,))
        np.ctypeslib.as_array(out, (num_rows, num_columns))[:] = covariance[rows[:, None], columns]
        return 0

    callback = COVARIANCE(look_up)
    return Index(library, len(p), "index_create_from_callback", (v, *v.shape, p, callback, None, None), callback)
