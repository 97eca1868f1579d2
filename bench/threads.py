#!/usr/bin/env python3
"""Whether the cost of a request grows with the number of live threads: counted, as two cpus cannot show it by the clock.

The same load goes to one, two and four live threads. What threads share shows as a mutex that another thread had last
(its cache line has to come over) or that is found held; count_locks.cc counts both for the live threads, strace the futex
calls of all. A mutex that a thread shares with nobody (Asio's, a few for each look at its sockets) costs some cycles;
there are more of them a request with more threads, as each finds fewer events when it looks.
    bench/threads.py [--truemirror build/bench/truemirror] [--counter build/bench/bench/libcount_locks.so]
"""
import argparse
import os
import signal
import subprocess
import tempfile
import time

from live import LOAD_CPU, PROXY_CPU, load
from servers import Servers, cpu_seconds
from targets import judge


def futex_calls(pid, port, seconds):
    """Requests under strace, and the futex() calls of all threads for each; 0 and None where tracing is not allowed."""
    with tempfile.NamedTemporaryFile() as table:
        trace = subprocess.Popen(["strace", "-c", "-f", "-qq", "-e", "trace=futex", "-p", str(pid), "-o", table.name],
                                 stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        if trace.poll() is not None:
            return 0, None
        count = load(port, seconds)[0]
        trace.send_signal(signal.SIGINT)
        trace.wait(timeout=10)
        total = [line.split() for line in open(table.name) if line.rstrip().endswith("total")]
        return count, int(total[0][3]) / count if total else 0.0


def measure(options, threads, sample):
    """CPU microseconds a request; locks, moved and held ones of the live threads, and futex calls of all, each a request."""
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder:
        counted = os.path.join(folder, "locks")
        preload = {"LD_PRELOAD": os.path.abspath(options.counter), "COUNT_LOCKS": counted}
        with Servers(folder, os.path.abspath(options.truemirror)) as servers:
            stable, candidate, _, _ = servers.upstream(LOAD_CPU)
            pid, port, _ = servers.proxy("threads", PROXY_CPU, stable, candidate, sample=sample, threads=threads,
                                         environment=preload)
            before, total = cpu_seconds(pid), 0
            for _ in range(options.rounds):
                total += load(port, options.seconds)[0]
            cpu = (cpu_seconds(pid) - before) / total * 1e6
            traced, futexes = futex_calls(pid, port, 1)
        with open(counted) as lines:
            live = [line.split() for line in lines if line.startswith("live-")]
        locked, moved, held = (sum(int(line[at]) for line in live) / (total + traced) for at in (1, 2, 3))
        return cpu, locked, moved, held, futexes


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--counter", default=os.path.join(here, "../build/bench/bench/libcount_locks.so"))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    print("| sampled | live threads | CPU µs a request | mutexes locked by live threads | had last by another thread | "
          "found held | futex calls, all |\n|---|---|---|---|---|---|---|")
    rows = []
    for sample, most in (("0%", 0.001), ("100%", 1.5)):
        for threads in (1, 2, 4):
            cpu, locked, moved, held, futexes = measure(options, threads, sample)
            print(f"| {sample} | {threads} | {cpu:.1f} | {locked:.2f} | {moved:.4f} | {held:.4f} | "
                  f"{'-' if futexes is None else f'{futexes:.2f}'} |", flush=True)
        rows.append((f"4 live threads, sample {sample}: mutexes that another thread had, that were held",
                     f"≤ {most:g}, < 0.01 a request", f"{moved:.4f}, {held:.4f}", moved <= most and held < 0.01))
    judge(rows)


if __name__ == "__main__":
    main()
