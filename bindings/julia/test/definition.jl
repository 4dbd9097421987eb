# SPDX-License-Identifier: Apache-2.0
# Neighbors from the definition at the top of residual_knn.h, for small data.

const TOLERANCE = 1e-9

matern12(r) = exp(-r)
matern32(r) = (1 + sqrt(3) * r) * exp(-sqrt(3) * r)
matern52(r) = (1 + sqrt(5) * r + 5r^2 / 3) * exp(-sqrt(5) * r)
squared_exponential(r) = exp(-r^2 / 2)
rational_quadratic(alpha) = r -> (1 + r^2 / (2alpha))^-alpha

struct Model
    points::Matrix{Float64}
    inducing::Matrix{Float64}
    lengthscales::Vector{Float64}
    correlation::Function # of the scaled distance
    variance::Float64
    nugget::Float64
    jitter::Float64
end

function covariances(model::Model, a, b)
    return [model.variance * model.correlation(norm((a[:, i] - b[:, j]) ./ model.lengthscales))
            for i in axes(a, 2), j in axes(b, 2)]
end

# V (m x n) and p of some points.
function factor_of(model::Model, points)
    m = size(model.inducing, 2)
    kzz = covariances(model, model.inducing, model.inducing) + model.jitter * model.variance * I
    factor = m == 0 ? zeros(0, size(points, 2)) :
             cholesky(Symmetric(kzz)).L \ covariances(model, model.inducing, points)
    return factor, [model.variance + model.nugget - sum(abs2, factor[:, i]) for i in axes(points, 2)]
end

# Distances of all points of the model (rows) from the queries (columns).
function distances(model::Model, queries; signed = false)
    v, p = factor_of(model, model.points)
    w, q = factor_of(model, queries)
    rho = (covariances(model, model.points, queries) - v' * w) ./ sqrt.(p * q')
    return sqrt.(max.(0, 1 .- (signed ? rho : abs.(rho))))
end

# Whether the answer is right; candidates(j) are the candidates of query j. The order of neighbors may differ from the
# definition only if distances tie.
function agrees(answer, d, candidates)
    idxs, dists = answer
    k = size(idxs, 1)
    for j in axes(idxs, 2)
        pool = sort([(d[i, j], i) for i in candidates(j)])
        length(Set(filter(!=(0), idxs[:, j]))) == min(k, length(pool)) || return false
        for rank in 1:k
            i = idxs[rank, j]
            if rank > length(pool)
                i == 0 && dists[rank, j] == Inf || return false
            else
                i in candidates(j) && abs(dists[rank, j] - pool[rank][1]) < TOLERANCE &&
                    abs(dists[rank, j] - d[i, j]) < TOLERANCE || return false
            end
        end
    end
    return true
end

function random_model(seed; n = 300, d = 2, m = 12, correlation = matern32, nugget = 0.05)
    rng = MersenneTwister(seed)
    points = rand(rng, d, n)
    return Model(points, points[:, randperm(rng, n)[1:m]] .+ 0.01, 0.2 .+ 0.3 .* rand(rng, d), correlation, 1.7,
                 nugget, 1e-8)
end

index_of(model::Model; settings...) =
    ResidualIndex(model.points; lengthscales = model.lengthscales, inducing = model.inducing,
                  variance = model.variance, nugget = model.nugget, jitter = model.jitter, settings...)
