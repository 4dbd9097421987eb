"""Runs the Python examples with the points in every kind of array. The answer must be the same, or an error.

    LD_LIBRARY_PATH=FOLDER python3 check_arrays.py LIBRARY

FOLDER holds LIBRARY under its soname, by which short.py loads it.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import io
import pathlib
import re
import sys

import numpy as np

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
import neighbors as example  # noqa: E402


class Table:
    """As from pandas: an object that converts itself to an array, with its columns in one block of memory."""

    def __init__(self, array):
        self.block = np.ascontiguousarray(array.T)

    def __array__(self, dtype=None, copy=None):
        return self.block.T if dtype is None else self.block.T.astype(dtype)

    def __len__(self):
        return self.block.shape[1]


def gapped(array, rows, columns):
    """The same values in an array with other numbers between them."""
    room = np.full((array.shape[0] * rows, array.shape[1] * columns), -77.0)
    room[::rows, ::columns] = array
    return room[::rows, ::columns]


# Variants of a float64 matrix whose values are exact in float32 and int16.
FORMS = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "float32": lambda a: a.astype(np.float32),
    "float32 in Fortran order": lambda a: np.asfortranarray(a, np.float32),
    "float16": lambda a: a.astype(np.float16),
    "int64": lambda a: a.astype(np.int64),
    "int32 in Fortran order": lambda a: np.asfortranarray(a, np.int32),
    "uint8": lambda a: a.astype(np.uint8),
    "big-endian": lambda a: a.astype(">f8"),
    "every third column": lambda a: gapped(a, 1, 3),
    "every second row": lambda a: gapped(a, 2, 1),
    "gaps everywhere": lambda a: gapped(a, 3, 2),
    "backwards": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
    "fields of records": lambda a: a.astype([("x", "f8")])["x"],
    "a table of columns": Table,
    "lists": lambda a: a.tolist(),
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
    "not aligned": lambda a: np.frombuffer(b"-" + a.tobytes(), "V1")[1:].view(np.float64).reshape(a.shape),
}

# Objects that are not a matrix with d columns, and the `error` of Python.
WRONG = {
    "one column more": (lambda a: np.column_stack([a, a[:, 0]]), ValueError),
    "one column": (lambda a: a[:, 0], ValueError),
    "a point in each column": (lambda a: a.T, ValueError),
    "text": (lambda a: [["a", "b"]] * len(a), (TypeError, ValueError)),
}
# Cases that only the longer example checks.
WRONG_TYPE = {
    "complex": (lambda a: a + 1j, TypeError),
    "dates": (lambda a: a.astype("M8[D]"), TypeError),
    "masked": (lambda a: np.ma.masked_equal(a, a[3, 1]), ValueError),
    "numbers as text": (lambda a: a.astype(str), TypeError),
}

POINTS = np.array([[12.0, 31], [78, 65], [45, 8], [92, 23], [24, 72], [33, 50], [60, 15], [7, 90]])
INDUCING = np.array([[20.0, 25], [80, 35], [50, 70]])


def literal(pattern, source):
    """The only list of lists that follows `pattern`."""
    found = re.findall(pattern + r"(\[\[.*?\]\])", source)
    assert len(found) == 1, f"short.py has {len(found)} of {pattern}"
    return found[0]


def ask_short(points, inducing, scale):
    """The neighbors of short.py, whose lines are also in README.md, with other data."""
    source = (EXAMPLES / "short.py").read_text(encoding="utf-8")
    for name, text in (("given_points", literal(r"points, scale = rows\(", source)),
                       ("given_inducing", literal(r"inducing, neighbors = rows\(", source)), ("given_scale", "[40]")):
        assert source.count(text) == 1
        source = source.replace(text, name)
    scope = {"given_points": points, "given_inducing": inducing, "given_scale": scale}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(compile(source, "short.py", "exec"), scope)
        except SystemExit as end:
            assert end.code == 0, printed.getvalue()
    return scope["neighbors"]


def ask_long(library, points, inducing):
    return np.concatenate(example.nearest_predecessors(library, points, inducing, 3), axis=1)


def refuses(ask, error):
    try:
        ask()
    except error:
        return True
    return False


def main():
    library = example.load_library(sys.argv[1])
    asks = {
        "short.py": lambda points, inducing: ask_short(points, inducing, [40]),
        "neighbors.py": lambda points, inducing: ask_long(library, points, inducing),
    }
    wrong = []
    for program, ask in asks.items():
        expected = ask(POINTS.copy(), INDUCING.copy())
        for name, form in FORMS.items():
            if not np.array_equal(ask(form(POINTS), form(INDUCING)), expected):
                wrong.append(f"{program}: {name}: another answer")
            if not np.array_equal(ask(form(POINTS), INDUCING), expected):
                wrong.append(f"{program}: {name}, of the points only: another answer")
            if not np.array_equal(ask(POINTS, form(INDUCING)), expected):
                wrong.append(f"{program}: {name}, of the inducing points only: another answer")
        for name, (form, error) in {**WRONG, **(WRONG_TYPE if program == "neighbors.py" else {})}.items():
            if not refuses(lambda: ask(form(POINTS), INDUCING), error):
                wrong.append(f"{program}: {name} as points: no error")
        for name in ("one column more", "one column"):
            if not refuses(lambda: ask(POINTS, WRONG[name][0](INDUCING)), ValueError):
                wrong.append(f"{program}: {name} as inducing points: no error")
    for scale in (np.array([40]), np.array([40], np.float32), (40,), np.array([40, 1, 40])[::2]):
        if not np.array_equal(ask_short(POINTS, INDUCING, scale), ask_short(POINTS, INDUCING, [40.0])):
            wrong.append(f"short.py: the scale {scale!r}: another answer")
    for line in wrong:
        print(f"check_arrays: {line}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"arrays of {len(FORMS)} kinds as points, {len(WRONG) + len(WRONG_TYPE)} refused")


main()
