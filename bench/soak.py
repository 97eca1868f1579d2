#!/usr/bin/env python3
"""Memory under full load while the candidate hangs: has to stay flat and under the configured budget.

    bench/soak.py [--truemirror build/release/truemirror] [--seconds 60]
"""
import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time

from isolation import closed
from live import LOAD_CPU, PROXY_CPU, load
from servers import Servers, counters, free_port, resident_mib


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/release/truemirror"))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, _, _, _ = servers.upstream(LOAD_CPU)
        hung = free_port()
        servers.children.append(subprocess.Popen(["taskset", "-c", str(LOAD_CPU), sys.executable,
                                                  os.path.join(here, "isolation.py"), "--serve",
                                                  "accepts and says nothing", str(hung)]))
        time.sleep(0.5)
        pid, port, admin = servers.proxy("soak", PROXY_CPU, stable, hung)
        load(port, 1)
        seen = []
        done = threading.Event()

        def watch():
            while not done.wait(1):
                seen.append(resident_mib(pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        requests, rate, _, p99 = load(port, options.seconds)
        done.set()
        watcher.join()
        limit = counters(admin)["truemirror_copies_limit_bytes"] / (1 << 20)
        tenth = max(1, len(seen) // 10)
        early, late = sum(seen[:tenth]) / tenth, sum(seen[-tenth:]) / tenth
        print("| seconds | requests | requests/s | p99 ms | RSS MiB, first tenth | last tenth | most | budget of copies, MiB "
              "| accounting |\n|---|---|---|---|---|---|---|---|---|")
        print(f"| {options.seconds} | {requests:,} | {rate:,.0f} | {p99:.1f} | {early:.1f} | {late:.1f} | {max(seen):.1f} | "
              f"{limit:.0f} | {'closes' if closed(admin) else 'DOES NOT CLOSE'} |")


if __name__ == "__main__":
    main()
