#!/usr/bin/env python3
"""What capture adds: truemirror mirroring all to candidate and control, with and without writing (redacted, compressed)
what it compared, at a rate at which every sample is compared. Under full load on one cpu (live.py) some are shed, and a
figure is then the cost of what was done. Load and upstreams on cpu 0, truemirror on cpu 1; alternating runs, paired.
    bench/capture.py [--truemirror build/bench/truemirror] [--rate 9600] [--rounds 5] [--seconds 2]
"""
import argparse
import os
import re
import statistics
import subprocess
import tempfile

from live import LOAD_CPU, PROXY_CPU, load, quartiles
from servers import Servers, counters, cpu_seconds
from targets import judge

CLIENTS = 32


def paced(port, rate, seconds):
    """Requests that succeeded, sent at `rate` a second on 32 connections."""
    out = subprocess.run(["taskset", "-c", str(LOAD_CPU), "h2load", "--h1", f"-c{CLIENTS}", "-t1",
                          f"--rps={rate / CLIENTS:g}", f"-D{seconds}", f"http://127.0.0.1:{port}/orders/7"],
                         capture_output=True, text=True, check=True).stdout
    done, failed = re.search(r"(\d+) succeeded, (\d+) failed", out).groups()
    if int(failed):
        raise SystemExit("a request failed, so nothing is measured:\n" + out)
    return int(done)


def measure(subject, rate, seconds):
    """CPU microseconds a request, and the share of requests that were compared."""
    pid, port, admin = subject
    before, cpu = counters(admin)["truemirror_compared_total"], cpu_seconds(pid)
    count = paced(port, rate, seconds)
    cost = (cpu_seconds(pid) - cpu) / count * 1e6
    return cost, (counters(admin)["truemirror_compared_total"] - before) / count


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--rate", type=int, default=9_600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, candidate, control, _ = servers.upstream(LOAD_CPU)
        subjects = {
            "without": servers.proxy("without", PROXY_CPU, stable, candidate, control),
            "with capture and redaction": servers.proxy("capture", PROXY_CPU, stable, candidate, control, extra=(
                "--capture", os.path.join(folder, "capture"))),
        }
        for _, port, _ in subjects.values():
            load(port, 1)  # warm, and the capture has its dictionary
        runs = {name: [] for name in subjects}
        for turn in range(options.rounds):
            for name in list(subjects)[::1 if turn % 2 else -1]:
                runs[name].append(measure(subjects[name], options.rate, options.seconds))
        print(f"| candidate and control, {options.rate:,} requests/s | CPU µs a request (q1, median, q3) | compared |\n"
              "|---|---|---|")
        for name, measured in runs.items():
            low, middle, high = quartiles([cost for cost, _ in measured])
            print(f"| {name} | {low:.1f}, {middle:.1f}, {high:.1f} | {min(share for _, share in measured):.1%} |")
        without, captured = (runs[name] for name in subjects)
        ratio = statistics.median(b[0] / a[0] for a, b in zip(without, captured))
        judge([("capture and redaction, CPU a request with every sample compared", "≤ 1.25 × without",
                f"{ratio:.2f} (paired)", ratio <= 1.25)])


if __name__ == "__main__":
    main()
