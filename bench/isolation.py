#!/usr/bin/env python3
"""Whether a candidate can be felt: live traffic under full load beside a healthy candidate and beside hostile ones.

Runs with a hostile candidate alternate with runs with the healthy one, and are paired. The hostile servers share the
load's cpu at the lowest priority. After each run the accounting has to close, and a response is compared byte for byte.
    bench/isolation.py [--truemirror build/bench/truemirror] [--rounds 5] [--seconds 1]
"""
import argparse
import http.client
import itertools
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from live import LOAD_CPU, PROXY_CPU, load
from servers import BODY, Servers, counters, free_port
from targets import judge

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def slow(connection):
    while connection.recv(65536):
        time.sleep(2)
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")


def silent(connection):
    while connection.recv(65536):
        pass


def resets(connection):
    connection.recv(65536)
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
    reset(connection)


def endless(connection):
    connection.recv(65536)
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def garbage(connection):
    while connection.recv(65536):
        connection.sendall(b"\x00\x01 this is no HTTP at all \xff\r\n\r\n")


def reads_nothing(connection):
    time.sleep(600)


HOSTILE = {"takes 2 s a request": slow, "accepts and says nothing": silent, "resets mid-body": resets,
           "sends an endless body": endless, "sends garbage": garbage, "reads nothing": reads_nothing}
IN_TURN = "each connection in another way"


def serve_hostile(name, port):
    os.nice(19)
    manners = itertools.cycle(HOSTILE.values() if name == IN_TURN else [HOSTILE[name]])
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        def run(connection, manner):
            try:
                with connection:
                    manner(connection)
            except OSError:
                pass  # the proxy has had enough: that is its right

        while True:
            threading.Thread(target=run, args=(listener.accept()[0], next(manners)),
                             daemon=True).start()


def closed(admin):
    """Whether sampled == compared + dropped + in flight, in one snapshot."""
    now = counters(admin)
    return now["truemirror_sampled_total"] == (now["truemirror_compared_total"] + now["truemirror_dropped_total"] +
                                               now["truemirror_in_flight"])


def same_bytes(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/orders/7")
    answer = connection.getresponse()
    return answer.status == 200 and answer.read() == BODY.encode()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--serve", nargs=2, metavar=("NAME", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_hostile(options.serve[0], int(options.serve[1]))

    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        stable, candidate, _, _ = servers.upstream(LOAD_CPU)
        rows = []
        print("| candidate | requests/s ÷ healthy | p99 ÷ healthy | bytes to clients | accounting |\n|---|---|---|---|---|")
        for name in ["refuses", *HOSTILE]:
            port = free_port()
            hostile = None
            if name in HOSTILE:
                hostile = subprocess.Popen(["taskset", "-c", str(LOAD_CPU), sys.executable, __file__, "--serve", name,
                                            str(port)])
                servers.children.append(hostile)
                time.sleep(0.5)
            with Servers(folder, os.path.abspath(options.truemirror)) as pair:
                good = pair.proxy("healthy", PROXY_CPU, stable, candidate)
                bad = pair.proxy("hostile", PROXY_CPU, stable, port)
                for subject in (good, bad):
                    load(subject[1], 1)
                rates, tails = [], []
                for _ in range(options.rounds):
                    _, good_rate, _, good_tail = load(good[1], options.seconds)
                    _, bad_rate, _, bad_tail = load(bad[1], options.seconds)
                    rates.append(bad_rate / good_rate)
                    tails.append(bad_tail / good_tail)
                same, closes = same_bytes(bad[1]), closed(bad[2])
            if hostile:
                hostile.terminate()
            rate, tail = statistics.median(rates), statistics.median(tails)
            print(f"| {name} | {rate:.2f} | {tail:.2f} | {'identical' if same else 'DIFFERENT'} | "
                  f"{'closes' if closes else 'DOES NOT CLOSE'} |", flush=True)
            rows.append((f"candidate {name}: requests/s, p99", "≥ 0.97, ≤ 1.10 × healthy", f"{rate:.2f}, {tail:.2f}",
                         rate >= 0.97 and tail <= 1.10 and same and closes))
        judge(rows)


if __name__ == "__main__":
    main()
