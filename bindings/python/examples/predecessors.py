import numpy as np
import residual_knn as rk
points = np.random.default_rng(1).random((10_000, 2))   # each row is a point
points = points[rk.order_points(points, "maximin")]
inducing = rk.choose_inducing(points, 100, lengthscales=0.2)
index = rk.Index(points, inducing=inducing, kernel="matern52", lengthscales=0.2, nugget=0.01)
found = index.predecessors(10)                          # the conditioning sets of a Vecchia approximation
print("the last point is conditioned on", found.indices[-1])
