"""--weights and --variances against a dense solve with NumPy, for rows in several orders and for new points."""

import numpy as np

import cli_support
from residual_reference import Model

SEED = 20261128
N = 120
M = 12
K = 6
LENGTHSCALE = 0.4
NUGGET = 0.05


class WeightsTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.points = random.uniform(size=(N, 2))
        self.inducing = random.uniform(size=(M, 2))
        self.new_points = random.uniform(size=(15, 2))
        self.file("points.csv", cli_support.csv_text("xy", self.points))
        self.file("inducing.csv", cli_support.csv_text("xy", self.inducing))
        self.file("new.csv", cli_support.csv_text("xy", self.new_points))
        self.model = Model(self.inducing, lengthscale=LENGTHSCALE, nugget=NUGGET)

    def neighbors(self, *options, nugget=NUGGET, points="points.csv", **keywords):
        return self.succeed("neighbors", points, "--inducing-points", "inducing.csv", "-k", K,
                            "--nugget", nugget, "-o", "o.csv", *options,
                            lengthscale=str(LENGTHSCALE), **keywords)

    def table(self, name, columns):
        text = (self.folder / name).read_text()
        self.assertEqual(text.split("\n")[0], columns)
        return np.atleast_2d(np.loadtxt(text.split("\n")[1:], delimiter=","))

    def covariance(self, a, b):
        """R, with p on the diagonal where both are the same points."""
        v, p = self.model.factor(a)
        other_v, _ = self.model.factor(b)
        residual = self.model.covariance(a, b) - v @ other_v.T
        if a is b:
            residual[np.diag_indices(len(a))] = p
        return residual

    def check(self, queries, base=0):
        """Weights and variances of the last run against the definition, for the neighbors that it wrote."""
        neighbors = self.table("o.csv", "query,rank,neighbor,distance")
        weights = self.table("w.csv", "query,rank,neighbor,weight")
        variances = self.table("v.csv", "query,variance")
        np.testing.assert_array_equal(neighbors[:, :3], weights[:, :3])
        self.assertEqual(len(variances), len(queries))
        for (row, variance), point in zip(variances, queries):
            own = weights[weights[:, 0] == row]
            rows = own[:, 2].astype(int) - base
            r = self.covariance(self.points, self.points)[np.ix_(rows, rows)]
            c = self.covariance(point[None, :], self.points)[0, rows]
            b = np.linalg.solve(r, c) if len(rows) else np.zeros(0)
            _, p = self.model.factor(point[None, :])
            np.testing.assert_allclose(own[:, 3], b, rtol=0, atol=1e-9)
            self.assertLess(abs(variance - (p[0] - c @ b)), 1e-10)

    def test_rows(self):
        for options in ([], ["--predecessors"], ["--predecessors", "--order", "maximin"],
                        ["--signed"], ["--threads", "1"]):
            with self.subTest(options=options):
                self.neighbors(*options, "--weights", "w.csv", "--variances", "v.csv")
                self.check(self.points)

    def test_base_and_queries(self):
        rows = [17, 3, 99]
        self.file("rows.csv", "row\n" + "\n".join(str(row + 1) for row in rows) + "\n")
        self.neighbors("--predecessors", "--order", "random", "--queries", "rows.csv", "--base", "1",
                       "--weights", "w.csv", "--variances", "v.csv")
        self.check(self.points[rows], base=1)
        self.assertEqual(self.table("v.csv", "query,variance")[:, 0].tolist(),
                         [row + 1 for row in rows])

    def test_new_points(self):
        self.neighbors("--new-points", "new.csv", "--weights", "w.csv", "--variances", "v.csv")
        self.check(self.new_points)

    def test_npy(self):
        self.neighbors("--predecessors", "--weights", "w.npy", "--variances", "v.npy")
        self.neighbors("--predecessors", "--weights", "w.csv", "--variances", "v.csv")
        weights = np.load(self.folder / "w.npy")
        variances = np.load(self.folder / "v.npy")
        self.assertEqual(weights.shape, (N, K))
        self.assertEqual(variances.shape, (N, 1))
        expected = np.zeros((N, K))
        for query, rank, _, weight in self.table("w.csv", "query,rank,neighbor,weight"):
            expected[int(query), int(rank)] = weight
        np.testing.assert_array_equal(weights, expected)
        np.testing.assert_array_equal(variances[:, 0], self.table("v.csv", "query,variance")[:, 1])

    def test_not_positive_definite(self):
        """A copy of a row determines it: an error that names the row of the file, unless jitter is given."""
        twice = np.vstack([self.points, self.points[40]])
        self.file("twice.csv", cli_support.csv_text("xy", twice))
        options = ["neighbors", "twice.csv", "--inducing-points", "inducing.csv", "-k", K,
                   "--predecessors", "--order", "maximin", "-o", "o.csv", "--weights", "w.csv"]
        for base in (0, 1):
            result = self.run_program(*options, "--base", base, lengthscale=str(LENGTHSCALE))
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"of row {N + base} and its neighbors is not positive definite"
                          .encode(), result.stderr)
            self.assertNotIn("w.csv", self.file_names())
            self.assertNotIn("o.csv", self.file_names())
        self.succeed(*options, "--weights-jitter", "1e-6", lengthscale=str(LENGTHSCALE),
                     warnings=("--weights-jitter was added for 1 of 121 queries",))
        self.assertIn("w.csv", self.file_names())

    def test_wrong_use(self):
        for options, text in ((["--weights", "o.csv"], "already used by"),
                              (["--variances", "v.xls"], "v.xls"),
                              (["--weights", "w.csv", "--weights-jitter", "-1"], "--weights-jitter")):
            result = self.run_program("neighbors", "points.csv", "-k", K, "-o", "o.csv", *options,
                                      lengthscale=str(LENGTHSCALE))
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(text.encode(), result.stderr)
            self.assertNotIn("o.csv", self.file_names())


if __name__ == "__main__":
    cli_support.main()
