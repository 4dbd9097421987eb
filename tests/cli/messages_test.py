"""Messages of the program besides the answer: the coordinate columns, warnings, suggestions."""

import cli_support

KERNELS = "squared-exponential|matern12|matern32|matern52|matern|rational-quadratic"


class NotesTest(cli_support.ProgramTest):

    def notes(self, content, *options):
        self.file("points.csv", content)
        self.succeed("neighbors", "points.csv", "--inducing", "0", *options)
        return self.said

    def test_coordinates(self):
        text = "id,lon,lat,day,temp\n1,10,50,3,15.5\n2,11,51,4,NA\n3,12,52,5,14\n"
        cases = [
            ("x,y\n1,2\n3,4\n", [], "x, y"),
            (text, ["--columns", "lat,day"], "lat, day; not used: id, lon, temp"),
            (text, ["--lonlat", "lon,lat"],
             "lon, lat (as 3 on the unit sphere); not used: id, day, temp"),
            (text, ["--lonlat", "lon,lat", "--columns", ""],
             "lon, lat (as 3 on the unit sphere); not used: id, day, temp"),
            (text, ["--lonlat", "lon,lat", "--columns", "day"],
             "lon, lat (as 3 on the unit sphere), day; not used: id, temp"),
            ("1,2\n3,4\n", ["--no-header"], "0, 1"),
            (",x\n1,2\n2,3\n", ["--columns", "x"], "x; not used: ''"),
            (",".join(f"c{i}" for i in range(30)) + "\n" + ",".join("1" * 30) + "\n", [],
             ", ".join(f"c{i}" for i in range(20)) + ", ... (30 in all)"),
        ]
        for content, options, expected in cases:
            with self.subTest(options=options, expected=expected):
                self.assertEqual(self.notes(content, *options),
                                 ["residual-knn: coordinates: " + expected])

    def test_id_is_no_coordinate_beside_longitude(self):
        """Shuffling a column that is not named changes no byte."""
        def text(ids):
            return "id,lon,lat\n" + "".join(f"{i},{3 * k % 50},{k * k % 70}\n"
                                            for k, i in enumerate(ids))

        self.file("a.csv", text(range(30)))
        self.file("b.csv", text([10**6 - i for i in range(30)]))
        found = [self.succeed("neighbors", name, "--lonlat", "lon,lat", "--lengthscale", "0.3")
                 for name in ("a.csv", "b.csv")]
        self.assertEqual(*found)

    def test_one_line_whatever_the_names(self):
        notes = self.notes('"a\nb","c\x1b[31m"\n1,2\n2,3\n')
        self.assertEqual(notes, ["residual-knn: coordinates: a b, c [31m"])

    def test_quiet(self):
        self.file("points.csv", "x,y\n1,2\n3,4\n")
        for option in ("--quiet", "-q"):
            result = self.run_program("neighbors", "points.csv", option, "-k", "50",
                                      "--lengthscale", "auto")
            self.assertEqual((result.returncode, result.stderr), (0, b""))
        result = self.run_program("neighbors", "points.csv", "--quiet", "--columns", "z")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count(b"\n"), 1)
        self.assertIn(b"error: points.csv: line 1: no column 'z'", result.stderr)

    def test_more_neighbors_than_points(self):
        self.file("points.csv", "x,y\n1,2\n3,4\n5,5\n")
        self.succeed("neighbors", "points.csv")  # the default says nothing
        self.succeed("neighbors", "points.csv", "-k", "3")
        self.succeed("neighbors", "points.csv", "-k", "4",
                     warnings=["k is 4, but there are only 3 points: k = 3 is used"])

    def test_standard_error_that_is_gone(self):
        self.file("points.csv", "x,y\n1,2\n3,4\n")
        expected = self.succeed("neighbors", "points.csv")
        result = self.run_program("neighbors", "points.csv", stderr=None,
                                  preexec_fn=lambda: __import__("os").close(2))
        self.assertEqual((result.returncode, result.stdout), (0, expected))


class WarningTest(cli_support.ProgramTest):
    """Each warning of the library is one line, with the rows of the file."""

    FILLED = "x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(20)) + "3,1e20\n"
    METRES = "x,y\n" + "".join(f"{400000 + 977 * i},{5000000 + 1013 * i * i % 70001}\n"
                               for i in range(30))

    def test_fill_value(self):
        self.file("points.csv", self.FILLED)
        for base in (0, 1):
            for order in ("given", "random", "maximin"):
                with self.subTest(base=base, order=order):
                    self.succeed("neighbors", "points.csv", "--inducing", "0", "--base", base,
                                 "--lengthscale", "10", "-k", "3",
                                 "--predecessors", "--order", order,
                                 warnings=[f"coordinate {1 + base} of row {20 + base} is 1e+20"])

    def test_units(self):
        self.file("points.csv", self.METRES)
        for inducing in ("0", "3"):
            self.succeed("neighbors", "points.csv", "--inducing", inducing,
                         warnings=["all 30 queries"])
        self.succeed("neighbors", "points.csv", "--lengthscale", "auto")

    def test_quiet(self):
        for content in (self.FILLED, self.METRES):
            self.file("points.csv", content)
            result = self.run_program("neighbors", "points.csv", "--quiet")
            self.assertEqual((result.returncode, result.stderr), (0, b""))


# The arguments of the program, and its suggestion; None: no suggestion.
SUGGESTIONS = [
    (["neighbours", "p.csv"], "neighbors"),
    (["neigbors", "p.csv"], "neighbors"),
    (["Neighbors", "p.csv"], "neighbors"),
    (["neigh", "p.csv"], "neighbors"),
    (["inof"], "info"),
    (["frobnicate"], None),
    (["p.csv", "--lengthscale", "1"], None),
    (["neighbors", "p.csv", "--lenghtscale", "1"], "--lengthscale"),
    (["neighbors", "p.csv", "--lengthscales=1"], "--lengthscale"),
    (["neighbors", "p.csv", "--length", "1"], "--lengthscale"),
    (["neighbors", "p.csv", "--Lengthscale", "1"], "--lengthscale"),
    (["neighbors", "p.csv", "-lengthscale", "1"], "--lengthscale"),
    (["neighbors", "p.csv", "--predecesors"], "--predecessors"),
    (["neighbors", "p.csv", "--no_header"], "--no-header"),
    (["neighbors", "p.csv", "--noheader"], "--no-header"),
    (["neighbors", "p.csv", "--ouput", "x.csv"], "--output"),
    (["neighbors", "p.csv", "--new_points", "x.csv"], "--new-points"),
    (["neighbors", "p.csv", "--thread", "2"], "--threads"),
    (["neighbors", "p.csv", "-K", "2"], "-k"),
    (["neighbors", "p.csv", "--frobnicate"], None),
    (["info", "--versoin"], None),
    (["--versoin"], "--version"),
    (["neighbors", "p.csv", "--kernel", "matern3/2"], "matern32"),
    (["neighbors", "p.csv", "--kernel", "Matern52"], "matern52"),
    (["neighbors", "p.csv", "--kernel", "squared_exponential"], "squared-exponential"),
    (["neighbors", "p.csv", "--kernel", "squaredexponentail"], "squared-exponential"),
    (["neighbors", "p.csv", "--kernel", "gaussian"], "squared-exponential"),
    (["neighbors", "p.csv", "--kernel", "rbf"], "squared-exponential"),
    (["neighbors", "p.csv", "--kernel", "exponential"], "matern12"),
    (["neighbors", "p.csv", "--kernel", "periodic"], None),
    (["neighbors", "p.csv", "--strategy", "brute-force"], "brute_force"),
    (["neighbors", "p.csv", "--strategy", "dualtree"], "dual_tree"),
    (["neighbors", "p.csv", "--strategy", "auto"], "automatic"),
    (["neighbors", "p.csv", "--order", "maxmin"], "maximin"),
    (["neighbors", "p.csv", "--ranking", "scaled_distance"], "scaled-distance"),
    (["neighbors", "p.csv", "--inducing-method", "k-means"], "kmeans"),
    (["neighbors", "p.csv", "--columns", "lattitude"], "latitude"),
    (["neighbors", "p.csv", "--lonlat", "longitude,lat"], "latitude"),
    (["neighbors", "p.csv", "--lonlat", "Longitude,latitude"], "longitude"),
    (["neighbors", "p.csv", "--columns", "temperature"], None),
]


class SuggestionTest(cli_support.ProgramTest):

    def test_did_you_mean(self):
        self.file("p.csv", "longitude,latitude\n1,2\n2,3\n")
        for arguments, meant in SUGGESTIONS:
            with self.subTest(arguments=arguments):
                result = self.run_program(*arguments)
                message = result.stderr.decode()
                self.assertIn(result.returncode, (1, 2))
                self.assertEqual((result.stdout, message.count("\n")), (b"", 1))
                if meant is None:
                    self.assertNotIn("did you mean", message)
                else:
                    self.assertIn(f"did you mean '{meant}'?", message)

    def test_subcommand_comes_first(self):
        result = self.run_program("points.csv", "--lengthscale", "1")
        self.assertIn(b"unknown subcommand 'points.csv'; the subcommands are neighbors, index and info",
                      result.stderr)
        result = self.run_program("help")
        self.assertIn(b"did you mean '--help'?", result.stderr)

    def test_info_takes_one_index(self):
        result = self.run_program("info", "i.rknn", "points.csv")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"'points.csv': info takes one index at most", result.stderr)

    def test_words_for_kernels_are_all_there(self):
        self.file("p.csv", "x\n1\n2\n")
        result = self.run_program("neighbors", "p.csv", "--kernel", "x")
        self.assertIn(f"'x' is not one of {KERNELS}\n".encode(), result.stderr)


if __name__ == "__main__":
    cli_support.main()
