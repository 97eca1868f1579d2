"""One program under faults, from its start to what it left behind; what the scenarios (serve.py, replay.py) have in
common.
"""
import json
import mmap
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time

from clients import WITHIN, Wrong, require
from servers import Certificate, Upstream

KINDS = ("alloc", "read", "write", "connect", "accept", "socket", "epoll", "open", "sync", "rename", "pwrite", "pread",
         "truncate", "map", "thread", "hangup")  # of control.h
# One such failure costs a connection or a look; it ends nothing.
STAYS_UP = ("read", "write", "connect", "accept", "socket", "epoll", "open", "pread", "thread", "pwrite", "hangup")


class Control:
    """The mapped words of control.h."""

    def __init__(self, path: pathlib.Path):
        path.write_bytes(bytes(8 * (2 + len(KINDS))))
        with open(path, "r+b") as file:
            self.words = mmap.mmap(file.fileno(), 0)

    def arm(self):
        self.words[0:8] = struct.pack("<Q", 1)

    def failed(self) -> int:
        return struct.unpack("<Q", self.words[8:16])[0]

    def calls(self) -> dict[str, int]:
        return dict(zip(KINDS, struct.unpack(f"<{len(KINDS)}Q", self.words[16:])))


class World:
    """What stays while programs come and go."""

    def __init__(self, program: str, shim: str):
        self.program, self.shim = program, shim
        self.folder = tempfile.TemporaryDirectory(prefix="truemirror-faults-")
        self.dir = pathlib.Path(self.folder.name)
        self.upstreams_certificate = Certificate(self.dir, "upstreams")
        self.certificates = [Certificate(self.dir, name) for name in ("first", "second")]
        self.plain = {name: Upstream(name) for name in ("stable", "candidate", "control")}
        tls = self.upstreams_certificate.server()
        self.tls = {name: Upstream(name, tls) for name in self.plain}
        self.capture = None  # of a run without faults; made when somebody wants to replay it


class Run:
    """A scenario says what is started, who asks what of it, and what must hold of what is left."""

    name = ""
    phases = 2  # counted from where it serves, and before that; 1: from the start alone
    can_start = True  # whether faults before it serves are a question of their own, not that of another scenario

    def __init__(self, world: World, kind="", nth=0, times="1", from_start=False):
        self.world, self.kind, self.times, self.from_start = world, kind, times, from_start
        self.folder = tempfile.TemporaryDirectory(prefix="run-", dir=world.dir)
        self.dir = pathlib.Path(self.folder.name)
        self.control = Control(self.dir / "control")
        self.clean = dict(os.environ)
        self.environment = self.clean | {
            "FAULT_CONTROL": str(self.dir / "control"), "FAULT_KIND": kind, "FAULT_NTH": str(nth), "FAULT_TIMES": times,
            "LD_PRELOAD": world.shim,
            # a sanitizer wants to come first, and to say what a signal would hide
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:abort_on_error=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}

    # What a scenario fills in.

    def arguments(self) -> list[str]:
        raise NotImplementedError

    def use(self, process) -> tuple[int, int]:
        """Asks of the running program what there is to ask: how many answers were right, of how many. Arms the faults
        unless they began with the start; ends the program."""
        raise NotImplementedError

    def look_at_what_is_left(self, code: int) -> tuple[int, int]:
        """Answers as of use(), that only show afterwards."""
        raise NotImplementedError

    # What all have in common.

    def log(self) -> str:
        return (self.dir / "log").read_text(errors="replace")

    def served(self) -> bool:
        """Whether it came so far that it is of use."""
        return True

    def go(self) -> dict:
        """Gives what was seen: exit code, right answers, calls counted and failed. Raises Wrong."""
        with open(self.dir / "log", "wb") as log:
            if self.from_start:
                self.control.arm()
            process = subprocess.Popen([self.world.program, *self.arguments()], cwd=self.dir, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            right, asked = self.use(process)
            code = process.wait(WITHIN)
        except subprocess.TimeoutExpired as error:
            raise Wrong(f"it did not end within {WITHIN} s") from error
        finally:
            process.kill()
            process.wait()
        log = self.log()
        if self.kind == "alloc" and self.from_start and code == -signal.SIGABRT and "std::bad_alloc" in log \
                and not self.served() and not (self.dir / "report").exists():
            return self._seen(code, 0, 0)  # before main(), while the libraries' own variables are made
        if self.kind == "alloc" and "Fatal glibc error: failed to register TLS destructor: out of memory" in log:
            code = 4  # the C library ends the program by itself where it has no memory: at once and with a word as well
        for sign in ("Sanitizer", "runtime error:", "terminate called", "Assertion"):
            require(sign not in log, "it crashed")
        if self.kind in STAYS_UP and self.served() and not self.from_start and self.times == "1":
            require(code == 0, f"one {self.kind} failed, and it ended with {code}")
        require(code in (0, 4) or (code == 2 and self.from_start and not self.served()), f"it ended with {code}")
        require(code == 0 or log.strip(), f"exit {code} without a word")
        more = self.look_at_what_is_left(code)
        return self._seen(code, right + more[0], asked + more[1])

    def _seen(self, code: int, right: int, asked: int) -> dict:
        return {"code": code, "right": right, "asked": asked, "failed": self.control.failed(),
                "calls": self.control.calls()}

    def wait_for(self, process, found):
        """What `found` finds in the log; None where the program ends without."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            what = found(self.log())
            if what or ended:
                return what
            time.sleep(0.005)  # as long as a look at the log takes: it shortens nothing and lengthens nothing
        raise Wrong("it neither goes on nor ends")

    def look(self, *words):
        try:
            return subprocess.run([self.world.program, *words], cwd=self.dir, env=self.clean, capture_output=True,
                                  text=True, timeout=WITHIN, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise Wrong(f"truemirror {' '.join(words)} takes over {WITHIN} s on what is left") from error

    def report(self, code: int) -> dict | None:
        """What the report says, if it came to be one; its accounting closes."""
        shown = self.look("report", "report", "--format", "json")
        if code != 0 and "holds no report yet" in shown.stderr:
            return None  # it never came to write one, and said why it ended
        require(shown.returncode == 0, f"the report cannot be read: {shown.stderr}")
        report = json.loads(shown.stdout)
        totals = report["totals"]
        closes = totals["sampled"] == totals["compared"] + sum(totals["dropped"].values()) + totals["in_flight"]
        require(closes, f"the accounting does not close: {totals}")
        require(code != 0 or totals["in_flight"] == 0, f"samples are left in flight: {totals}")
        return report

    @staticmethod
    def terminate(process):
        process.send_signal(signal.SIGTERM)
