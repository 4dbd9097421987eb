"""A locale with decimal commas changes neither what is read nor what is written."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

import cli_support

LOCALE = "de_DE.UTF-8"
POINT_OF_LOCALE = ("import locale; locale.setlocale(locale.LC_ALL, ''); "
                   "print(locale.localeconv()['decimal_point'])")


def environment(folder):
    """The variables that select the locale, or None if it is not available."""
    variables = {**os.environ, "LC_ALL": LOCALE, "LANG": LOCALE}
    localedef = shutil.which("localedef")
    if localedef is not None:
        target = pathlib.Path(folder) / LOCALE
        subprocess.run([localedef, "-i", "de_DE", "-f", "UTF-8", str(target)], check=False,
                       capture_output=True)
        if target.exists():
            variables["LOCPATH"] = str(folder)
    probe = subprocess.run([sys.executable, "-c", POINT_OF_LOCALE], env=variables, check=False,
                           capture_output=True, text=True)
    return variables if probe.stdout.strip() == "," else None


class LocaleTest(cli_support.ProgramTest):
    variables = None

    def test_same_bytes(self):
        points = np.random.default_rng(20260717).normal(size=(200, 2))
        self.file("points.csv", cli_support.csv_text("xy", points))
        arguments = ["neighbors", "points.csv", "--lengthscale", "0.5,1.25", "--nugget", "0.125",
                     "--stats", "stats.json"]
        plain = self.succeed(*arguments, env={**os.environ, "LC_ALL": "C"})
        plain_model = json.loads((self.folder / "stats.json").read_text())["model"]
        self.assertEqual(plain_model["lengthscale"], [0.5, 1.25])
        self.assertEqual(self.succeed(*arguments, env=self.variables), plain)
        model = json.loads((self.folder / "stats.json").read_text())["model"]
        self.assertEqual(model, plain_model)

    def test_decimal_comma_is_no_number(self):
        self.file("points.csv", 'x\n"1,5"\n')
        result = self.run_program("neighbors", "points.csv", env=self.variables)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"points.csv: line 2, column 1 'x': '1,5' is not a number", result.stderr)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as locale_folder:
        LocaleTest.variables = environment(locale_folder)
        if LocaleTest.variables is None:
            print(f"skipped: the locale {LOCALE} is not installed and cannot be made")
            sys.exit(cli_support.SKIPPED)
        cli_support.main()
