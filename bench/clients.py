#!/usr/bin/env python3
"""What a request costs as the number of clients grows, and how long it takes at half the load: beside nginx and haproxy.

Upstreams and load on cpu 0, all proxies on cpu 1, one under load at a time, rounds interleaved. The peers keep as many
connections to stable as they like (nginx: keepalive 2048). CPU is that of all threads of the subject over the requests that
wrk completed; a peer counts with its lower quartile, we with the median. Latencies are of an open loop (h2load --rps) at
half of what nginx completed with as many clients.
    bench/clients.py [--truemirror build/bench/truemirror] [--clients 32,256,1000,4000] [--rounds 5] [--seconds 2]
"""
import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

from live import quartiles
from servers import Servers, cpu_seconds
from targets import judge

LOAD_CPU, PROXY_CPU = 0, 1
NGINX, HAPROXY, MIRROR_204 = "nginx", "haproxy", "nginx mirror 100 %, answered 204"
OWN_0, OWN_100 = "truemirror, sample 0 %", "truemirror 100 %, candidate"
ROOM = ("--limit", "connections=9000")


def load(port, clients, seconds, name=""):
    """Requests completed and requests a second. A failed request ends the bench; wrk's connects may take a retry."""
    out = subprocess.run(["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s",
                          f"http://127.0.0.1:{port}/orders/7"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or re.search(r"(read|write|timeout) [1-9]", out):
        raise SystemExit("a request failed, so nothing is measured: {name}\n".format(name=name) + out)
    return int(re.search(r"(\d+) requests in", out).group(1)), float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def cost(pid, port, clients, seconds):
    """CPU µs a request, and requests a second."""
    cpu = cpu_seconds(pid)
    count, rate = load(port, clients, seconds)
    return (cpu_seconds(pid) - cpu) / count * 1e6, rate


def latencies(port, clients, rate, seconds, folder):
    """p50 and p99 in ms at `rate` requests a second, each client at its own steady pace. The first quarter warms up."""
    log = os.path.join(folder, "latencies")
    if os.path.exists(log):
        os.remove(log)
    a_client = max(1, round(rate / clients))
    subprocess.run(["taskset", "-c", str(LOAD_CPU), "h2load", "--h1", "-t1", "-c", str(clients), f"--rps={a_client}",
                    "-D", str(seconds), "--warm-up-time=0", f"--log-file={log}", f"http://127.0.0.1:{port}/orders/7"],
                   capture_output=True, text=True, check=True)
    rows = [line.split() for line in open(log)]
    if any(row[1] != "200" for row in rows):
        raise SystemExit(f"h2load: {sum(row[1] != '200' for row in rows)} of {len(rows)} requests failed")
    took = sorted(int(row[2]) / 1e3 for row in rows[len(rows) // 4:])
    return took[len(took) // 2], took[len(took) * 99 // 100]


def value(name, figures):
    low, middle, _ = quartiles(figures)
    return middle if name.startswith("truemirror") else low


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--clients", default="32,256,1000,4000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    counts = [int(count) for count in options.clients.split(",")]
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("this bench pins load and proxy to two cpus; there is one")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the children inherit it

    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror), connections=14_000) as servers:
        # An upstream each: what one keeps open takes no connection of another's.
        places = [servers.upstream(LOAD_CPU, f"upstream-{at}") for at in range(5)]
        subjects = {
            NGINX: servers.nginx_proxy("nginx", PROXY_CPU, places[0][0], keep=2048),
            HAPROXY: servers.haproxy("haproxy", PROXY_CPU, places[1][0]),
            OWN_0: servers.proxy("sample-0", PROXY_CPU, *places[2][:2], sample="0%", extra=ROOM),
            MIRROR_204: servers.nginx_proxy("mirror-204", PROXY_CPU, places[3][0], places[3][3], keep=2048),
            OWN_100: servers.proxy("candidate", PROXY_CPU, *places[4][:2], extra=ROOM),
        }
        names = list(subjects)
        costs = {(name, count): [] for name in names for count in counts}
        rates = {}
        paces = {(name, count): [] for name in (NGINX, HAPROXY, OWN_0) for count in counts}
        for turn in range(options.rounds + 1):
            for count in counts:
                for name in names[turn % len(names):] + names[:turn % len(names)]:
                    pid, port, _ = subjects[name]
                    if turn == 0:  # connections, pools, page faults
                        rates[name, count] = load(port, count, 1, name)[1]
                        continue
                    costs[name, count].append(cost(pid, port, count, options.seconds)[0])
                if turn == 0:
                    continue
                for name in (NGINX, HAPROXY, OWN_0):
                    paces[name, count].append(
                        latencies(subjects[name][1], count, rates[NGINX, count] / 2, options.seconds, folder))
            print(f"round {turn} of {options.rounds}", file=sys.stderr)
    report(names, counts, costs, paces)


def report(names, counts, costs, paces):
    print("| CPU µs a request (q1, median, q3) | " + " | ".join(f"{count:,} clients" for count in counts) + " | growth |")
    print("|---" * (len(counts) + 2) + "|")
    for name in names:
        cells = [", ".join(f"{q:.1f}" for q in quartiles(costs[name, count])) for count in counts]
        growth = value(name, costs[name, counts[-1]]) / value(name, costs[name, counts[0]])
        print(f"| {name} | " + " | ".join(cells) + f" | {growth:.2f} |")
    print("\n| p50, p99 ms at half the rate, open loop | " + " | ".join(f"{count:,} clients" for count in counts) + " |")
    print("|---" * (len(counts) + 1) + "|")
    middle = {key: tuple(statistics.median(run[at] for run in runs) for at in (0, 1)) for key, runs in paces.items()}
    for name in (NGINX, HAPROXY, OWN_0):
        print(f"| {name} | " + " | ".join(f"{middle[name, c][0]:.2f}, {middle[name, c][1]:.2f}" for c in counts) + " |")

    rows = []
    for count in counts:
        ratio = value(OWN_0, costs[OWN_0, count]) / value(NGINX, costs[NGINX, count])
        rows.append((f"{count:,} clients, sample 0 %, CPU a request", "≤ 0.90 × nginx", f"{ratio:.2f}", ratio <= 0.90))
    for count in counts:
        ratio = value(OWN_100, costs[OWN_100, count]) / value(MIRROR_204, costs[MIRROR_204, count])
        rows.append((f"{count:,} clients, 100 % to a candidate, CPU a request", f"≤ 1.00 × {MIRROR_204}", f"{ratio:.2f}",
                     ratio <= 1.00))
    if 32 in counts and 1000 in counts:
        for name in (OWN_0, OWN_100):
            growth = value(name, costs[name, 1000]) / value(name, costs[name, 32])
            rows.append((f"growth from 32 to 1,000 clients, {name}", "≤ 1.50", f"{growth:.2f}", growth <= 1.50))
    for count in counts:
        for at, what in ((0, "p50"), (1, "p99")):
            peer = min(middle[NGINX, count][at], middle[HAPROXY, count][at])
            own = middle[OWN_0, count][at]
            rows.append((f"{count:,} clients, {what} at half the rate", "≤ nginx's and haproxy's",
                         f"{own:.2f} ms, {peer:.2f} ms", own <= peer))
    judge(rows)


if __name__ == "__main__":
    main()
