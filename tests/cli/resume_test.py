"""--resume: a run that ended at any time is continued, and writes the bytes of a run without an interruption."""

import fcntl
import os
import random
import re
import resource
import signal
import subprocess
import time
import zlib

import numpy as np

import cli_support

SEED = 20261129
N = 400
# The options of a run and the files of its answer.
KINDS = {
    "csv": (["-o", "o.csv"], ["o.csv"]),
    "npy": (["-o", "o.npy"], ["o.npy", "o.distances.npy"]),
    "threshold": (["--threshold", "0.5", "-o", "o.npy"], ["o.npy", "o.distances.npy", "o.offsets.npy"]),
    "tables": (["--selection", "conditional", "--predecessors", "--order", "random", "--weights", "w.npy",
                "--variances", "v.csv", "--pick-variances", "p.npy", "-o", "o.npy"],
               ["o.npy", "o.distances.npy", "w.npy", "v.csv", "p.npy"]),
    "slice": (["--slice", "2/3", "-o", "o.csv", "--weights", "w.csv"], ["o.csv", "w.csv"]),
}


class ResumeTest(cli_support.ProgramTest):

    def test_input_as_unfinished_file(self):
        """An input that is a link to the file in which the answer grows is not destroyed."""
        before = (self.folder / "points.npy").read_bytes()
        os.link(self.folder / "points.npy", self.folder / "o.csv.resume-part")
        self.fail("o.csv.resume-part: is an input file (POINTS)", "-o", "o.csv", "--resume")
        self.assertEqual((self.folder / "points.npy").read_bytes(), before)

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        points = np.random.default_rng(SEED).uniform(size=(N, 2))
        self.file("points.npy", points)
        points[7, 1] += 1e-9
        self.file("others.npy", points)

    def command(self, *options, points="points.npy"):
        options = [str(option) for option in options]
        if "--threshold" not in options and "-k" not in options:
            options += ["-k", "5"]
        return ["neighbors", points, "--inducing", "10", "--threads", "1", *options]

    def search(self, *options, warnings=(), **keywords):
        return self.succeed(*self.command(*options), lengthscale="0.3", warnings=warnings, **keywords)

    def fail(self, fragment, *options, points="points.npy", code=1, lengthscale="0.3", **keywords):
        result = self.run_program(*self.command(*options, points=points), "--quiet", lengthscale=lengthscale,
                                  **keywords)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(fragment, result.stderr.decode())

    def whole(self, options, files):
        """The bytes of a run without an interruption, whose files are removed."""
        self.search(*options, "--quiet")
        return [self.taken(file) for file in files]

    def taken(self, name):
        path = self.folder / name
        content = path.read_bytes()
        path.unlink()
        return content

    def names(self):
        return [name for name in self.file_names() if name not in ("points.npy", "others.npy")]

    def cut_short(self, options, chunk=20, most=None):
        """Runs until a limit of the file size ends it, as a full disk would."""
        limit = most or self.random.randrange(3000, 12000)

        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self.fail("File too large", *options, "--resume", "--chunk", chunk, preexec_fn=set_limit,
                  restore_signals=False)

    def test_without_an_interruption(self):
        for kind, (options, files) in KINDS.items():
            with self.subTest(kind=kind):
                expected = self.whole(options, files)
                self.search(*options, "--quiet", "--resume", "--chunk", "37")
                self.assertEqual(self.names(), sorted(files))
                self.assertEqual([self.taken(file) for file in files], expected)

    def test_full_disk(self):
        for kind, (options, files) in KINDS.items():
            with self.subTest(kind=kind):
                expected = self.whole(options, files)
                self.cut_short(options)
                first = self.names()
                self.assertIn("o.csv.resume" if "o.csv" in files else "o.npy.resume", first)
                self.assertFalse(set(files) & set(first), first)
                # A run that continues may be interrupted too, and chunks may have another size.
                self.cut_short(options, chunk=31, most=14000)
                self.search(*options, "--resume", "--chunk", "33", "--stats", "s.json")
                self.assertTrue(any("residual-knn: continues after " in line for line in self.said), self.said)
                self.assertNotIn('"resumed_queries": 0', (self.folder / "s.json").read_text())
                self.taken("s.json")
                self.assertEqual([self.taken(file) for file in files], expected)
                self.assertEqual(self.names(), [])

    def test_killed_at_any_time(self):
        """SIGKILL leaves no time to tidy up."""
        options, files = KINDS["tables"]
        expected = self.whole(options, files)
        command = [cli_support.settings().program, *self.command(*options), "--lengthscale", "0.3", "--quiet",
                   "--resume", "--chunk", "8"]
        kills = 0
        for attempt in range(60):
            with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL) as process:
                # Waits until some chunks are written, so that every attempt gets on.
                if attempt < 6:
                    before = self.record_size()
                    while process.poll() is None and self.record_size() <= before:
                        time.sleep(0.001)
                    time.sleep(self.random.random() * 0.02)
                    kills += process.poll() is None
                    process.kill()
                process.wait(120)
            self.assertIn(process.returncode, (0, -signal.SIGKILL))
            if process.returncode == 0:
                break
        self.assertGreater(kills, 0)
        self.assertEqual([self.taken(file) for file in files], expected)
        self.assertEqual(self.names(), [])

    def record_size(self):
        try:
            return (self.folder / "o.npy.resume").stat().st_size
        except FileNotFoundError:
            return 0

    def test_interrupted_between_renames(self):
        """All data are there, and one of two files has its name already."""
        options, files = KINDS["npy"]
        expected = self.whole(options, files)
        os.mkfifo(self.folder / "pipe.csv")
        command = [cli_support.settings().program, *self.command(*options), "--lengthscale", "0.3", "--quiet",
                   "--resume", "--chunk", "100", "--write-order", "pipe.csv"]
        with subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE) as process:
            # The program waits for a reader of the pipe after the search. A folder then takes the name of a file.
            while self.record_size() == 0 or len(self.chunks_of("o.npy.resume")) < 5:
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            (self.folder / "o.distances.npy").mkdir()
            (self.folder / "pipe.csv").read_bytes()
            self.assertIn(b"o.distances.npy: cannot be written", process.stderr.read())
        self.assertEqual(process.returncode, 1)
        (self.folder / "o.distances.npy").rmdir()
        self.assertEqual(self.names(), ["o.distances.npy.resume-part", "o.npy", "o.npy.resume", "pipe.csv"])
        self.search(*options, "--quiet", "--resume", "--stats", "s.json", "--write-order", "order.csv")
        self.assertIn(f'"resumed_queries": {N}', self.taken("s.json").decode())
        self.taken("order.csv")
        self.assertEqual([self.taken(file) for file in files], expected)
        self.assertEqual(self.names(), ["pipe.csv"])

    def chunks_of(self, record):
        """The lines about the headers and the chunks."""
        return [line for line in (self.folder / record).read_text().splitlines() if line.startswith("chunk ")]

    def test_other_question(self):
        options = ["-o", "o.csv", "--order", "random", "--predecessors"]
        expected = self.whole(options, ["o.csv"])[0]
        self.cut_short(options)
        self.file("new.npy", np.zeros((3, 2)))
        self.file("rows.csv", "row\n3\n")
        self.file("lists.csv", "query,neighbor\n3,4\n")
        self.file("inducing.npy", np.eye(2))
        base = ["-o", "o.csv", "--predecessors", "--resume"]
        ordered = [*base, "--order", "random"]
        before = self.names()
        for names, changed, keywords in (
                ("points", ordered, {"points": "others.npy"}),
                ("model", ordered, {"lengthscale": "0.31"}),
                ("model", [*ordered, "--kernel", "matern52"], {}),
                ("model", [*ordered, "--nugget", "0.1"], {}),
                ("inducing points, order", [*ordered, "--seed", "2"], {}),
                ("order", base, {}),
                ("order", [*base, "--order", "residual-maximin"], {}),
                ("queries", [*ordered, "--queries", "rows.csv"], {}),
                ("candidate lists", [*ordered, "--candidate-lists", "lists.csv"], {}),
                ("search options", [*ordered, "-k", "6"], {}),
                ("search options", [*ordered, "--signed"], {}),
                ("search options", [*ordered, "--selection", "conditional"], {}),
                ("search options", [*ordered, "--threshold", "0.5"], {}),
                ("slice", [*ordered, "--slice", "1/2"], {}),
                ("output", [*ordered, "--base", "1"], {}),
                ("output", [*ordered, "--weights", "w.csv"], {})):
            with self.subTest(changed=changed, keywords=keywords):
                self.fail(f"o.csv.resume: the interrupted run differs from this one in: {names}", *changed, **keywords)
                self.assertEqual(self.names(), before)
        # The same for a version and a processor that are not here.
        record = self.folder / "o.csv.resume"
        good = record.read_bytes()
        for name in ("version of the program", "SIMD target"):
            content = re.sub(rf"fingerprint [0-9a-f]{{16}} ({name}) #\w+", self.signed(rf"fingerprint {'0' * 16} {name}"),
                             good.decode())
            record.write_text(content)
            self.fail(f"differs from this one in: {name}.", *options, "--resume")
        record.write_bytes(good)
        # The strategy, threads, and where the program is started decide nothing.
        self.search(*options, "--resume", "--quiet", "--strategy", "brute_force")
        self.assertEqual(self.taken("o.csv"), expected)

    @staticmethod
    def signed(content):
        """A line of the record."""
        return f"{content} #{zlib.crc32(content.encode()):08x}"

    def test_spoiled_files(self):
        options = ["-o", "o.npy"]
        expected = self.whole(options, ["o.npy", "o.distances.npy"])
        self.cut_short(options)
        record = self.folder / "o.npy.resume"
        part = self.folder / "o.npy.resume-part"
        good_record = record.read_bytes()
        good_part = part.read_bytes()
        for content in (good_part[:200], good_part[:150] + b"?" + good_part[151:], b""):
            part.write_bytes(content)
            self.fail("o.npy.resume-part: is not what the interrupted run has written", *options, "--resume")
        part.write_bytes(good_part)
        lines = good_record.split(b"\n")
        for line in (0, 3, len(lines) - 2):
            spoiled = list(lines)
            spoiled[line] = spoiled[line][:-1] + b"x"
            record.write_bytes(b"\n".join(spoiled))
            self.fail("o.npy.resume: is damaged", *options, "--resume")
        for content in (b"my own notes\n", b"residual-knn resume 1 #00000000\n", b"residual-knn resume 3 #00000000\n"):
            record.write_bytes(content)
            self.fail("o.npy.resume: is not a record of --resume", *options, "--resume")
            self.assertEqual(record.read_bytes(), content)
        # The last line may be incomplete: the run ended while it was written. Then its chunk is searched again.
        for cut in (1, 5, 20):
            record.write_bytes(good_record[:-cut])
            part.write_bytes(good_part)
            distances = (self.folder / "o.distances.npy.resume-part").read_bytes()
            self.search(*options, "--resume", "--quiet")
            self.assertEqual([self.taken("o.npy"), self.taken("o.distances.npy")], expected)
            (self.folder / "o.distances.npy.resume-part").write_bytes(distances)
        # A record without a chunk has nothing to continue.
        record.write_bytes(b"\n".join(lines[:4]))
        self.search(*options, "--resume", "--quiet")
        self.assertEqual([self.taken("o.npy"), self.taken("o.distances.npy")], expected)

    def test_two_at_once(self):
        with open(self.folder / "o.csv.resume", "wb") as record:
            fcntl.flock(record, fcntl.LOCK_EX)
            self.fail("o.csv.resume: another run with --resume is writing this output", "-o", "o.csv", "--resume")
        self.search("-o", "o.csv", "--resume", "--quiet")
        self.assertEqual(self.names(), ["o.csv"])

    def test_what_cannot_be_continued(self):
        self.fail("--resume: is for -o FILE only", "--resume", code=2)
        self.fail("--output: o.csv.gz is compressed", "-o", "o.csv.gz", "--resume")
        self.fail("--weights: w.csv.gz is compressed", "-o", "o.csv", "--weights", "w.csv.gz", "--resume")
        self.fail("--output: /dev/full is not a regular file", "-o", "/dev/full", "--resume")
        self.fail("--variances: - is not a regular file", "-o", "o.csv", "--variances", "-", "--resume")
        self.assertEqual(self.names(), [])

    def test_inputs_that_an_unfinished_output_would_replace(self):
        text = "x,y\n0,0\n1,0\n2,1\n"
        self.file("o.csv.resume-part", text)
        self.fail("POINTS: o.csv.resume-part has the name of an unfinished output", "-o", "o.csv", "--resume",
                  points="o.csv.resume-part")
        self.file("points.csv", text)
        (self.folder / "rows.csv").symlink_to("o.csv.resume-part")
        self.fail("--queries: rows.csv has the name of an unfinished output", "-o", "o.csv", "--resume", "--queries", "rows.csv",
                  points="points.csv")
        self.assertEqual((self.folder / "o.csv.resume-part").read_text(), text)
        self.assertEqual(self.names(), ["o.csv.resume-part", "points.csv", "rows.csv"])

    def test_failure_before_the_first_chunk(self):
        self.file("bad.csv", "x,y\n1,a\n")
        self.fail("bad.csv", "-o", "o.csv", "--resume", points="bad.csv")
        self.assertEqual(self.names(), ["bad.csv"])

    def test_folder_that_cannot_be_written(self):
        if os.geteuid() == 0:
            return self.skipTest("root may write everywhere")
        locked = self.folder / "locked"
        locked.mkdir(mode=0o500)
        for more in ([], ["--resume"]):
            self.fail("cannot be written: Permission denied", "-o", "locked/o.csv", *more)

    def test_missing_folder(self):
        for more in ([], ["--resume"]):
            self.fail("cannot be written: No such file or directory", "-o", "missing/o.csv", *more)

    def test_replaces_a_file(self):
        path = self.file("o.csv", "old")
        path.chmod(0o640)
        (self.folder / "link.csv").symlink_to("o.csv")
        options = ["-o", "link.csv"]
        self.cut_short(options)
        self.assertEqual(path.read_bytes(), b"old")
        self.search(*options, "--resume", "--quiet")
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        self.assertTrue((self.folder / "link.csv").is_symlink())
        self.assertEqual(path.read_bytes(), self.whole(["-o", "again.csv"], ["again.csv"])[0])


if __name__ == "__main__":
    cli_support.main()
