#!/usr/bin/env python3
"""What an idle keep-alive connection holds, and how long it takes from start to the first request served.

    bench/idle.py [--truemirror build/bench/truemirror] [--connections 10000] [--starts 10]
"""
import argparse
import http.client
import os
import resource
import socket
import statistics
import subprocess
import tempfile
import time

from live import LOAD_CPU, PROXY_CPU
from servers import Servers, free_port, resident_mib
from targets import judge

REQUEST = b"GET /orders/7 HTTP/1.1\r\nHost: localhost\r\n\r\n"


def ask(connection):
    connection.sendall(REQUEST)
    seen = b""
    while not seen.endswith(b" ") or len(seen) < 1100:
        got = connection.recv(65536)
        if not got:
            raise SystemExit("a connection was closed")
        seen += got


def bytes_per_connection(pid, port, count):
    """Growth of the resident memory by `count` connections that have each had one answer and are silent now."""
    warm = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for connection in warm:
        ask(connection)
    before = resident_mib(pid)
    held = []
    for _ in range(count):
        held.append(socket.create_connection(("127.0.0.1", port)))
        ask(held[-1])
    time.sleep(1)
    grown = (resident_mib(pid) - before) * (1 << 20)
    for connection in warm + held:
        connection.close()
    return grown / count


def start_ms(binary, stable, folder):
    """From the start of the process to a response in hand."""
    port, admin = free_port(), free_port()
    began = time.monotonic()
    child = subprocess.Popen([binary, "serve", "--allow-same-address", "--stable", f"http://127.0.0.1:{stable}", "--candidate",
                              f"http://127.0.0.1:{stable}", "--listen", f"127.0.0.1:{port}", "--admin",
                              f"127.0.0.1:{admin}", "--report", os.path.join(folder, f"start-{port}")],
                             stderr=subprocess.DEVNULL)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/orders/7")
            connection.getresponse().read()
            break
        except OSError:
            time.sleep(0.0005)
    took = (time.monotonic() - began) * 1e3
    child.terminate()
    child.wait(timeout=45)
    return took


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--starts", type=int, default=10)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    binary = os.path.abspath(options.truemirror)
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, Servers(folder, binary) as servers:
        stable, candidate, _, _ = servers.upstream(LOAD_CPU)
        pid, port, _ = servers.proxy("idle", PROXY_CPU, stable, candidate, sample="0%")
        held = bytes_per_connection(pid, port, options.connections)
        starts = [start_ms(binary, stable, folder) for _ in range(options.starts)]
        took = statistics.median(starts)
        judge([(f"{options.connections:,} idle connections: user memory of each", "≤ 1,536 bytes", f"{held:,.0f} bytes",
                held <= 1536),
               (f"start to first response (median of {options.starts})", "< 50 ms", f"{took:.0f} ms", took < 50)])


if __name__ == "__main__":
    main()
