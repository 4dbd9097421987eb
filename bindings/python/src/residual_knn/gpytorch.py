# SPDX-License-Identifier: Apache-2.0
"""Neighbors in residual correlation for the variational nearest-neighbor process (VNNGP) of GPyTorch."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

import numpy as np
import torch

from ._arguments import count_of_neighbors
from ._arrays import Numbers
from ._coordinates import Lengthscales
from ._errors import ArgumentTypeError, InvalidArgumentError
from ._index import Index
from ._pointers import DoubleArray, Int64Array


class ResidualNNUtil(torch.nn.Module):
    """Finds neighbors for `gpytorch.variational.NNVariationalStrategy`, in place of `gpytorch.utils.nearest_neighbors.NNUtil`.

    It has the constructor and the methods of that class. Searches run on the processor; tensors on a GPU are copied to main
    memory and the answers back.

    Parameters
    ----------
    k : int
        Number of neighbors.
    dim : int
        Number of coordinates.
    batch_shape : torch.Size
        Batch shape of the points.
    preferred_nnlib : str
        Ignored.
    device : torch.device or str
        Ignored: the answers are on the device of the points.
    lengthscales, inducing, **model
        As for `residual_knn.Index`, but without a nugget, so that a point at the place of a training point has it as its
        nearest. With the default, without inducing points, the neighbors are the nearest points.

    Examples
    --------
    After a strategy is made, and again when the hyperparameters have changed::

        strategy.nn_util = ResidualNNUtil(strategy.k, strategy.D, lengthscales=0.2, inducing=100, kernel="MaternKernel")
        strategy._compute_nn()

    >>> import torch
    >>> from residual_knn.gpytorch import ResidualNNUtil
    >>> points = torch.rand(50, 2)
    >>> util = ResidualNNUtil(3, dim=2, lengthscales=0.3, inducing=5)
    >>> util.set_nn_idx(points)
    >>> util.find_nn_idx(points[:4]).shape, util.build_sequential_nn_idx(points).shape
    (torch.Size([4, 3]), torch.Size([47, 3]))
    """

    def __init__(self, k: int, dim: int, batch_shape: torch.Size = torch.Size([]), preferred_nnlib: str = "faiss",
                 device: Any = "cpu", *, lengthscales: Lengthscales = 1.0,
                 inducing: Optional[Union[Numbers, int]] = None, **model: Any) -> None:
        super().__init__()
        k = count_of_neighbors(k)
        if not isinstance(batch_shape, torch.Size):
            raise ArgumentTypeError(f"batch_shape is {batch_shape}, must be a torch.Size")
        if "nugget" in model:
            raise InvalidArgumentError("nugget must not be given: a point has the training point at its place as its nearest")
        self.k = k
        self.dim = dim
        self.batch_shape = batch_shape
        self.train_n: Optional[int] = None
        self._model: Dict[str, Any] = {"lengthscales": lengthscales, "inducing": inducing, **model}
        self._indexes: List[Index] = []

    def set_nn_idx(self, train_x: Any) -> None:
        """Make the indexes of the points, of shape (..., n, d). Needed whenever the points change."""
        batches = self._batches(train_x)
        self._indexes = [self._index(points) for points in batches]
        self.train_n = len(batches[0])

    def find_nn_idx(self, test_x: Any, k: Optional[int] = None) -> Any:
        """The k nearest of the points for each new point of shape (..., q, d), as a tensor of shape (..., q, k)."""
        count = self.k if k is None else k
        if self.train_n is None:
            raise InvalidArgumentError("there are no points yet: call set_nn_idx first")
        if not 1 <= count <= self.train_n:
            raise InvalidArgumentError(f"k is {count}, must be between 1 and the number of points, {self.train_n}")
        found = [_with_coincident(index, points, count) for index, points in zip(self._indexes, self._batches(test_x))]
        return self._tensor(found, test_x)

    def build_sequential_nn_idx(self, x: Any) -> Any:
        """The k nearest predecessors of each point from row k on, as a tensor of shape (..., n - k, k)."""
        batches = self._batches(x)
        n = len(batches[0])
        if self.k >= n:
            raise InvalidArgumentError(f"k is {self.k}, must be less than the number of points, {n}")
        found = []
        for points in batches:
            with self._index(points) as index:
                found.append(index.predecessors(self.k, rows=range(self.k, n)).indices)
        return self._tensor(found, x)

    def to(self, *arguments: Any, **more: Any) -> ResidualNNUtil:
        """Does nothing: the answers are on the device of the points."""
        return self

    def cuda(self, device: Any = None) -> ResidualNNUtil:
        """Does nothing, as `to`."""
        return self

    def cpu(self) -> ResidualNNUtil:
        """Does nothing, as `to`."""
        return self

    def _index(self, points: DoubleArray) -> Index:
        return Index(points, **self._model)

    def _batches(self, x: Any) -> List[DoubleArray]:
        """The points of each batch as a matrix."""
        array = x.detach().cpu().double().numpy()
        if array.ndim == 1:
            array = array[:, None]
        if array.shape[:-2] != tuple(self.batch_shape) or array.shape[-1] != self.dim:
            raise InvalidArgumentError(f"x has the shape {tuple(array.shape)}, must have the batch shape "
                                       f"{tuple(self.batch_shape)} and {self.dim} coordinates")
        return list(array.reshape(-1, *array.shape[-2:]))

    def _tensor(self, found: List[Int64Array], like: Any) -> Any:
        rows = np.stack(found).reshape(*self.batch_shape, *found[0].shape)
        return torch.from_numpy(rows).to(like.device)


def _with_coincident(index: Index, points: DoubleArray, k: int) -> Int64Array:
    """The k nearest of each new point. If a point of the index is at the same place, it comes first: it may be an inducing
    point, whose correlations are undefined."""
    rows = index.neighbors(k, queries=points).indices
    nearest = index.neighbors(1, queries=points, ranking="scaled_distance")
    for query in np.flatnonzero(nearest.distances[:, 0] == 0):
        same = nearest.indices[query, 0]
        rows[query] = np.concatenate([[same], rows[query][rows[query] != same]])[:k]
    return rows
