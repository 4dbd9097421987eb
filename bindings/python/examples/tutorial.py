# %% [markdown]
# # A Gaussian process by inducing points and conditioning sets
#
# A full-scale Vecchia approximation (VIF) of a Gaussian process has two parts. A few inducing points explain the large
# features; V holds their part. What they leave unexplained, the residual process with the covariance R, is approximated by
# conditioning each point on a few earlier points: B' D^-1 B stands for the inverse of R. This script goes from data to the
# likelihood and to predictions, and compares each step with the exact process of scikit-learn.
#
# It is a notebook in the percent format. `python tutorial.py FOLDER` writes its pictures to a folder.
#
# SPDX-License-Identifier: Apache-2.0

# %%
import pathlib
import sys
import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

import residual_knn as rk

PICTURES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# %% [markdown]
# ## Data
#
# 500 observations of a process with a Matérn 3/2 covariance, and 50 places where we want to know it. The lengthscales of
# the two coordinates differ.

# %%
TRUTH = {"lengthscales": [0.3, 0.1], "variance": 1.5, "nugget": 0.05}


def exact_process(model, points, values):
    """The exact process with these parameters."""
    kernel = ConstantKernel(model["variance"]) * Matern(model["lengthscales"], nu=1.5)
    return GaussianProcessRegressor(kernel, alpha=model["nugget"], optimizer=None).fit(points, values)


random = np.random.default_rng(1)
points, new_points = random.random((500, 2)), random.random((50, 2))
everything = np.vstack([points, new_points])
covariance = (ConstantKernel(TRUTH["variance"]) * Matern(TRUTH["lengthscales"], nu=1.5))(everything)
values = np.linalg.cholesky(covariance + TRUTH["nugget"] * np.eye(550)) @ random.standard_normal(550)
y, y_new = values[:500], values[500:]

# %% [markdown]
# ## Order and inducing points
#
# In the maximin order, each point is far from all points before it, so that early points spread over the whole region.
# Inducing points are chosen by k-means.

# %%
GUESS = {"lengthscales": [0.2, 0.2], "variance": 1.0, "nugget": 0.1}
order = rk.order_points(points, "maximin", lengthscales=GUESS["lengthscales"])
points, y = points[order], y[order]
inducing = rk.choose_inducing(points, 30, lengthscales=GUESS["lengthscales"])

figure, axes = plt.subplots(1, 2, figsize=(9, 4.5), sharey=True)
for ax, count in zip(axes, (30, 150)):
    ax.scatter(*points[:count].T, c=y[:count], s=15)
    ax.set_title(f"the first {count} points")
axes[0].scatter(*inducing.T, marker="+", c="0.4")
figure.savefig(PICTURES / "order.png")

# %% [markdown]
# ## Conditioning sets
#
# The index holds V and p. `predecessors` finds the conditioning sets: the earlier points with the largest residual
# correlation, or, with `selection="conditional"`, those that leave the least variance.

# %%
index = rk.Index(points, inducing=inducing, kernel="matern32", **GUESS)
sets = index.predecessors(15, selection="conditional")
print(index, sets, sep="\n")

figure, ax = plt.subplots(figsize=(6, 6))
index.plot(300, 15, predecessors=True, ax=ax)
figure.savefig(PICTURES / "neighbors.png")

# %% [markdown]
# ## The likelihood
#
# The covariance of the data is V V' + R. With B' D^-1 B for the inverse of R, only a matrix of the size of the inducing
# points must be factorized (formulas of Woodbury and Sylvester).


# %%
class Approximation:
    """The approximate process for the present hyperparameters of an index."""

    def __init__(self, index, y, sets):
        weights = index.weights(sets)
        B, scale = weights.to_scipy(), 1 / np.sqrt(weights.variances)
        self.y = y
        self.V = index.factor()[0]
        Z, u = scale[:, None] * (B @ self.V), scale * (B @ y)
        self.factor = cho_factor(np.eye(index.m) + Z.T @ Z, lower=True)
        self.coefficients = cho_solve(self.factor, Z.T @ u)
        log_determinant = weights.log_determinant + 2 * np.log(np.diag(self.factor[0])).sum()
        quadratic = u @ u - (Z.T @ u) @ self.coefficients
        self.log_likelihood = -(log_determinant + quadratic + index.n * np.log(2 * np.pi)) / 2

    def predict(self, index, new_points, V_new, sets):
        """Means and variances of new observations, each from its neighbors and the inducing points."""
        weights = index.weights(sets, queries=new_points)
        B = weights.to_scipy()  # of new points: minus the weights
        A = V_new + B @ self.V
        return A @ self.coefficients - B @ self.y, weights.variances + (A * cho_solve(self.factor, A.T).T).sum(axis=1)


exact = exact_process(GUESS, points, y)
print("log-likelihood, exact:", exact.log_marginal_likelihood_value_)
for k in (5, 15, 30):
    for selection in ("nearest", "conditional"):
        approximation = Approximation(index, y, index.predecessors(k, selection=selection))
        print(f"log-likelihood, k = {k}, {selection}:", approximation.log_likelihood)

# %% [markdown]
# ## The hyperparameters
#
# An optimizer changes the hyperparameters many times. `update` keeps the memory of the index, and `start` lets a search begin
# with the sets of the step before.

# %%
sets = index.predecessors(15)


def model_of(parameters):
    first, second, variance, nugget = np.exp(parameters).tolist()
    return {"lengthscales": [first, second], "variance": variance, "nugget": nugget}


def objective(parameters):
    global sets
    index.update(**model_of(parameters))
    sets = index.predecessors(15, start=sets)
    return -Approximation(index, y, sets).log_likelihood


start = np.log([*GUESS["lengthscales"], GUESS["variance"], GUESS["nugget"]])
fitted = minimize(objective, start, method="Nelder-Mead", options={"maxfev": 120, "xatol": 0.01, "fatol": 0.1})
MODEL = model_of(fitted.x)
print("fitted:", MODEL)
print("truth: ", TRUTH)

# %% [markdown]
# ## Predictions
#
# Each new point has its neighbors among all points. V of the new points comes from an index of them with the same inducing
# points.

# %%
index.update(**MODEL)
exact = exact_process(MODEL, points, y)
exact_mean, exact_deviation = exact.predict(new_points, return_std=True)
exact_variance = exact_deviation**2 + MODEL["nugget"]
V_new = rk.Index(new_points, inducing=inducing, kernel="matern32", **MODEL).factor()[0]


def compare(k):
    """The approximation with k neighbors beside the exact process."""
    approximation = Approximation(index, y, index.predecessors(k))
    mean, variance = approximation.predict(index, new_points, V_new, index.neighbors(k, queries=new_points))
    difference = (np.abs(mean - exact_mean) / np.sqrt(exact_variance)).max()
    print(f"k = {k}: log-likelihood {approximation.log_likelihood:.3f} (exact {exact.log_marginal_likelihood_value_:.3f}), "
          f"predictions differ by up to {difference:.2g} standard deviations")
    return approximation.log_likelihood, mean, variance, difference


for k in (5, 15, 30):
    _, mean, _, difference = compare(k)

figure, ax = plt.subplots(figsize=(5, 5))
ax.errorbar(exact_mean, y_new, 2 * np.sqrt(exact_variance), fmt=".", c="0.7", label="exact, two standard deviations")
ax.scatter(mean, y_new, s=8, zorder=3, label=f"approximation, k = {k}")
ax.set_xlabel("prediction")
ax.set_ylabel("value")
ax.legend()
figure.savefig(PICTURES / "predictions.png")

# %% [markdown]
# With all predecessors as neighbors, the approximation is the exact process. Most of them are then not informative, and the
# package would warn.

# %%
assert difference < 0.5
with warnings.catch_warnings():
    warnings.simplefilter("ignore", rk.ResidualKNNWarning)
    log_likelihood, _, variance, difference = compare(500)
assert abs(log_likelihood - exact.log_marginal_likelihood_value_) < 1e-4
assert difference < 1e-4 and np.abs(variance / exact_variance - 1).max() < 1e-4
