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
        for order in ("given", "random", "maximin"):
            for base in (0, 1):
                with self.subTest(order=order, base=base):
                    options = ["neighbors", "points.csv", "--order", order, "--base", base,
                               "--inducing", "0", "-k", N - 1]
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
                    plain = self.succeed(*options)
                    self.assertEqual(self.succeed(*options, "--write-order", "p.csv"), plain)
                    self.assertEqual((self.folder / "p.csv").read_text().splitlines(), lines)
                    self.succeed(*options, "--write-order", "o.npy", "-o", "out.csv")
                    written = np.load(self.folder / "o.npy")
                    self.assertEqual((written.dtype, written.ravel().tolist()), (np.int64, rows))
                    # It can be used as a file of queries.
                    for name in ("o.csv", "o.npy"):
                        found = self.answer(*options, "--queries", name)
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


if __name__ == "__main__":
    cli_support.main()
