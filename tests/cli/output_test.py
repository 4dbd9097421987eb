"""Output appears complete or not at all, and never replaces a file that is not regular."""

import os
import resource
import signal
import stat
import subprocess
import time

import numpy as np

import cli_support

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
POINTS = "x,y\n" + "".join(f"{i / 20},{i * i % 11 / 5}\n" for i in range(300))


class OutputTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        self.file("points.csv", POINTS)
        self.expected = self.succeed("neighbors", "points.csv")

    def assert_fails(self, fragment, *arguments, **keywords):
        before = self.file_names()
        result = self.run_program(*arguments, **keywords)
        lines = [line for line in result.stderr.decode().splitlines()
                 if not line.startswith(cli_support.NOTES)]
        self.assertEqual((result.returncode, len(lines)), (1, 1), lines)
        self.assertIn(fragment, lines[0])
        self.assertEqual(self.file_names(), before)

    def test_full_standard_output(self):
        for arguments in (["neighbors", "points.csv"], ["neighbors", "points.csv", "-o", "-"],
                          ["info"], ["--help"], ["--version"], ["neighbors", "--help"]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                self.assert_fails("standard output: cannot be written: No space left", *arguments,
                                  stdout=full)

    def test_closed_standard_output(self):
        self.assert_fails("standard output: cannot be written", "neighbors", "points.csv",
                          stdout=None, preexec_fn=lambda: os.close(1))

    def test_closed_standard_streams(self):
        """Files do not get the numbers of closed streams, so an error message is never written to the answer."""
        def close_all():
            for descriptor in range(3):
                os.close(descriptor)

        result = self.run_program("neighbors", "points.csv", "-o", "out.csv", "--stats", "s.json",
                                  stdout=None, stderr=None, preexec_fn=close_all)
        self.assertEqual(result.returncode, 0)
        self.assertEqual((self.folder / "out.csv").read_bytes(), self.expected)

    def test_closed_pipe(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with open(write_end, "wb") as pipe:
            result = self.run_program("neighbors", "points.csv", stdout=pipe)
        self.assertNotEqual(result.returncode, 0)

    def test_reader_that_leaves(self):
        """As with `| head`: SIGPIPE, no message, and none of the other files appears."""
        points = np.random.default_rng(4).normal(size=(9000, 2))
        self.file("many.npy", points)
        command = [cli_support.settings().program, "neighbors", "many.npy", "--lengthscale", "1",
                   "--quiet", "--write-order", "order.csv"]
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"query,rank,neighbor,distance\n")
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assertEqual(self.file_names(), ["many.npy", "points.csv"])

    def test_full_disk(self):
        """A limit of the file size simulates a full disk."""
        def limit_and_ignore():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

        keywords = {"preexec_fn": limit_and_ignore, "restore_signals": False}
        self.file("there.csv", "precious")
        for output in ("out.csv", "out.npy", "out.csv.gz", "there.csv"):
            with self.subTest(output=output):
                self.assert_fails("File too large", "neighbors", "points.csv", "-o", output,
                                  **keywords)
        self.assertEqual((self.folder / "there.csv").read_text(), "precious")

    def test_statistics_fail_with_the_answer(self):
        """If one file fails late, no file appears."""
        self.assert_fails("/dev/full", "neighbors", "points.csv", "-o", "out.csv", "--stats",
                          "/dev/full")

    def test_devices_stay_devices(self):
        self.succeed("neighbors", "points.csv", "-o", "/dev/null")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_named_pipe(self):
        os.mkfifo(self.folder / "pipe")
        copy = self.folder / "copy.csv"
        with open(copy, "wb") as file, subprocess.Popen(["cat", "pipe"], cwd=self.folder,
                                                        stdout=file) as cat:
            self.succeed("neighbors", "points.csv", "-o", "pipe")
            self.assertEqual(cat.wait(60), 0)
        self.assertEqual(copy.read_bytes(), self.expected)
        self.assertTrue(stat.S_ISFIFO(os.stat(self.folder / "pipe").st_mode))

    def test_replaces_a_file(self):
        path = self.file("out.csv", "old and much longer than nothing" * 10000)
        path.chmod(0o640)
        self.succeed("neighbors", "points.csv", "-o", "out.csv")
        self.assertEqual(path.read_bytes(), self.expected)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o640)

    def test_new_file_heeds_the_umask(self):
        self.succeed("neighbors", "points.csv", "-o", "out.csv",
                     preexec_fn=lambda: os.umask(0o027))
        self.assertEqual(stat.S_IMODE((self.folder / "out.csv").stat().st_mode), 0o640)

    def test_symbolic_link_stays(self):
        (self.folder / "deep").mkdir()
        target = self.file("deep/target.csv", "old")
        (self.folder / "link.csv").symlink_to("deep/target.csv")
        self.succeed("neighbors", "points.csv", "-o", "link.csv")
        self.assertTrue((self.folder / "link.csv").is_symlink())
        self.assertEqual(target.read_bytes(), self.expected)
        self.assertEqual(os.listdir(self.folder / "deep"), ["target.csv"])

    def test_links_that_cannot_be_followed(self):
        """They are errors for each output, and stay."""
        names = {"out.csv": [], "out.npy": [], "w.csv": ["--weights"], "v.npy": ["--variances"], "s.txt": ["--stats"],
                 "p.csv": ["--selection", "conditional", "--pick-variances"], "z.csv": ["--write-inducing"],
                 "o.csv": ["--write-order"]}
        for name, option in names.items():
            for target, why in (("missing", "No such file or directory"), (name, "Too many levels of symbolic links")):
                with self.subTest(name=name, target=target):
                    link = self.folder / name
                    link.symlink_to(target)
                    options = [*option, name] if option else ["-o", name]
                    result = self.run_program("neighbors", "points.csv", *options)
                    self.assertEqual((result.returncode, result.stdout), (1, b""))
                    self.assertIn(f"error: {name}: is a link that cannot be followed: {why}", result.stderr.decode())
                    self.assertEqual(os.readlink(link), target)
                    link.unlink()
        (self.folder / "out.distances.npy").symlink_to("missing")
        result = self.run_program("neighbors", "points.csv", "-o", "out.npy")
        self.assertIn("error: out.distances.npy: is a link that cannot be followed", result.stderr.decode())

    def test_full_path(self):
        path = self.folder / "out.csv"
        self.succeed("neighbors", self.folder / "points.csv", "-o", path)
        self.assertEqual(path.read_bytes(), self.expected)

    def test_nothing_else_is_left(self):
        self.succeed("neighbors", "points.csv", "-o", "out.npy", "--stats", "s.json")
        self.assertEqual(self.file_names(),
                         ["out.distances.npy", "out.npy", "points.csv", "s.json"])

    def test_interrupted_search(self):
        self.file("many.npy", np.random.default_rng(3).normal(size=(100000, 2)))
        self.file("out.csv", "precious")
        before = self.file_names()
        command = [cli_support.settings().program, "neighbors", "many.npy", "--lengthscale", "1",
                   "-o", "out.csv", "--stats", "s.json"]
        with subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE,
                              preexec_fn=cli_support.heed_signals) as process:
            time.sleep(1)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(self.file_names(), before)
        self.assertEqual((self.folder / "out.csv").read_text(), "precious")


class InterruptedWritingTest(cli_support.ProgramTest):
    """A small program writes endlessly with the same code until it is stopped."""

    def interrupt(self, staging, ending_signal):
        self.file("there.csv", "precious")
        helper = cli_support.helper("residual_knn_endless_output")
        with subprocess.Popen([helper, staging, "new.csv", "there.csv"], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=cli_support.heed_signals) as process:
            self.assertEqual(process.stdout.readline(), b"writing\n")
            during = self.file_names()
            process.send_signal(ending_signal)
            process.communicate(timeout=60)
        self.assertEqual(process.returncode, -ending_signal)
        self.assertEqual(self.file_names(), ["there.csv"])
        self.assertEqual((self.folder / "there.csv").read_text(), "precious")
        return during

    def test_files_with_temporary_names(self):
        for ending_signal in ENDING_SIGNALS:
            with self.subTest(signal=ending_signal):
                during = self.interrupt("named", ending_signal)
                self.assertEqual(len(during), 3, during)

    def test_files_as_the_file_system_likes(self):
        for ending_signal in ENDING_SIGNALS:
            with self.subTest(signal=ending_signal):
                self.interrupt("automatic", ending_signal)

    def test_published_files(self):
        self.file("there.csv", "old")
        for staging in ("named", "automatic"):
            with self.subTest(staging=staging):
                subprocess.run([cli_support.helper("residual_knn_endless_output"), staging,
                                "new.csv", "there.csv", "publish"], cwd=self.folder, check=True)
                self.assertEqual(self.file_names(), ["new.csv", "there.csv"])
                for name in self.file_names():
                    self.assertEqual((self.folder / name).read_bytes(), b"0123456789abcdef" * 4)
                (self.folder / "new.csv").unlink()


if __name__ == "__main__":
    cli_support.main()
