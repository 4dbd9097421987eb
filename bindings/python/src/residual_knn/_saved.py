# SPDX-License-Identifier: Apache-2.0
"""Saves indexes in files, and tells what an index from a file is."""
from __future__ import annotations

import os
from typing import Optional, Tuple, Union

import numpy as np

from . import _c, _note, _options
from ._arguments import described, file_path, flag
from ._base import FROM_CALLBACK, FROM_FACTOR, FROM_INDUCING, IndexBase
from ._errors import ArgumentTypeError, UnsupportedError, check, naming_file
from ._kernels import FORMULAS, library_scales
from ._library import C
from ._pointers import DoubleArray
from ._progress import Progress

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


class SavedIndexes(IndexBase):
    """The method of an index that saves it."""

    def save(self, path: Path, *, prepare: bool = True, threads: Optional[int] = None, progress: Progress = None) -> None:
        """Save the index in a file, from which `load_index` or `Index.load` makes it again, also in another process.

        Parameters
        ----------
        path : str or os.PathLike
            The name of the file; ".rknn" is a usual ending. A file with this name is replaced. The new file appears complete
            or not at all. Ctrl-C waits for it.
        prepare : bool
            First make what searches for the k nearest would make when they begin, such as trees; the file then holds that,
            too, and searches of the loaded index begin at once. False saves what earlier searches have made.
        threads : int, optional
            For `prepare`, as for `Index.neighbors`.
        progress : bool or callable, optional
            For `prepare`, as for `Index`.

        Raises
        ------
        FileError
            If the file cannot be written. It is an OSError; without permission, it is a PermissionError, and so on.
        UnsupportedError
            For an index with a covariance function.

        Examples
        --------
        >>> import numpy as np, pathlib, tempfile, residual_knn as rk
        >>> points = np.random.default_rng(1).random((500, 2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "points.rknn"
        ...     rk.Index(points, inducing=20, lengthscales=0.3).save(path)
        ...     index = rk.load_index(path)
        >>> index.predecessors(5).indices.shape
        (500, 5)
        """
        if not isinstance(self, SavedIndexes):
            raise ArgumentTypeError(f"index is {described(self)}, must be an Index")
        name = file_path(path, "path")
        if self._source == FROM_CALLBACK:
            raise UnsupportedError("the index has a covariance function, which a file cannot hold")
        options = _options.helper_options(_c.Layout.POINT_MAJOR, self._threads(threads))
        if flag(prepare, "prepare"):
            self._run(lambda: C.index_prepare(self._handle.address, options), options, progress)
        with self._handle.shared(), naming_file(path):
            check(C.index_save(self._handle.address, name))

    def _keep_note(self) -> int:
        """Gives the index of the library its note. Nothing else may use it. Returns the status."""
        if self._source == FROM_CALLBACK:
            return _c.StatusCode.OK
        note = _note.Note(self._coordinates, self._kernel, self._lengthscales, [self._options.jitter, self._options.max_jitter])
        former = C.index_note(self._handle.address).decode("utf-8", "replace")
        return C.index_set_note(self._handle.address, _note.text_of(note, former).encode("utf-8", "replace"))

    def _describe_loaded(self, path: bytes, threads: int) -> None:
        """Sets the attributes of an index from a file, whose handle is set."""
        address = self._handle.address
        self._info = self._read_info()
        options = _options.model_options()
        scales = np.empty(self._info.d)
        check(C.index_model(address, options, scales))
        note = _note.parsed(C.index_note(address).decode("utf-8", "replace"), self._info.d, os.fsdecode(path))
        self._source = FROM_FACTOR if self._info.given_factor else FROM_INDUCING
        self._coordinates = note.coordinates
        self._kernel, self._lengthscales = _named(note, options, scales)
        options.jitter, options.max_jitter = _given_jitter(note, options.jitter, self._source == FROM_INDUCING and self.m > 0)
        options.threads = threads
        options.message_base = 0
        self._options = options
        self._given_points = None
        self._inducing = None
        if self._source == FROM_INDUCING and self._info.m:
            self._inducing = np.empty((self._info.m, self._info.d))
            check(C.index_points(address, _c.Layout.POINT_MAJOR, None, self._inducing))


def _given_jitter(note: _note.Note, used: float, is_used: bool) -> Tuple[float, float]:
    """The jitter and the largest one as the user gave them. If they cannot lead to the jitter of the index, another program
    has updated the index since, and that jitter counts. Without inducing points, the index uses none."""
    if note.jitter is None:
        return (used if is_used else _options.model_options().jitter), 0.0
    jitter, most = note.jitter
    return (used, 0.0) if is_used and not _leads_to(used, jitter, most) else (jitter, most)


def _leads_to(used: float, jitter: float, most: float) -> bool:
    """Whether the library can raise a jitter to the one that was used."""
    while jitter < used:
        jitter = 10 * jitter if jitter > 0 else 1e-12
        if jitter > most * (1 + 1e-9):
            return False
    return jitter == used


def _named(note: _note.Note, options: _c.ModelOptions, scales: DoubleArray) -> Tuple[str, DoubleArray]:
    """The kernel and the lengthscales as the user gave them, if the note still fits the model; otherwise as the library
    has them."""
    name, given = note.kernel, note.lengthscales
    if name is not None and name in FORMULAS and given is not None and len(given) in (1, len(scales)):
        used = library_scales(given, name, options.nu).tolist()
        same = (used * len(scales) if len(used) == 1 else used) == scales.tolist()
        if same and FORMULAS[name].kernel == options.kernel:
            return name, given
    return _c.Kernel(options.kernel).name.lower(), scales
