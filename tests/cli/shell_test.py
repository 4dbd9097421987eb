"""The manual page and the completions of bash are those of the program's help, and bash completes with them."""

import pathlib
import shutil
import subprocess
import sys

import cli_support

SHELL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "shell"


class ShellTest(cli_support.ProgramTest):

    def test_files_are_those_of_the_help(self):
        found = subprocess.run([sys.executable, "-B", SHELL / "generate.py", cli_support.settings().program, "--check"],
                               capture_output=True, text=True, check=False)
        self.assertEqual((found.returncode, found.stderr), (0, ""))

    def complete(self, *words):
        """What bash offers for the last word of the command."""
        script = (f'source "{SHELL}/residual-knn.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _residual_knn; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        found = subprocess.run(["bash", "-euc", script, "bash", "residual-knn", *words], cwd=self.folder,
                               capture_output=True, text=True, check=True)
        self.assertEqual(found.stderr, "")
        return found.stdout.split()

    def test_bash(self):
        for name in ("points.csv", "places.npy"):
            self.file(name, "x\n1\n")
        self.assertEqual(self.complete("nei"), ["neighbors"])
        self.assertEqual(self.complete("neighbors", "po"), ["points.csv"])
        self.assertEqual(self.complete("neighbors", "points.csv", "--no"), ["--no-header"])
        self.assertEqual(self.complete("neighbors", "points.csv", "--kernel", "rat"), ["rational-quadratic"])
        self.assertEqual(self.complete("neighbors", "points.csv", "--lengthscale", ""), ["auto"])
        self.assertEqual(self.complete("neighbors", "points.csv", "--decimal", ""), [".", ","])
        self.assertEqual(self.complete("neighbors", "points.csv", "--queries", "pl"), ["places.npy"])
        self.assertEqual(self.complete("neighbors", "points.csv", "--nugget", ""), [])
        self.assertEqual(self.complete("info", "--he"), ["--help"])
        self.assertEqual(self.complete("unknown", ""), [])

    def test_manual_page_has_every_option(self):
        text = (SHELL / "residual-knn.1").read_text(encoding="utf-8").replace("\\-", "-")
        options = [word for word in self.complete("neighbors", "-") if word.startswith("--")]
        self.assertGreater(len(options), 30)
        for option in options:
            self.assertIn(f"\\fB{option}\\fR", text)
        if shutil.which("groff"):
            found = subprocess.run(["groff", "-man", "-ww", "-z", SHELL / "residual-knn.1"], capture_output=True,
                                   text=True, check=False)
            self.assertEqual((found.returncode, found.stderr), (0, ""))


if __name__ == "__main__":
    cli_support.main()
