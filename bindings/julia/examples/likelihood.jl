# The log-likelihood and the predictions of a Gaussian process, by inducing points and a Vecchia approximation of the
# residual process (VIF), beside the exact ones. With all predecessors as neighbors, both are the same.
#
# SPDX-License-Identifier: Apache-2.0
using LinearAlgebra, Random, ResidualKNN, SparseArrays

const MODEL = (lengthscales = [0.3, 0.2], kernel = :matern32, variance = 1.5, nugget = 0.1)

# The covariance of the values is V V' + R, and B' D^-1 B approximates the inverse of R. A matrix of size m is left, by
# the formulas of Woodbury and Sylvester.
function fit(index, y, sets)
    w = vecchia_weights(index, sets)
    B = sparse(vecchia_triplets(w)...)
    V = residual_factor(index)[1]'
    Z, u = B * V ./ sqrt.(w.variances), B * y ./ sqrt.(w.variances)
    M = cholesky(Symmetric(I + Z' * Z))
    g = M.L \ (Z' * u)
    log_likelihood = -(w.log_determinant + logdet(M) + dot(u, u) - dot(g, g) + index.n * log(2π)) / 2
    return (log_likelihood = log_likelihood, y = y, V = V, M = M, coefficients = M.U \ g)
end

# Means and variances of new values, whose factor is `V_new`. Each is predicted by its neighbors and the inducing points.
function predict(index, fitted, new_points, V_new, sets)
    w = vecchia_weights(index, new_points, sets)
    B = sparse(vecchia_triplets(w)...)
    A = B * [fitted.V; V_new]
    means = A * fitted.coefficients - B * [fitted.y; zeros(size(V_new, 1))]
    return means, w.variances + vec(sum(abs2, fitted.M.L \ A', dims = 1))
end

# The exact process, with dense matrices.
function covariance(a, b)
    r = [sqrt(3) * norm((a[:, i] - b[:, j]) ./ MODEL.lengthscales) for i in axes(a, 2), j in axes(b, 2)]
    return MODEL.variance .* (1 .+ r) .* exp.(-r)
end

random = MersenneTwister(1)
points, new_points = rand(random, 2, 400), rand(random, 2, 30)
points = points[:, order_points(points; lengthscales = MODEL.lengthscales)]
exact = cholesky(Symmetric(covariance(points, points) + MODEL.nugget * I))
y = exact.L * randn(random, 400)
exact_log_likelihood = -(logdet(exact) + sum(abs2, exact.L \ y) + 400 * log(2π)) / 2
exact_means = covariance(new_points, points) * (exact \ y)

inducing = choose_inducing(points, 20; lengthscales = MODEL.lengthscales)
index = ResidualIndex(points; inducing = inducing, MODEL...)
V_new = residual_factor(ResidualIndex(new_points; inducing = inducing, MODEL...))[1]'
println("exact: log-likelihood ", exact_log_likelihood)
for (k, selection) in ((5, :nearest), (5, :conditional), (20, :conditional), (400, :nearest))
    fitted = fit(index, y, predecessors(index, k; selection = selection))
    means, variances = predict(index, fitted, new_points, V_new, knn(index, new_points, k; selection = selection))
    difference = maximum(abs.(means - exact_means) ./ sqrt.(variances))
    println("k = ", k, ", ", selection, ": log-likelihood ", fitted.log_likelihood, ", predictions differ by up to ",
            difference, " standard deviations")
    k < 400 && continue
    isapprox(fitted.log_likelihood, exact_log_likelihood; rtol = 1e-8) && difference < 1e-6 ||
        error("with all neighbors, the approximation is not the exact process")
end
