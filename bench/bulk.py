#!/usr/bin/env python3
"""One GiB down and up through truemirror (every request sampled) and through nginx without buffering.

Runs alternate; the ratio of throughputs is paired, the growth of memory is the peak while a body flows.
    bench/bulk.py [--truemirror build/bench/truemirror] [--rounds 3]
"""
import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from live import LOAD_CPU, PROXY_CPU
from servers import Servers, free_port
from targets import judge

SIZE = 1 << 30


def serve_sink(port):
    """Reads each request to its end and answers then: nginx would answer at once, and the upload be of no consequence."""
    def run(connection):
        block = bytearray(1 << 20)
        with connection:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    got = connection.recv(4096)
                    if not got:
                        return
                    head += got
                head, _, rest = head.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head.lower())
                left = (int(length.group(1)) if length else 0) - len(rest)
                while left > 0:
                    got = connection.recv_into(block, min(left, len(block)))
                    if not got:
                        return
                    left -= got
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()


def peak_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as clear:
        clear.write("5")


def transfer(port, upload, file):
    """Bytes a second that curl saw; ends the bench where not every byte came."""
    url = f"http://127.0.0.1:{port}/big"
    command = ["taskset", "-c", str(LOAD_CPU), "curl", "-sS", "-o", "/dev/null", "-w",
               "%{http_code} %{size_download} %{size_upload} %{time_total}", url]
    if upload:
        command += ["-T", file, "-X", "POST", "-H", "Expect:"]
    code, down, up, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if code != "200" or int(up if upload else down) != SIZE:
        raise SystemExit(f"{url}: status {code}, {down} bytes down, {up} up")
    return SIZE / float(seconds)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sink", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sink:
        return serve_sink(options.sink)
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        file = os.path.join(folder, "big")
        with open(file, "wb") as big:
            big.truncate(SIZE)
        stable, sink = free_port(), free_port()
        servers.nginx("upstream", LOAD_CPU, stable, f"server {{ listen 127.0.0.1:{stable}; root {folder}; sendfile on; "
                      "location = / { return 200; } }")
        servers.children.append(subprocess.Popen(["taskset", "-c", str(LOAD_CPU), sys.executable, __file__, "--sink",
                                                  str(sink)]))
        time.sleep(0.5)
        unbuffered = "proxy_buffering off; proxy_request_buffering off; client_max_body_size 0;"
        nginx = {up: servers.nginx_proxy(f"nginx-{up}", PROXY_CPU, sink if up else stable, more=unbuffered)
                 for up in (False, True)}
        own = {up: servers.proxy(f"own-{up}", PROXY_CPU, sink if up else stable, stable,
                                             extra=("--allow-same-address",)) for up in (False, True)}
        print("| 1 GiB | GiB/s, truemirror | GiB/s, nginx | ratio | memory grows by, MiB |\n|---|---|---|---|---|")
        rows = []
        for upload in (False, True):
            ours, theirs, ratios, grown = [], [], [], []
            for _ in range(options.rounds):
                pid, port, _ = own[upload]
                forget_peak(pid)
                before = peak_mib(pid)
                ours.append(transfer(port, upload, file))
                grown.append(peak_mib(pid) - before)
                theirs.append(transfer(nginx[upload][1], upload, file))
                ratios.append(ours[-1] / theirs[-1])
            print(f"| {'up' if upload else 'down'} | {statistics.median(ours) / SIZE:.2f} | "
                  f"{statistics.median(theirs) / SIZE:.2f} | {statistics.median(ratios):.2f} | {max(grown):.1f} |",
                  flush=True)
            ratio = statistics.median(ratios)
            rows.append((f"1 GiB {'up' if upload else 'down'}: throughput, growth of memory", "≥ 1.00 × nginx, < 16 MiB",
                         f"{ratio:.2f}, {max(grown):.1f} MiB", ratio >= 1.0 and max(grown) < 16))
        judge(rows)


if __name__ == "__main__":
    main()
