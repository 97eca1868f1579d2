"""`truemirror serve` under faults: in plain, over TLS to all sides, with a tunnel, and while it reloads."""
import json
import re
import shutil
import signal
import socket
import ssl

from clients import WITHIN, Client, Wrong, require, tls_client
from scenario import STAYS_UP, Run


class Serve(Run):
    """Everything in plain."""

    name = "plain"
    over_tls = False
    ports = None

    def servers(self) -> dict:
        return self.world.plain

    def url(self, name: str) -> str:
        """By name for one: looking names up takes a thread and descriptors of its own. But not where memory fails: glibc's
        look-ups do not survive that (nss_database_reload_1: Assertion `ret > 0' failed, or SIGSEGV)."""
        return self.servers()[name].url("localhost" if name == "candidate" and self.kind != "alloc" else "127.0.0.1")

    def arguments(self) -> list[str]:
        return ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--threads", "1", "--report", "report",
                "--capture", "capture", *(word for name in self.servers() for word in ("--" + name, self.url(name)))]

    def served(self) -> bool:
        return self.ports is not None

    def use(self, process) -> tuple[int, int]:
        self.ports = self.wait_for(process, self._ports_in)
        if not self.ports:
            return 0, 0
        self.control.arm()
        answers = self.traffic(process)
        self.look_at_metrics()
        self.terminate(process)
        return sum(answers), len(answers)

    @staticmethod
    def _ports_in(log: str) -> tuple[int, int] | None:
        """Where it says it serves."""
        live = re.search(r"serving https?://127.0.0.1:(\d+)", log)
        admin = re.search(r"live at http://[^:]*:(\d+)", log)
        return (int(live[1]), int(admin[1])) if live and admin else None

    def traffic(self, process) -> list[bool]:
        first, second = Client(self.ports[0]), Client(self.ports[0])
        plan = [(first, "GET", "/orders/1", b""), (first, "GET", "/orders/2?token=hunter2", b""),
                (second, "POST", "/orders", b"y" * 70_000), (second, "GET", "/orders/large", b""),
                (first, "HEAD", "/orders/3", b""), (second, "GET", "/orders/4", b""), (first, "GET", "/orders/5", b"")]
        answers = [client.ask(*words) for client, *words in plan]
        first.close()
        second.close()
        return answers

    def look_at_metrics(self):
        admin = self.ports[1]
        try:
            with socket.create_connection(("127.0.0.1", admin), timeout=WITHIN) as asking:
                asking.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % admin)
                while asking.recv(65536):
                    pass
        except TimeoutError as error:
            raise Wrong("the admin server does not answer and does not close") from error
        except OSError:
            pass  # closed by the fault

    def look_at_what_is_left(self, code: int) -> tuple[int, int]:
        self._look_at_the_capture(code)
        if (self.dir / "report" / "report.db").exists():
            self.report(code)
        else:
            require(not self.served(), "it served without a report")
        return 0, 0

    def _look_at_the_capture(self, code: int):
        segments = list((self.dir / "capture").glob("*.warc.zst*")) if (self.dir / "capture").exists() else []
        if not any(segment.stat().st_size for segment in segments):
            require(code != 0, "it served without a capture")
            return
        shown = self.look("capture", "cat", "--json", "capture")
        require(shown.returncode == 0, f"the capture cannot be read: {shown.stderr}")
        require("hunter2" not in shown.stdout, "a secret is in the capture")
        for line in filter(None, shown.stdout.splitlines()):
            json.loads(line)


class ServeTls(Serve):
    """TLS to clients, to stable and to the arms; both versions, full and resumed."""

    name = "tls"

    def servers(self) -> dict:
        return self.world.tls

    def arguments(self) -> list[str]:
        self.present(0)
        lines = ["version: 1", "sample: 100%"]
        for name in self.servers():
            lines.append(f"{name}: {{url: '{self.url(name)}', ca: '{self.world.upstreams_certificate.file}'}}")
        (self.dir / "config.yaml").write_text("\n".join(lines) + "\n")
        return ["serve", "--config", "config.yaml", "--https", "127.0.0.1:0", "--certificate", "ours.pem", "--key", "ours.key",
                "--admin", "127.0.0.1:0", "--threads", "1", "--report", "report", "--capture", "capture"]

    def present(self, which: int):
        """Puts a certificate where the program looks for its own."""
        shutil.copy(self.world.certificates[which].file, self.dir / "ours.pem")
        shutil.copy(self.world.certificates[which].key, self.dir / "ours.key")

    def client(self, version=None) -> Client:
        return Client(self.ports[0], tls_client(self.world.certificates, version))

    def traffic(self, process) -> list[bool]:
        new, old = self.client(ssl.TLSVersion.TLSv1_3), self.client(ssl.TLSVersion.TLSv1_2)
        answers = [new.ask("GET", "/orders/1?token=hunter2"), old.ask("POST", "/orders", b"y" * 70_000),
                   old.ask("GET", "/orders/large"), new.ask("GET", "/orders/last")]
        for client in (new, old):  # and once more, with what it remembers; stable's session is resumed, too
            client.close()
            answers.append(client.ask("GET", "/orders/4"))
            client.close()
        return answers


class ServeTunnel(Serve):
    """What is no HTTP any more, in plain and with a request behind it on another connection."""

    name = "tunnel"
    can_start = False  # as with `plain`

    def traffic(self, process) -> list[bool]:
        client, other = Client(self.ports[0]), Client(self.ports[0])
        answers = [other.ask("GET", "/orders/1"), client.tunnel(), other.ask("GET", "/orders/2")]
        other.close()
        return answers


class ServeTunnelTls(ServeTls):
    """A tunnel from TLS to TLS."""

    name = "tunnel-tls"
    can_start = False  # as with `tls`

    def traffic(self, process) -> list[bool]:
        client = self.client()
        return [client.tunnel(), client.ask("GET", "/orders/1")]


class ServeReload(ServeTls):
    """SIGHUP with another certificate and other sampling, beside a client that is connected. Faults begin with it."""

    name = "reload"
    can_start = False  # as with `tls`

    def use(self, process) -> tuple[int, int]:
        self.ports = self.wait_for(process, self._ports_in)
        if not self.ports:
            return 0, 0
        kept = self.client()
        answers = [kept.ask("GET", "/orders/1")]
        self.present(1)
        config = self.dir / "config.yaml"
        config.write_text(config.read_text().replace("100%", "50%"))
        self.control.arm()
        reloaded = self._reload(process)
        answers += [kept.ask("GET", "/orders/2"), kept.ask("GET", "/orders/3")]
        kept.close()
        if process.poll() is None and not reloaded:
            reloaded = self._reload(process)  # what failed for a moment is whole the next time
            if self.kind in STAYS_UP and self.times == "1":
                require(reloaded, "it does not reload after a fault that has passed")
        answers.append(self._ask_anew(reloaded))
        self.look_at_metrics()
        self.terminate(process)
        return sum(answers), len(answers)

    def _reload(self, process) -> bool:
        """Whether it says that it has; it says either."""
        said = len(re.findall(r"\breload(?:ed)?: ", self.log()))
        process.send_signal(signal.SIGHUP)
        self.wait_for(process, lambda log: len(re.findall(r"\breload(?:ed)?: ", log)) > said)
        return "reloaded: " in self.log()

    def _ask_anew(self, reloaded: bool) -> bool:
        """Over a new connection: it shows the new certificate, or the old one where nothing has changed."""
        shown = self.world.certificates[1 if reloaded else 0]
        return Client(self.ports[0], tls_client([shown])).ask("GET", "/orders/4")
