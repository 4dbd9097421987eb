"""Common functions of the tests of the program: running it, writing its files, and reading its answer."""

import argparse
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import numpy as np

SKIPPED = 77  # the SKIP_RETURN_CODE of ctest

# The words of --strategy, in the order of the library's constants.
STRATEGIES = ["automatic", "brute_force", "level_synchronous", "best_first", "batched_best_first",
              "dual_tree"]

# The beginnings of the lines about the use of the input.
NOTES = ("residual-knn: coordinates: ", "residual-knn: lengthscales: ", "residual-knn: continues after ",
         "residual-knn: index: ")

_settings = argparse.Namespace(program=None, helpers=None, shared=None, address_sanitizer=False, qemu=False)


def settings():
    return _settings


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, help="the built residual-knn")
    parser.add_argument("--helpers", help="the folder of further programs that tests run")
    parser.add_argument("--shared", help="the folder of reference data")
    parser.add_argument("--address-sanitizer", action="store_true",
                        help="the program reserves more addresses than a limit of memory allows")
    parser.add_argument("--qemu", action="store_true", help="the program runs under qemu, which is slow and needs memory itself")
    _, rest = parser.parse_known_args(namespace=_settings)
    return [sys.argv[0], *rest]


def main():
    unittest.main(argv=parse_arguments())


def helper(name):
    return str(pathlib.Path(_settings.helpers).absolute() / name)


def limits_memory():
    """Whether the memory of the process tells about the program."""
    return not (_settings.address_sanitizer or _settings.qemu)


def run(*arguments, **keywords):
    keywords.setdefault("stdout", subprocess.PIPE)
    keywords.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([_settings.program, *map(str, arguments)], check=False,
                          timeout=3000 if _settings.qemu else 300, **keywords)


def heed_signals():
    """For preexec_fn: restores Ctrl-C if the parent ignores it, as shells in scripts do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def csv_text(columns, values):
    lines = [",".join(columns)]
    lines += [",".join(repr(float(value)) for value in row) for row in values]
    return "\n".join(lines) + "\n"


class Answer:
    """The lines of an output CSV, a list of (neighbor, distance) for each query."""

    def __init__(self, text):
        lines = text.decode("ascii").split("\n")
        if lines[0] != "query,rank,neighbor,distance" or lines[-1] != "":
            raise AssertionError("the output is no table of neighbors")
        self.queries = []
        self.neighbors = {}
        for line in lines[1:-1]:
            query, rank, neighbor, distance = line.split(",")
            query = int(query)
            if query not in self.neighbors:
                self.queries.append(query)
                self.neighbors[query] = []
            if int(rank) != len(self.neighbors[query]):
                raise AssertionError(f"rank {rank} of query {query} is out of turn")
            self.neighbors[query].append((int(neighbor), float(distance)))


class ProgramTest(unittest.TestCase):
    """Runs the program in an empty folder, which is removed afterwards."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="residual-knn-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = self.folder / name
        if isinstance(content, np.ndarray):
            np.save(path, content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes(content.encode())
        return path

    def question_files(self, random, n):
        """Writes what may be asked about n points x, y: new.csv, rows.csv, groups.csv and lists.csv."""
        self.file("new.csv", csv_text("xy", random.uniform(size=(13, 2))))
        rows = random.permutation(n)[:17]
        self.file("rows.csv", "row\n" + "".join(f"{row}\n" for row in [*rows, rows[0]]))
        groups = random.permutation(n)[:40].reshape(10, 4)
        self.file("groups.csv", "group,row\n" + "".join(
            f"{7 * group + 3},{row}\n" for group, members in enumerate(groups) for row in members))
        self.file("lists.csv", "query,neighbor\n" + "".join(
            f"{row},{other}\n" for row in range(n) for other in random.integers(n, size=row % 12)))

    def run_program(self, *arguments, lengthscale="1", **keywords):
        """Runs the program. Searches and indexes without --lengthscale get lengthscale 1."""
        given = any(str(argument).startswith(("--lengthscale", "--index")) for argument in arguments)
        if arguments and arguments[0] in ("neighbors", "index") and lengthscale is not None and not given:
            arguments = [*arguments, "--lengthscale", lengthscale]
        return run(*arguments, cwd=self.folder, **keywords)

    def peak_megabytes(self, *arguments):
        """Runs the program, which must succeed. Returns the most memory that it had."""
        # A small process starts the program, because what the starting process has in memory would count.
        start = "import os, sys; _, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0); " \
                "print(status, usage.ru_maxrss)"
        command = [sys.executable, "-I", "-c", start, settings().program, *map(str, arguments)]
        found = subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        status, kilobytes = map(int, found.stdout.split()[-2:])
        self.assertEqual(status, 0, found.stderr)
        return kilobytes / 1024

    def needed_megabytes(self, *arguments):
        """What the program says that it needs, and how much of it is for the index."""
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 1)
        text = result.stderr.decode()
        self.assertNotIn("max_bytes", text)
        found = re.search(r"error: --memory-limit: \d+ bytes are too few: (\d+)M are needed, (\d+)M of them for the index", text)
        self.assertIsNotNone(found, text)
        return int(found[1]), int(found[2])

    def succeed(self, *arguments, warnings=(), **keywords):
        """Runs the program, which must succeed. On standard error it says what it took as
        coordinates and `warnings`, of each of which a part is given, and no more; None: any."""
        result = self.run_program(*arguments, **keywords)
        self.said = [] if result.stderr is None else result.stderr.decode().splitlines()
        self.assertEqual(result.returncode, 0, self.said)
        others = [line for line in self.said if not line.startswith(NOTES)]
        if warnings is None:
            warnings = [""] * len(others)
        self.assertEqual(len(others), len(warnings), self.said)
        for line, part in zip(others, warnings):
            self.assertTrue(line.startswith("residual-knn: warning: "), line)
            self.assertIn(part, line)
        return result.stdout

    def answer(self, *arguments, **keywords):
        return Answer(self.succeed(*arguments, **keywords))

    def file_names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def assert_neighbors(self, found, distances, candidates, k, context="", tolerance=1e-9):
        """`found` are the k nearest of `candidates`, given their reference distances."""
        neighbors = [neighbor for neighbor, _ in found]
        self.assertEqual(len(neighbors), min(k, len(candidates)), context)
        self.assertEqual(len(set(neighbors)), len(neighbors), context)
        self.assertLessEqual(set(neighbors), set(int(c) for c in candidates), context)
        best = np.sort(distances[np.asarray(candidates, dtype=int)])[:k]
        for rank, (neighbor, distance) in enumerate(found):
            where = f"{context} rank {rank}"
            self.assertLess(abs(distance - best[rank]), tolerance, where)
            self.assertLess(abs(distance - distances[neighbor]), tolerance, where)
