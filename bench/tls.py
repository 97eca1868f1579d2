#!/usr/bin/env python3
"""What TLS costs beside nginx with the same settings: handshakes, full and resumed, requests on kept connections, bulk.

Same certificate (ECDSA P-256), suites, groups, tickets and buffers; load and upstreams on cpu 0, each proxy alone on cpu
1. CPU is that of all threads of the subject. Short runs alternate; a peer counts with its lower quartile, we with the
median.
    bench/tls.py [--truemirror build/release/truemirror] [--rounds 6] [--seconds 1] [--only handshake]
"""
import argparse
import os
import re
import ssl
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from servers import Servers, cpu_seconds, free_port
from targets import judge

LOAD_CPU, PROXY_CPU = 0, 1
REQUEST = b"GET /orders/7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SUITES = ":".join("ECDHE-%s-%s" % (kind, rest) for rest in ("AES128-GCM-SHA256", "AES256-GCM-SHA384",
                                                            "CHACHA20-POLY1305") for kind in ("ECDSA", "RSA"))


def make_certificate(folder):
    certificate, key = os.path.join(folder, "bench.pem"), os.path.join(folder, "bench.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate, key


def nginx_tls(servers, name, stable, certificate, key, body):
    """The plain port is only there to see that it has started."""
    port, plain = free_port(), free_port()
    http = (f"upstream stable {{ server 127.0.0.1:{stable}; keepalive 64; }}\n"
            f"server {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; "
            f"ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {SUITES}; "
            "ssl_ecdh_curve X25519:prime256v1:secp384r1; ssl_prefer_server_ciphers on; ssl_session_tickets on; "
            "ssl_session_timeout 2h; ssl_session_cache none; ssl_buffer_size 16k; "
            f"location / {{ {body} proxy_http_version 1.1; "
            'proxy_set_header Connection ""; proxy_set_header Host $host; proxy_pass http://stable; } }')
    return servers.nginx(name, PROXY_CPU, plain, http), port


def truemirror_tls(servers, name, stable, certificate, key):
    port = free_port()
    extra = ("--https", f"127.0.0.1:{port}", "--certificate", certificate, "--key", key)
    return servers.proxy(name, PROXY_CPU, stable, stable, sample="0%", extra=("--allow-same-address", *extra))[0], port


def handshakes(port, seconds, version, resume):
    """Connections with one request each, one after the other; how many, and whether all resumed as they should."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    session, count, end = None, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        raw = socket.create_connection(("127.0.0.1", port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
            connection.sendall(REQUEST)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit("a request failed, so nothing is measured: " + repr(answer[:200]))
            if connection.session_reused != (session is not None):
                raise SystemExit(f"resumed: {connection.session_reused}, which is not what was to be measured")
            if resume:
                session = connection.session
        count += 1
    return count


def requests(port, seconds, target="/orders/7"):
    """Requests completed on 32 kept connections."""
    out = subprocess.run(["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", "-c32", f"-d{seconds}s",
                          f"https://127.0.0.1:{port}{target}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit("a request failed, so nothing is measured:\n" + out)
    return int(re.search(r"(\d+) requests in", out).group(1))


QUESTIONS = {
    "full handshake and a request, TLS 1.3": lambda port, s: handshakes(port, s, ssl.TLSVersion.TLSv1_3, False),
    "resumed handshake and a request, TLS 1.3": lambda port, s: handshakes(port, s, ssl.TLSVersion.TLSv1_3, True),
    "full handshake and a request, TLS 1.2": lambda port, s: handshakes(port, s, ssl.TLSVersion.TLSv1_2, False),
    "resumed handshake and a request, TLS 1.2": lambda port, s: handshakes(port, s, ssl.TLSVersion.TLSv1_2, True),
    "request on a kept connection, 1 KiB": requests,
    "response of 1 MiB on a kept connection": lambda port, s: requests(port, s, "/bulk"),
}


def measure(pid, port, question, seconds):
    cpu = cpu_seconds(pid)
    count = QUESTIONS[question](port, seconds)
    return (cpu_seconds(pid) - cpu) / count * 1e6


def upstream(servers, folder):
    """nginx that answers 1 KiB of JSON, and 1 MiB at /bulk."""
    os.mkdir(os.path.join(folder, "files"))
    with open(os.path.join(folder, "files", "bulk"), "wb") as bulk:
        bulk.write(os.urandom(1 << 20))
    from servers import BODY
    port = free_port()
    servers.nginx("upstream", LOAD_CPU, port, f"sendfile on; server {{ listen 127.0.0.1:{port}; location / "
                  f"{{ return 200 '{BODY}'; }} location = /bulk {{ root {folder}/files; }} }}")
    return port


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/release/truemirror"))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", default="", help="questions whose name holds this")
    options = parser.parse_args()
    questions = [question for question in QUESTIONS if options.only in question]
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("this bench pins load and proxy to two cpus; there is one")
    os.sched_setaffinity(0, {LOAD_CPU})  # this process is the load of the handshakes

    with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
            Servers(folder, os.path.abspath(options.truemirror)) as servers:
        os.chmod(folder, 0o755)
        certificate, key = make_certificate(folder)
        stable = upstream(servers, folder)
        # nginx buffers what it relays, by default to a file; here in memory alone, as we do.
        subjects = {"nginx": nginx_tls(servers, "nginx", stable, certificate, key, "proxy_max_temp_file_size 0;"),
                    "truemirror": truemirror_tls(servers, "truemirror", stable, certificate, key)}
        runs = {(name, question): [] for name in subjects for question in questions}
        for turn in range(options.rounds):
            for question in questions:
                for name in list(subjects)[::1 if turn % 2 else -1]:
                    runs[name, question].append(measure(*subjects[name], question, options.seconds))
            print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
        print("| what | nginx, CPU µs (q1, median, q3) | truemirror, CPU µs | ÷ nginx |\n|---|---|---|---|")
        targets = []
        for question in questions:
            theirs = statistics.quantiles(runs["nginx", question], n=4, method="inclusive")
            ours = statistics.quantiles(runs["truemirror", question], n=4, method="inclusive")
            print(f"| {question} | {theirs[0]:.1f}, {theirs[1]:.1f}, {theirs[2]:.1f} | {ours[0]:.1f}, {ours[1]:.1f}, "
                  f"{ours[2]:.1f} | {ours[1] / theirs[0]:.2f} |")
            ratio = ours[1] / theirs[0]
            targets.append((f"TLS: {question}, CPU", "≤ 1.00 × nginx", f"{ratio:.2f}", ratio <= 1))
        judge(targets)


if __name__ == "__main__":
    main()
