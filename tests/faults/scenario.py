"""One small run of `truemirror serve` under faults: three servers that stay, a program that comes and goes, clients that
check every byte they get.
"""
import json
import mmap
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

KINDS = ("alloc", "read", "write", "connect", "accept", "socket", "epoll", "open", "sync", "rename", "pwrite", "pread",
         "truncate", "map", "thread", "hangup")  # of control.h
WITHIN = 60  # seconds; what takes longer hangs
# One such failure costs a connection or a look; it ends nothing.
STAYS_UP = ("read", "write", "connect", "accept", "socket", "epoll", "open", "pread", "thread", "pwrite", "hangup")
LARGE = 300_000  # bytes: does not fit into a socket's buffer at once


class Upstream:
    """Answers with a body that names the request and depends on nothing else; a thread a connection."""

    def __init__(self, name: str):
        self.name = name
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        try:
            with client, client.makefile("rb") as stream:
                while line := stream.readline():
                    method, target, _ = line.decode().split(" ")
                    length = 0
                    while (field := stream.readline()) not in (b"\r\n", b""):
                        if field.lower().startswith(b"content-length:"):
                            length = int(field.split(b":")[1])
                    sent = stream.read(length)
                    body = answer(method, target, sent, self.name == "candidate")
                    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                    client.sendall(head.encode() + (b"" if method == "HEAD" else body))
        except OSError:
            pass  # the program ended, or a fault closed the connection: the next one comes


def answer(method: str, target: str, sent: bytes, wrong: bool = False) -> bytes:
    size = LARGE if "large" in target else 10
    body = {"method": method, "target": target, "sent": len(sent), "price": 11 if wrong else 10, "fill": "x" * size}
    return json.dumps(body).encode()


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


class Wrong(Exception):
    """What must not happen, happened."""


def require(holds, what: str):
    if not holds:
        raise Wrong(what)


class Client:
    """Keeps its connection while it can. Gives True for the right answer, False for an error that can be seen."""

    def __init__(self, port: int):
        self.port, self.socket, self.stream = port, None, None

    def close(self):
        if self.stream:
            self.stream.close()
            self.socket.close()
        self.socket = self.stream = None

    def ask(self, method: str, target: str, body: bytes = b"") -> bool:
        try:
            if not self.socket:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN)
                self.stream = self.socket.makefile("rb")
            length = f"Content-Length: {len(body)}\r\n" if body else ""
            self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: shop\r\n{length}\r\n".encode() + body)
            right, keeps = self._receive(method, target, body)
            if not keeps:
                self.close()
            return right
        except TimeoutError as error:
            raise Wrong(f"{method} {target}: no answer and no end within {WITHIN} s") from error
        except OSError:
            self.close()
            return False

    def _receive(self, method: str, target: str, body: bytes) -> tuple[bool, bool]:
        status_line = self.stream.readline()
        fields = {}
        while (field := self.stream.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(":")
            fields[name.lower()] = value.strip()
        if field == b"":
            return False, False  # cut off: seen as such
        status = int(status_line.split(b" ")[1])
        length = 0 if method == "HEAD" else int(fields["content-length"])
        got = self.stream.read(length)
        whole, keeps = len(got) == length, fields.get("connection") != "close"
        expected = answer(method, target, body)
        if status == 200:
            require(fields.get("content-length") == str(len(expected)), f"{method} {target}: another answer's length")
            require(method == "HEAD" or expected.startswith(got), f"{method} {target}: wrong bytes: {got[:200]!r}")
            return whole, keeps and whole
        require(500 <= status < 600 and b"price" not in got, f"{method} {target}: {status} {got[:200]!r}")
        return False, keeps and whole


class Run:
    """One program, from its start to what it left behind."""

    def __init__(self, program: str, library: str, servers: dict[str, Upstream], kind="", nth=0, times="1",
                 from_start=False):
        self.folder = tempfile.TemporaryDirectory(prefix="truemirror-faults-")
        self.dir = pathlib.Path(self.folder.name)
        self.program, self.library, self.servers = program, library, servers
        self.control = Control(self.dir / "control")
        self.kind, self.times, self.from_start = kind, times, from_start
        self.environment = os.environ | {"FAULT_CONTROL": str(self.dir / "control"), "FAULT_KIND": kind,
                                         "FAULT_NTH": str(nth), "FAULT_TIMES": times, "LD_PRELOAD": library,
                                         # a sanitizer wants to come first, and to say what a signal would hide
                                         "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:abort_on_error=0"
                                                         ":allocator_may_return_null=1",
                                         "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}

    def url(self, name: str) -> str:
        """By name for one: looking names up takes a thread and descriptors of its own. But not where memory fails: glibc's
        look-ups do not survive that (nss_database_reload_1: Assertion `ret > 0' failed, or SIGSEGV)."""
        host = "localhost" if name == "candidate" and self.kind != "alloc" else "127.0.0.1"
        return f"http://{host}:{self.servers[name].port}"

    def log(self) -> str:
        return (self.dir / "log").read_text(errors="replace")

    def go(self) -> dict:
        """Gives what was seen: exit code, right answers, calls counted and failed. Raises Wrong."""
        with open(self.dir / "log", "wb") as log:
            if self.from_start:
                self.control.arm()
            process = subprocess.Popen(
                [self.program, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "1",
                 "--report", "report", "--capture", "capture",
                 *(word for name in self.servers for word in ("--" + name, self.url(name)))],
                cwd=self.dir, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        right = asked = 0
        try:
            ports = self._ports(process)
            if ports:
                self.control.arm()
                right, asked = self._traffic(*ports)
                process.send_signal(signal.SIGTERM)
            code = process.wait(WITHIN)
        except subprocess.TimeoutExpired as error:
            raise Wrong(f"it did not end within {WITHIN} s") from error
        finally:
            process.kill()
            process.wait()
        log = self.log()
        if self.kind == "alloc" and self.from_start and not ports and not (self.dir / "report").exists():
            return self._seen(code, 0, 0)  # before main(), or before anything was begun: nothing can be harmed
        if self.kind == "alloc" and "Fatal glibc error: failed to register TLS destructor: out of memory" in log:
            code = 4  # the C library ends the program by itself where it has no memory: at once and with a word as well
        for sign in ("Sanitizer", "runtime error:", "terminate called", "Assertion"):
            require(sign not in log, "it crashed")
        if self.kind in STAYS_UP and ports and not self.from_start and self.times == "1":
            require(code == 0, f"one {self.kind} failed, and it ended with {code}")
        require(code in (0, 4) or (code == 2 and self.from_start and not ports), f"it ended with {code}")
        require(code == 0 or log.strip(), f"exit {code} without a word")
        self._look_at_what_is_left(code, bool(ports))
        return self._seen(code, right, asked)

    def _seen(self, code: int, right: int, asked: int) -> dict:
        return {"code": code, "right": right, "asked": asked, "failed": self.control.failed(),
                "calls": self.control.calls()}

    def _ports(self, process) -> tuple[int, int] | None:
        """Where it says it serves; None where it ended before."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            log = self.log()
            live, admin = re.search(r"serving http://127.0.0.1:(\d+)", log), re.search(r"live at http://[^:]*:(\d+)", log)
            if live and admin:
                return int(live[1]), int(admin[1])
            if ended:
                return None
            time.sleep(0.005)  # as long as a look at the log takes: it shortens nothing and lengthens nothing
        raise Wrong("it neither serves nor ends")

    def _traffic(self, port: int, admin: int) -> tuple[int, int]:
        first, second = Client(port), Client(port)
        plan = [(first, "GET", "/orders/1", b""), (first, "GET", "/orders/2?token=hunter2", b""),
                (second, "POST", "/orders", b"y" * 70_000), (second, "GET", "/orders/large", b""),
                (first, "HEAD", "/orders/3", b""), (second, "GET", "/orders/4", b""), (first, "GET", "/orders/5", b"")]
        right = sum(client.ask(*words) for client, *words in plan)
        first.close()
        second.close()
        try:
            with socket.create_connection(("127.0.0.1", admin), timeout=WITHIN) as asking:
                asking.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % admin)
                while asking.recv(65536):
                    pass
        except TimeoutError as error:
            raise Wrong("the admin server does not answer and does not close") from error
        except OSError:
            pass  # closed by the fault
        return right, len(plan)

    def _look_at_what_is_left(self, code: int, served: bool):
        clean = {name: value for name, value in self.environment.items() if not name.startswith(("FAULT_", "LD_"))}

        def look(*words):
            return subprocess.run([self.program, *words], cwd=self.dir, env=clean, capture_output=True, text=True,
                                  timeout=WITHIN, stdin=subprocess.DEVNULL)

        self._look_at_the_capture(code, look)
        if (self.dir / "report" / "report.db").exists():
            shown = look("report", "report", "--format", "json")
            if code != 0 and "holds no report yet" in shown.stderr:
                return  # it never came to write one, and said why it ended
            require(shown.returncode == 0, f"the report cannot be read: {shown.stderr}")
            totals = json.loads(shown.stdout)["totals"]
            closes = totals["sampled"] == totals["compared"] + sum(totals["dropped"].values()) + totals["in_flight"]
            require(closes, f"the accounting does not close: {totals}")
            require(code != 0 or totals["in_flight"] == 0, f"samples are left in flight: {totals}")
        else:
            require(not served, "it served without a report")

    def _look_at_the_capture(self, code: int, look):
        segments = list((self.dir / "capture").glob("*.warc.zst*")) if (self.dir / "capture").exists() else []
        if not any(segment.stat().st_size for segment in segments):
            require(code != 0, "it served without a capture")
            return
        shown = look("capture", "cat", "--json", "capture")
        require(shown.returncode == 0, f"the capture cannot be read: {shown.stderr}")
        require("hunter2" not in shown.stdout, "a secret is in the capture")
        for line in filter(None, shown.stdout.splitlines()):
            json.loads(line)
