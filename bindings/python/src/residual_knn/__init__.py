# SPDX-License-Identifier: Apache-2.0
"""Exact k nearest neighbors under the residual-correlation distance of Gaussian-process approximations (Vecchia, VIF).

Points are rows of a matrix, row numbers count from 0, and -1 stands for no neighbor.

>>> import numpy as np
>>> import residual_knn as rk
>>> points = np.random.default_rng(1).random((1000, 2))
>>> index = rk.Index(points, inducing=50, lengthscales=0.2, nugget=0.01)
>>> found = index.predecessors(10)
>>> found.indices.shape, found.distances.shape
((1000, 10), (1000, 10))

`Index` has everything: `neighbors`, `predecessors`, `neighbors_to`, `predecessors_to`, `neighbors_above`,
`predecessors_above`, `group_neighbors`, `group_predecessors`, `weights`, `covariances`, `covariance_blocks`,
`residual_order`, `update`, `factor`, `info`, `save` and `close`. `load_index` makes an index from a file. `choose_inducing`
and `order_points` prepare points. The modules `sklearn` and `gpytorch` are loaded on first use.
"""
import importlib as _importlib
from typing import Any as _Any

from ._arguments import RankingName, ResidualRankingName, SelectionName, SinkOrderName, StrategyName
from ._arrays import Numbers, Rows, SupportsDLPack
from ._c import VERSION as __version__
from ._callbacks import CovarianceFunction
from ._errors import (
    ArgumentTypeError,
    CallbackError,
    CancelledError,
    CorruptIndexError,
    FileError,
    IndexInUseError,
    InternalError,
    InvalidArgumentError,
    NotAnIndexError,
    NotPositiveDefiniteError,
    OtherTargetError,
    OutOfMemoryError,
    ResidualKNNError,
    ResidualKNNWarning,
    TooNewError,
    UnsupportedError,
)
from ._helpers import choose_inducing, order_points
from ._index import Index, load_index, save_index
from ._library import LibraryInfo, library
from ._results import Covariances, IndexInfo, Neighbors, Pairs, Statistics, Weights
from ._sparse import CompressedRows
from ._streams import SinkFunction

_BRIDGES = ("gpytorch", "sklearn")


def __getattr__(name: str) -> _Any:
    """The modules that need other packages."""
    if name in _BRIDGES:
        return _importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ArgumentTypeError",
    "CallbackError",
    "CancelledError",
    "CompressedRows",
    "CorruptIndexError",
    "CovarianceFunction",
    "Covariances",
    "FileError",
    "Index",
    "IndexInUseError",
    "IndexInfo",
    "InternalError",
    "InvalidArgumentError",
    "LibraryInfo",
    "Neighbors",
    "NotAnIndexError",
    "NotPositiveDefiniteError",
    "Numbers",
    "OtherTargetError",
    "OutOfMemoryError",
    "Pairs",
    "RankingName",
    "ResidualKNNError",
    "ResidualKNNWarning",
    "ResidualRankingName",
    "Rows",
    "SelectionName",
    "SinkFunction",
    "SinkOrderName",
    "Statistics",
    "StrategyName",
    "SupportsDLPack",
    "TooNewError",
    "UnsupportedError",
    "Weights",
    "__version__",
    "choose_inducing",
    "library",
    "load_index",
    "order_points",
    "save_index",
]
