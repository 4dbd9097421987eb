# SPDX-License-Identifier: Apache-2.0
"""The neighbor provider for GPyTorch. Only the last test needs GPyTorch itself."""
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is absent")

import residual_knn as rk  # noqa: E402
from residual_knn.gpytorch import ResidualNNUtil  # noqa: E402

POINTS = torch.from_numpy(np.random.default_rng(110).random((60, 2)))
NEW = torch.from_numpy(np.random.default_rng(111).random((7, 2)))


def test_answers_are_those_of_an_index():
    model = {"lengthscales": 0.3, "inducing": 6, "kernel": "MaternKernel"}
    util = ResidualNNUtil(4, 2, **model)
    util.set_nn_idx(POINTS)
    index = rk.Index(POINTS.numpy(), **model)
    assert util.train_n == 60
    found = util.find_nn_idx(NEW)
    assert found.dtype == torch.int64 and np.array_equal(found, index.neighbors(4, queries=NEW.numpy()).indices)
    assert util.find_nn_idx(NEW, k=2).shape == (7, 2)
    assert np.array_equal(util.build_sequential_nn_idx(POINTS), index.predecessors(4).indices[4:])


def test_batches_and_places():
    util = ResidualNNUtil(3, dim=2, batch_shape=torch.Size([2]), preferred_nnlib="faiss", device="cpu", lengthscales=0.3)
    batch = torch.stack([POINTS, POINTS.flip(0)]).float()
    util.set_nn_idx(batch)
    assert util.find_nn_idx(batch[:, :5]).shape == (2, 5, 3)
    assert util.build_sequential_nn_idx(batch).shape == (2, 57, 3)
    assert util.find_nn_idx(batch, k=1)[..., 0].tolist() == [list(range(60))] * 2
    # An inducing point at the place of a training point.
    util = ResidualNNUtil(3, 2, lengthscales=0.3, inducing=POINTS[:9].numpy(), jitter=0.0)
    util.set_nn_idx(POINTS)
    found = util.find_nn_idx(POINTS)
    assert found[:, 0].tolist() == list(range(60)) and all(len(set(row)) == 3 for row in found.tolist())
    assert util.to("cpu") is util and util.cpu() is util


def test_wrong_arguments():
    for wrong in ({"k": 0}, {"batch_shape": (2,)}, {"nugget": 0.1}):
        with pytest.raises((ValueError, TypeError)):
            ResidualNNUtil(**{"k": 3, "dim": 2, **wrong})
    util = ResidualNNUtil(3, 2)
    with pytest.raises(ValueError, match="set_nn_idx"):
        util.find_nn_idx(NEW)
    util.set_nn_idx(POINTS)
    for wrong in (0, 61):
        with pytest.raises(ValueError, match="^k is"):
            util.find_nn_idx(NEW, k=wrong)
    with pytest.raises(ValueError, match="coordinates"):
        util.find_nn_idx(NEW[:, :1])
    with pytest.raises(ValueError, match="less than the number of points"):
        util.build_sequential_nn_idx(POINTS[:3])


@pytest.mark.filterwarnings("ignore")
def test_a_process_of_gpytorch():
    gpytorch = pytest.importorskip("gpytorch", reason="GPyTorch is absent")
    from gpytorch.utils.nearest_neighbors import NNUtil

    class Model(gpytorch.models.ApproximateGP):
        def __init__(self, points):
            distribution = gpytorch.variational.MeanFieldVariationalDistribution(len(points))
            super().__init__(gpytorch.variational.NNVariationalStrategy(self, points, distribution, k=5,
                                                                        training_batch_size=30))
            self.mean_module = gpytorch.means.ZeroMean()
            self.covar_module = gpytorch.kernels.ScaleKernel(gpytorch.kernels.MaternKernel(nu=1.5))
            self.covar_module.base_kernel.lengthscale = 0.3

        def __call__(self, x, prior=False, **more):
            return self.variational_strategy(x=x, prior=prior, **more)

        def forward(self, x):
            return gpytorch.distributions.MultivariateNormal(self.mean_module(x), self.covar_module(x))

    torch.manual_seed(1)
    points = POINTS.float()
    model = Model(points)
    strategy = model.variational_strategy
    theirs = strategy.nn_xinduce_idx.clone()
    theirs_new = strategy.nn_util.find_nn_idx(NEW.float())
    assert isinstance(strategy.nn_util, NNUtil)
    strategy.nn_util = ResidualNNUtil(strategy.k, dim=strategy.D, batch_shape=strategy._inducing_batch_shape,
                                      device=points.device)
    strategy._compute_nn()
    # Without inducing points of the search, the neighbors are the nearest.
    assert torch.equal(strategy.nn_xinduce_idx, theirs)
    assert torch.equal(strategy.nn_util.find_nn_idx(NEW.float()), theirs_new)
    strategy.nn_util = ResidualNNUtil(strategy.k, strategy.D, lengthscales=0.3, inducing=8, kernel="MaternKernel", nu=1.5)
    strategy._compute_nn()
    assert not torch.equal(strategy.nn_xinduce_idx, theirs)
    likelihood = gpytorch.likelihoods.GaussianLikelihood()
    y = torch.sin(6 * points[:, 0])
    objective = gpytorch.mlls.VariationalELBO(likelihood, model, num_data=60)
    optimizer = torch.optim.Adam([*model.parameters(), *likelihood.parameters()], lr=0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        output = model(None)
        loss = -objective(output, y[strategy.current_training_indices])
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    model.eval()
    assert torch.isfinite(model(NEW.float()).mean).all()
