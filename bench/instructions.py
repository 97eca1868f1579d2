#!/usr/bin/env python3
"""What a request costs in instructions of the program itself, without the kernel: a figure that no busy machine moves.

Each subject runs under callgrind for a few thousand requests and once more for more of them; the difference is what the
additional requests took, of all threads. For finding what a change costs: the clock is live.py's business.
    bench/instructions.py [--truemirror build/bench/truemirror] [--only 'sample 0 %']
"""
import argparse
import os
import re
import subprocess
import tempfile

from live import LOAD_CPU, PROXY_CPU
from servers import Servers

FEW, MANY = 2_000, 6_000


class Counted(Servers):
    """Servers whose proxies run under callgrind."""

    counting = False

    def _start(self, name, port, cpu, command, environment=None):
        if self.counting:
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder}/{name}.callgrind", *command]
        return super()._start(name, port, cpu, command, environment)


def instructions(start, folder, binary, requests):
    """Instructions of the whole run, start and end included."""
    with Counted(folder, binary) as servers:
        ports = servers.upstream(LOAD_CPU)
        servers.counting = True
        _, port, _ = start(servers, *ports)
        subprocess.run(["taskset", "-c", str(LOAD_CPU), "h2load", "--h1", f"-n{requests}", "-c32",
                        f"http://127.0.0.1:{port}/orders/7"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "subject.out")) as log:
        return int(re.search(r"Collected : (\d+)", log.read()).group(1))


SUBJECTS = {
    "nginx": lambda s, stable, *_: s.nginx_proxy("subject", PROXY_CPU, stable),
    "truemirror, sample 0 %": lambda s, stable, candidate, *_: s.proxy("subject", PROXY_CPU, stable, candidate,
                                                                       sample="0%"),
    "truemirror 100 %, candidate": lambda s, stable, candidate, *_: s.proxy("subject", PROXY_CPU, stable, candidate),
    "truemirror 100 %, candidate and control": lambda s, stable, candidate, control, _: s.proxy(
        "subject", PROXY_CPU, stable, candidate, control),
    "truemirror 100 %, candidate, control, capture": lambda s, stable, candidate, control, _: s.proxy(
        "subject", PROXY_CPU, stable, candidate, control, extra=("--capture", str(s.folder / "capture"))),
}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--only", default="", help="subjects whose name holds this")
    parser.add_argument("--keep", metavar="FOLDER", help="where the longer runs' callgrind files stay")
    options = parser.parse_args()
    print("| subject | instructions a request |\n|---|---|")
    for name, start in SUBJECTS.items():
        if options.only not in name:
            continue
        counts = []
        for requests in (FEW, MANY):
            with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder:
                counts.append(instructions(start, folder, os.path.abspath(options.truemirror), requests))
                if options.keep and requests == MANY:
                    os.makedirs(options.keep, exist_ok=True)
                    target = os.path.join(options.keep, re.sub(r"\W+", "-", name) + ".callgrind")
                    os.replace(os.path.join(folder, "subject.callgrind"), target)
        print(f"| {name} | {(counts[1] - counts[0]) / (MANY - FEW):,.0f} |", flush=True)


if __name__ == "__main__":
    main()
