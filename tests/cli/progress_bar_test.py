"""The progress bar: on a terminal only, within its width, gone at the end."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import numpy as np

import cli_support

CLEAR = b"\r\x1b[K"
LINE = re.compile(r"^(.{24})(?:\[(#*)(\.*)\])? +(\d+)%(?: +(\d+(?::\d\d){1,2}) left)?$")


class ProgressBarTest(cli_support.ProgramTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(20260716)
        self.file("points.npy", random.normal(size=(10000, 3)))
        self.arguments = ["neighbors", "points.npy", "--inducing", "100", "-o", "out.npy",
                          "--threads", "1"]

    def start(self, width):
        """Starts the program with a terminal for its standard error."""
        terminal, stderr = pty.openpty()
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = subprocess.Popen([cli_support.settings().program, *self.arguments],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=stderr,
                                   preexec_fn=cli_support.heed_signals)
        os.close(stderr)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        return process, terminal

    def read_until(self, terminal, stop):
        """Reads what is drawn until stop(text) or the end of the terminal."""
        text = b""
        deadline = time.monotonic() + 240
        while not stop(text):
            ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"nothing more after {text[-200:]!r}")
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not piece:
                break
            text += piece
        return text

    def lines_of(self, text):
        pieces = text.split(CLEAR)
        self.assertEqual(pieces[0], b"")
        return [piece.decode("ascii") for piece in pieces[1:]]

    def test_bar(self):
        for width in (80, 200, 30):
            with self.subTest(width=width):
                process, terminal = self.start(width)
                lines = self.lines_of(self.read_until(terminal, lambda text: False))
                self.assertEqual(process.wait(60), 0)
                self.assertEqual(lines[-1], "")  # nothing is left standing
                self.assertLess(max(map(len, lines)), width)
                stages = [line[:24].rstrip() for line in lines if line]
                for stage in ("reading", "choosing inducing points", "building the index",
                              "searching", "writing"):
                    self.assertIn(stage, stages)
                if width > 60:
                    self.check_searching(lines)

    def check_searching(self, lines):
        drawn = [LINE.match(line) for line in lines if line.startswith("searching") and "%" in line]
        self.assertGreater(len(drawn), 1)
        self.assertTrue(all(drawn), lines)
        for match in drawn:
            full, empty, percent = len(match[2]), len(match[3]), int(match[4])
            self.assertLessEqual(abs(full / (full + empty) - percent / 100),
                                 1 / (full + empty) + 0.01)
        percents = [int(match[4]) for match in drawn]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(percents[-1], percents[0])
        self.assertTrue(any(match[5] for match in drawn), "no time left anywhere")

    def test_no_terminal_no_bar(self):
        self.assertEqual(self.succeed(*self.arguments), b"")

    def test_error_on_a_clean_line(self):
        self.file("queries.csv", "row\nx\n")
        self.arguments += ["--queries", "queries.csv"]
        process, terminal = self.start(80)
        lines = self.lines_of(self.read_until(terminal, lambda text: False))
        self.assertEqual(process.wait(60), 1)
        self.assertRegex(lines[-1], r"^residual-knn: error: queries\.csv: line 2, .*\n$")

    def test_interrupt_while_searching(self):
        process, terminal = self.start(80)
        self.read_until(terminal, lambda text: b"searching" in text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), -signal.SIGINT)
        self.assertEqual(self.file_names(), ["points.npy"])

    def test_same_answer(self):
        """Drawing changes nothing."""
        self.succeed(*self.arguments)
        without = (self.folder / "out.npy").read_bytes()
        (self.folder / "out.npy").unlink()
        process, terminal = self.start(80)
        self.read_until(terminal, lambda text: False)
        self.assertEqual(process.wait(60), 0)
        self.assertEqual((self.folder / "out.npy").read_bytes(), without)


if __name__ == "__main__":
    cli_support.main()
