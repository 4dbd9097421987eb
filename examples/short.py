#!/usr/bin/env python3
"""A minimal complete program in Python. The library reads and writes the memory of NumPy arrays.

    LD_LIBRARY_PATH=folder-of-the-library python3 short.py

SPDX-License-Identifier: Apache-2.0
"""
import sys

import ctypes, numpy as np
knn, index, size = ctypes.CDLL("libresidual_knn.so.0"), ctypes.c_void_p(), ctypes.c_int64
d, k, rows = 2, 2, lambda values, width: np.ascontiguousarray(values, np.float64).reshape(len(values), width)
points, scale = rows([[12, 31], [78, 65], [45, 8], [92, 23], [24, 72]], d), rows([40], 1)
inducing, neighbors = rows([[20, 25], [80, 35]], d), np.empty((len(points), k), np.int64)
failed = (knn.residual_knn_index_create(points.ctypes, size(len(points)), size(d), scale.ctypes, size(len(scale)),
                                        inducing.ctypes, size(len(inducing)), None, ctypes.byref(index)) or
          knn.residual_knn_predecessors(index, None, size(len(points)), None, k, neighbors.ctypes, None, None))
print(f"failed: {failed}" if failed else "%d and %d" % tuple(neighbors[4]))

sys.exit(failed)
