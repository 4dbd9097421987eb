#!/usr/bin/env python3
"""The shortest whole use from Python: NumPy's memory goes in and comes back as it is.

    LD_LIBRARY_PATH=folder-of-the-library python3 short.py

SPDX-License-Identifier: Apache-2.0
"""
import ctypes, sys
import numpy as np

points, scale = np.array([[12.0, 31], [78, 65], [45, 8], [92, 23], [24, 72]]), np.array([40.0])
inducing, neighbors = np.array([[20.0, 25], [80, 35]]), np.empty((5, 2), np.int64)
knn, index, size = ctypes.CDLL("libresidual_knn.so.0"), ctypes.c_void_p(), ctypes.c_int64
at = lambda array: ctypes.c_void_p(array.ctypes.data)
failed = (knn.residual_knn_index_create(at(points), size(5), size(2), at(scale), size(1),
                                        at(inducing), size(2), None, ctypes.byref(index))
          or knn.residual_knn_predecessors(index, None, size(5), None, 2, at(neighbors), None, None))
print(f"failed: {failed}" if failed else "%d and %d" % tuple(neighbors[4]))

sys.exit(failed)
