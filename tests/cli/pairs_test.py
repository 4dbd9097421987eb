"""--threshold and --groups against the definition in NumPy, and their bad input."""

import json

import numpy as np

import cli_support
from residual_reference import Model

SEED = 20261128
N = 120
LENGTHSCALE = 0.4
NUGGET = 0.05
TOLERANCE = 1e-9


class PairsTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.random = random
        self.points = random.uniform(size=(N, 2))
        inducing = random.uniform(size=(10, 2))
        self.new_points = random.uniform(size=(9, 2))
        self.file("points.csv", cli_support.csv_text("xy", self.points))
        self.file("inducing.csv", cli_support.csv_text("xy", inducing))
        self.file("new.csv", cli_support.csv_text("xy", self.new_points))
        self.model = Model(inducing, lengthscale=LENGTHSCALE, nugget=NUGGET)
        self.distances = self.model.distances(self.points, self.points)
        np.fill_diagonal(self.distances, np.inf)

    def arguments(self, *options):
        return ["neighbors", "points.csv", "--inducing-points", "inducing.csv", "--nugget", NUGGET,
                "--lengthscale", LENGTHSCALE, *options]

    def ask(self, *options, **keywords):
        return self.answer(*self.arguments(*options), **keywords)

    def fail(self, text, *options, status=1):
        result = self.run_program(*self.arguments(*options))
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, b"")
        self.assertIn(text, result.stderr.decode())

    def check_above(self, answer, distances, threshold, base=0):
        """`distances` has a row for each query, infinite for points that are no candidates."""
        for query, row in enumerate(distances):
            found = answer.neighbors.get(query + base, [])
            rho = 1 - row**2
            rows = [neighbor - base for neighbor, _ in found]
            self.assertEqual(len(set(rows)), len(rows))
            self.assertLessEqual(set(np.flatnonzero(rho > threshold + TOLERANCE)), set(rows))
            self.assertTrue(np.all(rho[rows] > threshold - TOLERANCE))
            np.testing.assert_allclose([distance for _, distance in found], row[rows], atol=1e-7)
            self.assertTrue(np.all(np.diff([distance for _, distance in found]) >= 0))

    def test_thresholds(self):
        before = np.where(np.tri(N, k=-1, dtype=bool), self.distances, np.inf)
        for threshold in (0.8, 0.2):
            self.check_above(self.ask("--threshold", threshold), self.distances, threshold)
            self.check_above(self.ask("--threshold", threshold, "--predecessors", "--base", 1),
                             before, threshold, base=1)
        of_new = self.model.distances(self.new_points, self.points)
        self.check_above(self.ask("--threshold", 0.2, "--new-points", "new.csv"), of_new, 0.2)
        # In another order, row numbers stay those of the file.
        self.succeed(*self.arguments("--threshold", 0.2, "--predecessors", "--order", "maximin",
                                     "--write-order", "order.csv", "-o", "o.csv"))
        order = np.loadtxt(self.folder / "order.csv", skiprows=1, dtype=int)
        place = np.argsort(order)
        earlier = np.where(place[None, :] < place[:, None], self.distances, np.inf)
        self.check_above(cli_support.Answer((self.folder / "o.csv").read_bytes()), earlier, 0.2)
        # All pairs; rounding keeps all below 1.
        everything = self.ask("--threshold", 0)
        self.assertEqual([len(found) for found in everything.neighbors.values()], [N - 1] * N)
        self.assertEqual(self.ask("--threshold", 1).queries, [])

    def test_npy(self):
        answer = self.ask("--threshold", 0.3, "--predecessors", "--order", "random")
        self.succeed(*self.arguments("--threshold", 0.3, "--predecessors", "--order", "random",
                                     "-o", "o.npy", "--stats", "s.json"))
        self.assertEqual([name for name in self.file_names() if name.startswith("o.")],
                         ["o.distances.npy", "o.npy", "o.offsets.npy"])
        neighbors = np.load(self.folder / "o.npy")
        distances = np.load(self.folder / "o.distances.npy")
        offsets = np.load(self.folder / "o.offsets.npy")
        self.assertEqual((neighbors.dtype, distances.dtype, offsets.dtype),
                         (np.int64, np.float64, np.int64))
        self.assertEqual(offsets.shape, (N + 1,))
        for query in range(N):
            own = slice(offsets[query], offsets[query + 1])
            self.assertEqual(list(zip(neighbors[own], distances[own])),
                             answer.neighbors.get(query, []))
        self.assertEqual(offsets[-1], len(neighbors))
        statistics = json.loads((self.folder / "s.json").read_text())
        self.assertEqual(statistics["threshold"], 0.3)
        self.assertNotIn("k", statistics)

    def groups(self):
        rows = self.random.permutation(N)[:70]
        members = {7: rows[:1], -2: rows[1:30], 40: rows[30:33], 3: rows[33:]}
        lines = [f"{group},{row}" for group, own in members.items() for row in own]
        self.random.shuffle(lines)
        self.file("groups.csv", "\n".join(["group,row", *lines]) + "\n")
        return members

    def check_groups(self, answer, members, candidates_of):
        self.assertEqual(answer.queries,
                         [group for group in sorted(members) if len(candidates_of(group)) > 0])
        for group in answer.queries:
            distances = self.distances[members[group]].min(axis=0)
            candidates = candidates_of(group)
            self.assert_neighbors(answer.neighbors[group], distances, candidates, 4, str(group))

    def check_shared_sets(self, answer, members, allowed):
        """The next neighbor of a group leaves the least log-determinant that any of allowed[group] can leave."""
        v = self.model.factor(self.points)[0]
        covariance = (self.model.covariance(self.points, self.points) - v @ v.T + NUGGET * np.eye(N))

        def left(group, rows):
            cross = covariance[np.ix_(rows, group)]
            given = cross.T @ np.linalg.solve(covariance[np.ix_(rows, rows)], cross)
            return np.linalg.slogdet(covariance[np.ix_(group, group)] - given)[1]

        for group, own in members.items():
            found = answer.neighbors.get(group, [])
            rows = [row for row, _ in found]
            self.assertEqual(len(rows), min(4, len(allowed[group])))
            self.assertLessEqual(set(rows), set(allowed[group]))
            for rank, row in enumerate(rows):
                best = min(left(own, rows[:rank] + [c])
                           for c in allowed[group] if c not in rows[:rank])
                self.assertLess(left(own, rows[:rank] + [row]) - best, 1e-9)
            np.testing.assert_allclose([distance for _, distance in found],
                                       self.distances[np.ix_(own, rows)].min(axis=0), atol=1e-7)

    def test_shared_sets(self):
        members = self.groups()
        sets = ["--groups", "groups.csv", "-k", 4, "--selection", "conditional"]
        outside = {group: np.setdiff1d(np.arange(N), own) for group, own in members.items()}
        before = {group: np.arange(own.min()) for group, own in members.items()}
        # With N candidates by correlation for each row of a group, all points are candidates.
        self.check_shared_sets(self.ask(*sets, "--candidates", 2 * N), members, outside)
        self.check_shared_sets(self.ask(*sets, "--candidates", 2 * N, "--predecessors"), members,
                               before)
        self.succeed(*self.arguments(*sets, "--candidates", 9, "--stats", "stats.json"))
        candidates = json.loads((self.folder / "stats.json").read_text())["candidates"]
        self.assertLess(candidates, sum(len(rows) for rows in outside.values()))
        for option in ("--pick-variances", "--start"):
            self.fail(option, *sets, option, "groups.csv", status=2)

    def test_groups(self):
        members = self.groups()
        outside = {group: np.setdiff1d(np.arange(N), own) for group, own in members.items()}
        self.check_groups(self.ask("--groups", "groups.csv", "-k", 4), members, outside.get)
        before = {group: np.arange(own.min()) for group, own in members.items()}
        self.check_groups(self.ask("--groups", "groups.csv", "-k", 4, "--predecessors"), members,
                          before.get)
        self.succeed(*self.arguments("--groups", "groups.csv", "-k", 4, "--predecessors", "--order",
                                     "maximin", "--write-order", "order.csv", "-o", "o.csv"))
        place = np.argsort(np.loadtxt(self.folder / "order.csv", skiprows=1, dtype=int))
        first = {group: np.flatnonzero(place < place[own].min()) for group, own in members.items()}
        self.check_groups(cli_support.Answer((self.folder / "o.csv").read_bytes()), members,
                          first.get)
        # As .npy, counted from 1, and as an array.
        pairs = [(group, row + 1) for group, own in members.items() for row in own]
        self.file("groups.npy", np.array(pairs, dtype=np.int32))
        self.succeed(*self.arguments("--groups", "groups.npy", "-k", 4, "--base", 1, "-o", "o.npy"))
        again = self.ask("--groups", "groups.csv", "-k", 4)
        np.testing.assert_array_equal(
            np.load(self.folder / "o.npy") - 1,
            [[row for row, _ in again.neighbors[group]] for group in sorted(members)])

    def test_bad_input(self):
        for threshold in ("-0.1", "1.5", "1.0000000000000002", "nan", "inf", "", "half"):
            result = self.run_program(*self.arguments(f"--threshold={threshold}"))
            self.assertEqual(result.returncode, 2)
            self.assertIn("--threshold", result.stderr.decode())
        self.fail("-k", "--threshold", 0.5, "-k", 3, status=2)
        self.fail("--weights", "--threshold", 0.5, "--weights", "w.csv", status=2)
        self.groups()
        self.fail("--variances", "--groups", "groups.csv", "--variances", "v.csv", status=2)
        self.fail("--threshold", "--groups", "groups.csv", "--threshold", 0.5, status=2)
        self.fail("--new-points", "--groups", "groups.csv", "--new-points", "new.csv", status=2)
        self.fail("--queries", "--groups", "groups.csv", "--queries", "groups.csv", status=2)
        for text, content in (
                ("line 4, column 2 'row': row 5 is in group 1 already",
                 "group,row\n1,5\n1,6\n2,5\n"),
                ("there is no row 120", "group,row\n1,120\n"),
                ("there is no row -1", "group,row\n1,-1\n"),
                ("0.5 is not a whole number", "group,row\n0.5,3\n"),
                ("1.5 is not a whole number", "group,row\n1,1.5\n"),
                ("has 3 columns; groups need one column 'group' and one column 'row', or two",
                 "a,b,c\n1,2,3\n"),
                # Names that are nearly right are not taken by their places.
                ("has 2 columns; groups need", "Row,Group\n1,5\n"),
                ("has 2 columns; groups need", "row,cluster\n1,5\n"),
                ("has 2 columns; groups need", "group,group\n1,5\n"),
        ):
            self.file("bad.csv", content)
            self.fail(text, "--groups", "bad.csv")


if __name__ == "__main__":
    cli_support.main()
