# SPDX-License-Identifier: Apache-2.0
"""Calls whose type hints are checked by mypy. They do not run."""
import pathlib
from typing import Tuple

import numpy as np

import residual_knn as rk
from residual_knn.sklearn import ResidualNeighbors


def shapes_of_kneighbors(estimator: ResidualNeighbors) -> Tuple[int, ...]:
    distances, indices = estimator.kneighbors()
    more, rows = estimator.kneighbors(None, 3, True)
    return (distances.shape + indices.shape + more.shape + rows.shape + estimator.kneighbors(return_distance=False).shape
            + estimator.kneighbors(None, 3, False).shape)


def lengthscales_of_all_kinds(index: rk.Index) -> None:
    index.update(lengthscales=1).update(lengthscales=0.5).update(lengthscales=np.float64(2.0))
    index.update(lengthscales=[1, 2.5]).update(lengthscales=np.ones(2)).update(lengthscales={"x": 1.0, "y": 2})
    index.update(lengthscales=object())  # type: ignore[arg-type]


def saved_indexes(index: rk.Index, path: pathlib.Path) -> int:
    index.save(path)
    rk.save_index(index, "a.rknn", prepare=False)
    loaded: rk.Index = rk.load_index(path, mapped=True, max_bytes=10**9)
    index.save(3)  # type: ignore[arg-type]
    return loaded.n + rk.Index.load(b"a.rknn").n
