# SPDX-License-Identifier: Apache-2.0
"""What the argument `progress` of a call shows."""
from __future__ import annotations

import importlib
import sys
from typing import Any, Callable, Optional, Union

import numpy as np

from ._arguments import described
from ._errors import ArgumentTypeError

# True, False, None, or a function of the work done and of all work.
Progress = Union[None, bool, Callable[[int, int], Any]]


def goes_on(result: Any) -> bool:
    """Whether a call goes on after a function of the user has returned this: only False ends it."""
    return not (isinstance(result, (bool, np.bool_)) and not result)


class Reporter:
    """Calls the function of the user."""

    def __init__(self, function: Callable[[int, int], Any]) -> None:
        self._function = function

    def report(self, done: int, total: int) -> bool:
        """Whether the call shall go on."""
        return goes_on(self._function(done, total))

    def finish(self, succeeded: bool) -> None:
        """Called once, at the end of the call."""


class LineReporter(Reporter):
    """Shows the percentage on one line of stderr."""

    def __init__(self) -> None:
        super().__init__(lambda done, total: None)
        self._percent = -1

    def report(self, done: int, total: int) -> bool:
        percent = 100 * done // total
        if percent != self._percent and sys.stderr is not None:
            self._percent = percent
            filled = percent // 2
            sys.stderr.write(f"\r[{'=' * filled}{' ' * (50 - filled)}] {percent:3} %")
            sys.stderr.flush()
        return True

    def finish(self, succeeded: bool) -> None:
        if self._percent < 0:
            return
        if succeeded:
            self.report(1, 1)
        sys.stderr.write("\n")


class TqdmReporter(Reporter):
    """Shows a bar of tqdm, which starts again with each stage of the call."""

    def __init__(self, tqdm: Any) -> None:
        super().__init__(lambda done, total: None)
        self._tqdm = tqdm
        self._bar: Any = None

    def report(self, done: int, total: int) -> bool:
        if self._bar is None:
            self._bar = self._tqdm(total=total, unit_scale=True, leave=True)
        elif total != self._bar.total or done < self._bar.n:
            self._bar.reset(total=total)
        self._bar.update(done - self._bar.n)
        return True

    def finish(self, succeeded: bool) -> None:
        if self._bar is None:
            return
        if succeeded:
            self._bar.update(self._bar.total - self._bar.n)
        self._bar.close()


def reporter(progress: Progress) -> Optional[Reporter]:
    """The reporter for the argument `progress`; None if nothing is reported."""
    if progress is None or isinstance(progress, (bool, np.bool_)):
        return _bar() if progress else None
    if callable(progress):
        return Reporter(progress)
    raise ArgumentTypeError(f"progress is {described(progress)}, must be True, False or a function of the work done and of "
                            "all work")


def _bar() -> Reporter:
    try:
        tqdm = importlib.import_module("tqdm.auto")
    except ImportError:
        return LineReporter()
    return TqdmReporter(tqdm.tqdm)
