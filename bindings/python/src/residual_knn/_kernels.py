# SPDX-License-Identifier: Apache-2.0
"""Kernels by their names in the header and in other packages.

A name of another package stands for the formula of that package in r, the distance after division by the lengthscales.
The library computes the same formula with `scale` times the lengthscales. The R and Julia packages do the same.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Dict, Optional, Union

from . import _c
from ._arguments import described, names_of
from ._errors import ArgumentTypeError, InvalidArgumentError
from ._pointers import DoubleArray

KernelName = Union[str, type]


_NU_OF_KERNEL = {_c.Kernel.MATERN12: 0.5, _c.Kernel.MATERN32: 1.5, _c.Kernel.MATERN52: 2.5}


def _root(nu: float) -> float:
    return math.sqrt(2 * nu)


@dataclass(frozen=True)
class Formula:
    """A kernel of the library with the nu that its name fixes, the nu without another, and the scale."""

    kernel: _c.Kernel
    fixed_nu: Optional[float] = None
    usual_nu: Optional[float] = None
    scales_by_root: bool = False
    factor: float = 1.0

    @property
    def takes_nu(self) -> bool:
        return self.kernel == _c.Kernel.MATERN and self.fixed_nu is None

    @property
    def own_nu(self) -> Optional[float]:
        """The nu of a kernel that takes no other one."""
        return self.fixed_nu if self.fixed_nu is not None else _NU_OF_KERNEL.get(self.kernel)

    def scale(self, nu: float) -> float:
        """The factor of the lengthscales, for a nu that the library accepts."""
        return _root(nu) if self.scales_by_root and math.isfinite(nu) and nu > 0 else self.factor


def _formulas() -> Dict[str, Formula]:
    kernel = _c.Kernel
    found = {item.name.lower(): Formula(item) for item in kernel}
    for ending in ("isotropic", "scaledim"):  # GpGp, without sqrt(2 nu)
        found[f"exponential_{ending}"] = Formula(kernel.MATERN12)
        found[f"matern_{ending}"] = Formula(kernel.MATERN, scales_by_root=True)
        found[f"matern15_{ending}"] = Formula(kernel.MATERN32, factor=_root(1.5))
        found[f"matern25_{ending}"] = Formula(kernel.MATERN52, factor=_root(2.5))
        found[f"matern35_{ending}"] = Formula(kernel.MATERN, fixed_nu=3.5, scales_by_root=True)
        found[f"matern45_{ending}"] = Formula(kernel.MATERN, fixed_nu=4.5, scales_by_root=True)
    for ending in ("", "_ard"):  # spNNGP and GPBoost
        found[f"exponential{ending}"] = Formula(kernel.MATERN12)
        found[f"gaussian{ending}"] = Formula(kernel.SQUARED_EXPONENTIAL, factor=1 / math.sqrt(2))  # exp(-r^2)
    found["matern_ard"] = Formula(kernel.MATERN)
    # scikit-learn, GPyTorch, GPflow, GPy
    found.update({name: Formula(kernel.SQUARED_EXPONENTIAL) for name in ("RBF", "RBFKernel", "SquaredExponential")})
    found.update({name: Formula(kernel.RATIONAL_QUADRATIC) for name in ("RationalQuadratic", "RQKernel")})
    found["Matern"] = Formula(kernel.MATERN)
    found["MaternKernel"] = Formula(kernel.MATERN, usual_nu=2.5)
    found["Matern12"] = Formula(kernel.MATERN12)
    found["Matern32"] = Formula(kernel.MATERN32)
    found["Matern52"] = Formula(kernel.MATERN52)
    return found


FORMULAS = _formulas()


def kernel_name(kernel: KernelName) -> str:
    """The name that a user gives as a text or as a class with that name."""
    name = kernel.__name__ if isinstance(kernel, type) else kernel
    if isinstance(name, str) and name in FORMULAS:
        return name
    names = names_of(_c.Kernel)
    if type(kernel).__name__ in FORMULAS:
        raise ArgumentTypeError(f"kernel is {described(kernel)}, must be a name: {type(kernel).__name__!r}, with its "
                                "parameters as lengthscales, variance, nu or alpha")
    text = f"kernel is {described(name)}, must be one of {names}, or a name of another package that the help of Index lists"
    if isinstance(name, str):
        raise InvalidArgumentError(text)
    raise ArgumentTypeError(text)


def note_kernel(options: _c.ModelOptions, name: str, nu: Optional[float], before: Optional[str], default_nu: float) -> None:
    """Sets the kernel and its nu. `before` is the name before an update. A nu that the name before has brought along is
    dropped with it."""
    formula = FORMULAS[name]
    options.kernel = formula.kernel
    if nu is not None and nu != formula.own_nu and not formula.takes_nu:
        reason = f"kernel {name!r} has no nu" if formula.own_nu is None else f"the nu of {name!r} is {formula.own_nu}"
        raise InvalidArgumentError(f"nu is {nu:g}, must be None: {reason}; kernel='matern' takes any nu")
    if formula.fixed_nu is not None:
        options.nu = formula.fixed_nu
    elif not formula.takes_nu:
        pass
    elif nu is not None:
        options.nu = nu
    elif name != before:
        brought = before is None or FORMULAS[before].fixed_nu is not None or FORMULAS[before].usual_nu is not None
        if formula.usual_nu is not None:
            options.nu = formula.usual_nu
        elif brought:
            options.nu = default_nu


def check_alpha(name: str, alpha: Optional[float]) -> None:
    """Only the rational quadratic kernel has alpha."""
    if alpha is not None and FORMULAS[name].kernel != _c.Kernel.RATIONAL_QUADRATIC:
        raise InvalidArgumentError(f"alpha is {alpha:g}, must be None: kernel {name!r} has no alpha; "
                                   "'rational_quadratic' has")


def library_scales(lengthscales: DoubleArray, name: str, nu: float) -> DoubleArray:
    """The lengthscales for the library."""
    scale = FORMULAS[name].scale(nu)
    return lengthscales if scale == 1 else lengthscales * scale


def distance_scale(name: str, nu: float) -> float:
    """The factor from distances in the library's lengthscales to those in the lengthscales that the user gave."""
    return FORMULAS[name].scale(nu)


def scale_note(name: str, nu: float) -> str:
    """A note for texts of the library, which contain the library's lengthscales."""
    scale = FORMULAS[name].scale(nu)
    return "" if scale == 1 else f" (these lengthscales are {scale:.4g} times those given for {name!r})"


def kernel_text(name: str, options: Any) -> str:
    """The kernel for __repr__, with the parameter of its shape."""
    kernel = FORMULAS[name].kernel
    if kernel == _c.Kernel.MATERN:
        return f"{name!r}, nu={options.nu:g}"
    if kernel == _c.Kernel.RATIONAL_QUADRATIC:
        return f"{name!r}, alpha={options.alpha:g}"
    return repr(name)
