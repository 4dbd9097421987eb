# SPDX-License-Identifier: Apache-2.0
"""Saved indexes: the same answers, models and names of columns; files that are no index; files of the program."""
import errno
import json
import multiprocessing
import os
import pathlib
import pickle
import subprocess

import numpy as np
import pytest

import residual_knn as rk
from residual_knn import _note
from residual_knn._errors import exception_of
from residual_knn._library import C

POINTS = np.random.default_rng(40).random((400, 2))
NEW = np.random.default_rng(41).random((9, 2))
LOADS = {"read": {}, "mapped": {"mapped": True}, "mapped and verified": {"mapped": True, "verify": True}}


def places(count, seed=42):
    random = np.random.default_rng(seed)
    return np.column_stack([random.uniform(-90, 90, count), random.random(count), random.uniform(-180, 180, count)])


def alike(a, b, new=None):
    """Whether two indexes have the same answers, to the last bit."""
    for search in (lambda index: index.neighbors(5), lambda index: index.predecessors(5, ranking="signed"),
                   lambda index: index.predecessors(4, ranking="scaled_distance"),
                   lambda index: index.neighbors(3, strategy="dual_tree"),
                   lambda index: index.predecessors(4, selection="conditional"),
                   *([] if new is None else [lambda index: index.neighbors(4, queries=new)])):
        ours, theirs = search(a), search(b)
        np.testing.assert_array_equal(ours.indices, theirs.indices)
        np.testing.assert_array_equal(ours.distances, theirs.distances)
    for ours, theirs in zip(a.factor(), b.factor()):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("how", LOADS)
@pytest.mark.parametrize("prepare", [False, True])
@pytest.mark.parametrize("arguments", [
    {"lengthscales": 0.2},
    {"lengthscales": [0.2, 0.3], "inducing": 30, "kernel": "matern", "nu": 1.1, "variance": 2, "nugget": 0.1},
    {"lengthscales": 0.2, "inducing": 30, "factor_storage": "computed", "kernel": "rational_quadratic", "alpha": 0.7},
    {"lengthscales": 0.3, "inducing": 15, "kernel": "matern25_isotropic", "jitter": 1e-7, "max_jitter": 1e-3},
    {"lengthscales": 0.3, "inducing": 15, "kernel": "gaussian", "max_bytes": 10**9},
    {"lengthscales": 0.3, "inducing": 15, "kernel": "MaternKernel"},
], ids=str)
def test_same_answers_and_model(arguments, prepare, how, tmp_path):
    index = rk.Index(POINTS, **arguments)
    path = tmp_path / "points.rknn"
    assert index.save(path, prepare=prepare) is None
    assert os.listdir(tmp_path) == ["points.rknn"]
    loaded = rk.load_index(path, **LOADS[how])
    assert isinstance(loaded, rk.Index)
    assert repr(loaded) == repr(index)
    alike(index, loaded, NEW)
    # Arguments that an update does not get are those of the saved index.
    for change in ({"nugget": 0.2}, {"lengthscales": 0.25, "variance": 1.5}, {"inducing": POINTS[:20] + 0.001}):
        if loaded.m or "inducing" in change:
            alike(index.update(**change), loaded.update(**change), NEW)
            assert repr(loaded) == repr(index)
    loaded.save(tmp_path / "again.rknn")
    with rk.Index.load(tmp_path / "again.rknn") as again:
        alike(again, index, NEW)


@pytest.mark.parametrize("how", LOADS)
def test_index_from_factor(how, tmp_path):
    factor, p = rk.Index(POINTS, inducing=12, lengthscales=0.3).factor()
    index = rk.Index.from_factor(POINTS, factor, p, lengthscales=0.3, factor_error=1e-9)
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn", **LOADS[how])
    alike(index, loaded)
    assert loaded.neighbors(4, queries=NEW, query_factor=factor[:9], query_residual_variance=p[:9]).indices.shape == (9, 4)
    with pytest.raises(rk.UnsupportedError):
        loaded.update(nugget=1)


def test_a_covariance_function_cannot_be_saved(tmp_path):
    index = rk.Index.from_callback(lambda rows, columns: np.exp(-abs(rows[:, None] - columns)), None, np.ones(4))
    with pytest.raises(rk.UnsupportedError, match="covariance function"):
        index.save(tmp_path / "i.rknn")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("lonlat", [(2, 0), ("lon", "lat")])
def test_names_and_longitudes(lonlat, tmp_path):
    pandas = pytest.importorskip("pandas")
    names = ["lat", "100% of\nthe dÄy", "lon"]
    table, new = places(200), places(7, 43)
    given = pandas.DataFrame(table, columns=names) if isinstance(lonlat[0], str) else table
    index = rk.Index(given, inducing=10, lengthscales=0.4, lonlat=lonlat)
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn")
    alike(index, loaded, new)
    assert loaded._coordinates == index._coordinates
    if isinstance(lonlat[0], str):
        with pytest.raises(ValueError, match="has the columns"):
            loaded.neighbors(2, queries=pandas.DataFrame(new, columns=["x", "y", "z"]))


@pytest.mark.parametrize("names", [[0, 1], [1, 0], ["x", 1], [0.5, 1.5], [("a", 1), ("a", 2)], ["\udce4", "\ud800"],
                                   ["a\0b", "%00"], ["", " "], [np.datetime64("2020-01-01"), np.datetime64("2021-01-01")]],
                         ids=ascii)
def test_a_loaded_index_has_names_of_any_type(names, tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is absent")
    frame = pandas.DataFrame(POINTS, columns=names)
    names = list(frame.columns)
    index = rk.Index(frame, lengthscales=dict(zip(names, (0.2, 0.3))))
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn")
    assert loaded._coordinates == index._coordinates
    np.testing.assert_array_equal(loaded._lengthscales, index._lengthscales)
    for each in (index, loaded):
        assert each.neighbors(3, queries=frame[:5]).indices.shape == (5, 3)
        with pytest.raises(ValueError, match="^queries has the columns"):
            each.neighbors(3, queries=frame[frame.columns[::-1]])
        with pytest.raises(ValueError, match="^lengthscales has the labels"):
            each.update(lengthscales={"other": 1, names[1]: 1})
    alike(index.update(lengthscales={names[1]: 0.1, names[0]: 1}, inducing=frame[:9]),
          loaded.update(lengthscales={names[1]: 0.1, names[0]: 1}, inducing=frame[:9]), NEW)


def test_plot_of_a_loaded_index(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    table = places(100)
    for points, more in ((POINTS, {}), (table, {"lonlat": (2, 0)})):
        index = rk.Index(points, inducing=10, lengthscales=0.4, **more)
        index.save(tmp_path / "i.rknn")
        drawn = [each.plot(3).collections[0].get_offsets() for each in (index, rk.load_index(tmp_path / "i.rknn"))]
        np.testing.assert_allclose(*drawn, rtol=0, atol=1e-9)


def test_kinds_of_paths(tmp_path, monkeypatch):
    index = rk.Index(POINTS, lengthscales=0.2)
    monkeypatch.chdir(tmp_path)
    name = "Länge ℓ.rknn"
    for path in (name, pathlib.Path(name), os.fsencode(name), tmp_path / name, str(tmp_path / name)):
        rk.save_index(index, path)
        assert os.listdir() == [name]
        assert rk.load_index(path).n == 400
        os.remove(name)
    for path in (None, 3, ["i.rknn"], POINTS):
        for call in (index.save, rk.load_index, rk.Index.load):
            with pytest.raises(TypeError, match="path is"):
                call(path)
    for path in ("", "a\0b", b"a\0b"):
        for call in (index.save, rk.load_index):
            with pytest.raises(rk.InvalidArgumentError, match="path is"):
                call(path)
    assert os.listdir() == []


def test_wrong_arguments(tmp_path):
    index = rk.Index(POINTS, lengthscales=0.2)
    path = tmp_path / "i.rknn"
    with pytest.raises(TypeError, match="index is"):
        rk.save_index(POINTS, path)
    with pytest.raises(TypeError, match="prepare is"):
        index.save(path, prepare=1)
    index.save(path)
    for name in ("mapped", "verify"):
        with pytest.raises(TypeError, match=f"{name} is"):
            rk.load_index(path, **{name: "yes"})
    for threads, text in ((-1, "at least 0"), (1025, "at most 1024"), (2**40, "at most 1024")):
        for call in (lambda: rk.load_index(path, threads=threads), lambda: index.save(path, threads=threads),
                     lambda: index.save(path, threads=threads, prepare=False), lambda: index.neighbors(1, threads=threads),
                     lambda: index.update(threads=threads), lambda: rk.Index(POINTS, lengthscales=1, threads=threads),
                     lambda: rk.choose_inducing(POINTS, 3, lengthscales=1, threads=threads)):
            with pytest.raises(rk.InvalidArgumentError, match=f"^threads is {threads}, must be {text}$"):
                call()
    assert rk.load_index(path, threads=1024).n == 400
    with pytest.raises(ValueError, match="max_bytes is 0"):
        rk.load_index(path, max_bytes=0)
    with pytest.raises(MemoryError, match="max_bytes is 100"):
        rk.load_index(path, max_bytes=100)
    index.close()
    with pytest.raises(ValueError, match="closed"):
        index.save(path)


@pytest.mark.parametrize("how", LOADS)
def test_bad_files(how, tmp_path):
    path = tmp_path / "i.rknn"
    rk.Index(POINTS, inducing=10, lengthscales=0.2).save(path)
    whole = path.read_bytes()

    def fails(error, base, content=None, match=""):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(error, match=match) as failure:
            rk.load_index(path, **LOADS[how])
        assert isinstance(failure.value, base) and isinstance(failure.value, rk.ResidualKNNError)
        assert "i.rknn" in str(failure.value)

    fails(rk.NotAnIndexError, ValueError, b"", "empty")
    fails(rk.NotAnIndexError, ValueError, b"x,y\n1,2\n" * 20)
    for size in (1, 7, 40, 64, 200, len(whole) // 2, len(whole) - 1):
        fails(rk.CorruptIndexError, ValueError, whole[:size])
    fails(rk.CorruptIndexError, ValueError, whole + b"\0")
    for place in np.random.default_rng(44).integers(64, len(whole), 30):
        flipped = bytearray(whole)
        flipped[place] ^= 16
        if how != "mapped":  # V is tested only if it is read
            fails(rk.CorruptIndexError, ValueError, bytes(flipped))
    path.unlink()
    fails(rk.FileError, OSError, match="No such file")
    path.mkdir()
    fails(rk.FileError, OSError, match="directory")
    with pytest.raises(rk.FileError, match="irectory"):
        rk.Index(POINTS, lengthscales=1).save(path)
    with pytest.raises(OSError, match="No such file"):
        rk.Index(POINTS, lengthscales=1).save(tmp_path / "nowhere" / "i.rknn")


def test_errors_of_files_are_those_of_python(tmp_path):
    index = rk.Index(POINTS[:9], lengthscales=1)
    os.symlink("ring", tmp_path / "ring")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    cases = [("nowhere/i", FileNotFoundError, errno.ENOENT, index.save), ("i", FileNotFoundError, errno.ENOENT, rk.load_index),
             (".", IsADirectoryError, errno.EISDIR, index.save), (".", IsADirectoryError, errno.EISDIR, rk.load_index),
             ("file/i", NotADirectoryError, errno.ENOTDIR, index.save), ("file/i", NotADirectoryError, errno.ENOTDIR, rk.load_index),
             ("ring", OSError, errno.ELOOP, index.save), ("ring", OSError, errno.ELOOP, rk.load_index),
             ("x" * 300, OSError, errno.ENAMETOOLONG, rk.load_index), ("fifo", OSError, None, rk.load_index),
             ("fifo", OSError, None, index.save)]
    for name, kind, number, call in cases:
        for path in (tmp_path / name, str(tmp_path / name), os.fsencode(tmp_path / name)):
            with pytest.raises(kind) as failure:
                call(path)
            error = failure.value
            assert isinstance(error, rk.FileError) and error.status.name == "ERROR_FILE"
            assert error.errno == number and error.filename == os.fspath(path)
            assert error.strerror == (None if number is None else os.strerror(number))
            assert str(error).startswith(str(tmp_path)[:4]) and (number is None or str(error).endswith(": " + error.strerror))
            again = pickle.loads(pickle.dumps(error))
            assert type(again) is type(error) and str(again) == str(error) and again.errno == number
    # root may do everything
    error = exception_of(rk.FileError.status, f"i.rknn cannot be opened: {os.strerror(errno.EACCES)}")
    assert isinstance(error, PermissionError) and isinstance(error, rk.FileError)


def test_errors_of_files_in_callbacks_keep_their_names(tmp_path):
    index = rk.Index(POINTS, inducing=50, lengthscales=0.2)
    index.save(tmp_path / "i.rknn")

    def progress(done, total):
        rk.load_index(tmp_path / "other.rknn")

    with pytest.raises(FileNotFoundError) as failure:
        rk.load_index(tmp_path / "i.rknn", progress=progress)
    assert failure.value.filename == str(tmp_path / "other.rknn")


def test_save_of_something_else(tmp_path):
    for other in (3, None, POINTS, rk.Index):
        with pytest.raises(rk.ArgumentTypeError, match="^index is .*, must be an Index$"):
            rk.Index.save(other, tmp_path / "i.rknn")


def test_errors_have_statuses():
    for error in (rk.FileError, rk.NotAnIndexError, rk.CorruptIndexError, rk.TooNewError, rk.OtherTargetError):
        assert issubclass(error, rk.ResidualKNNError)
        assert error.status is not None and error.status.name.startswith("ERROR_")


def test_progress_and_threads(tmp_path):
    index = rk.Index(POINTS, inducing=10, lengthscales=0.2)
    path = tmp_path / "i.rknn"
    seen = []
    index.save(path, progress=lambda done, total: seen.append((done, total)) or True)
    loaded = rk.load_index(path, threads=1, progress=lambda done, total: seen.append((done, total)) or True)
    assert all(0 <= done <= total for done, total in seen)
    assert loaded.neighbors(3).statistics.threads == 1


def test_replaced_while_it_is_mapped(tmp_path):
    path = tmp_path / "i.rknn"
    first = rk.Index(POINTS, inducing=10, lengthscales=0.2)
    first.save(path)
    loaded = rk.load_index(path, mapped=True)
    rk.Index(POINTS[:100], lengthscales=0.5).save(path)
    alike(first, loaded, NEW)
    path.unlink()
    alike(first, loaded, NEW)


@pytest.mark.parametrize("text", ["", "something else", "residual-knn note 1", "residual-knn note 1\nfuture 3\n",
                                  "residual-knn note 2\ncolumns 7\n"])
def test_notes_that_say_nothing(text, tmp_path):
    index = rk.Index(POINTS, inducing=10, lengthscales=0.2, kernel="matern25_isotropic")
    C.index_set_note(index._handle.address, text.encode())
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn")
    assert "'matern52'" in repr(loaded)
    np.testing.assert_array_equal(loaded.neighbors(3).indices, index.neighbors(3).indices)


# R and Julia have the same tests.
WRONG_LINES = [
    *(f"columns {value}" for value in ("3", "1", "x", "", "nan", "2.0", "2 2", "-2", "1e400", "２", "2_0", "9" * 400)),
    *(f"lonlat {value}" for value in ("0", "", "nan", "inf", "nan 1", "0 inf", "0.5 1", "0.7", "-1 0", "0 5", "0 0", "1 1 1", "0x0 1")),
    *(f"jitter {value}" for value in ("nan", "nan 0", "1e-8", "", "1e-8 inf", "-1 0", "-0.1 0", "1e-8 0 0", "x 0", "1_0 0", "1e999 0")),
    *(f"lengthscales {value}" for value in ("nan", "x", "", "0", "-1", "0.2 inf", "0.2,0.3", "0.2 ", "0x1p3")),
]


@pytest.mark.parametrize("lines", [*WRONG_LINES, "columns", "lonlat", "jitter", "lengthscales", "columns 2\ncolumns 2",
                                   "kernel matern32\nkernel matern32", "columns 1\nlonlat 0 1", "columns 2\r"], ids=ascii)
def test_notes_that_do_not_fit(lines, tmp_path):
    index = rk.Index(POINTS, inducing=5, lengthscales=0.2)
    C.index_set_note(index._handle.address, f"residual-knn note 1\n{lines}\n".encode())
    index.save(tmp_path / "i.rknn")
    with pytest.raises(rk.CorruptIndexError) as failure:
        rk.load_index(tmp_path / "i.rknn")
    text = str(failure.value)
    assert text.startswith(f"{tmp_path}/i.rknn: the note does not fit the index: ") and lines.split()[0] in text


def test_wrong_numbers_of_names(tmp_path):
    index = rk.Index(POINTS, lengthscales=0.2)
    C.index_set_note(index._handle.address, b"residual-knn note 1\nname x\n")
    index.save(tmp_path / "i.rknn")
    with pytest.raises(rk.CorruptIndexError, match="i.rknn: the note does not fit the index: it has 1 names for 2 columns"):
        rk.load_index(tmp_path / "i.rknn")


@pytest.mark.parametrize("lines", ["kernel matern12\nlengthscales 0.2", "kernel nothing\nlengthscales 0.2",
                                   "kernel matern32\nlengthscales 0.3", "kernel matern32\nlengthscales 1 2 3",
                                   "kernel matern32"])
def test_notes_of_another_model(lines, tmp_path):
    """An index that a C program updated after it was loaded has an old note."""
    index = rk.Index(POINTS, lengthscales=0.2)
    C.index_set_note(index._handle.address, f"residual-knn note 1\n{lines}\n".encode())
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn")
    assert loaded._kernel == "matern32"
    np.testing.assert_array_equal(loaded._lengthscales, [0.2, 0.2])


def test_jitter_of_an_index_that_another_program_updated(tmp_path):
    def saved(jitter, line, inducing=5):
        index = rk.Index(POINTS, inducing=inducing, lengthscales=0.2, jitter=jitter)
        C.index_set_note(index._handle.address, f"residual-knn note 1\n{line}\n".encode())
        index.save(tmp_path / "i.rknn")
        options = rk.load_index(tmp_path / "i.rknn")._options
        return options.jitter, options.max_jitter

    for line in ("jitter 1e-08 0", "jitter 3e-09 0.001", "jitter 1e-08 1e-07", "jitter 2e-06 0", "future 1"):
        assert saved(1e-6, line) == (1e-6, 0)
    assert saved(0, "jitter 1e-08 0") == (0, 0)
    for used, line, given in ((1e-6, "jitter 1e-06 0", (1e-6, 0)), (1e-6, "jitter 1e-06 0.1", (1e-6, 0.1)),
                              (10 * (10 * 1e-8), "jitter 1e-08 1e-06", (1e-8, 1e-6)),
                              (10 * 1e-12, "jitter 0 0.1", (0, 0.1))):
        assert saved(used, line) == given
    assert saved(1e-6, "jitter 1e-08 0.1", inducing=None) == (1e-8, 0.1)
    assert saved(1e-6, "future 1", inducing=None) == (1e-8, 0)


def test_jitter_of_minus_zero(tmp_path):
    path = tmp_path / "i.rknn"
    for arguments in ({"jitter": -0.0}, {"max_jitter": -0.0}, {"jitter": -0.0, "max_jitter": -0.0}):
        index = rk.Index(POINTS, inducing=5, lengthscales=0.2, **arguments)
        index.save(path)
        assert " -0" not in C.index_note(index._handle.address).decode()
        alike(index, rk.load_index(path))
    # Earlier versions wrote such lines.
    for line in ("jitter -0.0 0.0", "jitter -0 -0", "jitter 0 -0.0"):
        C.index_set_note(index._handle.address, f"residual-knn note 1\n{line}\n".encode())
        index.save(path)
        options = rk.load_index(path)._options
        assert str(options.jitter) == str(options.max_jitter) == "0.0"


def test_an_update_keeps_the_order_of_the_program(tmp_path):
    index = rk.Index(POINTS, inducing=5, lengthscales=0.2)
    order = "order " + " ".join(map(str, reversed(range(len(POINTS)))))
    assert C.index_set_note(index._handle.address, f"residual-knn note 1\n{order}\n".encode()) == 0
    index.update(lengthscales=0.3)
    index.save(tmp_path / "i.rknn")
    loaded = rk.load_index(tmp_path / "i.rknn")
    loaded.update(lengthscales=0.25)
    assert order in C.index_note(loaded._handle.address).decode().split("\n")


def test_text_of_notes():
    note = _note.parsed("residual-knn note 1\ncolumns 2\nname 50%25 a%0Ab\nname Länge\norder 1 0\n", 2, "file")
    assert note.coordinates.names == ["50% a\nb", "Länge"]
    assert _note.text_of(note) == "residual-knn note 1\ncolumns 2\nname 50%25 a%0Ab\nname Länge\n"


def test_files_of_the_program(program, tmp_path):
    """The program searches an index of this package, and this package one of the program."""
    table, new = places(300), places(8, 43)
    for name, rows in (("p", table), ("q", new)):
        np.savetxt(tmp_path / f"{name}.csv", rows, delimiter=",", header="lat,day,lon", comments="", fmt="%.17g")
    options = ["--lonlat", "lon,lat", "--columns", "day", "--lengthscale", "0.4", "--inducing", "0"]

    def run(*arguments):
        subprocess.run([program, *arguments], cwd=tmp_path, check=True, stderr=subprocess.DEVNULL)

    run("index", "p.csv", *options, "-o", "theirs.rknn")
    theirs = rk.load_index(tmp_path / "theirs.rknn", mapped=True)
    ours = rk.Index(table, lengthscales=0.4, lonlat=(2, 0))
    alike(ours, theirs)
    ours.save(tmp_path / "ours.rknn")
    for name in ("ours", "theirs"):
        run("neighbors", "--index", f"{name}.rknn", "-k", "5", "-o", f"{name}.npy")
    for ending in ("npy", "distances.npy"):
        np.testing.assert_array_equal(*(np.load(tmp_path / f"{name}.{ending}") for name in ("ours", "theirs")))
    # New points have the columns of the array, which the program calls 0, 1, 2.
    np.save(tmp_path / "q.npy", new)
    run("neighbors", "--index", "ours.rknn", "--new-points", "q.npy", "-k", "5", "-o", "new.npy", "--stats", "s.json")
    np.testing.assert_array_equal(np.load(tmp_path / "new.npy"), ours.neighbors(5, queries=new).indices)
    assert json.loads((tmp_path / "s.json").read_text())["index"]["file"] == "ours.rknn"


def test_the_program_refuses_notes_that_do_not_fit(program, tmp_path):
    index = rk.Index(POINTS[:20], lengthscales=0.2)
    for lines in [*WRONG_LINES, "columns 2\ncolumns 2", "columns 1\nlonlat 0 1", "name x", "order 0 1", "order"]:
        if lines.startswith(("lengthscales", "jitter")):
            continue  # the program does not read these lines
        C.index_set_note(index._handle.address, f"residual-knn note 1\n{lines}\n".encode())
        index.save(tmp_path / "i.rknn")
        found = subprocess.run([program, "info", "i.rknn"], cwd=tmp_path, capture_output=True, text=True)
        assert found.returncode == 1 and "i.rknn: the note in the file does not fit its points" in found.stderr, lines


def search_mapped(path, rows):
    with rk.load_index(path, mapped=True) as index:
        return index.predecessors(4, rows=rows).indices


def test_processes_share_a_file(tmp_path):
    path = tmp_path / "i.rknn"
    index = rk.Index(POINTS, inducing=10, lengthscales=0.2)
    index.save(path)
    parts = np.array_split(np.arange(400), 3)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.starmap(search_mapped, [(path, rows) for rows in parts])
    np.testing.assert_array_equal(np.concatenate(found), index.predecessors(4).indices)
