# SPDX-License-Identifier: Apache-2.0
"""How the package finds the library."""
import os
import pathlib
import shutil
import subprocess
import sys

import residual_knn as rk

PACKAGE = pathlib.Path(rk.__file__).parent


def test_other_packages_are_loaded_on_first_use():
    script = """
import sys, residual_knn as rk
others = {"pandas", "scipy", "sklearn", "matplotlib", "torch", "tqdm"}
assert not others & set(sys.modules), others & set(sys.modules)
rk.Index([[0.0], [1.0]], lengthscales=1).neighbors(1)
assert not others & set(sys.modules), others & set(sys.modules)
try:
    rk.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def imported(library=None, path=None):
    """The path of the library that a new process loads, or the error of the import."""
    environment = {name: value for name, value in os.environ.items() if name != "RESIDUAL_KNN_LIBRARY"}
    if library:
        environment["RESIDUAL_KNN_LIBRARY"] = str(library)
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run([sys.executable, "-c", "import residual_knn; print(residual_knn.library().path)"],
                          env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def library_of_tests():
    """The file that these tests use."""
    maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8")
    return next(line.split()[-1] for line in maps.splitlines() if "libresidual_knn.so" in line)


def test_the_variable_comes_first(tmp_path):
    library = library_of_tests()
    assert imported(library) == library
    assert imported("/nowhere/lib.so").startswith("ImportError: libresidual_knn was not loaded: /nowhere/lib.so")
    assert "is no libresidual_knn of version 0.1.0 or newer" in imported("libm.so.6")


def test_then_the_copy_in_the_package(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "residual_knn", ignore=shutil.ignore_patterns("__pycache__", "_lib"))
    (tmp_path / "residual_knn" / "_lib").mkdir()
    inside = tmp_path / "residual_knn" / "_lib" / "libresidual_knn.so.0"
    shutil.copy(library_of_tests(), inside)
    assert imported(path=tmp_path) == str(inside)
    inside.write_bytes(b"no library")
    assert imported(path=tmp_path).startswith("ImportError: libresidual_knn was not loaded")


def test_then_the_dynamic_linker(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "residual_knn", ignore=shutil.ignore_patterns("__pycache__", "_lib"))
    found = imported(path=tmp_path)
    assert found == "libresidual_knn.so.0" or "asked for libresidual_knn.so.0, from the dynamic linker" in found
