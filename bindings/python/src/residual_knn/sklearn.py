# SPDX-License-Identifier: Apache-2.0
"""Neighbors in residual correlation as an estimator of scikit-learn."""
from __future__ import annotations

import os
from typing import Any, Dict, Literal, Optional, SupportsIndex, Tuple, Union, overload

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ._arguments import INT32_MOST, UINT64_MOST, RankingName, StrategyName, is_single, whole
from ._arrays import Numbers
from ._coordinates import Coordinates, Lengthscales, lengthscale_vector, points_like
from ._errors import InvalidArgumentError
from ._index import Index
from ._kernels import KernelName
from ._pointers import DoubleArray, Int64Array
from ._sparse import CompressedRows, scipy_matrix

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6

    def validate_data(estimator: Any, X: Any, **arguments: Any) -> Any:
        return estimator._validate_data(X, **arguments)


GraphMode = Literal["connectivity", "distance"]


class ResidualNeighbors(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Unsupervised search for neighbors by residual correlation, with the methods of `sklearn.neighbors.NearestNeighbors`
    and of `sklearn.neighbors.KNeighborsTransformer`.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbors that `kneighbors` finds if it is not told another.
    lengthscales, inducing, kernel, variance, nugget, jitter, nu, alpha
        As for `residual_knn.Index`. An `inducing` that is a number is reduced to the number of points.
    ranking, strategy
        As for `residual_knn.Index.neighbors`.
    random_state : int, RandomState or None
        The seed with which inducing points are chosen, or a generator from which it is drawn. None means 1.
    n_jobs : int, optional
        Number of threads. None and -1 mean one for each available processor, -2 all but one of them.
    mode : {"distance", "connectivity"}
        The values of the graphs of `transform` and `fit_transform`, as for `sklearn.neighbors.KNeighborsTransformer`.

    Notes
    -----
    With a nugget, or near inducing points, a training point that is given to `kneighbors` or `transform` as a new point need
    not be its own nearest neighbor: its residual correlation with the training point is less than 1. In the graph of
    `fit_transform`, each point is its own neighbor, at the distance 0. That graph is the one for estimators of scikit-learn
    with ``metric="precomputed"``, for example in a pipeline.

    Attributes
    ----------
    index_ : residual_knn.Index
        The index of the points. A pickled estimator makes it again when it is loaded, with the parameters of the fit.
    n_samples_fit_ : int
        Number of points.

    Examples
    --------
    >>> import numpy as np
    >>> from residual_knn.sklearn import ResidualNeighbors
    >>> points = np.random.default_rng(1).random((100, 2))
    >>> distances, indices = ResidualNeighbors(3, lengthscales=0.2, inducing=10).fit(points).kneighbors(points[:5] + 0.01)
    >>> indices.shape
    (5, 3)
    >>> from sklearn.cluster import DBSCAN
    >>> graph = ResidualNeighbors(10, lengthscales=0.2).fit_transform(points)
    >>> len(DBSCAN(eps=0.2, metric="precomputed").fit_predict(graph))
    100
    """

    def __init__(
        self,
        n_neighbors: SupportsIndex = 5,
        *,
        lengthscales: Lengthscales = 1.0,
        inducing: Optional[Union[Numbers, int]] = None,
        kernel: KernelName = "matern32",
        variance: float = 1.0,
        nugget: float = 0.0,
        jitter: float = 1e-8,
        nu: Optional[float] = None,
        alpha: Optional[float] = None,
        ranking: RankingName = "absolute",
        strategy: StrategyName = "automatic",
        random_state: Union[int, np.random.RandomState, None] = 1,
        n_jobs: Optional[int] = None,
        mode: GraphMode = "distance",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.lengthscales = lengthscales
        self.inducing = inducing
        self.kernel = kernel
        self.variance = variance
        self.nugget = nugget
        self.jitter = jitter
        self.nu = nu
        self.alpha = alpha
        self.ranking = ranking
        self.strategy = strategy
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.mode = mode

    def fit(self, X: Any, y: Any = None) -> ResidualNeighbors:
        """Make the index of the points.

        Parameters
        ----------
        X : array_like, shape (n, d)
            The points.
        y : ignored

        Returns
        -------
        ResidualNeighbors
            This estimator.
        """
        before = dict(self.__dict__)
        try:
            # A copy, because a pickled estimator makes its index from it.
            points = validate_data(self, X, dtype=np.float64, order="C", copy=True)
            model = self._model(points)
            index = Index(points, **model)
        except BaseException:  # the previous fit remains
            self.__dict__.clear()
            self.__dict__.update(before)
            raise
        self._fit_X = points
        self._fit_model = model
        self.n_samples_fit_ = len(points)
        self.index_ = index
        return self

    @overload
    def kneighbors(self, X: Any = None, n_neighbors: Optional[SupportsIndex] = None,
                   return_distance: Literal[True] = True) -> Tuple[DoubleArray, Int64Array]:
        ...

    @overload
    def kneighbors(self, X: Any = None, n_neighbors: Optional[SupportsIndex] = None, *,
                   return_distance: Literal[False]) -> Int64Array:
        ...

    @overload
    def kneighbors(self, X: Any, n_neighbors: Optional[SupportsIndex], return_distance: Literal[False]) -> Int64Array:
        ...

    @overload
    def kneighbors(self, X: Any = None, n_neighbors: Optional[SupportsIndex] = None,
                   return_distance: bool = True) -> Union[Int64Array, Tuple[DoubleArray, Int64Array]]:
        ...

    def kneighbors(self, X: Any = None, n_neighbors: Optional[SupportsIndex] = None,
                   return_distance: bool = True) -> Union[Int64Array, Tuple[DoubleArray, Int64Array]]:
        """Find the nearest neighbors of new points, or of the points of the index.

        Parameters
        ----------
        X : array_like, shape (q, d), optional
            New points. By default the points of the index, which are then not their own neighbors.
        n_neighbors : int, optional
            Default: the one of the estimator.
        return_distance : bool
            Whether to return the distances too.

        Returns
        -------
        distances : ndarray of float64, shape (q, n_neighbors)
            Only if `return_distance` is true.
        indices : ndarray of int64, shape (q, n_neighbors)
            Rows of the points of the index.
        """
        check_is_fitted(self)
        k = whole(self.n_neighbors if n_neighbors is None else n_neighbors, "n_neighbors", 1, INT32_MOST)
        queries = None if X is None else validate_data(self, X, dtype=np.float64, order="C", reset=False)
        most = self.n_samples_fit_ - (X is None)
        if k > most:
            raise InvalidArgumentError(f"Expected n_neighbors <= n_samples_fit: n_neighbors is {k}, but a query has only "
                                       f"{most} candidates")
        found = self.index_.neighbors(k, queries=queries, ranking=self.ranking, strategy=self.strategy)
        return (found.distances, found.indices) if return_distance else found.indices

    def kneighbors_graph(self, X: Any = None, n_neighbors: Optional[SupportsIndex] = None,
                         mode: GraphMode = "connectivity") -> Any:
        """The graph of the neighbors as a sparse array.

        Parameters
        ----------
        X, n_neighbors
            As for `kneighbors`.
        mode : {"connectivity", "distance"}
            Whether edges have the value 1, or the distances.

        Returns
        -------
        scipy.sparse.csr_array, shape (q, n)
            Row i has the neighbors of query i.
        """
        _check_mode(mode)
        return self._graph(*self.kneighbors(X, n_neighbors), mode)

    def transform(self, X: Any) -> Any:
        """The graph of the neighbors of new points, with values of the kind `mode`.

        Parameters
        ----------
        X : array_like, shape (q, d)
            New points.

        Returns
        -------
        scipy.sparse.csr_array, shape (q, n)
            Row i has the neighbors of query i: `n_neighbors` of them, and one more if `mode` is "distance", as
            scikit-learn's algorithms expect.
        """
        check_is_fitted(self)
        return self._graph(*self.kneighbors(X, self._num_edges()), self.mode)

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Make the index of the points, and the graph of their neighbors, with values of the kind `mode`.

        Parameters
        ----------
        X : array_like, shape (n, d)
            The points.
        y : ignored

        Returns
        -------
        scipy.sparse.csr_array, shape (n, n)
            Each point is its own first neighbor, at the distance 0. The other neighbors of the row follow, so that a row has
            as many as a row of `transform`.
        """
        self.fit(X, y)
        n, others = self.n_samples_fit_, self._num_edges() - 1
        distances, indices = np.zeros((n, 1)), np.arange(n, dtype=np.int64)[:, None]
        if others > 0:
            found = self.kneighbors(None, others)
            distances, indices = np.hstack([distances, found[0]]), np.hstack([indices, found[1]])
        return self._graph(distances, indices, self.mode)

    @property
    def _n_features_out(self) -> int:
        """The number of columns of a graph, for `get_feature_names_out`."""
        return int(self.n_samples_fit_)

    def _num_edges(self) -> int:
        """The neighbors in a row of the graph of `transform`."""
        _check_mode(self.mode)
        return whole(self.n_neighbors, "n_neighbors", 1, INT32_MOST - 1) + (self.mode == "distance")

    def _graph(self, distances: DoubleArray, indices: Int64Array, mode: GraphMode) -> Any:
        q, k = indices.shape
        values = np.ones(q * k) if mode == "connectivity" else distances.ravel()
        offsets = np.arange(q + 1, dtype=np.int64) * k
        return scipy_matrix(CompressedRows(values, indices.ravel(), offsets, (q, self.n_samples_fit_)))

    def _model(self, points: DoubleArray) -> Dict[str, Any]:
        """The arguments of the index besides the points, as copies that the caller cannot change."""
        names = getattr(self, "feature_names_in_", None)
        coordinates = Coordinates(points.shape[1], names=None if names is None else list(names))
        inducing = self.inducing
        if isinstance(inducing, (int, np.integer)) and not isinstance(inducing, bool):
            inducing = min(inducing, len(points))
        elif inducing is not None and not is_single(inducing):
            inducing = points_like(inducing, "inducing", coordinates).copy()
        return {"lengthscales": lengthscale_vector(self.lengthscales, coordinates), "inducing": inducing,
                "kernel": self.kernel, "variance": self.variance, "nugget": self.nugget, "jitter": self.jitter,
                "nu": self.nu, "alpha": self.alpha, "seed": _seed(self.random_state), "threads": _threads(self.n_jobs)}

    def __getstate__(self) -> Dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("index_", None)
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_fit_X" in state:
            self.index_ = Index(self._fit_X, **self._fit_model)


def _check_mode(mode: Any) -> None:
    if mode not in ("connectivity", "distance"):
        raise InvalidArgumentError(f"mode is {mode!r}, must be 'connectivity' or 'distance'")


def _seed(random_state: Any) -> int:
    """The seed of an int, of None, or of a generator, from which it is drawn."""
    if random_state is None:
        return 1
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return whole(random_state, "random_state", 0, UINT64_MOST)


def _threads(n_jobs: Any) -> int:
    """The number of threads; -1 means all processors, -2 all but one and so on."""
    if n_jobs is None:
        return 0
    count = whole(n_jobs, "n_jobs", -INT32_MOST, INT32_MOST)
    if count == 0:
        raise InvalidArgumentError("n_jobs is 0, must be positive or negative, or None for all processors")
    return count if count > 0 else max(1, len(os.sched_getaffinity(0)) + 1 + count)
