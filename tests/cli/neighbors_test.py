"""Compares the answers of `residual-knn neighbors` with an independent computation."""

import json

import numpy as np

import cli_support
from residual_reference import Model

SEED = 20260714
N = 60
M = 9


class NeighborsTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.points = random.normal(size=(N, 3))
        self.inducing = random.normal(size=(M, 3))
        self.new_points = random.normal(size=(7, 3))
        self.file("points.csv", cli_support.csv_text("xyz", self.points))
        self.file("inducing.csv", cli_support.csv_text("xyz", self.inducing))
        self.file("new.csv", cli_support.csv_text("xyz", self.new_points))

    def others(self, row, n=N):
        return [j for j in range(n) if j != row]

    def check_all(self, answer, distances, k, candidates_of=None):
        self.assertEqual(answer.queries, list(range(len(distances))))
        for query, found in answer.neighbors.items():
            candidates = (candidates_of or self.others)(query)
            self.assert_neighbors(found, distances[query], candidates, k,
                                  f"seed {SEED} query {query}")

    def test_kernels(self):
        cases = [
            ("squared-exponential", []),
            ("matern12", []),
            ("matern32", []),
            ("matern52", []),
            ("matern:3.5", ["--kernel", "matern", "--nu", "3.5"]),
            ("rational-quadratic:0.7", ["--kernel", "rational-quadratic", "--alpha", "0.7"]),
        ]
        lengthscale = [0.8, 1.5, 2.5]
        for kernel, options in cases:
            with self.subTest(kernel=kernel):
                model = Model(self.inducing, kernel, 2.5, lengthscale, nugget=0.1, jitter=1e-6)
                answer = self.answer("neighbors", "points.csv", "--inducing-points",
                                     "inducing.csv", "--lengthscale", "0.8,1.5,2.5",
                                     "--variance", "2.5", "--nugget", "0.1", "--jitter", "1e-6",
                                     "-k", "5", *(options or ["--kernel", kernel]))
                self.check_all(answer, model.distances(self.points, self.points), 5)

    def test_defaults(self):
        """Matern 3/2, variance 1, 30 neighbors."""
        distances = Model(self.inducing).distances(self.points, self.points)
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv")
        self.check_all(answer, distances, 30)

    def test_no_inducing_points(self):
        distances = Model(None, "matern12").distances(self.points, self.points)
        answer = self.answer("neighbors", "points.csv", "--inducing", "0", "--kernel", "matern12",
                             "-k", "4")
        self.check_all(answer, distances, 4)

    def test_signed(self):
        # One inducing point far from two clusters would not do: rho must be negative somewhere.
        model = Model(self.inducing, "squared-exponential", 1, 2)
        distances = model.distances(self.points, self.points, signed=True)
        self.assertGreater(distances.max(), 1.01)
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                             "--kernel", "squared-exponential", "--lengthscale", "2", "-k", N,
                             "--signed", warnings=["all 60 queries"])
        self.check_all(answer, distances, N)

    def test_ranking(self):
        options = ["neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", "5"]
        distances = Model(self.inducing).distances(self.points, self.points, signed=True)
        signed = self.answer(*options, "--ranking", "signed")
        self.check_all(signed, distances, 5)
        self.assertEqual(self.answer(*options, "--signed").neighbors, signed.neighbors)
        self.assertEqual(self.answer(*options, "--ranking", "absolute").neighbors, self.answer(*options).neighbors)

    def test_scaled_distance(self):
        scaled = self.points / [0.8, 1.5, 2.5]
        distances = np.sqrt(((scaled[:, None] - scaled[None]) ** 2).sum(axis=2))
        options = ["neighbors", "points.csv", "--lengthscale", "0.8,1.5,2.5", "-k", "5", "--ranking",
                   "scaled-distance"]
        for more in ([], ["--strategy", "brute_force"], ["--strategy", "dual_tree"]):
            self.check_all(self.answer(*options, "--inducing", "0", *more), distances, 5)
        answer = self.answer(*options, "--inducing-points", "inducing.csv", "--predecessors")
        self.assertEqual(answer.queries, list(range(1, N)))
        for query, found in answer.neighbors.items():
            self.assert_neighbors(found, distances[query], range(query), 5, f"query {query}")
        new = self.new_points / [0.8, 1.5, 2.5]
        distances = np.sqrt(((new[:, None] - scaled[None]) ** 2).sum(axis=2))
        answer = self.answer(*options, "--inducing", "0", "--new-points", "new.csv")
        self.check_all(answer, distances, 5, lambda query: range(N))

    def test_predecessors(self):
        distances = Model(self.inducing).distances(self.points, self.points)
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k",
                             "6", "--predecessors")
        self.assertEqual(answer.queries, list(range(1, N)))  # row 0 has none
        for query, found in answer.neighbors.items():
            self.assert_neighbors(found, distances[query], range(query), 6, f"query {query}")

    def test_queries(self):
        rows = [41, 0, 7, 7, 59]
        distances = Model(self.inducing).distances(self.points, self.points)
        for base in (0, 1):
            self.file("queries.csv",
                      "note,row\n" + "".join(f"text {r},{r + base}\n" for r in rows))
            with self.subTest(base=base):
                text = self.succeed("neighbors", "points.csv", "--inducing-points",
                                    "inducing.csv", "-k", "4", "--queries", "queries.csv",
                                    "--base", base).decode()
                lines = [line.split(",") for line in text.splitlines()[1:]]
                self.assertEqual([int(line[0]) - base for line in lines],
                                 [row for row in rows for _ in range(4)])
                self.assertEqual([int(line[1]) for line in lines], [0, 1, 2, 3] * len(rows))
                for i, row in enumerate(rows):
                    found = [(int(line[2]) - base, float(line[3]))
                             for line in lines[4 * i:4 * i + 4]]
                    self.assert_neighbors(found, distances[row], self.others(row), 4)

    def test_no_queries(self):
        self.file("queries.csv", "row\n")
        text = self.succeed("neighbors", "points.csv", "--queries", "queries.csv")
        self.assertEqual(text, b"query,rank,neighbor,distance\n")

    def test_queries_of_predecessors(self):
        rows = [50, 1, 0, 20]
        self.file("queries.csv", "row\n" + "".join(f"{r}\n" for r in rows))
        distances = Model(self.inducing).distances(self.points, self.points)
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                             "--queries", "queries.csv", "--predecessors", "-k", "3")
        self.assertEqual(answer.queries, [50, 1, 20])
        for query, found in answer.neighbors.items():
            self.assert_neighbors(found, distances[query], range(query), 3)

    def test_base_one(self):
        options = ["neighbors", "points.csv", "--inducing", "5", "-k", "3"]
        zero = self.answer(*options)
        one = self.answer(*options, "--base", "1")
        self.assertEqual(one.queries, [query + 1 for query in zero.queries])
        for query in zero.queries:
            self.assertEqual(one.neighbors[query + 1],
                             [(n + 1, d) for n, d in zero.neighbors[query]])

    def test_new_points(self):
        distances = Model(self.inducing, nugget=0.2).distances(self.new_points, self.points)
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                             "--nugget", "0.2", "-k", "5", "--new-points", "new.csv")
        self.check_all(answer, distances, 5, lambda query: range(N))

    def test_new_points_in_other_columns(self):
        swapped = "note,z,x,y\n" + "".join(
            f"a b,{z!r},{x!r},{y!r}\n" for x, y, z in self.new_points.tolist())
        self.file("swapped.csv", swapped)
        options = ["neighbors", "points.csv", "--inducing-points", "inducing.csv"]
        self.assertEqual(self.succeed(*options, "--new-points", "swapped.csv"),
                         self.succeed(*options, "--new-points", "new.csv"))

    def test_more_neighbors_than_points(self):
        distances = Model(None).distances(self.points, self.points)
        for k in (N + 1, 2**31 - 1):
            answer = self.answer("neighbors", "points.csv", "--inducing", "0", "-k", k,
                                 warnings=[f"k is {k}, but there are only {N} points: k = {N}"])
            self.check_all(answer, distances, N)
        self.answer("neighbors", "points.csv", "--inducing", "0", "-k", N)

    def test_one_point(self):
        self.file("one.csv", "x\n3\n")
        self.assertEqual(self.succeed("neighbors", "one.csv"), b"query,rank,neighbor,distance\n")

    def test_columns(self):
        """The order of --columns is that of the lengthscales; other columns may contain anything."""
        text = "name,z,y,x\n" + "".join(
            f"\"float, {i}\",{z!r},{y!r},{x!r}\n" for i, (x, y, z) in
            enumerate(self.points.tolist()))
        self.file("wide.csv", text)
        lengthscale = [0.5, 3.0]
        model = Model(self.inducing[:, [0, 2]], lengthscale=lengthscale)
        points = self.points[:, [0, 2]]
        answer = self.answer("neighbors", "wide.csv", "--columns", "x,z", "--lengthscale",
                             "0.5,3", "--inducing-points", "inducing.csv", "-k", "3")
        self.check_all(answer, model.distances(points, points), 3)

    def test_lonlat(self):
        random = np.random.default_rng(SEED + 1)
        longitude = random.uniform(-180, 360, N)
        latitude = random.uniform(-90, 90, N)
        day = random.uniform(0, 365, N)
        height = random.uniform(0, 3, N)

        def sphere(*columns):
            lon, lat = np.radians(longitude), np.radians(latitude)
            return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon),
                                    np.sin(lat), *columns])

        self.file("ocean.csv", cli_support.csv_text(
            ["day", "lat", "lon", "height"],
            np.column_stack([day, latitude, longitude, height])))
        cases = [
            ("two other columns", ["--columns", "day,height"], "0.5,0.5,0.5,60,2",
             sphere(day, height)),
            ("one other column", ["--columns", "height"], "0.5,0.5,0.5,2", sphere(height)),
        ]
        for name, options, lengthscale, points in cases:
            with self.subTest(case=name):
                scales = [float(x) for x in lengthscale.split(",")]
                distances = Model(None, lengthscale=scales).distances(points, points)
                answer = self.answer("neighbors", "ocean.csv", "--lonlat", "lon,lat",
                                     "--inducing", "0", "-k", "4", "--lengthscale", lengthscale,
                                     *options)
                self.check_all(answer, distances, 4)
        with self.subTest(case="no other column"):
            points = sphere()
            self.file("named.csv", "name,lon,lat\n" + "".join(
                f"float {i},{lon!r},{lat!r}\n"
                for i, (lon, lat) in enumerate(zip(longitude.tolist(), latitude.tolist()))))
            distances = Model(None, lengthscale=[0.5] * 3).distances(points, points)
            for columns in ([], ["--columns", ""]):
                answer = self.answer("neighbors", "named.csv", "--lonlat", "lon,lat", *columns,
                                     "--inducing", "0", "-k", "4", "--lengthscale", "0.5")
                self.check_all(answer, distances, 4)
        with self.subTest(case="inducing and new points by the same columns"):
            self.file("z.csv", "lat,lon,height\n10,20,1\n-40,170,2\n")
            self.file("new.csv", "height,lon,lat,x\n1.5,30,-20,?\n")
            degrees = [(20, 10, 1), (170, -40, 2), (30, -20, 1.5)]
            placed = np.array([[np.cos(np.radians(la)) * np.cos(np.radians(lo)),
                                np.cos(np.radians(la)) * np.sin(np.radians(lo)),
                                np.sin(np.radians(la)), h] for lo, la, h in degrees])
            distances = Model(placed[:2]).distances(placed[2:], sphere(height))
            answer = self.answer("neighbors", "ocean.csv", "--lonlat", "lon,lat", "--columns",
                                 "height", "--inducing-points", "z.csv", "--new-points",
                                 "new.csv", "-k", "5")
            self.check_all(answer, distances, 5, lambda query: range(N))

    def order_of(self, *options):
        """With all predecessors listed, the number of lines of a row is its place in the order."""
        answer = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                             "--predecessors", "-k", N, *options)
        places = [len(answer.neighbors.get(row, [])) for row in range(N)]
        self.assertEqual(sorted(places), list(range(N)))
        self.assertEqual(answer.queries, [row for row in range(N) if places[row] > 0])
        return np.argsort(places), answer

    def check_order(self, order, answer):
        distances = Model(self.inducing).distances(self.points, self.points)
        for place, row in enumerate(order[1:], start=1):
            self.assert_neighbors(answer.neighbors[row], distances[row], order[:place], N,
                                  f"row {row}")

    def test_random_order(self):
        order, answer = self.order_of("--order", "random")
        self.check_order(order, answer)
        self.assertNotEqual(list(order), list(range(N)))
        same, _ = self.order_of("--order", "random", "--seed", "1")
        other, other_answer = self.order_of("--order", "random", "--seed", "2")
        self.assertEqual(list(order), list(same))
        self.assertNotEqual(list(order), list(other))
        self.check_order(other, other_answer)

    def test_given_order(self):
        order, answer = self.order_of("--order", "given")
        self.assertEqual(list(order), list(range(N)))
        self.check_order(order, answer)

    def test_maximin_order(self):
        scaled = self.points / [1, 2, 0.5]
        first = int(np.argmin(((scaled - scaled.mean(axis=0))**2).sum(axis=1)))
        expected = [first]
        nearest = ((scaled - scaled[first])**2).sum(axis=1)
        for _ in range(N - 1):
            nearest[expected[-1]] = -1
            expected.append(int(np.argmax(nearest)))
            nearest = np.minimum(nearest, ((scaled - scaled[expected[-1]])**2).sum(axis=1))
        order, _ = self.order_of("--order", "maximin", "--lengthscale", "1,2,0.5")
        self.assertEqual(list(order), expected)

    def test_order_with_queries(self):
        order, answer = self.order_of("--order", "random", "--seed", "5")
        rows = [31, 2, 44]
        self.file("queries.csv", "row\n" + "".join(f"{row + 1}\n" for row in rows))
        few = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                          "--predecessors", "-k", "3", "--order", "random", "--seed", "5",
                          "--queries", "queries.csv", "--base", "1")
        self.assertEqual(few.queries,
                         [row + 1 for row in rows if row != order[0]])
        for row in rows:
            self.assertEqual(few.neighbors.get(row + 1, []),
                             [(n + 1, d) for n, d in answer.neighbors.get(row, [])[:3]])

    def test_residual_order(self):
        distances = Model(self.inducing).distances(self.points, self.points)
        _, p = Model(self.inducing).factor(self.points)
        expected = [int(np.argmax(p))]
        nearest = distances[:, expected[0]].copy()
        for _ in range(N - 1):
            nearest[expected[-1]] = -1
            expected.append(int(np.argmax(nearest)))
            nearest = np.minimum(nearest, distances[:, expected[-1]])
        order, answer = self.order_of("--order", "residual-maximin")
        self.assertEqual(list(order), expected)
        self.check_order(order, answer)
        few = self.answer("neighbors", "points.csv", "--inducing-points", "inducing.csv",
                          "--predecessors", "-k", "3", "--order", "residual-maximin", "--threads", "3")
        for row in range(N):
            self.assertEqual(few.neighbors.get(row, []), answer.neighbors.get(row, [])[:3])

    def test_residual_order_of_a_file(self):
        """The same neighbors as from a file that is in this order, with inducing points chosen before."""
        options = ["--predecessors", "-k", "4"]
        found = self.answer("neighbors", "points.csv", "--inducing", "9", "--order", "residual-maximin",
                            "--write-order", "order.csv", "--write-inducing", "z.csv", *options)
        rows = [int(line) for line in (self.folder / "order.csv").read_text().split()[1:]]
        self.file("ordered.csv", cli_support.csv_text("xyz"[:self.points.shape[1]], self.points[rows]))
        ordered = self.answer("neighbors", "ordered.csv", "--inducing-points", "z.csv", *options)
        for place, row in enumerate(rows):
            self.assertEqual([(rows[n], d) for n, d in ordered.neighbors.get(place, [])],
                             found.neighbors.get(row, []))

    def test_order_that_nothing_uses(self):
        options = ["neighbors", "points.csv", "--inducing-points", "inducing.csv"]
        plain = self.succeed(*options)
        self.assertEqual(self.succeed(*options, "--order", "given"), plain)
        for order in ("random", "maximin", "residual-maximin"):
            self.assertEqual(self.succeed(*options, "--order", order, "--write-order", "o.csv"), plain)

    def test_memory_limit_changes_nothing(self):
        points = np.random.default_rng(5).uniform(size=(3000, 2))
        self.file("many.csv", cli_support.csv_text("xy", points))
        options = ("neighbors", "many.csv", "--inducing", 40, "-k", 4, "--predecessors", "--threads", 2)
        plain = self.succeed(*options)
        for limit in ("1T", "2.5G", "900M", str(1 << 30)):
            self.assertEqual(self.succeed(*options, "--memory-limit", limit), plain, limit)

    def test_memory_limit_that_is_too_small(self):
        for limit in ("1", "1000", "3K", "1M"):
            result = self.run_program("neighbors", "points.csv", "-k", 1, "--memory-limit", limit)
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"--memory-limit", result.stderr)
            self.assertIn(b"are needed", result.stderr)

    def test_memory_limit_counts_what_the_library_does_not(self):
        """K-d trees of the points, and the variances of picks."""
        self.file("many.npy", np.random.default_rng(6).uniform(size=(100000, 10)))
        search = ("neighbors", "many.npy", "--lengthscale", 1, "-k", 5, "--threads", 1, "--memory-limit", 1)
        nearest, _ = self.needed_megabytes(*search)
        scaled, _ = self.needed_megabytes(*search, "--ranking", "scaled-distance")
        selected, _ = self.needed_megabytes(*search, "--selection", "conditional")
        picked, _ = self.needed_megabytes(*search, "--selection", "conditional", "--pick-variances", "v.npy")
        self.assertAlmostEqual(scaled - nearest, 24.4e6 / (1 << 20), delta=3)
        self.assertAlmostEqual(selected - nearest, 24.4e6 / (1 << 20), delta=3)
        self.assertAlmostEqual(picked - selected, 4e6 / (1 << 20), delta=3)

    def test_memory_limit_of_an_order(self):
        """The limit that the error names suffices for an order by an index, and is not far from the truth."""
        self.file("many.npy", np.random.default_rng(7).uniform(size=(10000, 2)))
        for threads in (1, 2):
            making = ("index", "many.npy", "--lengthscale", "0.1", "--inducing", 10, "--threads", threads, "--order")
            without, _ = self.needed_megabytes(*making, "random", "-o", "i.rknn", "--memory-limit", 1)
            needed, _ = self.needed_megabytes(*making, "residual-maximin", "-o", "i.rknn", "--memory-limit", 1)
            self.assertAlmostEqual(needed - without, 10000 * 1024 / (1 << 20), delta=3)
            self.succeed(*making, "residual-maximin", "-o", "i.rknn", "--memory-limit", f"{needed}M")

    def test_memory_limit_of_many_pairs(self):
        """Chunks follow the pairs that were found, which here take 64 MB."""
        points = np.random.default_rng(7).uniform(size=(2000, 2))
        self.file("many.csv", cli_support.csv_text("xy", points))
        search = ("neighbors", "many.csv", "--lengthscale", 1, "--inducing", 0, "--threads", 1, "--threshold", 0)
        self.succeed(*search, "-o", "whole.npy")
        needed, _ = self.needed_megabytes(*search, "--memory-limit", 1)
        limited = (*search, "--memory-limit", f"{needed}M")
        self.succeed(*limited, "--resume", "-o", "resumed.npy")
        for end in ("", ".distances", ".offsets"):
            whole = (self.folder / f"whole{end}.npy").read_bytes()
            self.assertEqual((self.folder / f"resumed{end}.npy").read_bytes(), whole)
        if cli_support.limits_memory():
            self.assertLess(self.peak_megabytes(*limited, "-q", "-o", "limited.npy"), needed)
            self.assertGreater(self.peak_megabytes(*search, "-q", "-o", "limited.npy"), needed)

    def test_memory_limits_that_are_no_sizes(self):
        for limit in ("", "0", "-1G", "G", "1.5X", "nan", "1e30G", "0.1"):
            result = self.run_program("neighbors", "points.csv", "--memory-limit", limit)
            self.assertNotEqual(result.returncode, 0, limit)
            self.assertIn(b"--memory-limit", result.stderr)

    def test_threads_change_nothing(self):
        options = ["neighbors", "points.csv", "--inducing", "7"]
        for more in ([], ["--predecessors", "--order", "maximin"],
                     ["--predecessors", "--order", "residual-maximin"], ["--new-points", "new.csv"]):
            outputs = {self.succeed(*options, *more, "--threads", t) for t in (0, 1, 2, 5)}
            self.assertEqual(len(outputs), 1, more)

    def test_strategy_changes_nothing(self):
        random = np.random.default_rng(SEED + 3)
        self.file("many.npy", random.normal(size=(1500, 2)))
        options = ["neighbors", "many.npy", "--inducing", "20", "--lengthscale", "0.1", "-k", "6",
                   "--stats", "stats.json"]
        for more in ([], ["--predecessors", "--order", "random"], ["--signed"]):
            expected = self.succeed(*options, *more)
            for strategy in cli_support.STRATEGIES:
                with self.subTest(strategy=strategy, more=more):
                    self.assertEqual(self.succeed(*options, *more, "--strategy", strategy),
                                     expected)
                    stats = json.loads((self.folder / "stats.json").read_text())
                    self.assertIn(stats["strategy"], cli_support.STRATEGIES[1:])
                    if strategy == "brute_force":
                        self.assertEqual(stats["strategy"], strategy)
                        self.assertEqual(stats["reason"], "the caller asked for it")

    def test_choice_of_inducing_points(self):
        def m_of(*options):
            self.succeed("neighbors", *options, "--stats", "stats.json", "-o", "out.csv",
                         warnings=None)
            return json.loads((self.folder / "stats.json").read_text())["index"]["m"]

        self.assertEqual(m_of("points.csv"), N // 10)
        self.assertEqual(m_of("points.csv", "--inducing", "11"), 11)
        self.assertEqual(m_of("points.csv", "--inducing", "0"), 0)
        self.assertEqual(m_of("points.csv", "--inducing-points", "inducing.csv"), M)
        self.file("twins.csv", "x,y\n" + "1,2\n3,4\n3,5\n" * 20)
        self.assertEqual(m_of("twins.csv"), 3)
        self.file("same.csv", "x,y\n" + "1,2\n" * 50)
        self.assertEqual(m_of("same.csv"), 1)
        random = np.random.default_rng(SEED + 2)
        self.file("many.npy", random.normal(size=(2500, 2)))
        self.file("few.csv", "row\n0\n")
        self.assertEqual(m_of("many.npy", "--queries", "few.csv"), 200)

    def test_seed_and_method_of_inducing_points(self):
        def found(*options):
            return self.succeed("neighbors", "points.csv", "--inducing", "6", *options)

        for method in ("kmeans", "random"):
            with self.subTest(method=method):
                chosen = ["--inducing-method", method]
                self.assertEqual(found(*chosen), found(*chosen, "--seed", "1"))
                self.assertNotEqual(found(*chosen), found(*chosen, "--seed", "2"))
        self.assertEqual(found(), found("--inducing-method", "kmeans"))
        self.assertNotEqual(found(), found("--inducing-method", "random"))

    def test_random_inducing_points_are_rows(self):
        """Such a row has hardly any residual variance: only the jitter is left."""
        self.succeed("neighbors", "points.csv", "--inducing", "6", "--inducing-method", "random",
                     "--stats", "stats.json", "-o", "out.csv", "--jitter", "1e-6")
        share = json.loads((self.folder / "stats.json").read_text())["index"]["residual_share"]
        self.assertLess(share["0.05"], 1e-5)
        self.assertGreater(share["0.5"], 1e-3)

    def test_identical_points(self):
        """Ties go to the smaller row."""
        self.file("same.csv", "x,y\n" + "1,2\n" * 8)
        for options in ([], ["--inducing", "0"]):
            answer = self.answer("neighbors", "same.csv", "-k", "3", *options,
                                 warnings=["same coordinates"])
            for query in range(8):
                self.assertEqual([n for n, _ in answer.neighbors[query]],
                                 self.others(query, 8)[:3])

    def test_jitter_escalation(self):
        self.file("z.csv", "x,y,z\n1,2,3\n1,2,3\n")
        self.succeed("neighbors", "points.csv", "--inducing-points", "z.csv", "--jitter",
                     "1e-20", "--max-jitter", "1e-4", "--stats", "stats.json", "-o", "out.csv")
        jitter = json.loads((self.folder / "stats.json").read_text())["index"]["jitter"]
        self.assertGreater(jitter, 1e-20)
        self.assertLessEqual(jitter, 1e-4)

    def test_statistics(self):
        v, p = Model(self.inducing).factor(self.points)
        share = np.sort(p / (p + (v**2).sum(axis=1)))
        self.succeed("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", "4",
                     "--threads", "2", "--stats", "stats.json", "-o", "out.csv", "--strategy",
                     "brute_force")
        stats = json.loads((self.folder / "stats.json").read_text())
        self.assertEqual(stats["strategy"], "brute_force")
        self.assertEqual(stats["reason"], "the caller asked for it")
        self.assertEqual(stats["queries"], N)
        self.assertEqual(stats["pairs"], N * (N - 1))
        # Including other pairs of the same tiles.
        self.assertGreaterEqual(stats["pairs_scored"], N * (N - 1))
        for name in ("pivots_scored", "pivots_coupled", "blocks_bounded", "blocks_dismissed",
                     "points_bounded", "survivors", "coarse_blocks", "tree_seconds"):
            self.assertEqual(stats[name], 0, name)
        self.assertGreaterEqual(stats["scored_in_low_precision"], 0)
        self.assertLessEqual(stats["scored_in_low_precision"], stats["pairs_scored"])
        self.assertGreaterEqual(stats["pairs_rescored"], 4 * N)
        self.assertGreaterEqual(stats["seconds"], 0)
        self.assertIn(stats["threads"], (1, 2))
        self.assertEqual(stats["model"]["kernel"], "matern32")
        self.assertEqual(stats["model"]["lengthscale"], [1])
        self.assertEqual(stats["model"]["coordinates"], ["x", "y", "z"])
        index = stats["index"]
        self.assertEqual((index["n"], index["d"], index["m"]), (N, 3, M))
        self.assertEqual(index["degenerate_points"], 0)
        self.assertGreater(index["bytes"], 8 * N * M)
        self.assertEqual(index["jitter"], 1e-8)
        self.assertEqual(list(index["residual_share"]),
                         ["0", "0.01", "0.05", "0.5", "0.95", "0.99", "1"])
        self.assertAlmostEqual(index["residual_share"]["0"], share[0], places=12)
        self.assertAlmostEqual(index["residual_share"]["1"], share[-1], places=12)
        middle = share[N // 2 - 1:N // 2 + 1]
        self.assertGreaterEqual(index["residual_share"]["0.5"], middle[0] - 1e-12)
        self.assertLessEqual(index["residual_share"]["0.5"], middle[1] + 1e-12)

    def test_statistics_on_standard_output(self):
        text = self.succeed("neighbors", "points.csv", "--stats", "-", "-o", "out.csv")
        self.assertIn("points            60, coordinates x, y, z", text.decode().splitlines())

    def test_statistics_as_text(self):
        """A line for everything in the JSON; counts in all, and a query."""
        self.succeed("neighbors", "points.csv", "--inducing-points", "inducing.csv", "-k", "4",
                     "--stats", "stats.txt", "-o", "out.csv", "--strategy", "brute_force",
                     "--predecessors")
        lines = (self.folder / "stats.txt").read_text().splitlines()
        values = {line[:18].strip(): line[18:].split() for line in lines if line}
        self.assertEqual(values["strategy"], ["brute_force"])
        self.assertEqual(" ".join(values["why"]), "the caller asked for it")
        self.assertEqual(values["queries"], ["60,", "k", "4,", "predecessors"])
        self.assertEqual(values["inducing points"], ["9,", "jitter", "1e-08"])
        self.assertEqual(values["coarse blocks"], ["0"])
        for name in ("index", "tree", "search", "tree and search"):
            self.assertRegex(" ".join(values[name]), r"^\d+\.\d{3} s\b", name)
        pairs = N * (N - 1) // 2
        self.assertEqual(values["pairs asked"], [str(pairs), "29.50"])
        scored, _, share, unit = values["pairs scored"][:4]
        self.assertGreaterEqual(int(scored), pairs)
        self.assertEqual((share, unit), (f"{100 * int(scored) / pairs:.3g}", "%"))
        for name in ("pivots scored", "pivots coupled", "blocks bounded", "points bounded"):
            self.assertEqual(values[name], ["0", "0"], name)
        for name in ("blocks dismissed", "survivors"):
            self.assertEqual(values[name][:4], ["0", "0", "-", "%"], name)
        for name in ("library", "points", "degenerate points", "p/K quantiles", "threads",
                     "pairs rescored", "low precision"):
            self.assertIn(name, values)

    def test_statistics_as_text_without_queries(self):
        self.file("queries.csv", "row\n")
        text = self.succeed("neighbors", "points.csv", "--queries", "queries.csv", "--stats", "-",
                            "-o", "out.csv").decode()
        self.assertRegex(text, r"(?m)^pairs asked +0 +-$")


if __name__ == "__main__":
    cli_support.main()
