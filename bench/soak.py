#!/usr/bin/env python3
"""Memory and descriptors under full load while the candidate is hostile: have to stay flat, memory under the budget.

    bench/soak.py [--truemirror build/bench/truemirror] [--seconds 60] [--candidate "accepts and says nothing"]

The candidate is hostile to each connection in another way (bench/isolation.py), unless one way is named.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time

from isolation import HOSTILE, IN_TURN, closed
from live import LOAD_CPU, PROXY_CPU, load
from servers import Servers, counters, free_port, open_files, resident_mib
from targets import judge


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--candidate", choices=[IN_TURN, *HOSTILE], default=IN_TURN)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, _, _, _ = servers.upstream(LOAD_CPU)
        hostile = free_port()
        servers.children.append(subprocess.Popen(["taskset", "-c", str(LOAD_CPU), sys.executable,
                                                  os.path.join(here, "isolation.py"), "--serve",
                                                  options.candidate, str(hostile)]))
        time.sleep(0.5)
        pid, port, admin = servers.proxy("soak", PROXY_CPU, stable, hostile)
        load(port, 1)
        seen, files = [], []
        done = threading.Event()

        def watch():
            while not done.wait(1):
                seen.append(resident_mib(pid))
                files.append(open_files(pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        requests, rate, _, p99 = load(port, options.seconds)
        done.set()
        watcher.join()
        limit = counters(admin)["truemirror_copies_limit_bytes"] / (1 << 20)
        tenth = max(1, len(seen) // 10)

        def first_and_last(values):
            return sum(values[:tenth]) / tenth, sum(values[-tenth:]) / tenth

        early, late = first_and_last(seen)
        files_early, files_late = first_and_last(files)
        print("| seconds | requests | requests/s | p99 ms | RSS MiB, first tenth | last tenth | most | budget of copies, MiB "
              "| descriptors, first tenth | last tenth | most | accounting |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
        print(f"| {options.seconds} | {requests:,} | {rate:,.0f} | {p99:.1f} | {early:.1f} | {late:.1f} | {max(seen):.1f} | "
              f"{limit:.0f} | {files_early:.0f} | {files_late:.0f} | {max(files)} | "
              f"{'closes' if closed(admin) else 'DOES NOT CLOSE'} |")
        # Copies come and go with what the candidate does, so it is their peaks that must not grow.
        half = len(seen) // 2
        first, second = max(seen[:half]), max(seen[half:])
        judge([(f"memory at full load beside a hostile candidate, {options.seconds} s",
                f"flat, under the budget of {limit:.0f} MiB",
                f"at most {first:.0f} MiB in the first half, {second:.0f} in the second",
                second <= first * 1.05 + 1 and max(first, second) <= limit)])


if __name__ == "__main__":
    main()
