# SPDX-License-Identifier: Apache-2.0
"""The structures of the library with their defaults, and the options of all kinds of calls."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Optional, Type, TypeVar

from . import _c
from ._arguments import UINT64_MOST, INT64_MOST, choice, flag, number, threads_of, whole
from ._library import C

S = TypeVar("S", bound=ctypes.Structure)


def _initialized(structure: Type[S], init: Callable[[Any, int], None]) -> S:
    """A structure with the defaults of the library, which writes at most the size that this package knows."""
    result = structure()
    init(result, ctypes.sizeof(result))
    return result


def model_options() -> _c.ModelOptions:
    return _initialized(_c.ModelOptions, C.model_options_init)


def load_options(max_bytes: Optional[int], verify: bool) -> _c.LoadOptions:
    options = _initialized(_c.LoadOptions, C.load_options_init)
    options.verify = int(flag(verify, "verify"))
    if max_bytes is not None:
        options.max_bytes = whole(max_bytes, "max_bytes", 1, INT64_MOST)
    return options


def info() -> _c.Info:
    return _initialized(_c.Info, C.info_init)


def statistics() -> _c.Statistics:
    return _initialized(_c.Statistics, C.statistics_init)


def weights_report() -> _c.WeightsReport:
    return _initialized(_c.WeightsReport, C.weights_report_init)


def search_options(ranking: str, strategy: str, selection: str, threads: int) -> _c.SearchOptions:
    options = _initialized(_c.SearchOptions, C.search_options_init)
    options.ranking = choice(ranking, _c.Ranking, "ranking")
    options.strategy = choice(strategy, _c.Strategy, "strategy")
    options.selection = choice(selection, _c.Selection, "selection")
    options.threads = threads
    return options


def weights_options(jitter: float, threads: int) -> _c.WeightsOptions:
    options = _initialized(_c.WeightsOptions, C.weights_options_init)
    options.jitter = number(jitter, "jitter")
    options.threads = threads
    return options


def covariance_options(threads: int) -> _c.CovarianceOptions:
    options = _initialized(_c.CovarianceOptions, C.covariance_options_init)
    options.threads = threads
    return options


def helper_options(layout: _c.Layout, threads: Any = None, seed: Any = None,
                   max_iterations: Any = None) -> _c.HelperOptions:
    options = _initialized(_c.HelperOptions, C.helper_options_init)
    options.layout = layout
    if threads is not None:
        options.threads = threads_of(threads)
    if seed is not None:
        options.seed = whole(seed, "seed", 0, UINT64_MOST)
    if max_iterations is not None:
        options.max_iterations = whole(max_iterations, "max_iterations", 0, INT64_MOST)
    return options


def set_memory(options: _c.ModelOptions, factor_storage: str, max_bytes: Optional[int]) -> None:
    """Where V is, and how much memory the index may take; None: no limit."""
    options.factor_storage = choice(factor_storage, _c.FactorStorage, "factor_storage")
    if max_bytes is not None:
        options.max_bytes = whole(max_bytes, "max_bytes", 1, INT64_MOST)


def set_numbers(options: _c.ModelOptions, threads: Optional[int], **given: Optional[float]) -> None:
    """Sets the fields of a model that are given; None keeps the present value."""
    if threads is not None:
        options.threads = threads_of(threads)
    for name, value in given.items():
        if value is not None:
            setattr(options, name, number(value, name))
