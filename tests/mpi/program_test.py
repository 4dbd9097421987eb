"""`mpirun residual-knn neighbors` writes the bytes that residual-knn writes alone, and its failures are one message."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
from cli_support import ProgramTest, helper, main, settings  # noqa: E402

ENVIRONMENT = dict(line.split("=", 1)
                   for line in pathlib.Path(__file__).with_name("open_mpi.env").read_text().splitlines()
                   if not line.startswith("#"))
SEED = 20261129


def program():
    return str(pathlib.Path(settings().program).absolute())


def ours(stderr):
    """The lines of the program; mpirun adds its own."""
    return [line for line in stderr.decode().split("\n") if line.startswith("residual-knn: ")]


def errors(stderr):
    return [line for line in ours(stderr) if line.startswith("residual-knn: error: ")]


class MpiTest(ProgramTest):
    def mpirun(self, *groups, **keywords):
        """Each group is a number of processes and a command."""
        command = ["mpirun"]
        for number, (processes, arguments) in enumerate(groups):
            command += [":"] * (number > 0) + ["-n", str(processes), *map(str, arguments)]
        return subprocess.run(command, check=False, timeout=300, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, **ENVIRONMENT}, **keywords)

    def points(self, n=700, d=2, name="points.npy"):
        random = np.random.default_rng(SEED)
        return self.file(name, random.random((n, d)))

    def same_as_alone(self, arguments, outputs, processes=(2, 3)):
        """Compares the files of a run alone and of runs with partners."""
        alone = self.run_program("neighbors", *arguments)
        self.assertEqual(alone.returncode, 0, alone.stderr.decode())
        expected = {name: (self.folder / name).read_bytes() for name in outputs}
        for count in processes:
            for name in outputs:
                (self.folder / name).unlink()
            shared = self.mpirun((count, [program(), "neighbors", *arguments]))
            self.assertEqual(shared.returncode, 0, shared.stderr.decode())
            for name in outputs:
                self.assertEqual((self.folder / name).read_bytes(), expected[name],
                                 f"{name} of {count} processes: {arguments}, seed {SEED}")
            self.assertEqual(ours(shared.stderr), ours(alone.stderr), arguments)
            left = {path.name for path in self.folder.iterdir()}
            self.assertFalse([name for name in left if "resume" in name or name.startswith(".")])


class SameBytes(MpiTest):
    def test_neighbors_and_predecessors(self):
        points = self.points(6000)
        base = [points, "--lengthscale", ".3", "--inducing", "20", "-k", "6"]
        for more in [[], ["--predecessors"], ["--predecessors", "--strategy", "dual_tree"],
                     ["--strategy", "brute_force"], ["--strategy", "best_first", "--kernel", "matern12"],
                     ["--ranking", "scaled-distance"], ["--signed", "--base", "1"]]:
            self.same_as_alone([*base, *more, "-o", "out.npy"], ["out.npy", "out.distances.npy"], (3,))

    def test_kinds_of_output(self):
        points = self.points(900)
        base = [points, "--lengthscale", ".3", "--inducing", "15", "-k", "5", "--predecessors"]
        self.same_as_alone([*base, "-o", "out.csv", "--chunk", "100"], ["out.csv"])
        self.same_as_alone([*base, "-o", "out.csv.gz"], ["out.csv.gz"])
        self.same_as_alone([*base, "-o", "out.npy", "--weights", "w.npy", "--variances", "v.csv",
                            "--chunk", "350"], ["out.npy", "out.distances.npy", "w.npy", "v.csv"])
        self.same_as_alone([*base, "--slice", "2/3", "-o", "out.csv"], ["out.csv"])
        self.same_as_alone([*base, "-o", "out.npy", "--write-inducing", "z.csv", "--order", "maximin",
                            "--write-order", "o.csv", "--resume"],
                           ["out.npy", "out.distances.npy", "z.csv", "o.csv"])

    def test_orders(self):
        points = self.points(500)
        for order in ["random", "maximin", "residual-maximin"]:
            self.same_as_alone([points, "--lengthscale", ".3", "--inducing", "15", "-k", "5",
                                "--predecessors", "--order", order, "-o", "out.npy", "--weights", "w.npy"],
                               ["out.npy", "out.distances.npy", "w.npy"], (2,))

    def test_saved_indexes(self):
        points = self.points(5000)
        random = np.random.default_rng(SEED)
        self.file("new.npy", random.random((130, 2)))
        lists = self.file("lists.csv", "query,neighbor\n" + "".join(
            f"{query},{neighbor}\n" for query in range(130) for neighbor in random.integers(0, 5000, 7)))
        for more in [["--order", "maximin"], ["--no-prepare"]]:
            made = self.run_program("index", points, "--lengthscale", ".1,.2", "--inducing", "15", "--kernel", "matern52",
                                    *more, "-o", "i.rknn")
            self.assertEqual(made.returncode, 0, made.stderr.decode())
            base = ["--index", "i.rknn", "-k", "5"]
            self.same_as_alone([*base, "--predecessors", "-o", "out.npy", "--weights", "w.npy"],
                               ["out.npy", "out.distances.npy", "w.npy"], (2,))
            for given in [[], ["--candidate-lists", lists], ["--start", lists]]:
                self.same_as_alone([*base, "--new-points", "new.npy", *given, "-o", "out.csv"], ["out.csv"], (3,))

    def test_thresholds(self):
        points = self.points(600)
        base = [points, "--lengthscale", ".3", "--inducing", "15", "--threshold", ".4"]
        self.same_as_alone([*base, "-o", "out.npy"], ["out.npy", "out.distances.npy", "out.offsets.npy"])
        self.same_as_alone([*base, "--predecessors", "-o", "out.csv", "--chunk", "70"], ["out.csv"])

    def test_queries_groups_new_points_and_lists(self):
        random = np.random.default_rng(SEED)
        points = self.points(800)
        base = [points, "--lengthscale", ".3", "--inducing", "15", "-k", "4"]
        rows = self.file("rows.npy", random.integers(0, 800, 90))
        self.same_as_alone([*base, "--queries", rows, "-o", "out.csv"], ["out.csv"])
        new_points = self.file("new.npy", random.random((130, 2)))
        self.same_as_alone([*base, "--new-points", new_points, "-o", "out.csv", "--weights", "w.csv"],
                           ["out.csv", "w.csv"])
        groups = self.file("groups.csv", "group,row\n" + "".join(
            f"{row // 3},{row}\n" for row in range(300)))
        for selection in ["nearest", "conditional"]:
            self.same_as_alone([*base, "--groups", groups, "--selection", selection, "-o", "out.csv"],
                               ["out.csv"], (3,))
        self.same_as_alone([*base, "--selection", "conditional", "--pick-variances", "p.npy", "-o",
                            "out.npy"], ["out.npy", "out.distances.npy", "p.npy"])
        lists = self.file("lists.csv", "query,neighbor\n" + "".join(
            f"{query},{neighbor}\n" for query in range(800) for neighbor in random.integers(0, 800, 7)))
        self.same_as_alone([*base, "--candidate-lists", lists, "--predecessors", "-o", "out.csv"],
                           ["out.csv"])
        self.same_as_alone([*base, "--start", lists, "--order", "random", "--predecessors", "-o",
                            "out.csv"], ["out.csv"])

    def test_few_queries(self):
        points = self.points(5)
        self.same_as_alone([points, "--lengthscale", ".3", "--inducing", "2", "-k", "3", "-o", "out.csv"],
                           ["out.csv"], (3,))
        rows = self.file("rows.npy", np.array([2]))
        self.same_as_alone([points, "--lengthscale", ".3", "--inducing", "0", "-k", "3", "--queries", rows,
                            "-o", "out.csv"], ["out.csv"], (3,))

    def test_memory_limit(self):
        points = self.points(3000)
        self.same_as_alone([points, "--lengthscale", ".3", "--inducing", "50", "-k", "5", "--memory-limit",
                            "1G", "-o", "out.npy"], ["out.npy", "out.distances.npy"], (2,))

    def test_standard_output(self):
        points = self.points(300)
        arguments = ["neighbors", points, "--lengthscale", ".3", "-k", "3"]
        alone = self.run_program(*arguments)
        shared = self.mpirun((3, [program(), *arguments]))
        self.assertEqual(shared.returncode, 0, shared.stderr.decode())
        self.assertEqual(shared.stdout, alone.stdout)

    def test_help_is_printed_once(self):
        alone = self.run_program("neighbors", "--help")
        shared = self.mpirun((3, [program(), "neighbors", "--help"]))
        self.assertEqual((shared.returncode, shared.stdout), (0, alone.stdout))


class SharedFiles(MpiTest):
    """Every process writes its part of the .npy files."""
    NAMES = ["out.npy", "out.distances.npy", "w.npy", "v.npy"]

    def arguments(self, *more, n=3000):
        return ["neighbors", self.points(n), "--lengthscale", ".3", "--inducing", "15", "-k", "4", "--predecessors",
                "-o", "out.npy", "--weights", "w.npy", "--variances", "v.npy", *more]

    def run_with_failure(self, failure, *more):
        """Of two processes, the second one fails when it opens or writes a file of the first."""
        library = helper("mpi/libresidual_knn_shared_files_fail.so")
        command = [program(), *self.arguments(*more)]
        return self.mpirun((1, command), (1, ["env", f"LD_PRELOAD={library}",
                                              f"RESIDUAL_KNN_TEST_FAILURE={failure}", *command]))

    def test_same_bytes(self):
        for more in [["--chunk", "700"], ["--order", "random", "--chunk", "700"], ["--slice", "2/3", "--base", "1"],
                     ["--resume", "--chunk", "1100"]]:
            self.same_as_alone(self.arguments(*more)[1:], self.NAMES)

    def test_a_full_disk_of_one_process(self):
        for more in [[], ["--chunk", "700"]]:
            shared = self.run_with_failure("write", *more)
            self.assertNotEqual(shared.returncode, 0)
            self.assertEqual(len(errors(shared.stderr)), 1, shared.stderr.decode())
            self.assertIn("out.npy: cannot be written: No space left on device", errors(shared.stderr)[0])
            self.assertEqual(self.file_names(), ["points.npy"])

    def test_a_process_that_does_not_see_the_files(self):
        expected = self.run_program(*self.arguments())
        self.assertEqual(expected.returncode, 0, expected.stderr.decode())
        wanted = {name: (self.folder / name).read_bytes() for name in self.NAMES}
        for more in [[], ["--chunk", "700", "--resume"]]:
            for name in self.NAMES:
                (self.folder / name).unlink()
            shared = self.run_with_failure("open", *more)
            self.assertEqual(shared.returncode, 0, shared.stderr.decode())
            for name in self.NAMES:
                self.assertEqual((self.folder / name).read_bytes(), wanted[name], name)

    def test_a_signal_while_the_first_process_waits(self):
        """The first process has nothing to search, and removes the files that have names."""
        pids = self.folder / "pids"
        pids.mkdir()
        command = ["sh", "-c", 'echo $$ > "$0/$OMPI_COMM_WORLD_RANK"; exec "$@"', pids, program(),
                   *self.arguments("--strategy", "brute_force", n=40000)]
        run = subprocess.Popen(["mpirun", "-n", "2", *map(str, command)], cwd=self.folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env={**os.environ, **ENVIRONMENT})
        for _ in range(1000):
            if any(name.startswith(".out") for name in self.file_names()):
                break
            time.sleep(0.005)
        os.kill(int((pids / "1").read_text()), signal.SIGSTOP)
        time.sleep(1)
        # A signal to mpirun would end the processes without time for this.
        os.kill(int((pids / "0").read_text()), signal.SIGTERM)
        run.communicate(timeout=100)
        self.assertNotEqual(run.returncode, 0)
        self.assertEqual(self.file_names(), ["pids", "points.npy"])


class Failures(MpiTest):
    def fails(self, shared, text, count=1):
        """The message is written once, and no file is left."""
        self.assertNotEqual(shared.returncode, 0)
        lines = errors(shared.stderr)
        self.assertEqual(len(lines), count, shared.stderr.decode())
        self.assertIn(text, lines[0])
        self.assertFalse((self.folder / "out.npy").exists())

    def arguments(self, points, *more):
        return [program(), "neighbors", points, "--lengthscale", ".3", "--inducing", "15", "-k", "4", "-o",
                "out.npy", *more]

    def test_processes_that_disagree(self):
        points = self.points(400)
        other = np.load(points)
        other[17, 1] += 1e-9
        other = self.file("other.npy", other)
        self.fails(self.mpirun((2, self.arguments(points)), (1, self.arguments(other))),
                   "processes 0 and 2 of mpirun differ in: points. ")
        self.fails(self.mpirun((1, self.arguments(points)), (1, self.arguments(points, "--nugget", ".1"))),
                   "processes 0 and 1 of mpirun differ in: model. ")
        self.fails(self.mpirun((1, self.arguments(points)), (1, self.arguments(points, "--predecessors"))),
                   "differ in: search options. ")
        self.fails(self.mpirun((1, self.arguments(points)), (1, self.arguments(self.folder / "none.npy"))),
                   "none.npy: ")

    def test_other_simd_target(self):
        points = self.points(400)
        library = helper("libresidual_knn_forced_target.so")
        self.fails(self.mpirun((1, self.arguments(points)),
                               (1, ["env", f"LD_PRELOAD={library}", *self.arguments(points)])),
                   "processes 0 and 1 have the SIMD targets ")

    def test_errors_of_all(self):
        points = self.points(400)
        self.fails(self.mpirun((3, self.arguments(points, "--nugget", "-1"))), "--nugget")
        self.fails(self.mpirun((3, self.arguments(self.folder / "none.npy"))), "none.npy: ")
        self.fails(self.mpirun((2, self.arguments("-"))), "standard input")
        self.fails(self.mpirun((2, self.arguments(self.file("text.csv", "x,y\n1,2\n1,a\n")))), "text.csv: ")

    def test_files_that_cannot_be_written(self):
        points = self.points(400)
        (self.folder / "folder.npy").mkdir()
        arguments = [*self.arguments(points)[:-1], self.folder / "folder.npy"]
        self.fails(self.mpirun((2, arguments)), "folder.npy: cannot be written")

    def test_a_program_without_its_counterpart(self):
        copy = self.folder / "residual-knn"
        shutil.copy(program(), copy)
        arguments = self.arguments(self.points(400))
        shared = self.mpirun((2, [copy, *arguments[1:]]))
        self.assertNotEqual(shared.returncode, 0)
        self.assertEqual(len(errors(shared.stderr)), 1, shared.stderr.decode())
        self.assertIn("residual-knn-mpi is needed: No such file", errors(shared.stderr)[0])

    def test_an_index_by_several_processes(self):
        index = [program(), "index", self.points(400), "--lengthscale", ".3", "-o", "i.rknn"]
        for _ in range(5):
            self.fails(self.mpirun((4, index)), "index: an index is made by one process, without mpirun")
        # The first process has another command.
        self.fails(self.mpirun((1, ["sleep", "60"]), (1, index)), "index: an index is made by one process, without mpirun")

    def test_a_process_that_is_killed_leaves_a_run_that_can_be_continued(self):
        points = self.points(9000)
        arguments = self.arguments(points, "--predecessors", "--resume", "--chunk", "50", "--strategy",
                                   "brute_force", "--threads", "1")
        expected = self.run_program(*arguments[1:], lengthscale=None)
        self.assertEqual(expected.returncode, 0, expected.stderr.decode())
        names = ["out.npy", "out.distances.npy"]
        wanted = {name: (self.folder / name).read_bytes() for name in names}
        for name in names:
            (self.folder / name).unlink()
        for victim in (0, 1):
            pids = self.folder / f"pids{victim}"
            pids.mkdir()
            started = ["sh", "-c", 'echo $$ > "$0/$OMPI_COMM_WORLD_RANK"; exec "$@"', pids, *arguments]
            run = subprocess.Popen(["mpirun", "-n", "2", *map(str, started)], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env={**os.environ, **ENVIRONMENT})
            record = self.folder / "out.npy.resume"
            before = record.read_bytes().count(b"chunk ") if record.exists() else 0
            for _ in range(1000):
                if record.exists() and record.read_bytes().count(b"chunk ") >= before + 4:
                    break
                time.sleep(0.02)
            os.kill(int((pids / str(victim)).read_text()), signal.SIGKILL)
            _, stderr = run.communicate(timeout=100)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn(b"exited on signal 9", stderr)
            self.assertFalse((self.folder / "out.npy").exists())
        shared = self.mpirun((3, arguments))
        self.assertEqual(shared.returncode, 0, shared.stderr.decode())
        self.assertIn("continues after", shared.stderr.decode())
        for name in names:
            self.assertEqual((self.folder / name).read_bytes(), wanted[name])


class Statistics(MpiTest):
    def test_sums_over_all_processes(self):
        points = self.points(6000)
        arguments = ["neighbors", points, "--lengthscale", ".3", "--inducing", "20", "-k", "6",
                     "--predecessors", "-o", "out.npy", "--stats", "stats.json"]
        self.run_program(*arguments)
        alone = json.loads((self.folder / "stats.json").read_text())
        self.assertEqual(self.mpirun((3, [program(), *arguments])).returncode, 0)
        shared = json.loads((self.folder / "stats.json").read_text())
        self.assertEqual(shared.keys(), alone.keys())
        flat = json.dumps(shared)
        self.assertIn("17997000", flat)  # pairs: 6000 * 5999 / 2
        self.assertIn("17997000", json.dumps(alone))


if __name__ == "__main__":
    main()
