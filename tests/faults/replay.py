"""`truemirror replay` of a small capture under faults. The candidate is what was recorded: whatever differs, a fault did."""
import pathlib

from clients import WITHIN, Client, Wrong, require
from scenario import Run, World
from serve import Serve


def record(world: World) -> pathlib.Path:
    """A capture of a run without faults; made once."""
    if not world.capture:
        run = Record(world)
        result = run.go()
        if result["code"] != 0 or result["right"] != result["asked"]:
            raise Wrong(f"recording does not even work without faults: {result}")
        world.capture = world.dir / "capture"
        (run.dir / "capture").rename(world.capture)
        run.folder.cleanup()
    return world.capture


class Record(Serve):
    EXCHANGES = 4

    def traffic(self, process) -> list[bool]:
        client = Client(self.ports[0])
        answers = [client.ask("GET", f"/orders/{at}") for at in range(self.EXCHANGES - 1)]
        answers.append(client.ask("GET", "/orders/large"))
        client.close()
        return answers


class Replay(Run):
    """The candidate over TLS, the control in plain."""

    name = "replay"
    phases = 1

    def arguments(self) -> list[str]:
        self.environment["SSL_CERT_FILE"] = str(self.world.upstreams_certificate.file)
        return ["replay", str(record(self.world)), "--candidate", self.world.tls["stable"].url(), "--control",
                self.world.plain["control"].url(), "--speed", "max", "--connections", "2", "--report", "report"]

    def served(self) -> bool:
        return "requests sent: " in self.log()

    def use(self, process) -> tuple[int, int]:
        process.wait(WITHIN)
        return 0, 0

    def look_at_what_is_left(self, code: int) -> tuple[int, int]:
        exists = (self.dir / "report" / "report.db").exists()
        require(exists or code != 0, "it replayed without a report")
        report = self.report(code) if exists else None
        if report is None:
            return 0, Record.EXCHANGES
        for finding in report["findings"]:
            require(finding["kind"] == "arm_error", f"wrong bytes: {finding}")
        totals = report["totals"]
        if code == 0 and totals["sampled"] != Record.EXCHANGES:
            require("capture: " in self.log(), f"exchanges are missing, and it does not say why: {totals}")
        return totals["compared"] - totals["diverged"], Record.EXCHANGES
