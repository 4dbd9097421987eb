#!python
"""Runs the command-line program residual-knn, which lies in the package residual_knn.

SPDX-License-Identifier: Apache-2.0
"""
import importlib.util
import os
import sys

# Finds the package without importing it, because the program needs neither the package nor NumPy.
folder = os.path.dirname(importlib.util.find_spec("residual_knn").origin)
os.execv(os.path.join(folder, "_bin", "residual-knn"), ["residual-knn", *sys.argv[1:]])
