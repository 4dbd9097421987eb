"""The choices of a run are written and read again: inducing points and the order of the points. The
ending of its name gives the format of an output."""

import gzip
import json

import numpy as np

import cli_support

SEED = 20261201
N = 60


class WrittenTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.points = random.normal(size=(N, 3)) / 3
        self.file("points.csv", cli_support.csv_text("xyz", self.points))
        self.file("points.npy", self.points)
        semicolons = cli_support.csv_text("xyz", self.points).replace(",", ";").replace(".", ",")
        self.file("comma.csv", semicolons)
        self.file("bare.csv", cli_support.csv_text("xyz", self.points).split("\n", 1)[1])
        degrees = np.column_stack([random.uniform(-180, 180, N), random.uniform(-90, 90, N),
                                   random.uniform(0, 50, N)])
        self.file("places.csv", cli_support.csv_text(["lon", "lat", "day"], degrees))
        self.file("places.npy", degrees)
        self.file("bareplaces.csv", cli_support.csv_text("abc", degrees).split("\n", 1)[1])

    CASES = [
        ["points.csv"],
        ["points.csv", "--columns", "z,x"],
        ["points.npy"],
        ["points.npy", "--columns", "2,0"],
        ["points.npy", "--columns", "0,1"],
        ["comma.csv", "--decimal", ","],
        ["bare.csv", "--no-header"],
        ["bare.csv", "--no-header", "--columns", "2,1"],
        ["places.csv", "--lonlat", "lon,lat"],
        ["places.csv", "--lonlat", "lon,lat", "--columns", "day"],
        ["places.npy", "--lonlat", "0,1", "--columns", "2"],
        ["bareplaces.csv", "--no-header", "--lonlat", "0,1"],
    ]

    def test_inducing_points_come_back(self):
        """The same answer from the file that was written, with the same other options."""
        npy_written = 0
        for case in self.CASES:
            for name in ("z.csv", "z.csv.gz", "z.npy"):
                with self.subTest(case=case, name=name):
                    options = ["neighbors", *case, "-k", "4"]
                    result = self.run_program(*options, "--inducing", "7", "--write-inducing", name)
                    if result.returncode != 0:
                        # Only .npy is refused, which has no names, and only if it could be misread.
                        self.assertEqual(name, "z.npy")
                        self.assertIn(b".npy has no column names", result.stderr)
                        self.assertTrue("--lonlat" in case or case[0] == "points.npy")
                        self.assertNotIn("z.npy", self.file_names())
                        continue
                    npy_written += name == "z.npy"
                    self.assertEqual(self.succeed(*options, "--inducing-points", name),
                                     result.stdout)
                    (self.folder / name).unlink()
        self.assertEqual(npy_written, 7)

    def test_inducing_points_as_numbers(self):
        self.succeed("neighbors", "points.csv", "--inducing", "6", "--inducing-method", "random",
                     "--write-inducing", "z.npy", "-o", "out.csv")
        written = np.load(self.folder / "z.npy")
        self.assertEqual(written.shape, (6, 3))
        rows = {tuple(row) for row in self.points.tolist()}
        self.assertTrue(all(tuple(row) in rows for row in written.tolist()))
        self.succeed("neighbors", "points.csv", "--inducing", "6", "--inducing-method", "random",
                     "--write-inducing", "z.csv", "-o", "out.csv")
        lines = (self.folder / "z.csv").read_text().splitlines()
        self.assertEqual(lines[0], '"x","y","z"')
        self.assertEqual([[float(c) for c in line.split(",")] for line in lines[1:]],
                         written.tolist())

    def test_names_that_need_quotes(self):
        self.file("odd.csv", '"a ""b""","c,d"\n' + "".join(f"{x!r},{y!r}\n" for x, y, _ in
                                                           self.points.tolist()))
        options = ["neighbors", "odd.csv"]
        found = self.succeed(*options, "--inducing", "5", "--write-inducing", "z.csv")
        self.assertEqual(self.succeed(*options, "--inducing-points", "z.csv"), found)

    def test_no_inducing_points(self):
        self.succeed("neighbors", "points.csv", "--inducing", "0", "--write-inducing", "z.csv",
                     "-o", "out.csv")
        self.assertEqual((self.folder / "z.csv").read_text(), '"x","y","z"\n')

    def test_order(self):
        for order in ("given", "random", "maximin", "residual-maximin"):
            for base in (0, 1):
                with self.subTest(order=order, base=base):
                    plain_options = ["neighbors", "points.csv", "--base", base, "--inducing", "0",
                                     "-k", N - 1]
                    options = [*plain_options, "--order", order]
                    answer = self.answer(*options, "--predecessors", "--write-order", "o.csv")
                    lines = (self.folder / "o.csv").read_text().splitlines()
                    self.assertEqual(lines[0], "row")
                    rows = [int(line) for line in lines[1:]]
                    self.assertEqual(sorted(rows), list(range(base, N + base)))
                    if order == "given":
                        self.assertEqual(rows, sorted(rows))
                    else:
                        self.assertNotEqual(rows, sorted(rows))
                    for place, row in enumerate(rows):
                        before = {n for n, _ in answer.neighbors.get(row, [])}
                        self.assertEqual(before, set(rows[:place]))
                    # Without predecessors, the order is written too, but changes nothing.
                    plain = self.succeed(*plain_options)
                    self.assertEqual(self.succeed(*options, "--write-order", "p.csv"), plain)
                    self.assertEqual((self.folder / "p.csv").read_text().splitlines(), lines)
                    self.succeed(*options, "--write-order", "o.npy", "-o", "out.csv")
                    written = np.load(self.folder / "o.npy")
                    self.assertEqual((written.dtype, written.ravel().tolist()), (np.int64, rows))
                    # It can be used as a file of queries.
                    for name in ("o.csv", "o.npy"):
                        found = self.answer(*plain_options, "--queries", name)
                        self.assertEqual(found.queries, rows)

    def test_on_standard_output(self):
        text = self.succeed("neighbors", "points.csv", "--order", "random", "--write-order", "-",
                            "-o", "out.csv")
        self.assertEqual(len(text.splitlines()), N + 1)

    def test_endings(self):
        expected = self.succeed("neighbors", "points.csv")
        self.succeed("neighbors", "points.csv", "-o", "out.npy")
        neighbors = (self.folder / "out.npy").read_bytes()
        distances = (self.folder / "out.distances.npy").read_bytes()
        for name in ("a.csv", "a.CSV", "a.txt", "a", ".csv", "a.b.csv", "A.Txt", "a.", "folder.npy/a"):
            with self.subTest(name=name):
                (self.folder / "folder.npy").mkdir(exist_ok=True)
                self.succeed("neighbors", "points.csv", "-o", name)
                self.assertEqual((self.folder / name).read_bytes(), expected)
        for name in ("b.csv.gz", "b.CSV.GZ", "b.Csv.gz"):
            with self.subTest(name=name):
                self.succeed("neighbors", "points.csv", "-o", name)
                data = (self.folder / name).read_bytes()
                self.assertEqual(gzip.decompress(data), expected)
                self.assertLess(len(data), len(expected))
                self.assertEqual(data[3:8], bytes(5))  # no name, no time: the same bytes each time
        for name, second in (("c.NPY", "c.distances.NPY"), ("c.Npy", "c.distances.Npy")):
            with self.subTest(name=name):
                self.succeed("neighbors", "points.csv", "-o", name)
                self.assertEqual((self.folder / name).read_bytes(), neighbors)
                self.assertEqual((self.folder / second).read_bytes(), distances)
        self.succeed("neighbors", "points.csv", "-o", "out.csv", "--stats", "s.JSON")
        self.assertEqual(json.loads((self.folder / "s.JSON").read_text())["queries"], N)

    def test_much_gzip(self):
        """More output than fits the buffers."""
        self.file("many.npy", np.random.default_rng(SEED).normal(size=(6000, 2)))
        expected = self.succeed("neighbors", "many.npy")
        self.assertGreater(len(expected), 5 << 20)
        self.succeed("neighbors", "many.npy", "-o", "out.csv.gz")
        self.assertEqual(gzip.decompress((self.folder / "out.csv.gz").read_bytes()), expected)


class EveryFileTest(cli_support.ProgramTest):
    """The files besides the neighbors, each in every format, and what cannot be written."""

    M = 5
    K = 4
    # The number of values of each file as .npy.
    SIZES = {"--write-inducing": 2 * M, "--write-order": N, "--weights": N * K, "--variances": N}

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED + 1)
        self.file("points.csv", cli_support.csv_text("xy", random.uniform(size=(N, 2))))
        self.options = ["neighbors", "points.csv", "--predecessors", "-k", self.K, "--inducing",
                        self.M, "--nugget", "0.1"]

    def refused(self, fragment, *options):
        files = self.file_names()
        result = self.run_program(*self.options, *options)
        self.assertNotEqual(result.returncode, 0, options)
        self.assertIn(fragment.encode(), result.stderr)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(self.file_names(), files)

    def test_formats(self):
        for option, size in self.SIZES.items():
            self.succeed(*self.options, "-o", "o.csv", option, "w.csv")
            expected = (self.folder / "w.csv").read_bytes()
            self.assertEqual(self.succeed(*self.options, "-o", "o.csv", option, "-"), expected)
            for name in ("W.CSV", "w.txt", "w"):
                self.succeed(*self.options, "-o", "o.csv", option, name)
                self.assertEqual((self.folder / name).read_bytes(), expected, (option, name))
            for name in ("w.csv.gz", "W.CSV.GZ"):
                self.succeed(*self.options, "-o", "o.csv", option, name)
                packed = (self.folder / name).read_bytes()
                self.assertEqual(gzip.decompress(packed), expected, (option, name))
            for name in ("w.npy", "W.NPY"):
                self.succeed(*self.options, "-o", "o.csv", option, name)
                self.assertEqual(np.load(self.folder / name).size, size, (option, name))

    def test_same_file_twice(self):
        for option in self.SIZES:
            self.refused("standard output is already used by --output", option, "-")
            self.refused("already used by --output", "-o", "o.csv", option, "./o.csv")
            for other in self.SIZES:
                if other != option:
                    self.refused("is already used by", "-o", "o.csv", option, "w.csv", other,
                                 str(self.folder / "w.csv"))

    def test_files_that_cannot_be_written(self):
        for option in self.SIZES:
            for path, fragment in (("nowhere/w.csv", "nowhere/w.csv: cannot be written"),
                                   (".", "cannot be written"), ("w.xls", "w.xls"), ("", option),
                                   ("points.csv", "is an input file")):
                self.refused(fragment, "-o", "o.csv", option, path)

    def test_no_queries(self):
        self.file("none.csv", "row\n")
        headers = {"--weights": "query,rank,neighbor,weight\n", "--variances": "query,variance\n"}
        for option, header in headers.items():
            self.succeed(*self.options, "--queries", "none.csv", "-o", "o.csv", option, "w.csv")
            self.assertEqual((self.folder / "w.csv").read_text(), header)
            self.succeed(*self.options, "--queries", "none.csv", "-o", "o.csv", option, "w.npy")
            self.assertEqual(np.load(self.folder / "w.npy").size, 0)

    def test_one_point(self):
        self.file("one.csv", "x,y\n1,2\n")
        for option in self.SIZES:
            self.succeed("neighbors", "one.csv", "-k", 1, "--inducing", 0, "-o", "o.csv", option, "w.csv")
        self.assertEqual((self.folder / "w.csv").read_text(), "query,variance\n0,1\n")


if __name__ == "__main__":
    cli_support.main()
