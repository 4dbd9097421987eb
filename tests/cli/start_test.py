"""--start does not change the output, whatever the file holds."""

import json

import numpy as np

import cli_support

SEED = 20261128
N = 2000
K = 6


class StartTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(SEED)
        points = self.random.uniform(size=(N, 2))
        self.file("points.csv", cli_support.csv_text("xy", points))
        self.file("inducing.csv", cli_support.csv_text("xy", points[:9]))
        self.file("new.csv", cli_support.csv_text("xy", self.random.uniform(size=(30, 2))))

    def search(self, *options, lengthscale="0.3", **keywords):
        return self.succeed("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", K,
                            *options, lengthscale=lengthscale, **keywords)

    def check(self, *options, names=("before.csv", "before.npy")):
        """Starts with the output before a small step."""
        expected = self.search(*options)
        for name in names:
            self.search(*options, "-o", name, lengthscale="0.303")
            self.assertEqual(self.search(*options, "--start", name), expected, name)

    def test_questions(self):
        self.check("--predecessors", "--order", "maximin")
        self.check(names=["before.csv.gz"])
        self.check("--new-points", "new.csv")
        self.check("--base", "1", "--signed")
        self.check("--selection", "conditional", "--candidates", "8")
        self.file("queries.csv", f"row\n{N - 1}\n3\n{N // 2}\n")
        self.check("--queries", "queries.csv", "--predecessors", "--order", "random")

    def test_work(self):
        """With the answer as start, a tree leaves fewer candidates to score."""
        survivors = []
        for output, options in (("cold.csv", []), ("cold.npy", ["--start", "cold.csv"]),
                                ("warm.csv", ["--start", "cold.npy"])):
            self.search("--predecessors", "--order", "maximin", "--strategy", "dual_tree", *options,
                        "-o", output, "--stats", "stats.json")
            survivors.append(json.loads((self.folder / "stats.json").read_text())["survivors"])
        cold, warm = ((self.folder / name).read_bytes() for name in ("cold.csv", "warm.csv"))
        self.assertEqual(warm, cold)
        self.assertLess(survivors[1], survivors[0])
        self.assertEqual(survivors[2], survivors[1])

    def test_any_rows(self):
        expected = self.search()
        rows = self.random.integers(-1, N, size=(N, 11))
        self.file("any.npy", rows)
        self.assertEqual(self.search("--start", "any.npy"), expected)
        pairs = np.column_stack([self.random.integers(0, 50, 4000), self.random.integers(0, N, 4000)])
        self.file("any.csv", "neighbor,query\n" + "".join(f"{b},{a}\n" for a, b in pairs))
        self.assertEqual(self.search("--start", "any.csv"), expected)
        self.file("none.csv", "query,rank,neighbor,distance\n")
        self.assertEqual(self.search("--start", "none.csv"), expected)
        self.file("queries.csv", "row\n")
        self.check("--queries", "queries.csv")

    def fails(self, file, text, *options, status=1):
        result = self.run_program("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                                  "--start", file, *options, lengthscale="0.3")
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, b"")
        self.assertIn(text, result.stderr.decode())

    def test_wrong_files(self):
        self.file("short.npy", np.zeros((7, K), dtype=np.int64))
        self.fails("short.npy", "short.npy: has 7 rows, must have 2000, one for each query")
        rows = np.zeros((N, K), dtype=np.int64)
        rows[4, 2] = N
        self.file("beyond.npy", rows)
        self.fails("beyond.npy", f"there is no row {N}")
        rows[4, 2] = -2
        self.file("beyond.npy", rows)
        self.fails("beyond.npy", "there is no row -2")
        self.file("beyond.csv", f"query,neighbor\n{N},1\n")
        self.fails("beyond.csv", f"there is no row {N}")
        self.file("other.csv", "a,b,c\n1,2,3\n")
        self.fails("other.csv", "one column 'query' and one column 'neighbor'")

    def test_wrong_options(self):
        self.file("s.csv", "query,neighbor\n0,1\n")
        self.fails("s.csv", "--start", "--candidate-lists", "s.csv", status=2)
        self.fails("s.csv", "earlier neighbors would only give", "--threshold", 0.5, status=2)
        self.fails("s.csv", "s.csv: is an input file", "-o", "s.csv")


if __name__ == "__main__":
    cli_support.main()
