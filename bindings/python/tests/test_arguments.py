# SPDX-License-Identifier: Apache-2.0
"""Wrong values of every argument of every function, as tables."""
import datetime
import inspect
import re

import numpy as np
import pytest

import residual_knn as rk

POINTS = np.random.default_rng(18).random((20, 2))
INDEX = rk.Index(POINTS, inducing=POINTS[:3] + 0.01, lengthscales=0.3)
V, P = INDEX.factor()
OWN = rk.Index.from_factor(POINTS, V, P, lengthscales=0.3)
SETS = INDEX.predecessors(3).indices


def zero(rows, columns):
    return np.zeros((len(rows), len(columns)))


def ignore(*_):
    return None


BY_CALLBACK = rk.Index.from_callback(zero, None, np.ones(20))

NUMBER = ["1", True, [1], (1, 2), {}, sum, 1j, np.array([1.0, 2]), datetime.date(2026, 1, 1)]
WHOLE = NUMBER + [1.5, 3.0, np.inf, np.nan, -1, 2**70]
COUNT = WHOLE + [0, None]
NAME = ["no such name", "", 1, True, ["matern32"], sum, None, b"matern32"]
SWITCH = [1, "True", [], 0.0]
ONE_POINT_EACH = [None, "x", 1, 1.5, [1, 2], np.zeros(3), np.zeros((2, 2, 2)), [[1, "a"]], [[1, 1j]], [[1, None]],
                  np.zeros((3, 2), "M8[s]"), np.zeros((3, 2), "m8[s]"), np.zeros((3, 2), bool), np.zeros((3, 2), object),
                  [[1, 2], [3]], {"a": [1]}, np.ma.masked_array([[1.0, 2]], [[False, True]]), sum,
                  np.zeros((3, 2), "f8,f8")]
WRONG_POINTS = ONE_POINT_EACH + [[[np.nan, 1.0]], [[1.0, np.inf]], np.zeros((3, 5)), [[1e300, 1.0]]]
WRONG_OWN_POINTS = ONE_POINT_EACH + [np.where(POINTS == POINTS[7, 1], wrong, POINTS) for wrong in (np.nan, np.inf)]
WRONG_OWN_POINTS += [np.zeros((0, 2)), np.zeros((3, 0))]
WRONG_VALUES = [None, 1.0, "x", [[1.0]], [np.nan] * 20, [-1.0] * 20, [1.0] * 19, [1j] * 20, [True] * 20, [None] * 20]
ROWS = [1, "x", 1.5, [1.5], [20], [-1], [[1]], [True], [None], ["a"], [np.nan], [2**63], np.zeros(20, bool), {1}, sum]
SET_MATRICES = [None, 1, "a", [], sum, SETS + 0.5, SETS[1:], SETS[:, :0], SETS[0], np.full((20, 1), 20),
                np.full((20, 1), -2), np.zeros((20, 2), bool), np.zeros((20, 2), int)]
GROUPS = [None, 1, "a", sum, [1, "a"], [[1], []], [[20]], [[-1]], [[1.5]], [[1, 2], [2, 3]], [[4, 4]], [[None]],
          np.zeros(5, int), np.zeros(20)]


def index_with(**given):
    return rk.Index(**{"points": POINTS, "lengthscales": 0.3, **given})


def from_factor_with(**given):
    return rk.Index.from_factor(**{"points": POINTS, "factor": V, "residual_variance": P, "lengthscales": 0.3, **given})


def from_callback_with(**given):
    return rk.Index.from_callback(**{"covariance": zero, "factor": None, "residual_variance": np.ones(20), **given})


MODEL = {"lengthscales": [None, 0, -1, np.nan, np.inf, "1", [1, 2, 3], [], [[1, 2]], [1, -1], [1, 1j], True, sum],
         "kernel": NAME, "variance": NUMBER + [0, -1, np.nan, np.inf], "nu": NUMBER + [np.nan],
         "alpha": NUMBER + [np.nan], "threads": WHOLE + [1025], "progress": SWITCH}
OWN_MODEL = {**MODEL, "nugget": NUMBER + [-1, np.nan], "jitter": NUMBER + [-1, np.nan], "max_jitter": NUMBER + [np.nan],
             "inducing": [x for x in WRONG_POINTS if not isinstance(x, int) and x is not None] + [True, 21, -1, 1.5]}
MEMORY = {"factor_storage": NAME, "max_bytes": WHOLE + [0]}
LONLAT = {"lonlat": [1, "lon", (0,), (0, 0), (0, 2), ("a", "b"), (0.0, 1.0), [True, False], -1, None]}
FACTOR = {"factor": [1, "x", [1.0], V[1:], [[np.nan] * 3] * 20, V * 1e80, V.astype(complex)], "residual_variance": WRONG_VALUES,
          "factor_error": NUMBER + [-1, 2, np.nan], "threads": WHOLE, "progress": SWITCH}
PATHS = [None, 3, 2.5, "", b"", "a\0b", ["i.rknn"], POINTS]
SEARCH = {"k": COUNT, "ranking": NAME, "strategy": NAME, "threads": WHOLE, "progress": SWITCH, "selection": NAME,
          "rows": ROWS, "candidates": [1, 5],
          "candidate_lists": [1, "a", [], SETS[1:], [[1]] * 19, [[20]] * 20, [[1.5]] * 20, sum, [1] * 20],
          "start": [x for x in SET_MATRICES if x is not None and not (isinstance(x, np.ndarray) and x.dtype == int and
                                                                      (x.shape == (20, 0) or (x == 0).all()))]}
SINK = {"sink": [None, 1, "print", [], POINTS], "sink_queries": WHOLE + [0], "sink_order": NAME}
PAIRS = {"threshold": NUMBER + [None, -1e-9, 1 + 1e-9, np.nan], "ranking": NAME + ["scaled_distance"], "strategy": NAME,
         "max_pairs": WHOLE, "threads": WHOLE, "progress": SWITCH, "rows": ROWS}
QUERIES = {"queries": [x for x in WRONG_POINTS if x is not None]}
GROUPED = {"groups": GROUPS, **{name: SEARCH[name] for name in ("k", "strategy", "threads", "progress", "selection",
                                                               "candidates")}, "ranking": NAME + ["scaled_distance"]}
SET_CALLS = {"neighbors": SET_MATRICES, "rows": [x for x in ROWS if x is not None], "threads": WHOLE, "progress": SWITCH,
             **QUERIES}
HELPER = {"points": WRONG_OWN_POINTS, "lengthscales": MODEL["lengthscales"],
          "seed": WHOLE, "progress": SWITCH, **LONLAT}


def with_sets(method):
    return lambda **given: method(**{"neighbors": SETS, **given})


# Functions with valid other arguments, and the wrong values of each argument.
TABLE = {
    "Index": (index_with, {**OWN_MODEL, **MEMORY, **LONLAT, "points": WRONG_OWN_POINTS, "seed": []}),
    "Index with matern": (lambda **given: index_with(kernel="matern", **given), {"nu": [-1, 0, 51, np.inf]}),
    "Index with rational_quadratic": (lambda **given: index_with(kernel="rational_quadratic", **given), {
        "alpha": [-1, 0, np.inf]}),
    "Index by number": (lambda **given: index_with(inducing=3, **given), {"seed": WHOLE}),
    "from_factor": (from_factor_with, {**MODEL, **FACTOR, **LONLAT, "points": WRONG_OWN_POINTS}),
    "from_callback": (from_callback_with, {
        **FACTOR, "residual_variance": [x for x in WRONG_VALUES if x != [1.0] * 19] + [[]], "covariance": [None, 1, "sum", [zero]]}),
    "update": (INDEX.update, {name: [x for x in values if x is not None] for name, values in {
        **OWN_MODEL, "inducing": OWN_MODEL["inducing"] + [0, np.empty((0, 2))], "seed": []}.items()}),
    "update by number": (lambda **given: INDEX.update(inducing=3, **given), {"seed": WHOLE}),
    "neighbors": (INDEX.neighbors, {**SEARCH, **QUERIES, "query_factor": [V], "query_residual_variance": [P]}),
    "predecessors": (INDEX.predecessors, SEARCH),
    "neighbors_to": (lambda **given: INDEX.neighbors_to(**{"sink": ignore, **given}), {
        **SEARCH, **QUERIES, **SINK, "query_factor": [V], "query_residual_variance": [P]}),
    "predecessors_to": (lambda **given: INDEX.predecessors_to(**{"sink": ignore, **given}), {**SEARCH, **SINK}),
    "conditional": (lambda **given: INDEX.neighbors(5, selection="conditional", **given),
                    {"candidates": NUMBER + [0, 4, {"residual": 4}, {"near": 9}, {"scaled": -1}, {"scaled": 2.5}],
                     "ranking": ["signed", "scaled_distance"]}),
    "neighbors_above": (lambda **given: INDEX.neighbors_above(**{"threshold": 0.5, **given}), {
        **PAIRS, **QUERIES, "query_factor": [V], "query_residual_variance": [P]}),
    "predecessors_above": (lambda **given: INDEX.predecessors_above(**{"threshold": 0.5, **given}), PAIRS),
    "group_neighbors": (lambda **given: INDEX.group_neighbors(**{"groups": [[1], [2, 3]], **given}), GROUPED),
    "group_predecessors": (lambda **given: INDEX.group_predecessors(**{"groups": [[1], [2, 3]], **given}), GROUPED),
    "weights": (with_sets(INDEX.weights), {**SET_CALLS, "jitter": NUMBER + [-1, np.inf, np.nan, None],
                                           "query_factor": [V], "query_residual_variance": [P]}),
    "covariances": (with_sets(INDEX.covariances), {**SET_CALLS, "neighbors": SET_MATRICES[:-1], "query_factor": [V],
                                                   "query_residual_variance": [P]}),
    "covariance_blocks": (with_sets(INDEX.covariance_blocks), {**SET_CALLS, "query_factor": [V],
                                                               "query_residual_variance": [P]}),
    "save": (lambda **given: INDEX.save(**{"path": "/nowhere/i.rknn", **given}), {
        "path": PATHS, "prepare": [None, 1, "yes", np.ones(2)], "threads": WHOLE, "progress": SWITCH}),
    "load": (lambda **given: rk.Index.load(**{"path": "/nowhere/i.rknn", **given}), {
        "path": PATHS, "mapped": [None, 1, "yes"], "verify": [None, 0, "no"], "max_bytes": WHOLE + [0],
        "threads": WHOLE, "progress": SWITCH}),
    "residual_order": (INDEX.residual_order, {"threads": WHOLE, "progress": SWITCH}),
    "choose_inducing": (lambda **given: rk.choose_inducing(**{"points": POINTS, "m": 1, "lengthscales": 0.3, **given}), {
        **HELPER, "m": COUNT[:-2] + [21], "method": NAME, "max_iterations": WHOLE, "threads": WHOLE}),
    "order_points": (lambda **given: rk.order_points(**{"points": POINTS, **given}), {**HELPER, "ordering": NAME}),
}
# None is the default, or stands for the library's default.
MAY_BE_NONE = {"threads", "seed", "max_iterations", "max_pairs", "nu", "max_jitter", "max_bytes", "progress", "sink_queries"}
# A call with wrong rows, or with the start of other queries, is about the neighbors.
ALSO_NAMED = {"candidates": "k|selection", "queries": "neighbors|rows", "rows": "neighbors",
              "query_factor": "rows|neighbors", "query_residual_variance": "query_factor|rows|neighbors",
              "selection": "ranking"}


@pytest.mark.parametrize("name", TABLE)
def test_a_wrong_value_is_an_error_that_names_the_argument(name):
    function, wrong_values = TABLE[name]
    for argument, values in wrong_values.items():
        for value in values:
            if value is None and argument in MAY_BE_NONE:
                continue
            what = f"{name}({argument}={value!r})"
            try:
                result = function(**{argument: value})
            except (rk.ResidualKNNError, NotImplementedError) as error:
                assert isinstance(error, (ValueError, TypeError, NotImplementedError)), what
                names = argument + ("|" + ALSO_NAMED[argument] if argument in ALSO_NAMED else "")
                assert re.match(rf"({names})\b", str(error)), f"{what}: {error}"
            else:
                pytest.fail(f"{what} gave {result!r}")
    assert repr(INDEX).startswith("<Index: n=20")


def test_the_tables_have_every_argument():
    functions = {
        "Index": rk.Index, "from_factor": rk.Index.from_factor, "from_callback": rk.Index.from_callback,
        "choose_inducing": rk.choose_inducing, "order_points": rk.order_points, "load": rk.Index.load
    }
    functions.update({name: getattr(rk.Index, name) for name in TABLE if hasattr(rk.Index, name)})
    for name, function in functions.items():
        arguments = set(inspect.signature(function).parameters) - {"self"}
        assert arguments == set(TABLE[name][1]), name
    public = {name for name, _ in inspect.getmembers(rk.Index, inspect.isfunction) if not name.startswith("_")}
    assert public - set(TABLE) == {"close", "factor", "info", "plot"}


@pytest.mark.parametrize("call, text", [
    (lambda: rk.Index([[1.0, 2], [3, np.nan]], lengthscales=1), r"^points\[1, 1\] is nan"),
    (lambda: rk.Index(np.asfortranarray([[1.0, 2], [3, np.nan]]), lengthscales=1), r"^points\[1, 1\] is nan"),
    (lambda: rk.Index(POINTS, inducing=[[1, np.inf]], lengthscales=1), r"^inducing\[0, 1\] is inf"),
    (lambda: rk.Index(POINTS, lengthscales=[1, -1]), r"^lengthscales\[1\] is -1"),
    (lambda: rk.Index(POINTS[:, 0], lengthscales=1), r"reshape\(-1, 1\)"),
    (lambda: rk.Index(POINTS, lengthscales=1, kernel="matern31"), "^kernel is 'matern31', must be one of"),
    (lambda: INDEX.neighbors(3, queries=POINTS * 1e150), r"^queries\[0, 0\] is "),
    (lambda: INDEX.neighbors(3, rows=[1, 20]), r"^rows\[1\] is 20, must be between 0 and 19"),
    (lambda: INDEX.neighbors(3, rows=POINTS[:, 0] > 0.5), r"^rows is an array of bool.*flatnonzero"),
    (lambda: INDEX.neighbors(3, rows=5), r"use \[5\]"),
    (lambda: INDEX.neighbors(0), "^k is 0, must be at least 1"),
    (lambda: INDEX.weights([[1, 1]] * 20), r"^neighbors\[0, 1\] is 1"),
    (lambda: INDEX.group_neighbors([[1], [2, 1]]), r"^groups\[1\] has row 1"),
    (lambda: INDEX.neighbors(2, candidate_lists=[[1, 30]] * 20), r"^candidate_lists\[0\]\[1\] is 30"),
    (lambda: rk.Index.from_factor(POINTS, V, np.r_[P[:-1], -1], lengthscales=1), r"^residual_variance\[19\] is -1"),
    (lambda: rk.Index.from_factor(POINTS, V * 1e80, P, lengthscales=1), r"^factor\[\d+, \d\] is "),
    (lambda: OWN.neighbors(1, queries=POINTS, query_residual_variance=P), "^query_factor has 0 columns, must have 3"),
    (lambda: OWN.neighbors(1, query_factor=V), "needs query_residual_variance"),
    (lambda: BY_CALLBACK.neighbors(1, queries=POINTS, query_residual_variance=P), "^queries must be None"),
])
def test_messages(call, text):
    with pytest.raises(rk.ResidualKNNError, match=text):
        call()


def test_calls_that_an_index_does_not_support():
    for call in (lambda: OWN.update(nugget=1), lambda: BY_CALLBACK.update(nugget=1), lambda: OWN.neighbors(1, queries=POINTS),
                 lambda: INDEX.neighbors(1, query_factor=V, query_residual_variance=P),
                 lambda: BY_CALLBACK.neighbors(1, ranking="scaled_distance"),
                 lambda: BY_CALLBACK.neighbors(2, selection="conditional", candidates={"residual": 3, "scaled": 3})):
        with pytest.raises(rk.UnsupportedError):
            call()


def test_exceptions_are_those_of_python_too():
    kinds = {rk.InvalidArgumentError: ValueError, rk.ArgumentTypeError: TypeError, rk.OutOfMemoryError: MemoryError,
             rk.NotPositiveDefiniteError: np.linalg.LinAlgError, rk.UnsupportedError: NotImplementedError,
             rk.CallbackError: ValueError, rk.CancelledError: RuntimeError, rk.InternalError: RuntimeError,
             rk.IndexInUseError: RuntimeError}
    for kind, python in kinds.items():
        assert issubclass(kind, rk.ResidualKNNError) and issubclass(kind, python)
    with pytest.raises(rk.ResidualKNNError) as caught:
        INDEX.neighbors(0)
    assert caught.value.status == 1


def test_an_answer_that_memory_cannot_hold_is_a_memory_error():
    with pytest.raises(MemoryError):
        INDEX.neighbors(2**31 - 1, rows=np.zeros(10**7, int))


def test_a_batch_that_memory_cannot_hold_is_an_error_that_names_k():
    rows = np.zeros(10**7, int)
    for method in (INDEX.neighbors_to, INDEX.predecessors_to):
        with pytest.raises(rk.OutOfMemoryError, match="^k is 2147483647: out of memory in a search for 2147483647 neighbors"):
            method(ignore, 2**31 - 1, rows=rows, sink_queries=10**7)


def test_errors_of_other_packages_become_those_of_this_one():
    class NoMemoryToShare:
        def __dlpack__(self, **arguments):
            raise BufferError("not shared")

        def __dlpack_device__(self):
            return 1, 0

    with pytest.raises(rk.InvalidArgumentError, match="^points is no array: not shared"):
        rk.Index(NoMemoryToShare(), lengthscales=1)
    with pytest.raises(rk.OutOfMemoryError, match="^k is 2147483647"):
        INDEX.neighbors(2**31 - 1, rows=np.zeros(10**7, int))
    for wrong in (2.5, True, -1, 10**9, "three"):
        with pytest.raises(rk.ResidualKNNError, match="^inducing is "):
            INDEX.update(inducing=wrong)
    assert INDEX.neighbors(2, queries=[]).indices.shape == (0, 2)
    with pytest.raises(rk.CancelledError, match="progress function"):
        INDEX.neighbors(2, progress=lambda done, total: False)
    predecessors = INDEX.predecessors(2)
    for name, wrong in (("base", 1.0), ("base", True), ("base", 2), ("missing", 2.5), ("missing", "x"), ("missing", 2**63)):
        with pytest.raises(rk.ResidualKNNError, match=f"^{name} is"):
            predecessors.to_nnarray(**{name: wrong})
