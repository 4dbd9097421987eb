"""The progress bar: only on a terminal, within its width, and removed at the end."""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import numpy as np

import cli_support

CLEAR = b"\r\x1b[K"
BAR = re.compile(r"^(.{24})\[(#*)(\.*)\] +(\d+)%(?: +(\d+(?::\d\d){1,2}) left)?\s*$")


def drain(descriptor):
    """Reads to the end and closes."""
    with open(descriptor, "rb") as file:
        while file.read(65536):
            pass


class TerminalTest(cli_support.ProgramTest):

    def start(self, command, width=80, stdout=subprocess.DEVNULL):
        """Starts a program with a terminal for its standard error."""
        terminal, stderr = pty.openpty()
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = subprocess.Popen(command, cwd=self.folder, stdout=stdout, stderr=stderr,
                                   preexec_fn=cli_support.heed_signals)
        os.close(stderr)
        self.addCleanup(process.wait)
        return process, terminal

    def read_until(self, terminal, stop):
        """Reads what is drawn until stop(text) or the end of the terminal."""
        text = b""
        deadline = time.monotonic() + 400
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

    def lines_to_the_end(self, process, terminal, exit_code=0):
        pieces = self.read_until(terminal, lambda text: False).split(CLEAR)
        self.assertEqual(process.wait(60), exit_code)
        self.assertEqual(pieces[0], b"")
        return [piece.decode("ascii") for piece in pieces[1:]]


class BarTest(TerminalTest):
    """A small program draws several stages with the same code."""

    def drawn(self, width):
        helper = cli_support.helper("residual_knn_drawn_progress")
        return self.lines_to_the_end(*self.start([helper], width))

    def test_bar(self):
        for width, bar_width in ((80, 31), (200, 40)):
            with self.subTest(width=width):
                lines = self.drawn(width)
                self.assertLess(max(map(len, lines)), width)
                self.assertEqual(lines[0].rstrip(), "first stage")
                self.assertEqual(lines[16 + 1], "")
                self.assertEqual(lines[18].rstrip(), "second stage")
                bars = [BAR.match(line) for line in lines[1:17] + lines[19:20]]
                self.assertTrue(all(bars), lines)
                percents = [int(bar[4]) for bar in bars]
                self.assertEqual(percents, [*range(0, 101, 10), 0, 25, 50, 75, 100, 0])
                for bar, percent in zip(bars[:16], percents):
                    self.assertEqual(len(bar[2]) + len(bar[3]), bar_width)
                    self.assertEqual(len(bar[2]), bar_width * percent // 100)
                self.check_time_left([bar[5] for bar in bars])
                self.assertEqual(lines[20:], [""])  # the line is empty

    def check_time_left(self, left):
        self.assertIsNone(left[0])  # no estimate yet
        self.assertRegex(left[1], r"^0:\d\d$")
        self.assertEqual(left[10], "0:00")
        self.assertIsNone(left[11])  # a new stage has begun
        self.assertEqual(left[15], "0:00")
        # 60 ms and more for 100 of 720,100: above seven minutes.
        minutes, seconds = map(int, left[16].split(":"))
        self.assertGreater(60 * minutes + seconds, 420)

    def test_narrow_terminal(self):
        for width in (55, 30, 10, 2):
            with self.subTest(width=width):
                lines = self.drawn(width)
                self.assertLess(max(map(len, lines)), width)
                self.assertFalse(any("#" in line for line in lines))
        self.assertTrue(any(re.search(r" 50% +0:\d\d left", line) for line in self.drawn(55)))


class ProgramProgressTest(TerminalTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(20260716)
        self.file("points.npy", random.normal(size=(10000, 3)))
        self.arguments = ["neighbors", "points.npy", "--inducing", "100", "-o", "out.npy",
                          "--threads", "1", "--lengthscale", "1"]
        self.command = [cli_support.settings().program, *self.arguments]

    def test_bar_of_a_search(self):
        """Drawn on a terminal, not in a pipe, and without effect on the answer."""
        self.assertEqual(self.succeed(*self.arguments), b"")
        without = (self.folder / "out.npy").read_bytes()
        (self.folder / "out.npy").unlink()
        lines = self.lines_to_the_end(*self.start(self.command))
        self.assertEqual((self.folder / "out.npy").read_bytes(), without)
        # Messages have their own line.
        self.assertIn("residual-knn: coordinates: 0, 1, 2\r\n", lines)
        stages = [line[:24].rstrip() for line in lines if line]
        for stage in ("reading", "choosing inducing points", "building the index", "searching",
                      "writing"):
            self.assertIn(stage, stages)
        searching = [BAR.match(line) for line in lines if re.match("searching.*%", line)]
        self.assertGreater(len(searching), 1)
        self.assertTrue(all(searching), lines)
        percents = [int(bar[4]) for bar in searching]
        self.assertGreater(percents[-1], percents[0])
        self.assertEqual(percents, sorted(percents))
        self.assertTrue(any(bar[5] for bar in searching))
        self.assertEqual(lines[-1], "")

    def test_error_on_a_clean_line(self):
        self.file("queries.csv", "row\nx\n")
        lines = self.lines_to_the_end(*self.start([*self.command, "--queries", "queries.csv"]),
                                      exit_code=1)
        self.assertRegex(lines[-1], r"^residual-knn: error: queries\.csv: line 2, .*\n$")

    def drawn_beside(self, stdout, *options):
        """What is drawn in a short search."""
        self.file("few.npy", np.arange(300.0).reshape(100, 3) ** 0.5)
        process, terminal = self.start([cli_support.settings().program, "neighbors", "few.npy",
                                        "--lengthscale", "1", *options], stdout=stdout)
        if stdout != subprocess.DEVNULL:
            os.close(stdout)
        text = self.read_until(terminal, lambda text: False)
        self.assertEqual(process.wait(60), 0)
        return text

    def test_no_bar_beside_a_reader(self):
        """A program that reads standard output may write to the same terminal."""
        self.assertIn(b"searching", self.drawn_beside(subprocess.DEVNULL))
        file = os.open(self.folder / "said.csv", os.O_CREAT | os.O_WRONLY)
        self.assertIn(b"searching", self.drawn_beside(file))
        for options in ([], ["-o", "out.csv"], ["-o", "out.csv", "--stats", "-"]):
            for make in (os.pipe, lambda: [end.detach() for end in socket.socketpair()]):
                with self.subTest(options=options, make=make):
                    read_end, write_end = make()
                    reader = threading.Thread(target=drain, args=(read_end,))
                    reader.start()
                    text = self.drawn_beside(write_end, *options)
                    reader.join(60)
                    self.assertEqual(text, b"residual-knn: coordinates: 0, 1, 2\r\n")

    def test_quiet(self):
        self.assertEqual(self.drawn_beside(subprocess.DEVNULL, "--quiet"), b"")
        self.assertEqual(self.drawn_beside(subprocess.DEVNULL, "-q", "-k", "20000"), b"")

    def test_interrupt_while_searching(self):
        process, terminal = self.start(self.command)
        self.read_until(terminal, lambda text: b"searching" in text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), -signal.SIGINT)
        self.assertEqual(self.file_names(), ["points.npy"])


if __name__ == "__main__":
    cli_support.main()
