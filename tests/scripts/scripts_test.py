#!/usr/bin/env python3
"""The scripts where the machine is another than Debian 12, a command fails or takes long, or the caller's settings are
unusual. Needs bash and nothing that is built.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAIN = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


def run(command, cwd=ROOT, **variables):
    return subprocess.run(command, cwd=cwd, env={**PLAIN, **variables}, check=False, capture_output=True,
                          text=True, encoding="utf-8")


def bash(text, cwd=ROOT, **variables):
    """Runs text under the settings of the scripts, after their libraries."""
    sources = "".join(f"source '{ROOT}/scripts/lib/{name}.bash'\n" for name in ("environment", "run", "left_out"))
    return run(["bash", "-c", "set -euo pipefail\n" + sources + text, "script"], cwd, **variables)


class EnvironmentTest(unittest.TestCase):
    def test_caller_settings_do_not_matter(self):
        wanted = bash("locale; umask; cd scripts; pwd")
        self.assertIn("LC_COLLATE=\"C.UTF-8\"", wanted.stdout)
        self.assertEqual(wanted.stderr, "")
        for variables in ({"LC_ALL": "C"}, {"LANG": "de_DE.UTF-8", "LANGUAGE": "de"}, {"CDPATH": "/tmp:/"}):
            with self.subTest(variables):
                found = bash("locale; umask; cd scripts; pwd", **variables)
                self.assertEqual((found.returncode, found.stdout, found.stderr), (0, wanted.stdout, ""))
        text = f"umask 077; source '{ROOT}/scripts/lib/environment.bash'; umask"
        self.assertEqual(bash(text).stdout, "0022\n")


class AtOnceTest(unittest.TestCase):
    def test_all_output_in_order(self):
        found = bash("""at_once first 'sleep 0.3' second "echo 'two words'" """)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertEqual(found.stdout, "\n-- first\n\n-- second\ntwo words\n")

    def test_runs_at_the_same_time(self):
        # Each waits for a file of the other.
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            for mine, other in (("a", "b"), ("b", "a")):
                script = path / f"{mine}.sh"
                script.write_text(f"touch {path / mine}; for i in $(seq 600); do [ -e {path / other} ] && exit 0; "
                                  "sleep 0.1; done; exit 1\n", encoding="utf-8")
            found = bash(f"at_once a 'sh {path / 'a.sh'}' b 'sh {path / 'b.sh'}'")
            self.assertEqual(found.returncode, 0, found.stdout)

    def test_commands_heed_interrupts(self):
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / "interrupted.py"
            script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('ignored')\n",
                              encoding="utf-8")
            found = bash(f"at_once interrupted 'python3 {script}'")
            self.assertEqual(found.returncode, 1)
            self.assertIn("KeyboardInterrupt", found.stdout)

    def test_names_every_failure(self):
        found = bash("at_once good 'echo fine' bad 'ls /absent' worse false; echo not reached")
        self.assertEqual(found.returncode, 1)
        self.assertIn("fine", found.stdout)
        self.assertIn("/absent", found.stdout)
        self.assertNotIn("not reached", found.stdout)
        self.assertEqual(found.stderr, "script: failed: bad,worse\n")


class IncludesTest(unittest.TestCase):
    TABLE = "| `src/low/` | words | include |\n| `src/high/` | words | low |\n"

    def check(self, files, table=TABLE):
        """Runs check-includes on a project of these files."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "scripts").mkdir()
            shutil.copy(ROOT / "scripts/check-includes", root / "scripts")
            (root / "CONTRIBUTING.md").write_text(table, encoding="utf-8")
            for name, text in {"src/low/a.h": "", "src/high/b.h": '#include "low/a.h"\n', **files}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return run([str(root / "scripts/check-includes")], root)

    def test_downwards(self):
        found = self.check({"src/high/c.cc": '#include "high/b.h"\n#include <vector>\n'})
        self.assertEqual((found.returncode, found.stderr), (0, ""))

    def test_backwards(self):
        for files, wanted in (
                ({"src/low/c.cc": '#include "high/b.h"\n'}, "src/low/c.cc includes high/b.h: src/low may not use high"),
                ({"src/high/c.h": '#include "high/d.h"\n', "src/high/d.cc": '#include "high/c.h"\n'}, "c -> d -> c"),
                ({"src/new/c.h": ""}, "disagree about src/new")):
            with self.subTest(wanted):
                found = self.check(files)
                self.assertEqual(found.returncode, 1)
                self.assertIn(wanted, found.stderr)

    def test_table_backwards(self):
        found = self.check({}, "| `src/low/` | words | high |\n| `src/high/` | words | low |\n")
        self.assertEqual(found.returncode, 1)
        self.assertIn("src/low may use high, which is not above it", found.stderr)

    def test_outside_of_src(self):
        table = self.TABLE + "| `tools/` | words | include; `low/a.h` of src |\n"
        self.assertEqual(self.check({"tools/x/c.cc": '#include "low/a.h"\n#include "own.h"\n'}, table).returncode, 0)
        for text, wanted in (('#include "low/a.h"\n#include "high/b.h"\n', "tools/c.h includes high/b.h: tools may not"),
                             ("", "tools may use low/a.h, but does not")):
            with self.subTest(wanted):
                found = self.check({"tools/c.h": text}, table)
                self.assertEqual(found.returncode, 1)
                self.assertIn(wanted, found.stderr)


class LongCommandTest(unittest.TestCase):
    def test_success_is_silent(self):
        found = bash("quietly 'counting' seq 1000")
        self.assertEqual((found.returncode, found.stdout, found.stderr), (0, "", ""))

    def test_ticks_say_what_runs_and_how_far_it_is(self):
        found = bash("run_tick_seconds=1; quietly 'counting' bash -c 'echo first; printf \"half\\n\\n\"; sleep 2.5'")
        self.assertEqual(found.returncode, 0)
        self.assertRegex(found.stdout, r"^   counting: \d+ s, half\n")
        self.assertLessEqual(len(found.stdout.splitlines()), 3)

    def test_ticks_end_with_the_script(self):
        # subprocess.run returns once nobody holds the pipe any more.
        text = "run_tick_seconds=3600; start_ticks 'waiting'; exit 3"
        found = subprocess.run(["timeout", "60", "bash", "-c", f"source '{ROOT}/scripts/lib/run.bash'\n{text}"],
                               env=PLAIN, check=False, capture_output=True, text=True)
        self.assertEqual(found.returncode, 3)

    def test_failure_shows_the_end_and_keeps_the_rest(self):
        with tempfile.TemporaryDirectory(prefix="a b") as folder:
            found = bash("quietly 'counting' bash -c 'seq 5000; exit 7'; echo on", TMPDIR=folder)
            self.assertEqual((found.returncode, found.stdout), (1, ""))
            lines = found.stderr.splitlines()
            self.assertEqual(lines[:100], [str(i) for i in range(4901, 5001)])
            log = pathlib.Path(re.search(r"all are in (.*)", found.stderr).group(1))
            self.assertEqual(len(log.read_text().splitlines()), 5000)
            self.assertIn("counting: failed with exit code 7", lines[-1])

    def test_aloud_prints_at_once_and_fails_with_the_command(self):
        found = bash("aloud 'counting' bash -c 'seq 3; exit 4'; echo on")
        self.assertEqual((found.returncode, found.stdout), (4, "1\n2\n3\n"))

    def test_folder_of_another_user(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "build").write_text("a file in the way")
            found = bash("make_folder build/demo; echo on", cwd=folder)
            self.assertEqual((found.returncode, found.stdout), (1, ""))
            self.assertIn("build/demo cannot be written to", found.stderr)


class LeftOutTest(unittest.TestCase):
    def check(self, call, release, ci, passes):
        with tempfile.NamedTemporaryFile("r") as kept:
            found = bash(f"debian_release() {{ echo {release}; }}\n{call} 'this check' 'no tool'; echo on",
                         LEFT_OUT_LIST=kept.name, **({"CI": "1"} if ci else {}))
            if passes:
                self.assertEqual(found.returncode, 0)
                self.assertRegex(found.stdout, r"^LEFT OUT: this check: no tool.*\non\n$")
                self.assertTrue(kept.read().startswith("LEFT OUT: this check: no tool"))
            else:
                self.assertEqual((found.returncode, found.stdout, kept.read()), (1, "", ""))
                self.assertIn("not checked: this check: no tool", found.stderr)

    def test_said_and_kept_for_the_last_lines(self):
        for release in ("12", "13", "''"):
            for call in ("left_out", "left_out_of_release", "note_left_out"):
                with self.subTest(release=release, call=call):
                    self.check(call, release, ci=False, passes=True)

    def test_a_failure_in_ci_but_for_versions_of_another_release(self):
        self.check("left_out", "12", ci=True, passes=False)
        self.check("left_out", "13", ci=True, passes=False)
        self.check("left_out_of_release", "12", ci=True, passes=False)
        self.check("left_out_of_release", "13", ci=True, passes=True)
        self.check("left_out_of_release", "''", ci=True, passes=True)

    def test_tools_of_other_versions(self):
        tools = {
            "clang-format": ("Debian clang-format version 19.1.7 (3+b1)", ["scripts/check-format"]),
            "clang-tidy": ("Debian LLVM version 15.0.6", ["scripts/check-tidy"]),
            "swig": ("\nSWIG Version 4.3.0\n", ["scripts/generate-bindings", "--check"]),
        }
        for tool, (says, command) in tools.items():
            with self.subTest(tool), tempfile.TemporaryDirectory() as folder:
                # The tools of the right version have the number in their names too.
                for name in (tool, f"{tool}-14"):
                    path = pathlib.Path(folder, name)
                    path.write_text(f"#!/bin/sh\necho '{says}'\n")
                    path.chmod(path.stat().st_mode | stat.S_IXUSR)
                found = run(command, PATH=f"{folder}:{PLAIN['PATH']}")
                self.assertEqual(found.returncode, 0, found.stderr)
                self.assertRegex(found.stdout, "^LEFT OUT: ")
                self.assertIn(says.split("ersion ")[1].split(".")[0], found.stdout)


class SuiteTest(unittest.TestCase):
    LOG = """1/4 Testing: test_lazy
not checked: forked children under qemu
[  SKIPPED ] TestForks
[  PASSED  ] 7 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] TestForks
2/4 Testing: test_reference
skipped: ../shared/reference is absent
3/4 Testing: cli_kinds
skipped: memory: no limits under qemu
Ran 9 tests in 0.123s
OK
"""
    NOTES = ["LEFT OUT: some: cli_kinds: memory: no limits under qemu",
             "LEFT OUT: some: test_lazy, TestForks: forked children under qemu",
             "LEFT OUT: some: test_reference: ../shared/reference is absent"]

    def suite(self, log, command, **variables):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "build/some/Testing/Temporary/LastTest.log")
            path.parent.mkdir(parents=True)
            path.write_text(log)
            return bash(f"source '{ROOT}/scripts/lib/suite.bash'\n{command} some", cwd=folder, **variables)

    def test_closing_lines(self):
        found = self.suite(self.LOG, "print_closing_lines").stdout.splitlines()
        self.assertEqual([line.split(None, 1)[0] for line in found], ["test_lazy"] * 4 + ["cli_kinds"] * 2)
        self.assertTrue(found[-1].endswith(" OK"), found)

    def test_reasons_that_are_no_failure(self):
        for variables in ({}, {"CI": "1"}):
            found = self.suite(self.LOG, "note_skipped_tests", **variables)
            self.assertEqual((found.returncode, found.stdout.splitlines()), (0, self.NOTES), found.stderr)

    def test_another_reason_is_a_failure_in_ci(self):
        log = "1/1 Testing: test_environment\nnot checked: no locale\n[  SKIPPED ] TestLocale\n"
        self.assertEqual(self.suite(log, "note_skipped_tests").stdout,
                         "LEFT OUT: some: test_environment, TestLocale: no locale\n")
        self.assertEqual(self.suite(log, "note_skipped_tests", CI="1").returncode, 1)

    def test_a_reason_is_of_its_own_test_alone(self):
        log = ("1/2 Testing: test_one\nnot checked: few cases\n2/2 Testing: test_two\n"
               "[  SKIPPED ] TestLocale\n")
        self.assertEqual(self.suite(log, "note_skipped_tests").stdout,
                         "LEFT OUT: some: test_two, TestLocale: the test does not say why\n")


class ArgumentTest(unittest.TestCase):
    def test_unknown_arguments(self):
        for name in ("test", "test-bare", "check-aarch64", "install-dependencies", "generate-bindings", "check-r", "check-symbols",
                     "check-tidy", "get-highway", "package-wheel", "test-packages"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                found = run([str(ROOT / "scripts" / name), "--no-such-option"], cwd=folder)
                self.assertIn(found.returncode, (1, 2))
                self.assertRegex(found.stderr, f"^{name}: unknown")

    def test_values(self):
        for name, arguments, says in (
                ("package-wheel", ["--arch"], "--arch needs a value"),
                ("package-wheel", ["--arch", "sparc"], "--arch is 'sparc', must be aarch64"),
                ("package-wheel", ["--arch", "aarch64", "--folder"], "--folder needs a value"),
                ("check-aarch64", ["build/release", "--folder"], "--folder needs a value"),
        ):
            with self.subTest(name, arguments=arguments):
                found = run([str(ROOT / "scripts" / name), *arguments])
                self.assertEqual((found.returncode, found.stdout), (1, ""))
                self.assertIn(f"{name}: {says}", found.stderr)


class UnpackedPackagesTest(unittest.TestCase):
    """apt-get and dpkg-deb are stubs here that write down their calls."""

    def unpack(self, folder, *packages, fails=False):
        with tempfile.TemporaryDirectory() as tools:
            for name, text in {
                "apt-get": f'echo "$@" >> "{folder}/../calls"; case $1 in install) '
                           f'[ -z "{"x" if fails else ""}" ] || exit 1; : > "{folder}/apt/cache/archives/one.deb";; esac',
                "dpkg-deb": f'echo "$(basename "$2")" >> "{folder}/content"',
            }.items():
                path = pathlib.Path(tools, name)
                path.write_text(f"#!/bin/sh\n{text}\n")
                path.chmod(0o755)
            return bash(f"source '{ROOT}/scripts/lib/private_apt.bash'\ndebian_mirror() {{ echo http://none/; }}\n"
                        f"unpack_packages '{folder}' arm64 {' '.join(packages)} || exit 3",
                        PATH=f"{tools}:{PLAIN['PATH']}")

    def test_once_for_each_list(self):
        with tempfile.TemporaryDirectory() as top:
            folder, calls = pathlib.Path(top, "root"), pathlib.Path(top, "calls")
            for packages, number in ((("one", "two"), 1), (("one", "two"), 1), (("one",), 2)):
                self.assertEqual(self.unpack(folder, *packages).returncode, 0)
                self.assertEqual(calls.read_text().count("--download-only"), number)
                self.assertIn(f" {' '.join(packages)}\n", calls.read_text().splitlines(True)[-1])
                self.assertEqual((folder / "content").read_text(), "one.deb\n")

    def test_a_failure_is_tried_again(self):
        with tempfile.TemporaryDirectory() as top:
            folder = pathlib.Path(top, "root")
            self.assertEqual(self.unpack(folder, "one", fails=True).returncode, 3)
            self.assertEqual(self.unpack(folder, "one").returncode, 0)
            self.assertTrue((folder / "content").exists())


if __name__ == "__main__":
    unittest.main()
