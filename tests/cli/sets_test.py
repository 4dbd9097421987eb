"""--selection conditional and --candidate-lists against dense algebra with NumPy."""

import json

import numpy as np

import cli_support
from residual_reference import Model

SEED = 20261129
N = 90
M = 8
K = 5
LENGTHSCALES = [0.3, 0.6]
NUGGET = 0.05


class SetsTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        self.random = np.random.default_rng(SEED)
        self.points = self.random.uniform(size=(N, 2))
        self.inducing = self.random.uniform(size=(M, 2))
        self.new_points = self.random.uniform(size=(12, 2))
        self.file("points.csv", cli_support.csv_text("xy", self.points))
        self.file("inducing.csv", cli_support.csv_text("xy", self.inducing))
        self.file("new.csv", cli_support.csv_text("xy", self.new_points))
        self.model = Model(self.inducing, lengthscale=LENGTHSCALES, nugget=NUGGET)

    def sets(self, *options, inducing=("--inducing-points", "inducing.csv"), **keywords):
        return self.answer("neighbors", "points.csv", *inducing, "-k", K, "--nugget", NUGGET,
                           *options, lengthscale=",".join(map(str, LENGTHSCALES)), **keywords)

    def residual(self, a, b):
        """The residual covariances of two sets of points, without the nugget."""
        return self.model.covariance(a, b) - self.model.factor(a)[0] @ self.model.factor(b)[0].T

    def check(self, answer, queries, candidates_of, variances=None):
        """Each pick leaves the least variance that a candidate can leave. `candidates_of` has the candidates of each
        query; `variances` the lines of --pick-variances."""
        covariance = self.residual(self.points, self.points) + NUGGET * np.eye(N)
        cross = self.residual(queries, self.points)
        own = np.diag(self.residual(queries, queries)) + NUGGET

        def variance_given(query, rows):
            r, c = covariance[np.ix_(rows, rows)], cross[query, rows]
            return own[query] - c @ np.linalg.solve(r, c)

        for query, candidates in candidates_of.items():
            found = answer.neighbors.get(query, [])
            self.assertEqual(len(found), min(K, len(candidates)), query)
            picked = []
            for rank, (neighbor, distance) in enumerate(found):
                self.assertIn(neighbor, set(candidates) - set(picked), query)
                left = {c: variance_given(query, picked + [c])
                        for c in candidates if c not in picked}
                self.assertLess(left[neighbor] - min(left.values()), 1e-10, (query, rank))
                p = covariance[neighbor, neighbor]
                rho = cross[query, neighbor] / np.sqrt(own[query] * p)
                self.assertLess(abs(distance - np.sqrt(1 - abs(rho))), 1e-9)
                if variances is not None:
                    self.assertLess(abs(variances[query, rank] - left[neighbor]), 1e-9)
                picked.append(neighbor)

    def variances(self, name, base=0):
        lines = (self.folder / name).read_text().splitlines()
        self.assertEqual(lines[0], "query,rank,neighbor,variance")
        table = np.loadtxt(lines[1:], delimiter=",")
        return {(int(query) - base, int(rank)): value for query, rank, _, value in table}

    def nearest(self, queries, count, allowed):
        """The union of the nearest by residual correlation and by distance in lengthscales; `count` of each."""
        rho = self.model.distances(queries, self.points)
        scaled = np.sqrt((((queries[:, None] - self.points[None]) / LENGTHSCALES) ** 2).sum(axis=2))
        union = {}
        for query, rows in allowed.items():
            rows = np.asarray(rows, dtype=int)
            best = [rows[np.argsort(values[query, rows], kind="stable")][:number]
                    for values, number in zip((rho, scaled), count)]
            union[query] = sorted(set(np.concatenate(best).astype(int)))
        return union

    def test_found_candidates(self):
        earlier = {i: list(range(i)) for i in range(N)}
        others = {i: [j for j in range(N) if j != i] for i in range(N)}
        for options, count in (([], (2 * K, 2 * K)), (["--candidates", 13], (7, 6)),
                               (["--candidates", 7], (K, 2)), (["--candidates", K], (K, 0))):
            for kind, allowed in (([], others), (["--predecessors"], earlier)):
                with self.subTest(options=options, kind=kind):
                    answer = self.sets("--selection", "conditional", *options, *kind,
                                       "--pick-variances", "v.csv")
                    self.check(answer, self.points, self.nearest(self.points, count, allowed),
                               self.variances("v.csv"))

    def test_new_points(self):
        answer = self.sets("--selection", "conditional", "--new-points", "new.csv",
                           "--pick-variances", "v.csv")
        allowed = {i: range(N) for i in range(len(self.new_points))}
        self.check(answer, self.new_points,
                   self.nearest(self.new_points, (2 * K, 2 * K), allowed), self.variances("v.csv"))

    def test_without_inducing_points(self):
        self.model = Model(None, lengthscale=LENGTHSCALES, nugget=NUGGET)
        for options, count in (([], 4 * K), (["--candidates", 11], 11)):
            answer = self.sets("--selection", "conditional", *options, inducing=("--inducing", 0))
            others = {i: [j for j in range(N) if j != i] for i in range(N)}
            self.check(answer, self.points, self.nearest(self.points, (0, count), others))

    def draw_lists(self, num_queries):
        """Lists of 0 to 20 rows with repeats, and their lines (query, neighbor) in a random order."""
        lists = {query: self.random.integers(N, size=self.random.integers(21)).tolist()
                 for query in range(num_queries)}
        lists[3] = []
        lines = [(query, row) for query, rows in lists.items() for row in rows]
        self.random.shuffle(lines)
        return lists, np.array(lines)

    def write_lists(self, name, lines, base=0):
        if name.endswith(".npy"):
            self.file(name, (lines + base).astype(np.int32))
            return
        text = "neighbor,comment,query\n"
        self.file(name, text + "".join(f"{row + base},,{query + base}\n" for query, row in lines))

    def test_lists_of_rows(self):
        lists, lines = self.draw_lists(N)
        for name, base in (("lists.csv", 0), ("lists.npy", 1)):
            self.write_lists(name, lines, base)
            options = ["--candidate-lists", name, "--base", base]
            with self.subTest(name=name):
                for order in ("given", "maximin"):
                    answer = self.sets("--selection", "conditional", *options, "--predecessors",
                                       "--order", order, "--write-order", "order.csv",
                                       "--pick-variances", "v.csv")
                    place = np.argsort(np.loadtxt(self.folder / "order.csv", skiprows=1)) - 0
                    allowed = {i: sorted({j for j in rows if place[j] < place[i]})
                               for i, rows in lists.items()}
                    self.check(self.from_zero(answer, base), self.points, allowed,
                               self.variances("v.csv", base))
                answer = self.from_zero(self.sets(*options), base)
                distances = self.model.distances(self.points, self.points)
                for query, rows in lists.items():
                    candidates = sorted(set(rows) - {query})
                    found = answer.neighbors.get(query, [])
                    self.assert_neighbors(found, distances[query], candidates, K, query)

    def from_zero(self, answer, base):
        answer.neighbors = {query - base: [(row - base, distance) for row, distance in found]
                            for query, found in answer.neighbors.items()}
        return answer

    def test_lists_of_queries(self):
        """Lists are found by the number of the row, also for repeated queries. Those of other rows are ignored."""
        lists, lines = self.draw_lists(N)
        self.write_lists("lists.csv", lines)
        queries = [40, 7, 89, 7]
        self.file("rows.csv", "row\n" + "".join(f"{row}\n" for row in queries))
        self.sets_to("all.npy", "--candidate-lists", "lists.csv")
        self.sets_to("some.npy", "--candidate-lists", "lists.csv", "--queries", "rows.csv")
        everything = np.load(self.folder / "all.npy")
        np.testing.assert_array_equal(np.load(self.folder / "some.npy"), everything[queries])

    def sets_to(self, name, *options):
        self.succeed("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", K,
                     "--nugget", NUGGET, "-o", name, *options,
                     lengthscale=",".join(map(str, LENGTHSCALES)))

    def test_lists_of_new_points(self):
        lists, lines = self.draw_lists(len(self.new_points))
        self.write_lists("lists.csv", lines)
        for threads in (1, 2):
            answer = self.sets("--selection", "conditional", "--new-points", "new.csv",
                               "--candidate-lists", "lists.csv", "--threads", threads,
                               "--pick-variances", "v.csv")
            self.check(answer, self.new_points, {i: sorted(set(rows)) for i, rows in lists.items()},
                       self.variances("v.csv"))

    def test_own_output_as_lists(self):
        """The file of a search is a file of lists: the candidates of the nearest 20 give the nearest 5."""
        self.succeed("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", 20,
                     "-o", "twenty.csv", "--predecessors", "--nugget", NUGGET,
                     lengthscale=",".join(map(str, LENGTHSCALES)))
        options = ["--predecessors", "-o"]
        self.sets_to("direct.csv", *options[:1])
        self.sets_to("lists.csv", *options[:1], "--candidate-lists", "twenty.csv")
        self.assertEqual((self.folder / "direct.csv").read_bytes(),
                         (self.folder / "lists.csv").read_bytes())

    def test_weights_and_npy(self):
        """D of the whole set is the variance after the last pick, which places without a neighbor repeat."""
        lists, lines = self.draw_lists(N)
        self.write_lists("lists.csv", lines)
        options = ["--selection", "conditional", "--candidate-lists", "lists.csv",
                   "--pick-variances"]
        self.sets_to("o.csv", *options, "v.csv", "--variances", "d.csv", "--weights", "w.csv")
        self.sets_to("o.npy", *options, "v.npy", "--variances", "d.npy")
        picks = np.load(self.folder / "v.npy")
        self.assertEqual(picks.shape, (N, K))
        self.assertTrue((np.diff(picks, axis=1) <= 0).all())
        np.testing.assert_allclose(picks[:, -1:], np.load(self.folder / "d.npy"), rtol=0, atol=1e-12)
        for (query, rank), value in self.variances("v.csv").items():
            self.assertEqual(picks[query, rank], value)
        self.assertEqual((np.load(self.folder / "o.npy") >= 0).sum(), len(self.variances("v.csv")))
        p = np.diag(self.residual(self.points, self.points)) + NUGGET
        np.testing.assert_allclose(picks[3], np.full(K, p[3]), rtol=0, atol=1e-12)

    def test_statistics(self):
        self.file("points.csv", cli_support.csv_text("xy", np.repeat(self.points[:20], 2, axis=0)))
        options = ["neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", 25,
                   "--candidates", 30, "--selection", "conditional", "--predecessors", "-o", "o.csv"]
        self.succeed(*options, "--stats", "s.json")
        values = json.loads((self.folder / "s.json").read_text())
        self.assertEqual(values["selection"], "conditional")
        self.assertGreater(values["candidates"], 500)
        # Each point is given twice, and the second copy adds nothing to the first.
        self.assertGreater(values["uninformative_picks"], 100)
        self.succeed(*options, "--stats", "s.txt")
        text = (self.folder / "s.txt").read_text()
        self.assertIn(f"{values['uninformative_picks']} picks were not informative", text)
        self.assertIn("candidates", text)
        self.succeed("neighbors", "points.csv", "-o", "o.csv", "--stats", "s.json")
        values = json.loads((self.folder / "s.json").read_text())
        self.assertEqual((values["selection"], values["candidates"]), ("nearest", 0))

    def test_refusals(self):
        for name, content in (("beyond.csv", "query,neighbor\n1,2\n3,90\n"),
                              ("query.csv", "query,neighbor\n90,2\n"),
                              ("half.csv", "query,neighbor\n1,2.5\n"),
                              ("missing.csv", "query,neighbor\n1,-1\n"),
                              ("names.csv", "from,to\n1,2\n"),
                              ("one.csv", "query\n1\n"),
                              ("good.csv", "query,neighbor\n1,2\n"),
                              ("new_query.csv", "query,neighbor\n12,2\n")):
            self.file(name, content)
        self.file("three.npy", np.zeros((4, 3), dtype=np.int64))
        cases = [
            (["--candidate-lists", "beyond.csv"],
             "line 3, column 2 'neighbor': there is no row 90; rows are numbered from 0 to 89"),
            (["--candidate-lists", "query.csv"], "line 2, column 1 'query': there is no row 90"),
            (["--candidate-lists", "half.csv"], "2.5 is not a whole number"),
            (["--candidate-lists", "missing.csv"], "there is no row -1"),
            (["--candidate-lists", "names.csv"], "one column 'query' and one column 'neighbor'"),
            (["--candidate-lists", "one.csv"], "has 1 columns"),
            (["--candidate-lists", "three.npy"], "has 3 columns"),
            (["--candidate-lists", "new_query.csv", "--new-points", "new.csv"],
             "there is no new point 12; new points are numbered from 0 to 11"),
            (["--candidate-lists", "absent.csv"], "absent.csv"),
            (["--candidate-lists", "good.csv", "-o", "good.csv"], "is an input file"),
            (["--candidate-lists", "good.csv", "--candidates", 30], "--candidate"),
            (["--candidates", 30], "--candidates: is for --selection conditional only"),
            (["--selection", "conditional", "--candidates", 4],
             "--candidates: 4 is less than k = 5"),
            (["--selection", "conditional", "--candidates", 0], "--candidates: '0'"),
            (["--selection", "conditional", "--signed"],
             "--ranking: signed is for --selection nearest only"),
            (["--selection", "conditional", "--ranking", "scaled-distance"],
             "--ranking: scaled-distance is for --selection nearest only"),
            (["--selection", "greedy"], "'greedy' is not one of nearest|conditional"),
            (["--pick-variances", "v.csv"],
             "--pick-variances: is for --selection conditional only"),
            (["--selection", "conditional", "--pick-variances", "o.csv"], "already used by"),
            (["--selection", "conditional", "--pick-variances", "v.xls"], "v.xls"),
        ]
        for options, text in cases:
            with self.subTest(options=options):
                output = [] if "-o" in options else ["-o", "o.csv"]
                result = self.run_program("neighbors", "points.csv", "-k", K, *output, *options)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(text, result.stderr.decode())
                self.assertNotIn("o.csv", self.file_names())
        self.assertEqual((self.folder / "good.csv").read_text(), "query,neighbor\n1,2\n")


if __name__ == "__main__":
    cli_support.main()
