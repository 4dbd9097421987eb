"""The kinds of files that are read and written: the same numbers give the same answer."""

import gzip
import io

import numpy as np

import cli_support

SEED = 20260715
N = 40


class TablesTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        # Few digits, so that float32 and short text give the same numbers.
        self.points = random.integers(-2000, 2000, size=(N, 2)) / 256
        self.inducing = random.integers(-2000, 2000, size=(5, 2)) / 256
        self.text = cli_support.csv_text("xy", self.points)
        self.file("inducing.csv", cli_support.csv_text("xy", self.inducing))
        self.file("inducing.npy", self.inducing)
        self.expected = self.find(self.text, "points.csv")

    def find(self, content, name, *options, inducing="inducing.csv", **keywords):
        self.file(name, content)
        return self.succeed("neighbors", name, "--inducing-points", inducing, "-k", "5",
                            "--lengthscale", "2", *options, **keywords)

    def test_csv(self):
        lines = self.text.splitlines()
        cells = [line.split(",") for line in lines]
        cases = {
            "carriage returns and line feeds": "\r\n".join(lines) + "\r\n",
            "carriage returns": "\r".join(lines) + "\r",
            "no line end at the end": self.text[:-1],
            "blank lines at the end": self.text + "\n  \r\n\n",
            "byte order mark": "\ufeff" + self.text,
            "byte order mark and quotes": "\ufeff" + self.text.replace("x,y", '"x","y"'),
            "quotes": "\n".join(",".join(f'"{c}"' for c in row) for row in cells),
            "spaces and tabs": "\n".join(" ,\t".join(f"  {c} " for c in row) for row in cells),
            "plus signs": "\n".join(
                [lines[0]] + [",".join(c if c[0] == "-" else "+" + c for c in row)
                              for row in cells[1:]]),
            "exponents": "\n".join(
                [lines[0]] + [",".join(f"{float(c):.17e}" for c in row) for row in cells[1:]]),
        }
        for name, text in cases.items():
            with self.subTest(case=name):
                self.assertEqual(self.find(text, "points.csv"), self.expected)

    def test_gzip(self):
        self.assertEqual(self.find(gzip.compress(self.text.encode()), "points.csv.gz"),
                         self.expected)
        two_parts = gzip.compress(self.text[:100].encode()) + gzip.compress(
            self.text[100:].encode())
        self.assertEqual(self.find(two_parts, "points.csv.gz"), self.expected)

    def test_pipe(self):
        found = self.succeed("neighbors", "/dev/stdin", "--inducing-points", "inducing.csv", "-k",
                             "5", "--lengthscale", "2", input=self.text.encode())
        self.assertEqual(found, self.expected)

    def test_npy(self):
        def saved(array, version=None):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, version=version)
            return stream.getvalue()

        cases = {
            "C order": saved(self.points),
            "Fortran order": saved(np.asfortranarray(self.points)),
            "float32": saved(self.points.astype("f4")),
            "float32 in Fortran order": saved(np.asfortranarray(self.points.astype("f4"))),
            "version 2": saved(self.points, (2, 0)),
            "version 3": saved(self.points, (3, 0)),
            "gzip": gzip.compress(saved(self.points)),
        }
        for name, content in cases.items():
            for inducing in ("inducing.csv", "inducing.npy"):
                with self.subTest(case=name, inducing=inducing):
                    self.assertEqual(self.find(content, "points.npy", inducing=inducing),
                                     self.expected)

    def test_npy_beside_csv(self):
        self.assertEqual(self.find(self.text, "points.csv", inducing="inducing.npy"),
                         self.expected)

    def test_whole_numbers_of_npy(self):
        whole = np.random.default_rng(SEED).integers(-50, 50, size=(N, 2))
        expected = self.find(cli_support.csv_text("xy", whole), "points.csv")
        for kind in ("i4", "i8", "f4", "f8"):
            with self.subTest(kind=kind):
                self.assertEqual(self.find(whole.astype(kind), "points.npy"), expected)

    def test_columns_of_npy(self):
        wide = np.column_stack([self.points[:, 1], np.full(N, np.nan), self.points[:, 0]])
        for array in (wide, np.asfortranarray(wide)):
            self.assertEqual(self.find(array, "points.npy", "--columns", "2,0"), self.expected)

    def test_one_column(self):
        expected = self.succeed("neighbors", self.file("p.csv", cli_support.csv_text(
            "x", self.points[:, :1])))
        self.assertEqual(self.succeed("neighbors", self.file("p.npy", self.points[:, 0])),
                         expected)
        self.assertEqual(self.succeed("neighbors", self.file("p.npy", self.points[:, :1])),
                         expected)

    def test_many_rows_of_npy(self):
        """A file that needs more than one read."""
        random = np.random.default_rng(SEED + 1)
        many = random.normal(size=(70001, 3)).round(6)
        self.file("queries.csv", "row\n69999\n12345\n")
        options = ["--inducing", "0", "--queries", "queries.csv", "-k", "5"]
        expected = self.succeed("neighbors", self.file("m.csv", cli_support.csv_text("xyz", many)),
                                *options)
        self.assertEqual(expected.count(b"\n"), 11)
        for array in (many, np.asfortranarray(many)):
            self.assertEqual(self.succeed("neighbors", self.file("m.npy", array), *options),
                             expected)

    def test_queries_of_every_kind(self):
        rows = [7, 0, 39]
        expected = self.find(self.text, "points.csv", "--queries",
                             self.file("q.csv", "row\n7\n0.0\n3.9e1\n"))
        self.assertEqual(expected.count(b"\n"), 16)
        self.assertEqual(expected, self.find(self.text, "points.csv", "--queries",
                                             self.file("r.csv", "other\n7\n0\n39\n")))
        for kind in ("i4", "i8", "f4", "f8"):
            with self.subTest(kind=kind):
                queries = self.file("q.npy", np.array(rows, kind))
                self.assertEqual(self.find(self.text, "points.csv", "--queries", queries),
                                 expected)

    def test_numbers_survive(self):
        """Text and .npy of the same doubles give the same bytes; distances read back exactly."""
        points = np.random.default_rng(SEED + 2).normal(size=(N, 2)) * 1e-3 + 1 / 3
        csv = self.file("points.csv", cli_support.csv_text("xy", points))
        npy = self.file("points.npy", points)
        options = ["--lengthscale", "0.001", "--inducing", "4", "-k", "7"]
        text = self.succeed("neighbors", csv, *options)
        self.assertEqual(self.succeed("neighbors", npy, *options), text)
        self.succeed("neighbors", npy, *options, "-o", "out.npy")
        distances = np.load(self.folder / "out.distances.npy")
        written = [line.split(",")[3] for line in text.decode().splitlines()[1:]]
        self.assertEqual([float(w) for w in written], distances.ravel().tolist())
        for distance in written:
            self.assertLessEqual(len(distance), len(repr(float(distance))))

    def check_npy_output(self, csv, base, k):
        neighbors = np.load(self.folder / "out.npy")
        distances = np.load(self.folder / "out.distances.npy")
        self.assertEqual((neighbors.dtype, distances.dtype), (np.int64, np.float64))
        self.assertTrue(neighbors.flags.c_contiguous)
        self.assertEqual(neighbors.shape, distances.shape)
        self.assertEqual(neighbors.shape[1], k)
        answer = cli_support.Answer(csv)
        for i, (row, row_distances) in enumerate(zip(neighbors, distances)):
            found = answer.neighbors.get(i + base, [])
            missing = k - len(found)
            self.assertEqual(row.tolist(), [n for n, _ in found] + [-1] * missing)
            self.assertEqual(row_distances.tolist(), [d for _, d in found] + [np.inf] * missing)

    def test_npy_output(self):
        for base in (0, 1):
            for more in ([], ["--predecessors"], ["--predecessors", "--order", "random"],
                         ["--new-points", "inducing.csv"]):
                with self.subTest(base=base, options=more):
                    options = ["--base", base, *more]
                    # Nothing is left over where the new points are the inducing points.
                    warnings = ["all 5 queries"] if "--new-points" in more else []
                    csv = self.find(self.text, "points.csv", *options, warnings=warnings)
                    said = self.find(self.text, "points.csv", *options, "-o", "out.npy",
                                     warnings=warnings)
                    self.assertEqual(said, b"")
                    self.check_npy_output(csv, base, 5)

    def test_npy_output_of_more_than_there_is(self):
        """Three columns for three points and any k, so that a file never fills the disk."""
        self.file("few.csv", "x\n1\n2\n4\n")
        csv = self.succeed("neighbors", "few.csv")
        for k in (9, 2**31 - 1):
            self.succeed("neighbors", "few.csv", "-k", k, "-o", "out.npy",
                         warnings=[f"k is {k}, but there are only 3 points: k = 3 is used"])
            self.check_npy_output(csv, 0, 3)
        self.succeed("neighbors", "few.csv", "-o", "out.npy")
        self.check_npy_output(csv, 0, 3)

    def test_output_file(self):
        self.assertEqual(self.find(self.text, "points.csv", "-o", "out.csv"), b"")
        self.assertEqual((self.folder / "out.csv").read_bytes(), self.expected)
        self.assertEqual(self.find(self.text, "points.csv", "-o", "-"), self.expected)
        self.assertEqual(self.find(self.text, "points.csv", "-o", "/dev/stdout"), self.expected)

    def test_lines_end_in_line_feeds(self):
        self.assertNotIn(b"\r", self.expected)
        self.assertTrue(self.expected.startswith(b"query,rank,neighbor,distance\n0,0,"))


if __name__ == "__main__":
    cli_support.main()
