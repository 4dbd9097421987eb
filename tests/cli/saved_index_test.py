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

    def test_queries_and_lists(self):
        """Each kind of queries with each kind of lists, for an index whose points have another order than the file."""
        making = ["--order", "random", "--inducing", 8, "--lengthscale", "0.3"]
        self.save(*making)
        random = np.random.default_rng(SEED)
        new_lists = "query,neighbor\n" + "".join(
            f"{query},{row}\n" for query in range(13) for row in random.integers(1, N, size=query))
        self.file("new_lists.csv", new_lists)
        self.file("start.npy", random.integers(-1, N, size=(N, 3)))
        self.file("new_start.npy", random.integers(-1, N, size=(13, 3)))
        self.file("rows_start.npy", random.integers(-1, N, size=(18, 3)))
        queries = {
            "all rows": ([], "lists.csv", "start.npy"),
            "chunks of rows": (["--chunk", 37], "lists.csv", "start.npy"),
            "predecessors": (["--predecessors"], "lists.csv", "start.npy"),
            "queries": (["--queries", "rows.csv"], "lists.csv", "rows_start.npy"),
            "predecessors of queries": (["--queries", "rows.csv", "--predecessors"], "lists.csv", "rows_start.npy"),
            "new points": (["--new-points", "new.csv"], "new_lists.csv", "new_start.npy"),
            "chunks of new points": (["--new-points", "new.csv", "--chunk", 5], "new_lists.csv", "new_start.npy"),
        }
        answers = {"nearest": [], "weights": ["--weights", "w.csv", "--variances", "v.csv"],
                   "conditional": ["--selection", "conditional", "--pick-variances", "p.csv"]}
        for kind, (asked, lists, start) in queries.items():
            for given in ([], ["--candidate-lists", lists], ["--start", lists], ["--start", start]):
                for answer, options in answers.items():
                    with self.subTest(queries=kind, lists=given, answer=answer):
                        index = ["points.csv", *(making if "--predecessors" in asked else making[2:])]
                        self.assert_same_answers(index, [*asked, *given, *options, "-k", K])

    def assert_same_answers(self, index, options):
        """A search of i.rknn writes the files that a search without a saved index writes."""
        files = ["o.csv", *(word for word in options if word in ("w.csv", "v.csv", "p.csv"))]
        found = []
        for asked in (index, ["--index", "i.rknn"]):
            self.succeed("neighbors", *asked, *options, "-o", "o.csv")
            found.append([self.content(name) for name in files])
        self.assertEqual(found[0], found[1])

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

    def test_memory_of_the_parent(self):
        """What the parent process has in memory does not count."""
        self.save()
        large = b"x" * (500 << 20)
        self.succeed("neighbors", "--index", "i.rknn", "--memory-limit", "400M", "--threads", 1)
        self.succeed("neighbors", "points.csv", "--memory-limit", "400M", "--threads", 1)
        self.assertEqual(len(large), 500 << 20)

    def test_memory_limit_of_trees(self):
        """The trees of the file are used although V has no room; a limit that is too small names one that suffices."""
        points = np.random.default_rng(SEED).uniform(size=(40000, 2))
        self.file("many.npy", points)
        making = ["--inducing", 150, "--lengthscale", "0.2"]
        self.save(*making, points="many.npy")
        self.assertGreater((self.folder / "i.rknn").stat().st_size, 90 << 20)  # 48 MB are V
        search = ["neighbors", "--index", "i.rknn", "--predecessors", "-k", K, "--threads", 1]
        self.succeed(*search, "-o", "whole.npy")
        needed, of_index = self.needed_megabytes(*search, "--memory-limit", 1)
        self.assertLess(of_index, 10)
        trees = [*search, "--strategy", "dual_tree", "--stats", "s.json", "-o", "saved.npy"]
        self.succeed(*trees, "--memory-limit", f"{needed + 75}M")
        self.assertEqual(self.content("saved.npy"), self.content("whole.npy"))
        found = json.loads(self.content("s.json"))
        self.assertLess(found["tree_seconds"], 0.05)
        self.assertLess(found["index"]["bytes"], (of_index + 75) << 20)
        self.assert_fails(1, ["trees need about", "--memory-limit leaves"], *trees, "--memory-limit", f"{needed + 5}M")
        few = ["neighbors", "--index", "i.rknn", "--queries", "rows.csv", "--threads", 1]
        self.succeed(*few, "-o", "whole.csv")
        needed, _ = self.needed_megabytes(*few, "--memory-limit", "1M")
        self.succeed(*few, "--memory-limit", f"{needed}M", "-o", "saved.csv")
        self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))
        whole = ["neighbors", "many.npy", *making, "--threads", 1, "--queries", "rows.csv"]
        needed, _ = self.needed_megabytes(*whole, "--memory-limit", "1M")
        self.succeed(*whole, "--memory-limit", f"{needed}M", "-o", "saved.csv")
        self.assertEqual(self.content("saved.csv"), self.content("whole.csv"))

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
        self.assertIn(b"differs from this one in: saved index. Repeat", result.stderr)
        whole = ["neighbors", "points.csv", "--inducing", 20, "--lengthscale", "0.3", *command[3:]]
        result = self.run_program(*whole)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"differs from this one in: saved index, points, model, inducing points, order. Repeat",
                      result.stderr)
        self.succeed(*command)
        self.assertEqual(self.content("o.csv"), self.content("whole.csv"))

    def interrupt(self, command):
        """Ends a run after some of its chunks: its output cannot grow further."""
        import resource
        subprocess.run([cli_support.settings().program, *map(str, command)], cwd=self.folder, check=False,
                       capture_output=True,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))

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

    def test_given_factor(self):
        """An index of V and p that another program has given."""
        subprocess.run([cli_support.helper("residual_knn_given_factor"), "i.rknn"], cwd=self.folder, check=True)
        info = self.succeed("info", "i.rknn").decode()
        self.assertIn("\ncolumns of V:       2\n", info)
        self.assertNotIn("inducing", info)
        text = self.succeed("neighbors", "--index", "i.rknn", "-k", 3, "-o", "o.csv", "--stats", "-",
                            warnings=None).decode()
        self.assertIn("\ncolumns of V      2, given by another program\n", text)
        self.assertNotIn("inducing", text)
        self.succeed("neighbors", "--index", "i.rknn", "-k", 3, "-o", "o.csv", "--stats", "s.json", warnings=None)
        self.assertEqual(json.loads(self.content("s.json"))["index"]["given_factor"], True)
        self.file("new.csv", "0\n0.5\n")
        self.assert_fails(1, ["--new-points", "V and p of new points must be given", "residual-knn index"],
                          "neighbors", "--index", "i.rknn", "--new-points", "new.csv")

    def test_standard_input(self):
        self.save()
        self.assert_fails(1, ["info: an index must be a file, not standard input"], "info", "-", input=b"")
        with open(self.folder / "i.rknn", "rb") as file:
            self.assertIn(b"points:             300\n", self.succeed("info", "/dev/stdin", stdin=file))

    def test_several_processes(self):
        """Several processes of mpirun would write the same file."""
        for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE"):
            environment = {**os.environ, name: "3"}
            self.assert_fails(2, ["index: an index is made by one process"], "index", "points.csv", "-o", "i.rknn",
                              env=environment)
        self.save(env={**os.environ, "OMPI_COMM_WORLD_SIZE": "1"})

    def test_note(self):
        """The file has the names of the columns and the order, as docs/index-format.md describes them."""
        self.save("--order", "random", "--write-order", "order.csv")
        rows = self.content("order.csv").decode().split()[1:]
        note = "residual-knn note 1\ncolumns 2\nname x\nname y\norder " + " ".join(rows) + "\n"
        self.assertIn(note.encode(), self.content("i.rknn"))

    def test_names_of_columns_that_are_not_utf8(self):
        """The library takes only notes in UTF-8."""
        rows = cli_support.csv_text("xy", self.points).split("\n", 1)[1].encode()
        for name, code in ((b"l\xe4nge", b"l%E4nge"), (b"\xc0\x80", b"%C0%80"), (b"\xed\xa0\x80", b"%ED%A0%80"),
                           (b"\xf4\x90\x80\x80", b"%F4%90%80%80"), ("Länge".encode(), "Länge".encode())):
            with self.subTest(name=name):
                self.file("named.csv", b"b," + name + b"\n" + rows)
                self.file("moved.csv", name + b",b\n" + rows)
                made = self.run_program("index", "named.csv", "--inducing", "0", "-o", "i.rknn")
                self.assertEqual(made.returncode, 0, made.stderr)
                self.assertIn(b"\nname b\nname " + code + b"\n", self.content("i.rknn"))
                found = self.run_program("neighbors", "--index", "i.rknn", "--new-points", "moved.csv", "-k", "2")
                self.assertEqual(found.returncode, 0, found.stderr)
                self.assertIn(b"b, " + name + b"\n", self.run_program("info", "i.rknn").stdout)

    def test_one_point(self):
        """Messages speak of 1 point, 1 row and 1 query."""
        self.file("one.csv", "x,y\n0.5,0.25\n")
        self.file("start.npy", np.zeros((1, 1)))
        self.save(points="one.csv")
        self.succeed("neighbors", "--index", "i.rknn", "-k", 3, warnings=["there is only 1 point: k = 1 is used"])
        self.assertIn("residual-knn: index: i.rknn, 1 point, coordinates x, y", self.said)
        self.assert_fails(1, ["2 is more than the 1 point of one.csv"], "neighbors", "one.csv", "--inducing", 2)
        self.assert_fails(1, ["start.npy: has 1 row, must have 300"], "neighbors", "points.csv", "--start", "start.npy")

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
        # These are told before any work.
        (self.folder / "nowhere.rknn").symlink_to("missing.rknn")
        (self.folder / "loop.rknn").symlink_to("loop.rknn")
        for parts, name in ((["nowhere.rknn: is a link", "No such file"], "nowhere.rknn"),
                            (["loop.rknn: is a link", "symbolic links"], "loop.rknn"),
                            (["cannot be written: File name too long"], "x" * 256)):
            self.assert_fails(1, parts, "index", "missing.csv", "-o", name)
        self.assert_fails(1, ["cannot be written: File name too long"], "neighbors", "missing.csv", "-o", "x" * 256)

    def test_names(self):
        """Names with blanks and line ends, and names that leave little room for a temporary name."""
        for name in ("a b.rknn", "\nline\tend.rknn", "-i", "x" * 255):
            self.save(output=f"./{name}")
            self.assertEqual(self.succeed("info", f"./{name}").count(b"\n"), 10)
            text = self.succeed("neighbors", "--index", f"./{name}", "-o", "y" * 255, "--stats", "-").decode()
            self.assertTrue(text.splitlines()[1].startswith("index file "), text)
            self.assertTrue(text.splitlines()[2].startswith("points "), text)
            os.remove(self.folder / name)
        self.assertEqual([name for name in self.file_names() if name.startswith(".")], [])
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

    def test_size_limit(self):
        """`ulimit -f` is an error like a full disk, and leaves no unfinished file."""
        import resource
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))}
        self.assert_fails(1, ["i.rknn cannot be written: File too large"], "index", "points.csv", "-o", "i.rknn", **limit)
        self.assert_fails(1, ["o.csv: cannot be written: File too large"], "neighbors", "points.csv", "-o", "o.csv", **limit)

    def test_unfinished_files(self):
        """Unfinished files of killed runs are named, and those that are being written are not."""
        import fcntl
        for name in ("i.rknn.tmp-1-0", "i.rknn.tmp-99-12", "i.rknn.tmp-7", "i.rknn.tmp-a-1", "other.tmp-1-0"):
            self.file(name, b"")
        with open(self.folder / "i.rknn.tmp-99-12", "wb") as written:
            fcntl.flock(written, fcntl.LOCK_EX)
            self.save(warnings=["i.rknn.tmp-1-0 is left of a run that was killed, and can be deleted"])
        os.remove(self.folder / "i.rknn.tmp-1-0")
        os.remove(self.folder / "i.rknn.tmp-99-12")
        self.save()

    def test_large_file(self):
        """Ctrl-C ends the program at once while it writes a file, and no unfinished file is left. A limit of addresses is
        told."""
        self.file("many.npy", np.random.default_rng(SEED).uniform(size=(400000, 2)))
        self.succeed("index", "many.npy", "--inducing", 60, "--lengthscale", "0.1", "--no-prepare", "-o", "i.rknn")
        before = self.content("i.rknn")
        self.assertGreater(len(before), 200 << 20)
        if cli_support.limits_memory():
            import resource
            self.assert_fails(1, ["i.rknn cannot be mapped", "ulimit -v"], "info", "i.rknn",
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (len(before), len(before))))
        names = self.file_names()
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [cli_support.settings().program, "index", "many.npy", "--inducing", "59", "--lengthscale", "0.1",
                 "--no-prepare", "-o", "i.rknn", "-q", "--write-order", "order.npy", "--order", "random"], cwd=self.folder,
                preexec_fn=cli_support.heed_signals)
            while process.poll() is None and not any(".tmp-" in name for name in self.file_names()):
                time.sleep(0.001)
            self.assertIsNone(process.poll())
            process.send_signal(number)
            start = time.monotonic()
            self.assertEqual(process.wait(timeout=60), -number)
            self.assertLess(time.monotonic() - start, 2)  # a busy machine; otherwise some milliseconds
            self.assertEqual(self.file_names(), names)
            self.assertEqual(self.content("i.rknn"), before)

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
        self.assertEqual(int(found.pop("bytes of the file")), (self.folder / "i.rknn").stat().st_size)
        self.assertGreater(int(found.pop("bytes in memory")), N * 8 * 7)
        self.assertEqual(found, {
            "points": "300", "coordinates": "x, y", "order": "another, kept in the file", "inducing points": "7",
            "kernel": "matern, nu 0.7, variance 1, nugget 0.25", "lengthscales": "0.5, 2", "V": "stored",
            "degenerate points": "0"})


if __name__ == "__main__":
    cli_support.main()
