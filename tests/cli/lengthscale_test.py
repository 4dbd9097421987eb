"""--lengthscale must be given, or follows a documented rule; there is no default in unknown units."""

import json

import numpy as np

import cli_support

SEED = 20261130


def in_three_digits(value):
    return float(f"{value:.2e}")


def spread(column):
    """The interquartile range between the values at n / 4 from either end, or the range."""
    ordered = np.sort(column)
    quarter = len(ordered) // 4
    width = ordered[len(ordered) - 1 - quarter] - ordered[quarter]
    return width if width > 0 else ordered[-1] - ordered[0]


def automatic(points, sphere=False):
    scales = np.array([spread(column) for column in points.T])
    if sphere:
        scales[:3] = scales[:3].max()
    scales = scales * np.sqrt(len(scales)) / 4
    return [in_three_digits(scale) if scale > 0 else 1.0 for scale in scales]


class LengthscaleTest(cli_support.ProgramTest):

    def used(self, *arguments):
        self.succeed("neighbors", *arguments, "--lengthscale", "auto", "--stats", "s.json", "-o",
                     "out.csv", warnings=None)
        return json.loads((self.folder / "s.json").read_text())["model"]["lengthscale"]

    def test_required(self):
        self.file("points.csv", "x\n1\n2\n")
        result = self.run_program("neighbors", "points.csv", lengthscale=None)
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertRegex(result.stderr.decode(), r"^residual-knn: error: --lengthscale.* auto")

    def test_rule(self):
        random = np.random.default_rng(SEED)
        for n, d in ((1, 1), (2, 1), (3, 2), (7, 3), (40, 1), (101, 5), (64, 12)):
            with self.subTest(n=n, d=d):
                points = random.normal(size=(n, d)) * 10.0 ** random.integers(-5, 6, size=d)
                self.file("points.npy", points)
                used = self.used("points.npy", "--inducing", "0")
                self.assertEqual(used, automatic(points))
                scales = ", ".join(f"{np.format_float_positional(u, trim='-')} ({i})"
                                   for i, u in enumerate(used))
                if all(1e-3 < u < 1e4 for u in used):
                    self.assertIn("residual-knn: lengthscales: " + scales, self.said)

    def test_said_values_give_the_same_answer(self):
        random = np.random.default_rng(SEED + 1)
        self.file("points.csv", cli_support.csv_text("ab", random.normal(size=(50, 2)) * [1, 3e4]))
        found = self.succeed("neighbors", "points.csv", "--lengthscale", "auto")
        said = [line for line in self.said if "lengthscales" in line][0]
        values = [part.split(" (")[0] for part in said.split(": ")[2].split(", ")]
        self.assertEqual(len(values), 2)
        self.assertEqual(self.succeed("neighbors", "points.csv", "--lengthscale",
                                      ",".join(values)), found)

    def test_strange_values_change_nothing(self):
        random = np.random.default_rng(SEED + 2)
        points = random.uniform(size=(100, 2))
        self.file("points.npy", points)
        expected = self.used("points.npy", "--inducing", "0")
        for fill in (1e20, -9.96921e36, -999.0):
            points[:10, 1] = fill
            self.file("points.npy", points)
            used = self.used("points.npy", "--inducing", "0", "--queries",
                             self.file("q.csv", "row\n50\n"))
            self.assertEqual(used, automatic(points))
            self.assertLess(abs(used[1] / expected[1] - 1), 0.4)

    def test_constant_and_rare_values(self):
        n = 40
        points = np.column_stack([np.full(n, 7.0), np.arange(n) % 10 == 0, np.arange(n)])
        self.file("points.npy", points.astype(float))
        used = self.used("points.npy", "--inducing", "0")
        self.assertEqual(used, [1.0, in_three_digits(np.sqrt(3) / 4), automatic(points * 1.0)[2]])
        self.file("same.csv", "x,y\n" + "1,2\n" * 5)
        self.assertEqual(self.used("same.csv"), [1, 1])

    def test_enormous_range(self):
        self.file("points.csv", "x\n-1.7e308\n1.7e308\n0\n")
        result = self.run_program("neighbors", "points.csv", "--lengthscale", "auto")
        self.assertIn(b"lengthscales: 1.12e+307 (x)", result.stderr)

    def test_places_on_the_sphere_share_one(self):
        random = np.random.default_rng(SEED + 3)
        n = 200
        longitude, latitude = random.uniform(5, 15, n), random.uniform(47, 55, n)
        day = random.uniform(0, 365, n)
        self.file("points.csv", cli_support.csv_text(
            ["lon", "lat", "day"], np.column_stack([longitude, latitude, day])))
        lon, lat = np.radians(longitude), np.radians(latitude)
        sphere = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon),
                                  np.sin(lat), day])
        used = self.used("points.csv", "--lonlat", "lon,lat", "--columns", "day")
        self.assertEqual(used, automatic(sphere, sphere=True))
        self.assertEqual(used[0], used[1])
        self.assertEqual(used[0], used[2])
        self.assertEqual(self.used("points.csv", "--lonlat", "lon,lat"),
                         automatic(sphere[:, :3], sphere=True))

    def test_one_for_each(self):
        self.file("points.csv", "x,y,z\n1,2,3\n4,5,6\n")
        self.succeed("neighbors", "points.csv", "--lengthscale", "1,2,3")
        for count in (2, 4):
            values = ",".join("1" * count)
            result = self.run_program("neighbors", "points.csv", "--lengthscale", values)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"--lengthscale: {count} values for the 3 coordinates of points.csv "
                          "(x, y, z); give 1 or 3".encode(), result.stderr)


if __name__ == "__main__":
    cli_support.main()
