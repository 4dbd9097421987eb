"""`residual-knn info`, --version and --help."""

import re

import cli_support


class InfoTest(cli_support.ProgramTest):

    def test_info(self):
        lines = self.succeed("info").decode().splitlines()
        values = dict(line.split(":", 1) for line in lines)
        self.assertEqual(list(values), ["version", "ABI version", "SIMD target", "BLAS"])
        self.assertRegex(values["version"].strip(), r"^\d+\.\d+\.\d+$")
        self.assertRegex(values["ABI version"].strip(), r"^\d+$")
        self.assertRegex(values["SIMD target"].strip(), r"^[A-Z]\w*$")
        self.assertRegex(values["BLAS"].strip(), "^(OpenBLAS|none)")

    def test_version(self):
        text = self.succeed("--version").decode()
        self.assertRegex(text, r"^residual-knn \d+\.\d+\.\d+\n$")
        info = self.succeed("info").decode()
        self.assertIn(text.split()[1], info)

    def test_help(self):
        text = self.succeed("--help").decode()
        for word in ("neighbors", "info", "--version"):
            self.assertIn(word, text)

    def test_help_of_neighbors(self):
        text = self.succeed("neighbors", "--help").decode()
        for option in ("POINTS", "--columns", "--lonlat", "--kernel", "--nu", "--alpha",
                       "--variance", "--lengthscale", "--nugget", "--jitter", "--max-jitter",
                       "--inducing", "--inducing-method", "--inducing-points", "--seed", "-k",
                       "--predecessors", "--order", "--ranking", "--signed", "--queries", "--new-points",
                       "--strategy",
                       "--base", "--threads", "--stats", "-o"):
            self.assertRegex(text, re.escape(option) + r"\b")
        self.assertIn("default 30", text)
        self.assertIn("|".join(cli_support.STRATEGIES), text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


if __name__ == "__main__":
    cli_support.main()
