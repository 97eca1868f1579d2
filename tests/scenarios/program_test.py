#!/usr/bin/env python3
"""The program as people run it: what it says to a mistake, and one capture on its way through the subcommands.

    program_test.py TRUEMIRROR [unittest's arguments]
"""
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WITHIN = 60  # seconds; a program that hangs fails the test
NOWHERE = "http://127.0.0.1:1"
ELSEWHERE = "http://127.0.0.1:2"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Upstream:
    """Answers every GET with a JSON body that the test gives."""

    def __init__(self, body: dict):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                payload = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def run_it(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run([PROGRAM, *map(str, words)], cwd=self.dir, capture_output=True, text=True, timeout=WITHIN,
                              stdin=subprocess.DEVNULL)

    def upstream(self, body: dict) -> str:
        started = Upstream(body)
        self.addCleanup(started.close)
        return started.url

    def files(self) -> set[str]:
        return {str(path.relative_to(self.dir)) for path in self.dir.rglob("*")}

    def expect_refusal(self, words, says, code=2):
        before = self.files()
        done = self.run_it(*words)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.files(), before, "it left files behind")

    def serve(self, stable: str, candidate: str, *more, **spawn) -> tuple[subprocess.Popen, str, str]:
        """Gives the process and the addresses of proxy and admin, once admin answers."""
        proxy, admin = (f"127.0.0.1:{free_port()}" for _ in range(2))
        log = open(self.dir / "serve.log", "w")
        self.addCleanup(log.close)
        process = subprocess.Popen([PROGRAM, "serve", "--allow-same-address", "--stable", stable, "--candidate", candidate,
                                    "--listen", proxy, "--admin", admin, *more], cwd=self.dir, stderr=log, **spawn)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + WITHIN
        while self.status(f"http://{admin}/healthz") != 200:
            self.assertIsNone(process.poll(), (self.dir / "serve.log").read_text())
            self.assertLess(time.monotonic(), deadline)
        return process, proxy, admin

    @staticmethod
    def status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=WITHIN) as answer:
                answer.read()
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


class BadInput(Program):
    SERVE = ("serve", "--stable", NOWHERE, "--candidate", ELSEWHERE)

    def test_flags_and_values(self):
        for words, says in (
                (["serve", "--candidat", NOWHERE], "did you mean '--candidate'?"),
                (["serve", "--stable", "127.0.0.1:80", "--candidate", NOWHERE], "is no upstream URL"),
                ([*self.SERVE, "--sample", "110%"], "'110%' is no share; write 10% or 0.1"),
                ([*self.SERVE, "--listen", "8080"], "write HOST:PORT"),
                (["replay", "x", "--candidate", NOWHERE, "--speed", "fast"], "is no speed"),
                (["replay", "x"], "--candidate URL"),
                (["gate"], "name the report's folder")):
            with self.subTest(words=words):
                self.expect_refusal(words, says)

    def test_upstreams_that_are_one_and_the_same(self):
        for words in ((*self.SERVE[:-1], NOWHERE), (*self.SERVE[:-1], "http://localhost:1"),
                      ("replay", "x", *self.SERVE[1:-1], NOWHERE)):
            with self.subTest(words=words):
                self.expect_refusal(words, "are one and the same: both are 127.0.0.1:1")
        (self.dir / "same.yaml").write_text(f"stable: {NOWHERE}\ncandidate: http://127.0.0.1:2\ncontrol: {NOWHERE}\n")
        self.expect_refusal(["check", "--config", "same.yaml"], "--control stable")
        with open(self.dir / "same.yaml", "a") as config:
            config.write("allow_same_address: true\n")
        self.assertIn("allow_same_address: true", self.run_it("check", "--config", "same.yaml").stdout)

    def test_configuration_files(self):
        for text, says in (("stabel: http://a", "wrong.yaml:1:1: 'stabel' is no key of the configuration; did you mean"),
                           ("sample: many", "wrong.yaml:1:9: "),
                           ("threads: [1]", "wrong.yaml:1:10: "),
                           ("stable: [", "wrong.yaml:")):
            with self.subTest(text=text):
                (self.dir / "wrong.yaml").write_text(text + "\n")
                self.expect_refusal(["serve", "--config", "wrong.yaml"], says)
        (self.dir / "wrong.yaml").write_text("version: 1\nrules:\n  - where: {endpiont: '*'}\n")
        self.expect_refusal(["check", "--rules", "wrong.yaml"], "did you mean 'endpoint'?")
        (self.dir / "wrong.yaml").write_text("tolerences: {}\n")
        self.expect_refusal(["check", "--policy", "wrong.yaml"], "did you mean 'tolerances'?")
        self.expect_refusal(["serve", "--config", "absent.yaml"], "absent.yaml")

    def test_a_port_in_use_leaves_the_earlier_report_where_it_is(self):
        first, proxy, admin = self.serve(NOWHERE, NOWHERE)
        for flag, taken in (("--listen", proxy), ("--admin", admin)):
            with self.subTest(flag):
                free = {"--listen": f"127.0.0.1:{free_port()}", "--admin": f"127.0.0.1:{free_port()}", flag: taken}
                self.expect_refusal([*self.SERVE, *(word for pair in free.items() for word in pair), "--report", "other"],
                                    f"cannot listen on {taken}")
        free = ["--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{free_port()}"]
        done = self.run_it(*self.SERVE, *free)
        self.assertEqual(done.returncode, 2)
        self.assertIn("in use by another truemirror", done.stderr)

    def test_a_start_that_fails_leaves_the_earlier_report_where_it_is(self):
        process, *_ = self.serve(NOWHERE, NOWHERE)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)
        (self.dir / "file").write_text("x")
        for flag, value, says in (("--capture", "file", "Not a directory"),
                                  ("--comparisons", "absent/lines", "No such file"),
                                  ("--admin", f"0.0.0.0:{free_port()}", "a token is required")):
            with self.subTest(flag):
                place = {"--listen": f"127.0.0.1:{free_port()}", "--admin": f"127.0.0.1:{free_port()}", flag: value}
                self.expect_refusal([*self.SERVE, *(word for pair in place.items() for word in pair)], says)

    def test_report_folders(self):
        (self.dir / "file").write_text("x")
        (self.dir / "foreign").mkdir()
        (self.dir / "foreign" / "report.db").write_text("not a database, not at all")
        (self.dir / "empty").mkdir()
        for name, says in (("file", "is a file"), ("foreign", "not a truemirror report"), ("/proc/none", "cannot be made")):
            with self.subTest(name):
                self.expect_refusal([*self.SERVE, "--listen", f"127.0.0.1:{free_port()}", "--admin",
                                     f"127.0.0.1:{free_port()}", "--report", name], says)
        for command in ("report", "gate"):
            for name, says in (("empty", "holds no report.db"), ("foreign", "not a truemirror report"),
                               ("absent", "does not exist")):
                with self.subTest(command=command, name=name):
                    self.expect_refusal([command, name], says)

    def test_captures_that_are_none(self):
        (self.dir / "empty.warc.zst").write_bytes(b"")
        (self.dir / "gzip.warc.zst").write_bytes(b"\x1f\x8b\x08\x00" + bytes(40))
        (self.dir / "text.warc.zst").write_bytes(b"hello\n")
        (self.dir / "folder").mkdir()
        for name, says in (("empty.warc.zst", "is empty"), ("gzip.warc.zst", "a gzip file"),
                           ("text.warc.zst", "not a capture"), ("folder", "no capture"), ("absent", "no such file")):
            for words in (["capture", "ls"], ["capture", "cat"], ["capture", "verify"], ["diff"],
                          ["replay", "--candidate", NOWHERE], ["capture", "export", "--output", "out.gor"]):
                with self.subTest(words=words, name=name):
                    self.expect_refusal([*words, name], says)


class OneCapture(Program):
    def test_is_served_listed_compared_replayed_and_judged(self):
        stable, candidate = self.upstream({"price": 10, "email": "zoe@example.com"}), self.upstream({"price": 11})
        process, proxy, admin = self.serve(stable, candidate, "--capture", "capture", "--report", "live")
        for number in range(12):
            self.assertEqual(self.status(f"http://{proxy}/orders/{number}?token=hunter2"), 200)
        self.assertEqual(self.run_it("report", "live").returncode, 0)  # while it is written
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)

        listed = self.run_it("capture", "ls", "capture")
        self.assertEqual(len(listed.stdout.splitlines()), 13)
        shown = self.run_it("capture", "cat", "--json", "capture").stdout
        self.assertNotIn("hunter2", shown)
        self.assertNotIn("zoe@example.com", shown)
        self.assertEqual(self.run_it("capture", "verify", "capture").returncode, 0)

        compared = self.totals("diff", "capture", "--report", "again")
        self.assertEqual((compared["compared"], compared["diverged"]), (12, 12))
        same = self.totals("replay", "capture", "--candidate", stable, "--speed", "max", "--report", "same")
        self.assertEqual((same["compared"], same["diverged"]), (12, 0))
        other = self.totals("replay", "capture", "--candidate", candidate, "--stable", stable, "--control", stable, "--allow-same-address",
                            "--rate", "200/s", "--report", "other")
        self.assertEqual((other["compared"], other["diverged"]), (12, 12))
        self.assertEqual(self.run_it("gate", "same").returncode, 3)

        segment = next((self.dir / "capture").iterdir())
        segment.write_bytes(segment.read_bytes()[:-400])  # the index, and the end of a record
        self.assertEqual(self.run_it("capture", "verify", "capture").returncode, 1)
        torn = self.totals("replay", "capture", "--candidate", stable, "--speed", "max", "--report", "torn")
        self.assertEqual(torn["diverged"], 0)

    def test_a_disk_that_is_full_is_said_and_serving_goes_on(self):
        big = self.upstream({"noise": os.urandom(400_000).hex()})
        limit = 1 << 20  # of every file: the capture's is the one that meets it
        process, proxy, _ = self.serve(big, big, "--capture", "capture",
                                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        log, deadline = self.dir / "serve.log", time.monotonic() + WITHIN
        while "exchanges are left out: disk_full" not in log.read_text():
            self.assertEqual(self.status(f"http://{proxy}/"), 200)
            self.assertLess(time.monotonic(), deadline)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)
        self.assertIn("left out (disk_full", log.read_text().splitlines()[-1])
        self.assertEqual(self.run_it("capture", "ls", "capture").returncode, 0)

    def test_lines_of_comparisons_have_stdout_to_themselves(self):
        stable, candidate = self.upstream({"price": 10}), self.upstream({"price": 11})
        process, proxy, _ = self.serve(stable, candidate, "--capture", "capture")
        self.assertEqual(self.status(f"http://{proxy}/orders/1"), 200)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)
        for words in (["diff", "capture"], ["replay", "capture", "--candidate", candidate, "--speed", "max"]):
            done = self.run_it(*words, "--report", words[0], "--comparisons", "-")
            self.assertEqual([json.loads(line)["target"] for line in done.stdout.splitlines()], ["/orders/1"])
            self.assertIn("INCONCLUSIVE", done.stderr)

    def test_a_reader_of_comparisons_that_hangs_holds_up_nothing(self):
        stable, candidate = self.upstream({"price": 10}), self.upstream({"price": 11})
        unread, lines = os.pipe()
        self.addCleanup(os.close, unread)
        fcntl.fcntl(lines, fcntl.F_SETPIPE_SZ, 4096)
        process, proxy, admin = self.serve(stable, candidate, "--comparisons", "-", stdout=lines)
        os.close(lines)
        for number in range(40):  # several times what the pipe holds
            self.assertEqual(self.status(f"http://{proxy}/orders/{number}"), 200)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)
        log = (self.dir / "serve.log").read_text()
        self.assertIn("nobody takes the lines", log)
        self.assertIn("40 sampled = 40 compared + 0 dropped", log)

    def totals(self, *words) -> dict:
        done = self.run_it(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("\r", done.stderr)  # progress is for terminals
        report = json.loads(self.run_it("report", words[-1], "--format", "json").stdout)
        totals = report["totals"]
        self.assertEqual(totals["sampled"], totals["compared"] + sum(totals["dropped"].values()) + totals["in_flight"])
        return totals

    def test_without_candidate_answers_cannot_be_compared(self):
        (self.dir / "one.gor").write_text("1 000000010000000000000001 1795383885856284095\nGET / HTTP/1.1\r\n"
                                          "Host: a\r\n\r\n\n🐵🙈🙉\n")
        self.assertEqual(self.run_it("capture", "import", "one.gor", "--output", "capture").returncode, 0)
        self.expect_refusal(["diff", "capture", "--report", "none"], "has responses of both stable and candidate")
        self.expect_refusal(["replay", "capture", "--candidate", NOWHERE, "--report", "none"], "give --stable URL")


    def test_an_import_of_nothing_leaves_nothing(self):
        (self.dir / "cut.gor").write_text("1 000000010000000000000001 1795383885856284095\nGET / HTT")
        (self.dir / "not.har").write_text("{}")
        for name, says in (("cut.gor", "no exchange to import"), ("not.har", "no log.entries")):
            with self.subTest(name):
                self.expect_refusal(["capture", "import", name, "--output", "capture"], says)


class UnreachableStable(Program):
    def test_is_served_around_and_said(self):
        process, proxy, admin = self.serve(NOWHERE, NOWHERE)
        self.assertEqual(self.status(f"http://{admin}/readyz"), 503)
        self.assertEqual(self.status(f"http://{proxy}/"), 503)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(WITHIN), 0)
        self.assertIn("not ready: stable", (self.dir / "serve.log").read_text())


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
