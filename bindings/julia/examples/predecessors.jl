using ResidualKNN
points = rand(2, 10_000)                    # each column is a point
points = points[:, order_points(points; lengthscales = 0.2)]
inducing = choose_inducing(points, 100; lengthscales = 0.2)
index = ResidualIndex(points; lengthscales = 0.2, inducing = inducing, kernel = :matern52, nugget = 0.01)
idxs, dists = predecessors(index, 10)       # 10 x 10,000 each, the conditioning sets of a Vecchia approximation
println("point 10,000 is conditioned on ", idxs[:, end])
