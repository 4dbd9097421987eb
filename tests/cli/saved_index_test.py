"""`residual-knn index` and `neighbors --index`: the same bytes as without a saved index, slices of one, and bad files."""

import json
import os
import signal
import subprocess
import time

import numpy as np

import cli_support

SEED = 20261130
N = 300
K = 5

# Options of the index, and options of searches that suit it. "" is the search of all rows.
INDEXES = {
    "plain": ["--inducing", 12, "--lengthscale", "0.3"],
    "ordered": ["--inducing", 12, "--lengthscale", "0.3,0.2", "--order", "maximin", "--kernel", "matern", "--nu", "0.8"],
    "random order": ["--inducing", 5, "--lengthscale", "0.3", "--order", "random", "--seed", "7", "--nugget", "0.01"],
    "residual order": ["--inducing", 9, "--lengthscale", "auto", "--order", "residual-maximin"],
    "no inducing points": ["--inducing", 0, "--lengthscale", "0.1", "--kernel", "rational-quadratic", "--alpha", "2"],
    "memory limit": ["--inducing", 20, "--lengthscale", "0.2", "--variance", "3", "--kernel", "matern52",
                   "--memory-limit", "300M"],
}
SEARCHES = {
    "all rows": [],
    "predecessors": ["--predecessors"],
    "queries": ["--queries", "rows.csv", "--predecessors"],
    "new points": ["--new-points", "new.csv"],
    "new points, threshold": ["--new-points", "new.csv", "--threshold", "0.4"],
    "groups": ["--groups", "groups.csv"],
    "groups of predecessors": ["--groups", "groups.csv", "--predecessors"],
    "conditional": ["--selection", "conditional", "--predecessors"],
    "candidate lists": ["--candidate-lists", "lists.csv", "--predecessors"],
    "start lists": ["--start", "lists.csv", "--predecessors"],
    "scaled distance": ["--ranking", "scaled-distance", "--predecessors"],
    "signed": ["--signed"],
    "threshold": ["--threshold", "0.3", "--predecessors"],
    "dual tree": ["--strategy", "dual_tree", "--predecessors"],
    "one-based": ["--base", "1"],
}
ONLY_OF_INDEXES = [
    ("POINTS", ["points.csv"]), ("--columns", ["--columns", "x"]), ("--lonlat", ["--lonlat", "x,y"]),
    ("--kernel", ["--kernel", "matern12"]), ("--nu", ["--nu", "2"]), ("--alpha", ["--alpha", "2"]),
    ("--variance", ["--variance", "2"]), ("--lengthscale", ["--lengthscale", "1"]), ("--nugget", ["--nugget", "1"]),
    ("--jitter", ["--jitter", "1e-6"]), ("--max-jitter", ["--max-jitter", "1e-3"]), ("--inducing", ["--inducing", "3"]),
    ("--inducing-method", ["--inducing-method", "random"]), ("--inducing-points", ["--inducing-points", "new.csv"]),
    ("--seed", ["--seed", "3"]), ("--order", ["--order", "random", "--predecessors"]),
    ("--write-inducing", ["--write-inducing", "z.csv"]), ("--write-order", ["--write-order", "o.csv"]),
]


class SavedIndexTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.points = random.uniform(size=(N, 2))
        self.file("points.csv", cli_support.csv_text("xy", self.points))
        self.question_files(random, N)

    def save(self, *options, points="points.csv", output="i.rknn", **keywords):
        return self.succeed("index", points, "-o", output, *options, **keywords)

    def content(self, name):
        return (self.folder / name).read_bytes()

    def assert_fails(self, status, parts, *arguments, **keywords):
        """The program fails with one line that has all parts, and leaves no files behind."""
        before = self.file_names()
        result = self.run_program(*arguments, **keywords)
        self.assertEqual((result.returncode, result.stdout), (status, b""), result.stderr)
        text = result.stderr.decode()
        lines = [line for line in text.splitlines() if not line.startswith(cli_support.NOTES)]
        self.assertEqual(len(lines), 1, text)
        for part in parts:
            self.assertIn(part, lines[0])
        self.assertEqual(self.file_names(), before)

    def test_same_bytes(self):
        for kind, making in INDEXES.items():
            self.save(*making)
            # Without predecessors, an order could only change which of two ties comes first, and there are no ties.
            place = making.index("--order") if "--order" in making else len(making)
            in_file_order = making[:place] + making[place + 2:]
            for search, options in SEARCHES.items():
                with self.subTest(index=kind, search=search):
                    whole = making if "--predecessors" in options else in_file_order
                    count = [] if "--threshold" in options else ["-k", K]
                    self.succeed("neighbors", "points.csv", *whole, *options, *count, "-o", "whole.csv")
                    self.succeed("neighbors", "--index", "i.rknn", *options, *count, "-o", "saved.csv")
                    self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))

    def test_weights_and_variances(self):
        tables = [(name, option) for name, option in
                  (("w", "--weights"), ("v", "--variances"), ("p", "--pick-variances"))]
        making = ["--order", "random", "--inducing", 8, "--lengthscale", "0.3"]
        self.save(*making)
        for ending in (".csv", ".npy"):
            for run, index in (("whole", ["points.csv", *making]), ("saved", ["--index", "i.rknn"])):
                files = [word for name, option in tables for word in (option, f"{run}.{name}{ending}")]
                self.succeed("neighbors", *index, "--predecessors", "--selection", "conditional", "-k", K, *files,
                             "-o", f"{run}.o{ending}")
            for name in ("o", "w", "v", "p"):
                self.assertEqual(self.content(f"saved.{name}{ending}"), self.content(f"whole.{name}{ending}"))

    def test_slices(self):
        """Slices of a saved index, searched by processes at the same time, are the whole answer."""
        self.save("--order", "maximin", "--lengthscale", "0.3", "--inducing", 20)
        for options in (["--predecessors"], ["--predecessors", "--selection", "conditional"], ["--threshold", "0.4"],
                        ["--new-points", "new.csv"]):
            with self.subTest(options=options):
                self.succeed("neighbors", "--index", "i.rknn", *options, "-o", "whole.csv")
                running = [subprocess.Popen(
                    [cli_support.settings().program, "neighbors", "--index", "i.rknn", *options, "--quiet", "--slice",
                     f"{i}/4", "-o", f"{i}.csv"], cwd=self.folder) for i in (1, 2, 3, 4)]
                self.assertEqual([process.wait(timeout=120) for process in running], [0] * 4)
                self.assertEqual(b"".join(self.content(f"{i}.csv") for i in (1, 2, 3, 4)), self.content("whole.csv"))
        self.succeed("neighbors", "--index", "i.rknn", "--predecessors", "-o", "whole.npy")
        self.succeed("neighbors", "--index", "i.rknn", "--predecessors", "--chunk", 7, "-o", "chunks.npy")
        self.assertEqual(self.content("chunks.npy"), self.content("whole.npy"))

    def test_prepared_or_not(self):
        """A file without trees gives the same answer."""
        random = np.random.default_rng(SEED)
        self.file("many.npy", random.uniform(size=(20000, 2)))
        making = ["--inducing", 30, "--lengthscale", "0.05"]
        self.save(*making, points="many.npy", output="with.rknn")
        self.save(*making, "--no-prepare", points="many.npy", output="without.rknn")
        self.assertGreater(len(self.content("with.rknn")), 1.2 * len(self.content("without.rknn")))
        for name in ("with", "without"):
            self.succeed("neighbors", "--index", f"{name}.rknn", "--predecessors", "-k", K, "-o", f"{name}.npy",
                         "--stats", f"{name}.json")
        self.assertEqual(self.content("with.npy"), self.content("without.npy"))
        found = json.loads(self.content("with.json"))
        self.assertEqual((found["index"]["file"], found["index"]["n"], found["index"]["m"]), ("with.rknn", 20000, 30))
        self.assertEqual(found["model"]["coordinates"], ["0", "1"])
        self.assertEqual(found["model"]["lengthscale"], [0.05, 0.05])
        self.assertLess(found["tree_seconds"], 0.1 * json.loads(self.content("without.json"))["tree_seconds"] + 0.01)

    def test_statistics_text(self):
        self.save("--lengthscale", "0.3")
        text = self.succeed("neighbors", "--index", "i.rknn", "-o", "o.csv", "--stats", "-").decode()
        self.assertIn("\nindex file        i.rknn\n", text)
        self.assertIn("points            300, coordinates x, y\n", text)

    def test_lonlat(self):
        """Longitude and latitude of new points are converted as those of the points were."""
        random = np.random.default_rng(SEED)

        def places(count):
            return np.column_stack([random.uniform(-180, 180, count), random.uniform(-90, 90, count),
                                    random.uniform(size=count)])

        for name, count in (("p", 120), ("q", 9)):
            table = places(count)
            self.file(f"{name}.csv", "id,lat,time of day,lon\n" + "".join(
                f"a{i},{lat!r},{day!r},{lon!r}\n" for i, (lon, lat, day) in enumerate(table.tolist())))
            self.file(f"{name}.npy", table)
        making = ["--lonlat", "lon,lat", "--columns", "time of day", "--lengthscale", "0.4"]
        self.save(*making, points="p.csv")
        self.succeed("neighbors", "p.csv", *making, "--new-points", "q.csv", "-o", "whole.csv")
        for new in ("q.csv", "q.npy"):
            self.succeed("neighbors", "--index", "i.rknn", "--new-points", new, "-o", "saved.csv")
            self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))
        self.assertEqual(self.said, ["residual-knn: index: i.rknn, 120 points, coordinates lon, lat (as 3 on the unit "
                                     "sphere), time of day"])
        making = ["--lonlat", "0,1", "--columns", "2", "--lengthscale", "0.4"]
        self.save(*making, points="p.npy", output="n.rknn")
        self.succeed("neighbors", "--index", "n.rknn", "--new-points", "q.npy", "-o", "saved.csv")
        self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))

    def test_strange_names_of_columns(self):
        names = ["100% a\nb", "Länge", ""]
        self.file("p.csv", "\"100% a\nb\",Länge,x\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(30)))
        self.save("--lengthscale", "2", "--columns", '"100% a\nb",Länge', points="p.csv")
        self.file("q.csv", "x,Länge,\"100% a\nb\"\n1,2,3\n")
        self.succeed("neighbors", "--index", "i.rknn", "--new-points", "q.csv", "-o", "saved.csv")
        self.succeed("neighbors", "p.csv", "--columns", '"100% a\nb",Länge', "--lengthscale", "2", "--new-points",
                     "q.csv", "-o", "whole.csv")
        self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))
        self.assertEqual(len(names), 3)

    def test_memory_limit(self):
        self.save("--inducing", 20, "--lengthscale", "0.3")
        self.succeed("neighbors", "--index", "i.rknn", "-o", "whole.csv")
        self.succeed("neighbors", "--index", "i.rknn", "--memory-limit", "400M", "--threads", 1, "-o", "saved.csv")
        self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))
        self.assert_fails(1, ["--memory-limit", "too few"], "neighbors", "--index", "i.rknn", "--memory-limit", "1M")

    def test_resume(self):
        """A run with --resume goes on with the same index, and refuses another one."""
        self.save("--inducing", 20, "--lengthscale", "0.3")
        self.succeed("neighbors", "--index", "i.rknn", "-o", "whole.csv")
        command = ["neighbors", "--index", "i.rknn", "-o", "o.csv", "--resume", "--chunk", 20]
        self.interrupt(command)
        if not (self.folder / "o.csv.resume").exists():
            self.skipTest("the run was not interrupted")
        self.save("--inducing", 21, "--lengthscale", "0.3", output="other.rknn")
        result = self.run_program(*[word if word != "i.rknn" else "other.rknn" for word in command])
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"points", result.stderr)
        self.succeed(*command)
        self.assertEqual(self.content("o.csv"), self.content("whole.csv"))

    def interrupt(self, command):
        """Ends a run after some of its chunks: its output cannot grow further."""
        import resource
        subprocess.run([cli_support.settings().program, *map(str, command)], cwd=self.folder, check=False,
                       capture_output=True,
                       preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                           resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))))

    def test_options_of_the_index(self):
        self.save()
        for name, options in ONLY_OF_INDEXES:
            with self.subTest(option=name):
                self.assert_fails(2, [f"{name}: cannot be used with --index"], "neighbors", "--index", "i.rknn", *options)
        self.assert_fails(2, ["POINTS or --index is required"], "neighbors", "-k", "3")

    def test_bad_files(self):
        self.save()
        whole = self.content("i.rknn")
        self.file("empty.rknn", b"")
        self.file("text.rknn", "x,y\n1,2\n")
        self.file("short.rknn", whole[:len(whole) // 2])
        self.file("long.rknn", whole + b"\0" * 64)
        self.file("flipped.rknn", whole[:400] + bytes([whole[400] ^ 4]) + whole[401:])
        (self.folder / "folder").mkdir()
        for name, parts in {"missing.rknn": ["No such file"], "empty.rknn": ["not a saved index", "empty"],
                            "text.rknn": ["not a saved index"], "short.rknn": ["damaged", "instead of"],
                            "long.rknn": ["damaged", "instead of"], "flipped.rknn": ["damaged", "checksum"],
                            "folder": ["directory"], "points.csv": ["not a saved index"]}.items():
            for command in (["neighbors", "--index", name, "-o", "o.csv"], ["info", name]):
                with self.subTest(file=name, command=command):
                    self.assert_fails(1, [name, *parts], *command)
        self.assert_fails(1, ["--index", "standard input"], "neighbors", "--index", "-")
        (self.folder / "link.csv").symlink_to("i.rknn")
        self.assert_fails(1, ["is an input file"], "neighbors", "--index", "i.rknn", "-o", "link.csv")

    def test_note(self):
        """The file has the names of the columns and the order, as docs/index-format.md describes them."""
        self.save("--order", "random", "--write-order", "order.csv")
        rows = self.content("order.csv").decode().split()[1:]
        note = "residual-knn note 1\ncolumns 2\nname x\nname y\norder " + " ".join(rows) + "\n"
        self.assertIn(note.encode(), self.content("i.rknn"))

    def test_bad_outputs(self):
        (self.folder / "folder").mkdir()
        self.assert_fails(2, ["--output", "required"], "index", "points.csv")
        self.assert_fails(2, ["--output", "standard output"], "index", "points.csv", "-o", "-")
        self.assert_fails(2, ["--lengthscale", "required"], "index", "points.csv", "-o", "i.rknn", lengthscale=None)
        self.assert_fails(1, ["points.csv: is an input file"], "index", "points.csv", "-o", "points.csv")
        self.assert_fails(1, ["folder: is not a regular file"], "index", "points.csv", "-o", "folder")
        self.assert_fails(1, ["nowhere/i.rknn", "No such file"], "index", "points.csv", "-o", "nowhere/i.rknn")
        self.assert_fails(1, ["already used"], "index", "points.csv", "-o", "o.csv", "--write-order", "o.csv")
        self.assert_fails(1, ["/dev/null: is not a regular file"], "index", "points.csv", "-o", "/dev/null")
        self.assert_fails(2, ["POINTS"], "index", "-o", "i.rknn")
        self.assert_fails(2, ["unknown option --queries"], "index", "points.csv", "-o", "i.rknn", "--queries", "rows.csv")

    def test_full_disk_leaves_the_old_file(self):
        import resource
        self.save()
        before = self.content("i.rknn")
        result = self.run_program(
            "index", "points.csv", "-o", "i.rknn", "--inducing", 30,
            preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))))
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"i.rknn cannot be written: File too large", result.stderr)
        self.assertEqual(self.content("i.rknn"), before)
        self.assertNotIn("tmp", " ".join(self.file_names()))

    def test_ctrl_c_leaves_no_file(self):
        """Wherever Ctrl-C comes, there is the whole index or none."""
        names = self.file_names()
        for delay in np.random.default_rng(SEED).uniform(0, 0.15, 12):
            process = subprocess.Popen(
                [cli_support.settings().program, "index", "points.csv", "--lengthscale", "0.3", "-o", "i.rknn", "-q"],
                cwd=self.folder, preexec_fn=cli_support.heed_signals)
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            if "i.rknn" in self.file_names():
                self.succeed("info", "i.rknn")
                os.remove(self.folder / "i.rknn")
            self.assertEqual(self.file_names(), names)

    def test_choices_are_written(self):
        self.save("--order", "maximin", "--inducing", 7, "--write-order", "order.csv", "--write-inducing", "z.csv")
        self.succeed("neighbors", "points.csv", "--order", "maximin", "--inducing", 7, "--write-order", "order2.csv",
                     "--write-inducing", "z2.csv", "-o", "o.csv")
        for name in ("order", "z"):
            self.assertEqual(self.content(f"{name}.csv"), self.content(f"{name}2.csv"))

    def test_info(self):
        self.save("--order", "maximin", "--inducing", 7, "--kernel", "matern", "--nu", "0.7", "--nugget", "0.25",
                  "--lengthscale", "0.5,2")
        lines = self.succeed("info", "i.rknn").decode().splitlines()
        found = dict(line.split(":", 1) for line in lines)
        found = {key: value.strip() for key, value in found.items()}
        self.assertEqual(found.pop("bytes").isdigit(), True)
        self.assertEqual(found, {
            "points": "300", "coordinates": "x, y", "order": "another, kept in the file", "inducing points": "7",
            "kernel": "matern, nu 0.7, variance 1, nugget 0.25", "lengthscales": "0.5, 2", "V": "stored",
            "degenerate points": "0"})


if __name__ == "__main__":
    cli_support.main()
