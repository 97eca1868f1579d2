"""The corpus for scripts: cases/*.txt as values (README.md describes the format), and as seeds for the fuzz targets.

    cases.py seeds FOLDER     writes FOLDER/head_scanner/, FOLDER/body_decoder/ and FOLDER/session/, one file a case
"""
import dataclasses
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).parent / "cases"


@dataclasses.dataclass
class Case:
    group: str
    name: str
    why: str = ""
    client: list = dataclasses.field(default_factory=list)  # bytes to send, or "wait", or "end"
    stable_sends: bytes | None = None
    stable_then: str = "keep"
    verdict: list = dataclasses.field(default_factory=list)  # the words after "="

    @property
    def sent(self):
        return b"".join(step for step in self.client if isinstance(step, bytes))

    @property
    def statuses(self):
        return [int(word) for word in self.verdict if word.isdigit()]

    @property
    def refused(self):
        """The client's bytes are no request that may be forwarded: nothing of stable's comes into it."""
        return self.stable_sends is None and bool(self.statuses) and all(status >= 400 for status in self.statuses)


def unescape(text):
    text = re.sub(r"\\\*(\d+)\(([^)]*)\)", lambda found: found.group(2) * int(found.group(1)), text)
    simple = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
    return re.sub(r"\\(?:x([0-9a-fA-F]{2})|(.))",
                  lambda found: chr(int(found.group(1), 16)) if found.group(1) else simple[found.group(2)],
                  text).encode("latin-1")


def bytes_of(line):
    text, end = line[2:], b"\r\n"
    if text.startswith("+"):
        text, end = text[1:], b""
    return unescape(text.removeprefix(" ")) + end


def read_file(path):
    cases = []
    for line in path.read_text().splitlines():
        mark = line[:2]
        if line.startswith("### "):
            cases.append(Case(path.stem, line[4:]))
        elif not line or line[0] == "#":
            continue
        elif mark == "C>":
            steps = cases[-1].client
            if not steps or not isinstance(steps[-1], bytes):
                steps.append(b"")
            steps[-1] += bytes_of(line)
        elif mark == "S>":
            cases[-1].stable_sends = (cases[-1].stable_sends or b"") + bytes_of(line)
        elif mark == "C!":
            cases[-1].client.append(line[3:])
        elif line in ("S! close", "S! reset"):
            cases[-1].stable_then = line[3:]
        elif mark == "? ":
            cases[-1].why = line[2:]
        elif mark == "= ":
            cases[-1].verdict = line[2:].split()
    return cases


def read_all():
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in read_file(path)]


def groups():
    """{file stem: its first line, without the #}"""
    return {path.stem: path.read_text().splitlines()[0].lstrip("# ") for path in sorted(FOLDER.glob("*.txt"))}


def write_seeds(folder):
    """head_scanner: a byte (where the head is split), then a request or a response; body_decoder: two bytes (framing and
    length), then a body; session: a script in which the client sends what it sends and stable answers."""
    heads, bodies, sessions = (pathlib.Path(folder) / name for name in ("head_scanner", "body_decoder", "session"))
    for path in (heads, bodies, sessions):
        path.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(read_all()):
        script = b"r" + case.sent + b"\x1e" + b"A" + (case.stable_sends or b"") + b"\x1e"
        if len(script) <= 8192:
            then = b"" if case.stable_then == "keep" else b"k"
            (sessions / f"case-{number}").write_bytes(script + then + b"g\0a\0")  # and an innocent request
        for side, message in (("client", case.sent), ("stable", case.stable_sends or b"")):
            if not message or len(message) > 8192:
                continue
            (heads / f"case-{number}-{side}").write_bytes(bytes([number % 64]) + message)
            head, empty_line, body = message.partition(b"\r\n\r\n")
            if empty_line and body and b"chunked" in head.lower():
                (bodies / f"case-{number}-{side}").write_bytes(b"\0\0" + body)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "seeds":
        sys.exit(__doc__)
    write_seeds(sys.argv[2])
