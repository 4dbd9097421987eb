"""--slice: the slices together are the whole answer. --chunk: the answer does not depend on it."""

import gzip
import json

import numpy as np

import cli_support

SEED = 20261129
N = 90
K = 4
SLICES = 3

# Every kind of queries and of search. All files have lines for all queries, not for those of a slice.
KINDS = {
    "all rows": [],
    "predecessors": ["--predecessors"],
    "predecessors in an order": ["--predecessors", "--order", "random", "--base", "1"],
    "residual maximin": ["--predecessors", "--order", "residual-maximin"],
    "queries": ["--queries", "rows.csv", "--predecessors", "--order", "maximin"],
    "new points": ["--new-points", "new.csv"],
    "groups": ["--groups", "groups.csv"],
    "groups of predecessors": ["--groups", "groups.csv", "--predecessors", "--order", "random"],
    "conditional": ["--selection", "conditional", "--predecessors", "--order", "random"],
    "candidate lists": ["--candidate-lists", "lists.csv", "--predecessors", "--order", "random"],
    "candidate lists of queries": ["--candidate-lists", "lists.csv", "--queries", "rows.csv"],
    "start lists": ["--start", "lists.csv", "--predecessors", "--order", "random"],
    "signed": ["--signed", "--strategy", "brute_force"],
    "scaled distance": ["--ranking", "scaled-distance", "--predecessors"],
    "fewer neighbors than k": ["-k", 70, "--predecessors"],
}
ABOVE = {
    "threshold": ["--threshold", 0.3],
    "threshold, predecessors": ["--threshold", 0.2, "--predecessors", "--order", "random"],
    "threshold, new points": ["--threshold", 0.3, "--new-points", "new.csv"],
    "threshold without pairs": ["--threshold", 1],
}


class SlicesTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.file("points.csv", cli_support.csv_text("xy", random.uniform(size=(N, 2))))
        self.question_files(random, N)

    def search(self, output, *options):
        """Writes `output`."""
        if "--threshold" not in options and "-k" not in options:
            options = (*options, "-k", K)
        self.succeed("neighbors", "points.csv", "--inducing", 6, "--quiet", *options, "-o", output,
                     lengthscale="0.3")

    def sliced(self, name, *options, count=SLICES):
        """The slices of an output, as paths."""
        files = []
        for number in range(1, count + 1):
            files.append(f"{number}.{name}")
            self.search(files[-1], *options, "--slice", f"{number}/{count}")
        return [self.folder / file for file in files]

    def bytes_of(self, names):
        return [(self.folder / name).read_bytes() for name in names]

    def test_csv(self):
        for kind, options in {**KINDS, **ABOVE}.items():
            with self.subTest(kind=kind):
                self.search("whole.csv", *options)
                whole = (self.folder / "whole.csv").read_bytes()
                slices = self.sliced("s.csv", *options)
                self.assertEqual(b"".join(path.read_bytes() for path in slices), whole)
                self.search("chunks.csv", *options, "--chunk", 7)
                self.assertEqual((self.folder / "chunks.csv").read_bytes(), whole)

    def test_npy(self):
        for kind in ("predecessors in an order", "queries", "new points", "groups of predecessors",
                     "fewer neighbors than k"):
            options = KINDS[kind]
            with self.subTest(kind=kind):
                self.search("whole.npy", *options)
                slices = self.sliced("s.npy", *options)
                self.search("chunks.npy", *options, "--chunk", 11)
                for ending in ("npy", "distances.npy"):
                    whole = np.load(self.folder / f"whole.{ending}")
                    parts = [np.load(path.with_suffix(f".{ending}")) for path in slices]
                    self.assertLessEqual(np.ptp([len(part) for part in parts]), 1)
                    np.testing.assert_array_equal(np.concatenate(parts), whole)
                self.assertEqual(*[self.bytes_of([f"{name}.npy", f"{name}.distances.npy"])
                                   for name in ("whole", "chunks")])

    def test_npy_above_a_threshold(self):
        endings = ("npy", "distances.npy", "offsets.npy")
        for kind, options in ABOVE.items():
            with self.subTest(kind=kind):
                self.search("whole.npy", *options)
                slices = self.sliced("s.npy", *options)
                self.search("chunks.npy", *options, "--chunk", 5)
                self.assertEqual(*[self.bytes_of(f"{name}.{ending}" for ending in endings)
                                   for name in ("whole", "chunks")])
                neighbors, distances, offsets = (
                    [np.load(path.with_suffix(f".{ending}")) for path in slices]
                    for ending in endings)
                whole = [np.load(self.folder / f"whole.{ending}") for ending in endings]
                np.testing.assert_array_equal(np.concatenate(neighbors), whole[0])
                np.testing.assert_array_equal(np.concatenate(distances), whole[1])
                # As docs/command-line.md joins offsets.
                joined = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(o) for o in offsets]))])
                np.testing.assert_array_equal(joined, whole[2])

    def test_weights_and_variances(self):
        tables = ["--weights", "w", "--variances", "v"]
        picks = ["--selection", "conditional", "--pick-variances", "p"]
        for kind, options in {"rows": tables,
                              "order": [*tables, *picks, "--predecessors", "--order", "random"],
                              "queries": [*tables, "--queries", "rows.csv"],
                              "new points": [*tables, *picks, "--new-points", "new.csv"]}.items():
            for ending in (".csv", ".npy"):
                with self.subTest(kind=kind, ending=ending):
                    def run(run_name, *more):
                        named = [f"{run_name}.{option}{ending}" if option in ("w", "v", "p") else option
                                 for option in options]
                        self.search(f"{run_name}.o{ending}", *named, *more)

                    run("whole")
                    run("chunks", "--chunk", 6)
                    for number in range(1, 4):
                        run(f"s{number}", "--slice", f"{number}/3")
                    for table in ("o", *(option for option in options if option in ("w", "v", "p"))):
                        names = [f"{name}.{table}{ending}" for name in ("whole", "chunks", "s1", "s2", "s3")]
                        whole, chunks, *slices = self.bytes_of(names)
                        self.assertEqual(chunks, whole)
                        if ending == ".csv":
                            self.assertEqual(b"".join(slices), whole)
                        else:
                            np.testing.assert_array_equal(
                                np.concatenate([np.load(self.folder / name) for name in names[2:]]),
                                np.load(self.folder / names[0]))

    def test_gzip(self):
        """Slices of .csv.gz are members of one gzip file."""
        self.search("whole.csv.gz")
        slices = self.sliced("s.csv.gz", count=3)
        self.assertEqual(gzip.decompress(b"".join(path.read_bytes() for path in slices)),
                         gzip.decompress((self.folder / "whole.csv.gz").read_bytes()))
        self.search("chunks.csv.gz", "--chunk", 20)
        self.assertEqual(*self.bytes_of(["chunks.csv.gz", "whole.csv.gz"]))

    def test_more_slices_than_queries(self):
        self.file("few.csv", "row\n3\n1\n")
        self.search("whole.csv", "--queries", "few.csv")
        slices = self.sliced("s.csv", "--queries", "few.csv", count=5)
        parts = [path.read_bytes() for path in slices]
        self.assertEqual(b"".join(parts), (self.folder / "whole.csv").read_bytes())
        self.assertEqual(parts[2:], [b""] * 3)
        self.search("empty.npy", "--queries", "few.csv", "--slice", "4/5", "--weights", "w.npy")
        for name in ("empty.npy", "empty.distances.npy", "w.npy"):
            self.assertEqual(np.load(self.folder / name).shape, (0, K))
        self.search("last.csv", "--slice", "9223372036854775807/9223372036854775807")
        self.assertEqual((self.folder / "last.csv").read_bytes(), b"")

    def test_standard_output(self):
        whole = self.succeed("neighbors", "points.csv", "-k", K)
        self.assertEqual(self.succeed("neighbors", "points.csv", "-k", K, "--chunk", 10), whole)
        parts = [self.succeed("neighbors", "points.csv", "-k", K, "--slice", f"{i}/3") for i in (1, 2, 3)]
        self.assertEqual(b"".join(parts), whole)

    def test_pipe_above_a_threshold(self):
        """The header of a vector has its size, which a pipe cannot get at the end."""
        self.search("whole.npy", "--threshold", 0.3)
        self.search("chunks.npy", "--threshold", 0.3, "--chunk", 10)
        (self.folder / "link.npy").symlink_to("/dev/null")
        self.search("link.npy", "--threshold", 0.3, "--chunk", 10)
        self.assertEqual(*self.bytes_of(["whole.offsets.npy", "link.offsets.npy"]))

    def test_statistics(self):
        def statistics(*options):
            self.search("o.csv", *options, "--stats", "s.json", "--strategy", "brute_force")
            return json.loads((self.folder / "s.json").read_text())

        whole = statistics("--predecessors")
        chunks = statistics("--predecessors", "--chunk", 17)
        for name in ("queries", "pairs", "uninformative_queries", "strategy", "reason"):
            self.assertEqual(chunks[name], whole[name], name)
        self.assertEqual(whole["pairs"], N * (N - 1) // 2)
        self.assertNotIn("slice", whole)
        slices = [statistics("--predecessors", "--slice", f"{number}/4") for number in (1, 2, 3, 4)]
        self.assertEqual([part["slice"] for part in slices], ["1/4", "2/4", "3/4", "4/4"])
        self.assertEqual([part["first_query"] for part in slices], [0, 23, 46, 68])
        self.assertEqual([part["queries"] for part in slices], [23, 23, 22, 22])
        self.assertEqual(sum(part["pairs"] for part in slices), whole["pairs"])
        text = self.succeed("neighbors", "points.csv", "-o", "o.csv", "--slice", "2/4", "--stats", "-")
        self.assertIn(b"\nslice             2/4, 23 queries before it\n", text)

    def test_bad_slices(self):
        for text in ("0/4", "5/4", "1/0", "1", "/", "1/", "/4", "a/4", "1/4/2", "-1/4", "1.5/4", "1 /4",
                     "1/99999999999999999999"):
            with self.subTest(text=text):
                result = self.run_program("neighbors", "points.csv", "--slice", text)
                self.assertEqual((result.returncode, result.stdout), (2, b""))
                self.assertIn(f"--slice: '{text}' is not I/N".encode(), result.stderr)
        for text in ("0", "-3", "x"):
            result = self.run_program("neighbors", "points.csv", "--chunk", text)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"--chunk: '{text}' is not a whole number".encode(), result.stderr)

    def test_errors_name_queries_of_the_run(self):
        """A new point without a variance is named by its number, whichever chunk or slice it is in."""
        points = np.arange(24.0).reshape(12, 2)
        self.file("grid.csv", cli_support.csv_text("xy", points))
        new = points[:9] + 0.25
        new[6] = points[6]
        self.file("repeat.csv", cli_support.csv_text("xy", new))
        for options in ([], ["--chunk", 2], ["--slice", "3/4"], ["--slice", "2/2", "--chunk", 1]):
            with self.subTest(options=options):
                result = self.run_program("neighbors", "grid.csv", "--new-points", "repeat.csv", "-k", 2, "--base", 1,
                                          "--inducing", 0, "--weights", "w.csv", "-o", "o.csv", *options)
                self.assertEqual(result.returncode, 1)
                self.assertIn(b"covariance of query 7 and its neighbors", result.stderr)
                self.assertNotIn("o.csv", self.file_names())

    def test_warnings_are_of_the_whole_search(self):
        """Points that are their own inducing points have no informative neighbors."""
        for options in ([], ["--chunk", 9], ["--slice", "1/2", "--chunk", 9]):
            with self.subTest(options=options):
                self.succeed("neighbors", "points.csv", "--inducing-points", "points.csv", "-k", 2, "-o", "o.csv",
                             *options, lengthscale="0.3", warnings=[""])


if __name__ == "__main__":
    cli_support.main()
