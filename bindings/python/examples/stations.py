"""The nearest predecessors of twelve weather stations, in the form of the programs in examples/.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np

import residual_knn as rk

STATIONS = np.array([
    [12.4, 31.0], [78.1, 64.7], [45.0, 8.3], [91.6, 22.9], [23.7, 71.5], [56.2, 40.8],
    [5.9, 55.1], [67.3, 83.4], [34.8, 27.6], [82.5, 46.0], [49.1, 59.9], [18.0, 12.2],
])
INDUCING_POINTS = [[20.0, 25.0], [80.0, 35.0], [40.0, 70.0]]

with rk.Index(STATIONS, inducing=INDUCING_POINTS, lengthscales=[40, 25], kernel="matern52", variance=2.5, nugget=0.1) as index:
    found = index.predecessors(3)

print("query,rank,neighbor,distance")
for query, rank in np.argwhere(found.indices >= 0):
    print(f"{query},{rank},{found.indices[query, rank]},{found.distances[query, rank]:.17g}")
