#!/usr/bin/env python3
"""What a request costs: truemirror beside nginx and haproxy, with and without mirroring, on one proxy core.

Upstreams and the load generator run on cpu 0, all proxies on cpu 1, one under load at a time. Short runs alternate, so
that a slow minute of the machine hits every subject. CPU is that of all threads of the subject, over the requests that
wrk completed. A peer counts with its lower quartile, we with the median.
    bench/live.py [--truemirror build/bench/truemirror] [--forwarder build/bench/bench/forwarder] [--rounds 9] [--seconds 1]
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
from targets import judge

LOAD_CPU, PROXY_CPU = 0, 1
MIRROR, MIRROR_204 = "nginx mirror 100 %", "nginx mirror 100 %, answered 204"
OWN_0, OWN_1 = "truemirror, sample 0 %", "truemirror, sample 1 %"
OWN_CANDIDATE, OWN_CONTROL = "truemirror 100 %, candidate", "truemirror 100 %, candidate and control"
OWN_CAPTURE = "truemirror 100 %, candidate, control, capture"
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

    nginx, mirror = anchor("nginx"), anchor(MIRROR)
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


def targets(runs):
    """How the figures stand to what is wanted: a peer with its lower quartile, truemirror with its median."""
    def cost(name):
        low, middle, _ = quartiles([r["cpu"] for r in runs[name]])
        return middle if name.startswith("truemirror") else low

    def row(what, subject, peer, most):
        ratio = cost(subject) / cost(peer)
        return f"{what}, CPU a request", f"≤ {most:.2f} × {peer}", f"{ratio:.2f}", ratio <= most

    def paired(what, subject, other, most):
        ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(runs[subject], runs[other]))
        return f"{what}, CPU a request", f"≤ {most:.2f} × without", f"{ratio:.2f} (paired)", ratio <= most

    return [row("not mirrored (sample 0 %)", OWN_0, "nginx", 0.95),
            row("100 % mirrored to a candidate", OWN_CANDIDATE, MIRROR, 0.50),
            row("100 % mirrored to a candidate", OWN_CANDIDATE, MIRROR_204, 1.00),
            row("100 % mirrored to candidate and control", OWN_CONTROL, MIRROR, 0.70),
            paired("1 % sampled", OWN_1, OWN_0, 1.03)]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--forwarder", default=os.path.join(here, "../build/bench/bench/forwarder"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=1)
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("this bench pins load and proxy to two cpus; there is one")

    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, candidate, control, empty = servers.upstream(LOAD_CPU)
        cpu = PROXY_CPU
        subjects = {
            "TCP forwarder (the floor)": servers.forwarder("floor", cpu, stable, options.forwarder),
            "nginx": servers.nginx_proxy("nginx", cpu, stable),
            "haproxy": servers.haproxy("haproxy", cpu, stable),
            OWN_0: servers.proxy("sample-0", cpu, stable, candidate, sample="0%"),
            OWN_1: servers.proxy("sample-1", cpu, stable, candidate, sample="1%"),
            MIRROR: servers.nginx_proxy("mirror", cpu, stable, candidate),
            MIRROR_204: servers.nginx_proxy("mirror-204", cpu, stable, empty),
            OWN_CANDIDATE: servers.proxy("candidate", cpu, stable, candidate),
            OWN_CONTROL: servers.proxy("control", cpu, stable, candidate, control),
            OWN_CAPTURE: servers.proxy("capture", cpu, stable, candidate, control,
                                       extra=("--capture", os.path.join(folder, "capture"))),
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
        judge(targets(runs))


if __name__ == "__main__":
    main()
