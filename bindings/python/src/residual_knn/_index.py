# SPDX-License-Identifier: Apache-2.0
"""Makes, updates, describes and closes indexes."""
from __future__ import annotations

from types import TracebackType
from typing import Any, Callable, Optional, Tuple, Type, TypeVar, Union

import numpy as np

from . import _c, _options
from ._arguments import UINT64_MOST, described, file_path, flag, is_single, threads_of, whole
from ._arrays import Numbers, in_c_order, matrix, vector
from ._base import FROM_CALLBACK, FROM_FACTOR, FROM_INDUCING
from ._callbacks import CovarianceFunction, library_callback
from ._calls import run
from ._coordinates import Coordinates, Lengthscales, LonLat, in_order_of, lengthscale_vector, own_points, points_like
from ._errors import ArgumentTypeError, IndexInUseError, InvalidArgumentError, UnsupportedError, check, naming_file, warn
from ._groups import GroupSearches
from ._handle import Handle
from ._helpers import Orders, chosen_inducing, layout_of
from ._kernels import FORMULAS, KernelName, check_alpha, kernel_name, kernel_text, library_scales, note_kernel
from ._library import C
from ._pairs import PairSearches
from ._plot import Plots
from ._pointers import DoubleArray
from ._progress import Progress
from ._saved import Path, SavedIndexes
from ._streams import Streams
from ._weights import WeightsOfSets

I = TypeVar("I", bound="Index")


class Index(Streams, PairSearches, GroupSearches, WeightsOfSets, Orders, SavedIndexes, Plots):
    """Points, kernel and inducing points, prepared for searches.

    Parameters
    ----------
    points : array_like, shape (n, d)
        A row for each point: an array of NumPy, a list of lists, a frame of pandas or polars, or any other object with
        ``__array__`` or, in main memory, ``__dlpack__``. An array of float64 without gaps, in C or in Fortran order, is
        read where it is. Everything else is converted once. Missing and masked values, bool, complex numbers, dates,
        objects, and integers that double precision would round are errors. The array may change after the call, but not
        during it. If points, inducing points or new points are frames, their columns must have the same names in the same
        order. Names of other types than str are compared as texts.
    inducing : array_like, shape (m, d), or int, optional
        Inducing points, see `choose_inducing`; or their number, and then `choose_inducing` chooses them by k-means with
        `seed`. Without inducing points, rho is the correlation of the kernel itself.
    kernel : str or class
        "squared_exponential", "matern12", "matern32" (default), "matern52", "matern" with smoothness `nu`,
        "rational_quadratic" with `alpha`, or a name of another package; see Notes.
    lengthscales : float, array_like of shape (d,), or dict
        Positive, in the units of the points: one for all coordinates, or one for each. A dict or a Series with the names of
        the columns of `points` is read by these names.
    variance : float
        K(x, x) without the nugget.
    nugget : float
        Added to the residual variance of each point.
    jitter : float
        Relative to `variance`: ``jitter * variance`` is added to the diagonal of K(Z, Z).
    max_jitter : float, optional
        If this exceeds `jitter`, and K(Z, Z) is not positive definite, the jitter is multiplied by 10 until K(Z, Z) is
        positive definite or this value is reached.
    nu : float, optional
        Smoothness of "matern", at most 50; default 1.5. Other kernels do not take it.
    alpha : float, optional
        Mixture parameter of "rational_quadratic"; default 1. Other kernels do not take it.
    lonlat : bool or pair of int or str
        True if the first two coordinates are longitude and latitude in degrees, or the numbers or names of these two
        columns; see Notes.
    factor_storage : {"automatic", "stored", "computed"}
        "stored": the index keeps V, m numbers a point. "computed": it does not, and searches compute the rows that they
        need, which takes longer. The answers are the same. "automatic": V is kept unless `max_bytes` is too small.
    max_bytes : int, optional
        A limit on the memory of the index, what searches add to it included. Searches do without trees and other aids that
        need more. What a call needs while it runs, and the k-d trees of searches by scaled distance, are not counted.
    seed : int
        The seed of `choose_inducing`, if `inducing` is a number.
    threads : int
        Number of worker threads of this call and of the searches of the index, unless these have a `threads` argument. 0
        means one for each available processor.
    progress : bool or callable, optional
        True shows a bar, by tqdm if it is installed. A function gets the work done and all work, about every 50 ms, on the
        calling thread. If it returns False, the call ends within 100 ms with a `CancelledError`. If it raises, the call
        ends with that exception. Ctrl-C ends a call in the same way, with or without such a function.

    Raises
    ------
    ValueError, TypeError
        For a wrong argument: `InvalidArgumentError` and `ArgumentTypeError`. The message names it.
    NotPositiveDefiniteError
        If K(Z, Z) + jitter is not positive definite.

    Notes
    -----
    *Longitude and latitude.* With `lonlat`, these two become x, y and z on the unit sphere, which come first; the other
    coordinates follow. A point then has d + 1 coordinates, and `lengthscales` has one value or d + 1. Distances are straight
    lines through the sphere in units of its radius: on the Earth, 0.1 is 637 km. Inducing points and new points may
    have longitude and latitude in the same columns as `points`, or d + 1 coordinates, of which the first three are on the
    sphere, for inducing points also inside it.

    *Kernels.* Let r be the Euclidean distance of two points after division by the lengthscales. K is `variance` times one
    of these:

    - "squared_exponential": exp(-r² / 2)
    - "matern12": exp(-r)
    - "matern32": (1 + a) exp(-a), a = √3 r
    - "matern52": (1 + a + a² / 3) exp(-a), a = √5 r
    - "matern": 2^(1 - ν) / Γ(ν) a^ν K_ν(a), a = √(2ν) r (Rasmussen and Williams 2006, 4.14)
    - "rational_quadratic": (1 + r² / (2α))^-α (Rasmussen and Williams 2006, 4.19)

    *Names of other packages.* Such a name stands for the formula of that package. If `lengthscales` is the lengthscale or
    range in that package, the covariances are the same. A class with such a name works too.

    - scikit-learn: "RBF", "Matern" with `nu`, "RationalQuadratic" with `alpha`
    - GPyTorch: "RBFKernel", "MaternKernel" with `nu`, 2.5 if it is not given, "RQKernel" with `alpha`
    - GPflow and GPy: "RBF", "SquaredExponential", "Matern12", "Matern32", "Matern52"
    - GpGp: "exponential_isotropic", "matern_isotropic", "matern15_isotropic", "matern25_isotropic",
      "matern35_isotropic", "matern45_isotropic", and the same with "_scaledim". These formulas do not contain √(2ν)
    - spNNGP and GPBoost: "exponential" and "gaussian", exp(-r²); GPBoost: also "exponential_ard", "gaussian_ard" and
      "matern_ard"

    *Threads and processes.* Any number of threads may search an index at the same time; the lock of the interpreter is
    released meanwhile. Closing or updating it during a search, also in a callback, is an `IndexInUseError`. An index cannot
    be copied or pickled: `save` it and load it in each process (with ``mapped=True``, processes share its memory), or make
    it there. A forked process may use the indexes that it inherits.

    *Memory.* An index takes about n (m + 2d + 2) numbers of 8 bytes, and up to twice as much after searches; without V
    (`factor_storage`) n (2d + 2) and, after searches, some hundred bytes a point. `close`, or
    the end of a ``with`` block, frees this memory. Otherwise it is freed when nothing refers to the index.

    Examples
    --------
    >>> import numpy as np, residual_knn as rk
    >>> points = np.random.default_rng(1).random((1000, 2))
    >>> points = points[rk.order_points(points, "maximin")]
    >>> inducing = rk.choose_inducing(points, 50, lengthscales=0.2)
    >>> index = rk.Index(points, inducing=inducing, kernel="matern32", lengthscales=0.2, nugget=0.01)
    >>> index
    <Index: n=1000, d=2, m=50, kernel='matern32', degenerate points: 0>
    >>> index.predecessors(10).indices.shape
    (1000, 10)
    """

    def __init__(
        self,
        points: Numbers,
        *,
        inducing: Optional[Union[Numbers, int]] = None,
        kernel: KernelName = "matern32",
        lengthscales: Lengthscales,
        variance: float = 1.0,
        nugget: float = 0.0,
        jitter: float = 1e-8,
        max_jitter: Optional[float] = None,
        nu: Optional[float] = None,
        alpha: Optional[float] = None,
        factor_storage: str = "automatic",
        max_bytes: Optional[int] = None,
        lonlat: LonLat = False,
        seed: int = 1,
        threads: int = 0,
        progress: Progress = None,
    ) -> None:
        options = _options.model_options()
        _options.set_numbers(options, threads, variance=variance, nugget=nugget, jitter=jitter, max_jitter=max_jitter,
                             alpha=alpha)
        name = _named_kernel(options, kernel, nu, alpha, None)
        _options.set_memory(options, factor_storage, max_bytes)
        whole(seed, "seed", 0, UINT64_MOST)
        own, coordinates = own_points(points, lonlat)
        scales = lengthscale_vector(lengthscales, coordinates)
        options.layout = layout_of(own)
        chosen = _inducing_points(inducing, own, coordinates, scales, seed, options.threads, progress)
        n, d = own.shape
        used = library_scales(scales, name, options.nu)
        self._begin(FROM_INDUCING, coordinates, scales, name, options, points)
        self._inducing = None if chosen is None else chosen.copy()
        self._create(lambda address: C.index_create(own, n, d, used, len(used), chosen, 0 if chosen is None else len(chosen),
                                                    options, address), progress)

    @classmethod
    def from_factor(
        cls: Type[I],
        points: Numbers,
        factor: Optional[Numbers],
        residual_variance: Numbers,
        *,
        lengthscales: Lengthscales,
        kernel: KernelName = "matern32",
        variance: float = 1.0,
        nu: Optional[float] = None,
        alpha: Optional[float] = None,
        factor_error: float = 0.0,
        lonlat: LonLat = False,
        threads: int = 0,
        progress: Progress = None,
    ) -> I:
        """Make an index from your own V and p.

        Parameters
        ----------
        points : array_like, shape (n, d)
            As for `Index`.
        factor : array_like, shape (n, m), or None
            V: row i is V_i = L^-1 K(Z, x_i). None for no columns. Copied.
        residual_variance : array_like, shape (n,)
            p, not negative, nugget included. Copied.
        factor_error : float
            A bound of the error of V and p, between 0 and 1: after ``factor_error * (p_i + V_i . V_i)`` is added to each
            diagonal element, the matrix R must be positive semi-definite. 1e-9 is generous for V computed in double
            precision from a well-conditioned K(Z, Z). Pruning needs this bound; with 0, searches compare all pairs. If it
            does not hold, searches may miss neighbors.
        lengthscales : float or array_like, shape (d,)
            As for `Index`.
        kernel : str or class
            As for `Index`.
        variance : float
            As for `Index`.
        nu : float, optional
            As for `Index`.
        alpha : float, optional
            As for `Index`.
        lonlat : bool or pair of int or str
            As for `Index`.
        threads : int, optional
            As for `Index`.
        progress : bool or callable, optional
            As for `Index`.

        Returns
        -------
        Index
            New points need `query_factor` and `query_residual_variance`.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> points = np.random.default_rng(1).random((50, 2))
        >>> V, p = rk.Index(points, inducing=5, lengthscales=0.3).factor()
        >>> index = rk.Index.from_factor(points, V, p, lengthscales=0.3)
        >>> index.neighbors(3).indices.shape
        (50, 3)
        """
        options = _options.model_options()
        _options.set_numbers(options, threads, variance=variance, alpha=alpha, factor_error=factor_error)
        name = _named_kernel(options, kernel, nu, alpha, None)
        own, coordinates = own_points(points, lonlat)
        scales = lengthscale_vector(lengthscales, coordinates)
        n, d = own.shape
        values, p = _own_factor(factor, residual_variance, n)
        if values is not None and layout_of(values) != layout_of(own):
            # Both have the same layout in the library. The smaller one is copied.
            if values.size < own.size:
                values = in_order_of(values, own)
            else:
                own = in_order_of(own, values)
        options.layout = layout_of(own)
        used = library_scales(scales, name, options.nu)
        index = cls.__new__(cls)
        index._begin(FROM_FACTOR, coordinates, scales, name, options, points)
        index._create(lambda address: C.index_create_from_factor(
            values, 0 if values is None else values.shape[1], p, own, n, d, used, len(used), options, address), progress)
        return index

    @classmethod
    def from_callback(
        cls: Type[I],
        covariance: CovarianceFunction,
        factor: Optional[Numbers],
        residual_variance: Numbers,
        *,
        factor_error: float = 0.0,
        threads: int = 0,
        progress: Progress = None,
    ) -> I:
        """Make an index with any kernel, given as a function, from your own V and p.

        Parameters
        ----------
        covariance : callable
            ``covariance(rows, columns)`` gets two arrays of int64 and returns the matrix of the covariances, of shape
            (len(rows), len(columns)), of the points with the numbers `rows` with those with the numbers `columns`. Row
            numbers from n on are the new points of the present search. The function runs on the searching thread, for one
            block at a time. An exception in it ends the search and arrives as raised. The value of a pair must not depend
            on the block that contains it, and the values of all pairs of a block must be finite.
        factor : array_like, shape (n, m), or None
            V; None for no columns. Copied.
        residual_variance : array_like, shape (n,)
            p, not negative, nugget included. Copied.
        factor_error : float
            As for `from_factor`.
        threads : int, optional
            As for `from_factor`. Searches use one thread.
        progress : bool or callable, optional
            As for `from_factor`.

        Returns
        -------
        Index
            It has no coordinates, so the ranking "scaled_distance" is an error.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> x = np.array([0.0, 1.0, 1.5, 4.0])
        >>> def covariance(rows, columns):
        ...     return np.exp(-abs(x[rows, None] - x[columns]))
        >>> rk.Index.from_callback(covariance, None, np.ones(4)).neighbors(1).indices.ravel()
        array([1, 2, 1, 2])
        """
        if not callable(covariance):
            raise ArgumentTypeError(f"covariance is {described(covariance)}, must be a function of rows and columns")
        options = _options.model_options()
        _options.set_numbers(options, threads, factor_error=factor_error)
        p = vector(residual_variance, "residual_variance")
        if len(p) == 0:
            raise InvalidArgumentError("residual_variance has no values, must have one for each point")
        values, p = _own_factor(factor, p, len(p))
        callback = library_callback(covariance)
        options.layout = _c.Layout.POINT_MAJOR if values is None else layout_of(values)
        index = cls.__new__(cls)
        index._begin(FROM_CALLBACK, Coordinates(0), np.empty(0), "", options, None)
        index._create(lambda address: C.index_create_from_callback(
            values, len(p), 0 if values is None else values.shape[1], p, callback, None, options, address), progress,
                      callback)
        return index

    @classmethod
    def load(
        cls: Type[I],
        path: Path,
        *,
        mapped: bool = False,
        verify: bool = False,
        max_bytes: Optional[int] = None,
        threads: int = 0,
        progress: Progress = None,
    ) -> I:
        """Make an index again from a file that `save` or the program ``residual-knn index`` has written.

        Parameters
        ----------
        path : str or os.PathLike
            The name of the file.
        mapped : bool
            False reads the whole file into memory, and tests all checksums. With True, large parts of it are read only when
            they are needed, and processes that open the same file share the memory; the file must not be changed while the
            index exists, but may be replaced or deleted. A program that truncates it ends the process.
        verify : bool
            With `mapped`, test all checksums too.
        max_bytes : int, optional
            As for `Index`.
        threads : int
            As for `Index`.
        progress : bool or callable, optional
            As for `Index`.

        Returns
        -------
        Index
            Its answers have the same bytes as those of the saved index, and it can be updated.

        Raises
        ------
        FileError
            If the file cannot be read. It is an OSError; if the file does not exist, it is a FileNotFoundError, and so on.
        NotAnIndexError, CorruptIndexError, TooNewError, OtherTargetError
            If it is no saved index, is damaged, needs a newer version of the library, or was written on a processor with
            another SIMD target, whose numbers differ in the last bits. They are ValueErrors.

        Notes
        -----
        Row numbers are those of the index that was saved. A file of ``residual-knn index --order`` has its points in that
        order; ``--write-order`` tells their rows.

        Examples
        --------
        >>> import os, tempfile, residual_knn as rk
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "line.rknn")
        ...     rk.Index([[0.0], [1.0], [1.5]], lengthscales=1).save(path)
        ...     with rk.Index.load(path, mapped=True) as index:
        ...         print(index.neighbors(1).indices.ravel())
        [1 2 1]
        """
        name = file_path(path, "path")
        options = _options.load_options(max_bytes, verify)
        function = C.index_open if flag(mapped, "mapped") else C.index_load
        count = threads_of(threads)
        index = cls.__new__(cls)
        index._handle = Handle()
        index._source = FROM_INDUCING
        warning = ""

        def make() -> int:
            nonlocal warning
            status = function(name, options, index._handle.address)
            if status == _c.StatusCode.OK:
                index._handle.adopt(None)
                index._describe_loaded(name, count)
                warning = index._warning(C.index_warning(index._handle.address))
            return status

        with naming_file(path):
            run(make, options, progress)
        warn(warning)
        return index

    def _begin(self, source: str, coordinates: Coordinates, lengthscales: DoubleArray, kernel: str,
               options: _c.ModelOptions, given_points: Any) -> None:
        self._handle = Handle()
        self._source = source
        self._coordinates = coordinates
        self._lengthscales = lengthscales
        self._kernel = kernel
        self._options = options
        self._given_points = given_points
        self._inducing = None

    def _create(self, create: Callable[[Any], int], progress: Progress, kept: Any = None) -> None:
        """Makes the index by create(address), which calls the library. `kept` lives as long as the index."""
        warning = ""

        def make() -> int:
            nonlocal warning
            status = create(self._handle.address)
            if status == _c.StatusCode.OK:
                self._handle.adopt(kept)
                self._info = self._read_info()
                status = self._keep_note()
                warning = self._warning(C.index_warning(self._handle.address))
            return status

        run(make, self._options, progress, self._source == FROM_CALLBACK)
        warn(warning)

    def update(
        self: I,
        *,
        lengthscales: Optional[Lengthscales] = None,
        inducing: Optional[Union[Numbers, int]] = None,
        kernel: Optional[KernelName] = None,
        variance: Optional[float] = None,
        nugget: Optional[float] = None,
        jitter: Optional[float] = None,
        max_jitter: Optional[float] = None,
        nu: Optional[float] = None,
        alpha: Optional[float] = None,
        seed: int = 1,
        threads: Optional[int] = None,
        progress: Progress = None,
    ) -> I:
        """Give the index new hyperparameters and, if wanted, new inducing points, as a step of an optimizer does.

        The points stay the same. Later answers are those of a new index; the update costs less than making one. Arguments
        that are None keep their values, with one exception: a `nu` that the name of the previous kernel fixed is dropped
        with that kernel.

        Parameters
        ----------
        inducing : array_like, shape (m, d), or int, optional
            New inducing points; or their number, and then `choose_inducing` chooses them by k-means with `seed` and the new
            lengthscales.
        lengthscales : float or array_like, shape (d,), optional
            As for `Index`.
        kernel : str or class, optional
            As for `Index`.
        variance : float, optional
            As for `Index`.
        nugget : float, optional
            As for `Index`.
        jitter : float, optional
            As for `Index`.
        max_jitter : float, optional
            As for `Index`.
        nu : float, optional
            As for `Index`.
        alpha : float, optional
            As for `Index`.
        seed : int
            As for `Index`.
        threads : int, optional
            As for `Index`.
        progress : bool or callable, optional
            As for `Index`.

        Returns
        -------
        Index
            This index.

        Raises
        ------
        IndexInUseError
            If another call uses the index.
        UnsupportedError
            If the index was made from V and p.

        Notes
        -----
        If an argument is wrong or K(Z, Z) is not positive definite, the index is unchanged. After an update that was
        cancelled or ran out of memory, the index may be empty: its `repr` shows this, and searches raise until another
        update succeeds. That update can still keep the previous inducing points.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> index = rk.Index(np.random.default_rng(1).random((50, 2)), inducing=5, lengthscales=0.3)
        >>> index.update(lengthscales=[0.2, 0.4], nugget=0.1).neighbors(3).indices.shape
        (50, 3)
        """
        if self._source != FROM_INDUCING:
            raise UnsupportedError("the index was made from V and p and cannot be updated; make a new one")
        options = _c.ModelOptions.from_buffer_copy(self._options)
        _options.set_numbers(options, threads, variance=variance, nugget=nugget, jitter=jitter, max_jitter=max_jitter,
                             alpha=alpha)
        name = _named_kernel(options, self._kernel if kernel is None else kernel, nu, alpha,
                             self._kernel)
        scales = self._lengthscales if lengthscales is None else lengthscale_vector(lengthscales, self._coordinates)
        new = None
        if inducing is not None:
            new = self._new_inducing(inducing, scales, whole(seed, "seed", 0, UINT64_MOST), options.threads, progress)
            if len(new) == 0:
                raise InvalidArgumentError("inducing has no rows, must have at least 1")
            options.layout = layout_of(new)
        used = library_scales(scales, name, options.nu)
        warning = ""

        def change() -> int:
            nonlocal warning
            self._handle.enter_alone("updated")
            try:
                status = C.index_update(self._handle.address, used, len(used), new, 0 if new is None else len(new), options)
                if status == _c.StatusCode.OK:
                    self._lengthscales, self._kernel, self._options = scales, name, options
                    self._info = self._read_info()
                    if new is not None:
                        self._inducing = new.copy()
                    status = self._keep_note()
                    warning = self._warning(C.index_warning(self._handle.address))
                return status
            finally:
                self._handle.leave_alone()

        run(change, options, progress)
        warn(warning)
        return self

    def _new_inducing(self, inducing: Any, lengthscales: DoubleArray, seed: int, threads: int,
                      progress: Progress) -> DoubleArray:
        if not is_single(inducing):
            return points_like(inducing, "inducing", self._coordinates)
        with self._handle.shared():
            points = self._points()
        return _chosen_points(inducing, points, lengthscales, seed, threads, progress)

    def factor(self) -> Tuple[DoubleArray, DoubleArray]:
        """Copy V and p out of the index.

        Returns
        -------
        factor : ndarray of float64, shape (n, m)
            V.
        residual_variance : ndarray of float64, shape (n,)
            p.

        Examples
        --------
        >>> import numpy as np, residual_knn as rk
        >>> V, p = rk.Index(np.eye(3), inducing=[[0.0, 0, 0]], lengthscales=1, kernel="matern12").factor()
        >>> V.round(4).ravel()
        array([0.3679, 0.3679, 0.3679])
        """
        with self._handle.shared():
            values = np.empty((self.n, self.m))
            p = np.empty(self.n)
            check(C.index_factor(self._handle.address, _c.Layout.POINT_MAJOR, values, p))
        return values, p

    def close(self) -> None:
        """Free the memory of the index. It may be called more than once.

        Raises
        ------
        IndexInUseError
            If another call uses the index.

        Examples
        --------
        >>> import residual_knn as rk
        >>> index = rk.Index([[0.0], [1.0]], lengthscales=1)
        >>> index.close()
        >>> index
        <Index: closed>
        """
        self._handle.close()
        self._given_points = None

    def __enter__(self: I) -> I:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __repr__(self) -> str:
        if not self._handle.is_open:
            return "<Index: closed>"
        try:
            with self._handle.shared():
                is_empty = self._is_empty()
        except InvalidArgumentError:  # closed meanwhile
            return "<Index: closed>"
        except IndexInUseError:
            return f"<Index: n={self.n}, d={self.d}, being updated>"
        if is_empty:
            return f"<Index: n={self.n}, d={self.d}, empty because an update failed: update it again>"
        kernel = "by callback" if self._source == FROM_CALLBACK else kernel_text(self._kernel, self._options)
        return (f"<Index: n={self.n}, d={self.d}, m={self.m}, kernel={kernel}, "
                f"degenerate points: {self._info.degenerate_points}>")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise ArgumentTypeError("an index cannot be copied or pickled, because its memory belongs to the C library; "
                                "save it in a file and load it, or make another from the same arguments")


def save_index(index: Index, path: Path, *, prepare: bool = True, threads: Optional[int] = None,
               progress: Progress = None) -> None:
    """Save an index in a file. The same as `Index.save`, which explains the arguments.

    Parameters
    ----------
    index : Index
        Any but one with a covariance function.
    path : str or os.PathLike
        As for `Index.save`.
    prepare : bool
        As for `Index.save`.
    threads : int, optional
        As for `Index.save`.
    progress : bool or callable, optional
        As for `Index.save`.

    Examples
    --------
    >>> import os, tempfile, residual_knn as rk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rk.save_index(rk.Index([[0.0], [1.0]], lengthscales=1), os.path.join(folder, "line.rknn"))
    ...     os.listdir(folder)
    ['line.rknn']
    """
    if not isinstance(index, Index):
        raise ArgumentTypeError(f"index is {described(index)}, must be an Index")
    index.save(path, prepare=prepare, threads=threads, progress=progress)


def load_index(path: Path, *, mapped: bool = False, verify: bool = False, max_bytes: Optional[int] = None, threads: int = 0,
               progress: Progress = None) -> Index:
    """Make an index again from a file. The same as `Index.load`, which explains the arguments.

    Parameters
    ----------
    path : str or os.PathLike
        As for `Index.load`.
    mapped : bool
        As for `Index.load`.
    verify : bool
        As for `Index.load`.
    max_bytes : int, optional
        As for `Index.load`.
    threads : int
        As for `Index.load`.
    progress : bool or callable, optional
        As for `Index.load`.

    Returns
    -------
    Index
        The index.

    Examples
    --------
    >>> import os, tempfile, residual_knn as rk
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "line.rknn")
    ...     rk.save_index(rk.Index([[0.0], [1.0]], lengthscales=1), path)
    ...     rk.load_index(path)
    <Index: n=2, d=1, m=0, kernel='matern32', degenerate points: 0>
    """
    return Index.load(path, mapped=mapped, verify=verify, max_bytes=max_bytes, threads=threads, progress=progress)


def _named_kernel(options: _c.ModelOptions, kernel: KernelName, nu: Optional[float], alpha: Optional[float],
                  before: Optional[str]) -> str:
    """Sets the kernel and nu of a model; returns the name of the kernel. The model has alpha already."""
    name = kernel_name(kernel)
    given = _c.ModelOptions()
    _options.set_numbers(given, None, nu=nu)
    check_alpha(name, alpha)
    note_kernel(options, name, None if nu is None else given.nu, before, _options.model_options().nu)
    return name


def _inducing_points(inducing: Any, points: DoubleArray, coordinates: Coordinates, lengthscales: DoubleArray, seed: int,
                     threads: int, progress: Progress) -> Optional[DoubleArray]:
    """The inducing points, in the memory order of the points; None for none. A number is the number of points to choose."""
    if inducing is None:
        return None
    if is_single(inducing):
        return _chosen_points(inducing, points, lengthscales, seed, threads, progress)
    return in_order_of(points_like(inducing, "inducing", coordinates), points)


def _chosen_points(m: Any, points: DoubleArray, lengthscales: DoubleArray, seed: int, threads: int,
                   progress: Progress) -> DoubleArray:
    options = _options.helper_options(layout_of(points), threads, seed)
    return chosen_inducing(points, m, lengthscales, "kmeans", options, progress, "inducing")


def _own_factor(factor: Optional[Numbers], residual_variance: Numbers, n: int) -> Tuple[Optional[DoubleArray], DoubleArray]:
    """V, or None without columns, and p of n points."""
    p = vector(residual_variance, "residual_variance")
    if len(p) != n:
        raise InvalidArgumentError(f"residual_variance has {len(p)} values, must have {n}, one for each point")
    if factor is None:
        return None, p
    values = matrix(factor, "factor")
    if len(values) != n:
        raise InvalidArgumentError(f"factor has {len(values)} rows, must have {n}, one for each point")
    return (values, p) if values.shape[1] else (None, p)
