#!/usr/bin/env python3
"""The demo: an order service in two versions behind truemirror, a minute of traffic, and what the report says of it.

Starts stable and control (v1) and candidate (v2) and the proxy on free ports of loopback, sends the traffic, drains,
and judges the report. On a terminal it then keeps everything running until Ctrl-C, so that the live page can be looked at.
Every process that it starts ends with it, whatever ends it.

Exit: 0 all regressions proven, none invented, accounting closed; 1 not so; 2 usage; 4 something did not run.
"""
import argparse
import asyncio
import contextlib
import ctypes
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from database import database
from driver import MIX_RATE, Seen, Users
from regressions import SWITCHES, chosen
from summary import Summary

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_WITHIN, DRAINED_WITHIN = 30, 60  # seconds
LIGHT_RATE = 10  # requests a second while somebody looks at the live page
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Failure(Exception):
    """Something did not run; the message says what and where to look."""


class Demo:
    def __init__(self, truemirror: Path, work: Path, bugs: str):
        self.truemirror, self.work, self.bugs = truemirror, work, bugs
        self.report_folder, self.page = work / "report", work / "report.html"
        self.processes = contextlib.ExitStack()

    def start(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        for left in (self.report_folder, self.work / "capture"):
            shutil.rmtree(left, ignore_errors=True)
        self.page.unlink(missing_ok=True)
        print("data       ", end="", flush=True)
        self.database = database(self.work)
        print(f"{self.database.name}, 500,000 rows")
        stable = self.start_service("stable", "v1")
        control = self.start_service("control", "v1")
        candidate = self.start_service("candidate", "v2")
        port, admin_port = free_ports(2)
        self.url, self.admin_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
        self.proxy = self.spawn("truemirror", [
            self.truemirror, "serve", "--stable", stable, "--candidate", candidate, "--control", control,
            "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin_port}",
            "--report", self.report_folder, "--capture", self.work / "capture"])
        self.wait_until_ready(admin_port)
        print(f"running    stable {stable}, control {control}, candidate {candidate}, truemirror {self.url}")
        if sys.stdout.isatty():
            print(f"live page  {self.admin_url}/")

    def start_service(self, name: str, version: str) -> str:
        """Starts one process of the order service. Returns its URL."""
        process = self.spawn(name, [sys.executable, HERE / "service.py", "--database", self.database, "--port", "0",
                                    "--version", version, "--bugs", self.bugs], stdout=subprocess.PIPE)
        line = process.stdout.readline().decode()
        if not line.startswith("listening on "):
            raise Failure(f"{name} did not start: {self.last_words(name)}")
        return line.split()[-1]

    def spawn(self, name: str, command: list, stdout: int | None = None) -> subprocess.Popen:
        with open(self.work / f"{name}.log", "wb") as log:
            # A session of its own: Ctrl-C is for this program, which then ends the others in order.
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stdout or log,
                                       stderr=log, start_new_session=True, preexec_fn=end_with_parent)
        self.processes.callback(end, process)
        return process

    def wait_until_ready(self, admin_port: int) -> None:
        give_up = time.monotonic() + READY_WITHIN
        while time.monotonic() < give_up:
            if self.proxy.poll() is not None:
                raise Failure(f"truemirror ended with {self.proxy.returncode}: {self.last_words('truemirror')}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                admin = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=2)
                admin.request("GET", "/readyz")
                if admin.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise Failure(f"truemirror was not ready in {READY_WITHIN} s: {self.last_words('truemirror')}")

    def last_words(self, name: str) -> str:
        log = self.work / f"{name}.log"
        lines = log.read_text(errors="replace").strip().splitlines()[-3:]
        return f"{' / '.join(lines) or 'it said nothing'} ({log})"

    def drain(self) -> None:
        """Ends the proxy as an operator would, and sees that it ended well."""
        self.proxy.send_signal(signal.SIGTERM)
        try:
            code = self.proxy.wait(DRAINED_WITHIN)
        except subprocess.TimeoutExpired:
            raise Failure(f"truemirror had not drained after {DRAINED_WITHIN} s") from None
        if code != 0:
            raise Failure(f"truemirror ended with {code}: {self.last_words('truemirror')}")

    def report(self) -> dict:
        return json.loads(self.run_report("--format", "json"))

    def write_page(self) -> None:
        self.page.unlink(missing_ok=True)
        self.run_report("--format", "html", "--output", self.page)

    def run_report(self, *flags: object) -> str:
        command = [self.truemirror, "report", self.report_folder, *flags]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failure(f"truemirror report ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def settled_report(self) -> dict:
        """The report of a proxy that still runs, once it holds all that was sent."""
        for _ in range(10):
            time.sleep(1.1)  # it is written once a second
            report = self.report()
            if report["totals"]["in_flight"] == 0:
                break
        return report


def end_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


async def send(url: str, database_path: Path, seconds: float, rate: float) -> Seen:
    users = Users(url, database_path)
    progress = asyncio.create_task(show_progress(users.seen, seconds)) if sys.stdout.isatty() else None
    try:
        return await users.send(seconds, rate)
    finally:
        users.close()
        if progress:
            progress.cancel()
            print("\r\033[K", end="")


async def show_progress(seen: Seen, seconds: float) -> None:
    start = time.monotonic()
    while seconds != float("inf"):
        passed = time.monotonic() - start
        line = f"traffic    {min(passed, seconds):.0f} of {seconds:.0f} s, {seen.requests:,} requests"
        print(f"\r\033[K{line}", end="", flush=True)
        await asyncio.sleep(0.5)


def judge(demo: Demo, report: dict, seen: Seen) -> bool:
    summary = Summary(report, chosen(demo.bugs), seen)
    summary.print(color=sys.stdout.isatty())
    demo.write_page()
    print(f"report     {demo.page}")
    return not summary.problems


def show_live_page(demo: Demo) -> None:
    print(f"live page  {demo.admin_url}/   (light traffic goes on; Ctrl-C ends it)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(send(demo.url, demo.database, float("inf"), LIGHT_RATE))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="An order service in two versions behind truemirror.")
    parser.add_argument("--seconds", type=float, default=60, help="of traffic (default 60; seven proofs need 45)")
    parser.add_argument("--rate", type=float, default=MIX_RATE, help=f"requests a second (default {MIX_RATE})")
    parser.add_argument("--bugs", default="all", help=f"all, none, or some of {','.join(SWITCHES)}")
    parser.add_argument("--truemirror", type=Path, default=ROOT / "build/release/truemirror", help="the program")
    parser.add_argument("--work", type=Path, default=ROOT / "build/demo", help="folder for data, report, capture, logs")
    parser.add_argument("--once", action="store_true", help="end after the summary on a terminal, too")
    given = parser.parse_args()
    try:
        chosen(given.bugs)
    except ValueError as error:
        parser.error(str(error))
    if given.seconds <= 0 or given.rate <= 0:
        parser.error("--seconds and --rate are above 0")
    if not given.truemirror.is_file():
        parser.error(f"no program at {given.truemirror}; `make build` makes it")
    return given


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo = Demo(given.truemirror, given.work, given.bugs)
    try:
        with demo.processes:
            demo.start()
            seen = asyncio.run(send(demo.url, demo.database, given.seconds, given.rate))
            if sys.stdout.isatty() and not given.once:
                good = judge(demo, demo.settled_report(), seen)
                show_live_page(demo)
                demo.drain()
                demo.write_page()
            else:
                demo.drain()
                good = judge(demo, demo.report(), seen)
            return 0 if good else 1
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
