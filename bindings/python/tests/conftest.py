# SPDX-License-Identifier: Apache-2.0
import os
import pathlib

import pytest


@pytest.fixture
def reference_folder():
    """The folder with the reference answers."""
    folder = pathlib.Path(os.environ.get("RESIDUAL_KNN_SHARED_DIR", "../shared")) / "reference"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent")
    return folder


@pytest.fixture
def program():
    """The command-line program."""
    path = os.environ.get("RESIDUAL_KNN_PROGRAM")
    if not path:
        pytest.skip("RESIDUAL_KNN_PROGRAM, the path of the command-line program, is not set")
    return path


@pytest.fixture(scope="session")
def searches():
    """The number of searches with random failures."""
    return int(os.environ.get("RESIDUAL_KNN_PYTHON_SEARCHES", "1000"))
