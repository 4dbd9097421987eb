"""The program reproduces the reference answers of an independent oracle on the Argo floats of 2016."""

import pathlib
import sys

import numpy as np

import cli_support
from residual_reference import Model

K = 30
LENGTHSCALES = (0.1, 0.1, 0.1, 60.0)
TOLERANCE = 1e-9
ROWS = 32436
QUERIES = 400


def read_csv(path):
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)


class ReferenceTest(cli_support.ProgramTest):

    @classmethod
    def setUpClass(cls):
        cls.reference = pathlib.Path(cli_support.settings().shared).absolute() / "reference"
        cls.points = read_csv(cls.reference / "argo2016_points.csv")
        cls.model = Model(read_csv(cls.reference / "argo2016_inducing.csv"),
                          lengthscale=LENGTHSCALES, jitter=1e-8)

    def check(self, name, *options):
        found = cli_support.Answer(self.succeed(
            "neighbors", self.reference / "argo2016_points.csv", "--inducing-points",
            self.reference / "argo2016_inducing.csv", "--queries",
            self.reference / "argo2016_queries.csv", "--kernel", "matern32", "--variance", "1",
            "--lengthscale", ",".join(map(str, LENGTHSCALES)), "--jitter", "1e-8", "-k", K,
            *options))
        expected = cli_support.Answer((self.reference / name).read_bytes())
        self.assertEqual(len(self.points), ROWS)
        self.assertEqual(found.queries, expected.queries)
        self.assertGreater(len(found.queries), QUERIES - 2)
        lines = sum(map(len, expected.neighbors.values()))
        others = sum(self.check_query(query, found.neighbors[query], expected.neighbors[query])
                     for query in found.queries)
        print(f"{name}: {lines} neighbors, {others} others at the same distance", flush=True)

    def check_query(self, query, found, expected):
        """Returns how many neighbors differ, each at the same distance."""
        self.assertEqual(len(found), len(expected), query)
        others = 0
        for rank, ((row, distance), (true_row, true_distance)) in enumerate(zip(found, expected)):
            where = f"query {query} rank {rank}"
            self.assertLess(abs(distance - true_distance), TOLERANCE, where)
            if row != true_row:
                others += 1
                true = self.model.distances(self.points[[query]], self.points[[row]])[0, 0]
                self.assertLess(abs(true - true_distance), TOLERANCE, where)
        self.assertEqual(len({row for row, _ in found}), len(found))
        return others

    def test_all(self):
        self.check("argo2016_all.csv")

    def test_predecessors(self):
        self.check("argo2016_predecessors.csv", "--predecessors")

    def test_all_rows_agree_with_the_queries(self):
        """Every row searched at once gives the queried rows the same bytes."""
        options = ["neighbors", self.reference / "argo2016_points.csv", "--inducing-points",
                   self.reference / "argo2016_inducing.csv", "--lengthscale",
                   ",".join(map(str, LENGTHSCALES)), "-k", K, "--predecessors"]
        every = self.succeed(*options).splitlines()
        some = self.succeed(*options, "--queries",
                            self.reference / "argo2016_queries.csv").splitlines()
        self.assertLess(len(some), len(every))
        self.assertLessEqual(set(some), set(every))


if __name__ == "__main__":
    arguments = cli_support.parse_arguments()
    folder = pathlib.Path(cli_support.settings().shared) / "reference"
    if not folder.is_dir():
        print(f"skipped: {folder} is absent")
        sys.exit(cli_support.SKIPPED)
    cli_support.main()
