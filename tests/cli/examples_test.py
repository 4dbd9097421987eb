"""The examples of slices in examples/ do what they say. The job script runs without SLURM: the test sets its variables."""

import os
import pathlib
import subprocess
import sys

import numpy as np

import cli_support

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


class ExamplesTest(cli_support.ProgramTest):

    def run_script(self, *command, **variables):
        program = pathlib.Path(cli_support.settings().program).absolute()
        self.assertEqual(program.name, "residual-knn")
        # The Python of the tests has NumPy.
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        if not (tools / "python3").exists():
            (tools / "python3").symlink_to(sys.executable)
        path = f"{program.parent}:{tools}:{os.environ['PATH']}"
        result = subprocess.run(command, cwd=self.folder, env={**os.environ, "PATH": path, **variables}, check=False,
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_shell(self):
        printed = self.run_script("sh", EXAMPLES / "slices.sh")
        answer = cli_support.Answer(printed.encode())
        self.assertEqual(answer.queries, list(range(1, 12)))

    def test_slurm(self):
        self.run_script("bash", "-n", EXAMPLES / "slices.slurm")
        self.file("points.npy", np.random.default_rng(1).uniform(size=(50, 2)))
        search = ["--predecessors", "-k", "4", "--quiet"]
        self.succeed("neighbors", "points.npy", "--lengthscale", "0.3", *search, "-o", "whole.npy")
        self.succeed("index", "points.npy", "--lengthscale", "0.3", "-o", "points.rknn")
        for points in (["points.npy", "--lengthscale", "0.3"], ["--index", "points.rknn"]):
            for task in ("1", "2", "3"):
                self.run_script("bash", EXAMPLES / "slices.slurm", *points, *search, SLURM_ARRAY_TASK_ID=task,
                                SLURM_ARRAY_TASK_COUNT="3", SLURM_CPUS_PER_TASK="1")
            for ending in ("npy", "distances.npy"):
                slices = [np.load(self.folder / f"neighbors.{task}.{ending}") for task in (1, 2, 3)]
                np.testing.assert_array_equal(np.concatenate(slices), np.load(self.folder / f"whole.{ending}"))


if __name__ == "__main__":
    cli_support.main()
