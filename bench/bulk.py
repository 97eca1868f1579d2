#!/usr/bin/env python3
"""One GiB down and up through truemirror (every request sampled) and through nginx without buffering.

Runs alternate; the ratio of throughputs is paired, the growth of memory is the peak while a body flows.
    bench/bulk.py [--truemirror build/release/truemirror] [--rounds 3]
"""
import argparse
import os
import statistics
import subprocess
import tempfile

from live import LOAD_CPU, PROXY_CPU
from servers import Servers, free_port

SIZE = 1 << 30


def peak_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as clear:
        clear.write("5")


def transfer(port, upload, file):
    """Bytes a second that curl saw; ends the bench where not every byte came."""
    url = f"http://127.0.0.1:{port}/" + ("sink" if upload else "big")
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
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/release/truemirror"))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        file = os.path.join(folder, "big")
        with open(file, "wb") as big:
            big.truncate(SIZE)
        stable = free_port()
        servers.nginx("upstream", LOAD_CPU, stable, f"server {{ listen 127.0.0.1:{stable}; root {folder}; sendfile on; "
                      "client_max_body_size 0; location = /sink { return 200; } location = / { return 200; } }")
        nginx = servers.nginx_proxy("nginx", PROXY_CPU, stable, more="proxy_buffering off; proxy_request_buffering off; "
                                    "client_max_body_size 0;")
        own = servers.proxy("own", PROXY_CPU, stable, stable)
        print("| 1 GiB | GiB/s, truemirror | GiB/s, nginx | ratio | memory grows by, MiB |\n|---|---|---|---|---|")
        for upload in (False, True):
            ours, theirs, ratios, grown = [], [], [], []
            for _ in range(options.rounds):
                forget_peak(own[0])
                before = peak_mib(own[0])
                ours.append(transfer(own[1], upload, file))
                grown.append(peak_mib(own[0]) - before)
                theirs.append(transfer(nginx[1], upload, file))
                ratios.append(ours[-1] / theirs[-1])
            print(f"| {'up' if upload else 'down'} | {statistics.median(ours) / SIZE:.2f} | "
                  f"{statistics.median(theirs) / SIZE:.2f} | {statistics.median(ratios):.2f} | {max(grown):.1f} |",
                  flush=True)


if __name__ == "__main__":
    main()
