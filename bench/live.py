#!/usr/bin/env python3
"""What a request costs: truemirror beside nginx and haproxy, with and without mirroring, on one proxy core.

Upstreams and the load generator run on cpu 0, all proxies on cpu 1, one under load at a time. Short runs alternate, so
that a slow minute of the machine hits every subject. CPU is that of all threads of the subject, over the requests that
wrk completed. A peer counts with its lower quartile, we with the median.
    bench/live.py [--truemirror build/release/truemirror] [--rounds 6] [--seconds 2]
"""
import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from servers import Servers, counters, cpu_seconds, resident_mib

LOAD_CPU, PROXY_CPU = 0, 1
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def load(port, seconds):
    """Requests completed, requests a second, p50 and p99 in ms. Any failed request ends the bench."""
    out = subprocess.run(["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", "-c32", f"-d{seconds}s", "--latency",
                          f"http://127.0.0.1:{port}/orders/7"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit("a request failed, so nothing is measured:\n" + out)
    count = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    p50, p99 = (float(v) * UNITS[u] for v, u in re.findall(r"(?:50|99)%\s+([\d.]+)(us|ms|s)", out))
    return count, rate, p50, p99


def measure(pid, port, admin, seconds):
    before, cpu = counters(admin) if admin else None, cpu_seconds(pid)
    count, rate, p50, p99 = load(port, seconds)
    run = {"cpu": (cpu_seconds(pid) - cpu) / count * 1e6, "rate": rate, "p50": p50, "p99": p99,
           "rss": resident_mib(pid)}
    if admin:
        after = counters(admin)
        run["compared"] = (after["truemirror_compared_total"] - before["truemirror_compared_total"]) / count
    return run


def syscalls(pid, port, seconds=1):
    """System calls a request, counted under strace in a run of its own; none where tracing is not allowed."""
    with tempfile.NamedTemporaryFile() as table:
        trace = subprocess.Popen(["strace", "-c", "-f", "-qq", "-p", str(pid), "-o", table.name],
                                 stderr=subprocess.PIPE)
        time.sleep(0.5)
        if trace.poll() is not None:
            return None
        count = load(port, seconds)[0]
        trace.send_signal(signal.SIGINT)
        trace.wait(timeout=10)
        total = [line.split() for line in open(table.name) if line.rstrip().endswith("total")]
        return int(total[0][3]) / count if total else None


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def table(names, runs, calls):
    def anchor(name):
        return quartiles([r["cpu"] for r in runs[name]])[0]

    nginx, mirror = anchor("nginx"), anchor("nginx mirror 100 %")
    yield ("| subject | CPU µs a request (q1, median, q3) | ÷ nginx | ÷ nginx mirror | requests/s | p50 ms | p99 ms | "
           "syscalls a request | RSS MiB | compared |")
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name in names:
        low, middle, high = quartiles([r["cpu"] for r in runs[name]])
        own = middle if name.startswith("truemirror") else low

        def median(key):
            return statistics.median(r[key] for r in runs[name])

        compared = f"{median('compared'):.1%}" if "compared" in runs[name][0] else ""
        called = f"{calls[name]:.1f}" if calls[name] else "-"
        yield (f"| {name} | {low:.1f}, {middle:.1f}, {high:.1f} | {own / nginx:.2f} | {own / mirror:.2f} | "
               f"{median('rate'):,.0f} | {median('p50'):.2f} | {median('p99'):.2f} | {called} | {median('rss'):.1f} | "
               f"{compared} |")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/release/truemirror"))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("this bench pins load and proxy to two cpus; there is one")

    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, candidate, control, empty = servers.upstream(LOAD_CPU)
        cpu = PROXY_CPU
        subjects = {
            "nginx": servers.nginx_proxy("nginx", cpu, stable),
            "haproxy": servers.haproxy("haproxy", cpu, stable),
            "truemirror, sample 0 %": servers.proxy("sample-0", cpu, stable, candidate, sample="0%"),
            "truemirror, sample 1 %": servers.proxy("sample-1", cpu, stable, candidate, sample="1%"),
            "nginx mirror 100 %": servers.nginx_proxy("mirror", cpu, stable, candidate),
            "nginx mirror 100 %, answered 204": servers.nginx_proxy("mirror-204", cpu, stable, empty),
            "truemirror 100 %, candidate": servers.proxy("candidate", cpu, stable, candidate),
            "truemirror 100 %, candidate and control": servers.proxy("control", cpu, stable, candidate, control),
        }
        names = list(subjects)
        for name in names:
            load(subjects[name][1], 1)  # warm: connections, pools, page faults
        runs = {name: [] for name in names}
        for turn in range(options.rounds):
            for name in names[turn % len(names):] + names[:turn % len(names)]:
                runs[name].append(measure(*subjects[name], options.seconds))
            print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
        calls = {name: syscalls(*subjects[name][:2]) for name in names}
        print("\n".join(table(names, runs, calls)))


if __name__ == "__main__":
    main()
