#!/usr/bin/env python3
"""The corpus through nginx and haproxy: where they and truemirror differ, and why truemirror does as it does.

    tests/conformance/differential.py [--all]

Both run as reverse proxies with their defaults and kept connections to the upstream, on loopback, in a temporary folder.
A case is refused by a proxy that answers with an error or closes, and forwarded where the upstream received a head of
it. Prints, in Markdown, a table of the groups, then one of the differences with the reasons that differences.txt gives,
then, with --all, each case that differs. Exits 1 where one that differs has no reason there, or two. Needs nginx and haproxy
(Debian's, of docker/install-deps.sh bench).
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import cases

LANES = 24  # cases at a time, each with its own upstream and its own port of either peer
PATIENCE = 0.7  # seconds without a byte after which a peer is taken to wait for more

NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {servers}
}}
"""
NGINX_SERVER = """upstream stable{lane} {{ server 127.0.0.1:{upstream}; keepalive 4; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://stable{lane}; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_set_header Host $http_host; }} }}"""
HAPROXY = """global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  http-reuse always
  retries 0
"""
HAPROXY_SERVER = """frontend live{lane}
  bind 127.0.0.1:{port}
  default_backend stable{lane}
backend stable{lane}
  server stable 127.0.0.1:{upstream}
"""
PLAIN = b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok"


class Upstream:
    """Answers each request as the current case says, and remembers the heads. Reads leniently: a body ends by its length,
    or, where chunked stands in the head, when nothing more comes for a moment."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.case, self.heads = None, []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        pending = b""
        try:
            while True:
                while b"\r\n\r\n" not in pending:
                    got = connection.recv(65536)
                    if not got:
                        return
                    pending += got
                head, _, pending = pending.partition(b"\r\n\r\n")
                case = self.case
                self.heads.append(head)
                pending = self.skip_body(connection, head.lower(), pending)
                answer = PLAIN if case is None or case.stable_sends is None else case.stable_sends
                if answer is PLAIN and head.startswith(b"HEAD "):
                    answer = PLAIN[:-2]
                connection.sendall(answer)
                if case is not None and case.stable_then != "keep":
                    return
        except OSError:
            return
        finally:
            connection.close()

    def skip_body(self, connection, head, pending):
        length = re.search(rb"^content-length:[ \t]*(\d+)", head, re.M)
        if b"transfer-encoding" in head and b"chunked" in head:
            connection.settimeout(0.1)
            try:
                while not pending.endswith(b"\r\n\r\n"):
                    got = connection.recv(65536)
                    if not got:
                        break
                    pending += got
            except TimeoutError:
                pass
            connection.settimeout(None)
            return b""
        if length is None:
            return pending
        while len(pending) < int(length.group(1)):
            got = connection.recv(65536)
            if not got:
                break
            pending += got
        return pending[int(length.group(1)):]


def ask(port, upstream, case):
    """The final statuses that a client sees, whether the connection was closed, whether the upstream received a head."""
    upstream.case, upstream.heads = case, []
    got, closed = b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        try:
            for step in case.client:
                if isinstance(step, bytes):
                    client.sendall(step)
                elif step == "end":
                    client.shutdown(socket.SHUT_WR)
                else:
                    time.sleep(0.05)
            if case.verdict == ["nothing"]:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has closed already
        try:
            while not closed:
                bytes_ = client.recv(65536)
                got += bytes_
                closed = not bytes_
                if len(statuses_in(got)) >= len(case.statuses) and "close" not in case.verdict and got.endswith(b"ok"):
                    break
        except TimeoutError:
            pass
        except OSError:
            closed = True
    return statuses_in(got) or (["other bytes"] if got else []), closed, bool(upstream.heads)


def statuses_in(got):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] ([2-5]\d\d)[ \r]", got)]


def judge(case, outcome):
    """How a peer's outcome differs from the case's verdict, which is what truemirror does."""
    statuses, _, forwarded = outcome
    refuses = not statuses or statuses == ["other bytes"] or statuses[0] >= 400
    if case.refused:
        if forwarded:
            return "forwards"
        return "same" if statuses[:1] == case.statuses[:1] else "other status"
    if case.stable_sends is None and case.statuses and case.statuses[0] < 400 and refuses:
        return "refuses"
    return "same" if statuses == case.statuses else "other responses"


def start(command, port):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return child
        except OSError:
            time.sleep(0.05)
    child.terminate()
    raise SystemExit(f"{command[0]} did not start")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def run_peer(start_peer, corpus):
    upstreams = [Upstream() for _ in range(LANES)]
    ports = free_ports(LANES)
    child = start_peer(ports, upstreams)
    try:
        def lane(number):
            return [(at, ask(ports[number], upstreams[number], corpus[at])) for at in range(number, len(corpus), LANES)]
        with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
            return dict(entry for part in pool.map(lane, range(LANES)) for entry in part)
    finally:
        child.terminate()
        child.wait(timeout=20)


def peers(folder):
    def nginx(ports, upstreams):
        config = pathlib.Path(folder, "nginx.conf")
        config.write_text(NGINX.format(folder=folder, servers="\n".join(
            NGINX_SERVER.format(lane=n, port=port, upstream=upstreams[n].port) for n, port in enumerate(ports))))
        binary = "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
        return start([binary, "-c", str(config), "-e", f"{folder}/nginx.err"], ports[0])

    def haproxy(ports, upstreams):
        config = pathlib.Path(folder, "haproxy.cfg")
        config.write_text(HAPROXY + "".join(
            HAPROXY_SERVER.format(lane=n, port=port, upstream=upstreams[n].port) for n, port in enumerate(ports)))
        binary = "/usr/sbin/haproxy" if os.path.exists("/usr/sbin/haproxy") else "haproxy"
        return start([binary, "-db", "-f", str(config)], ports[0])

    return {"nginx": nginx, "haproxy": haproxy}


def shown(outcome):
    statuses, closed, forwarded = outcome
    text = " ".join(map(str, statuses)) or ("closes" if closed else "waits")
    return text + (", forwarded" if forwarded else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="list every case that differs as well")
    everything = parser.parse_args().all
    corpus = cases.read_all()
    with tempfile.TemporaryDirectory() as folder:
        results = {name: run_peer(begin, corpus) for name, begin in peers(folder).items()}
    kinds = ["same", "forwards", "refuses", "other status", "other responses"]
    print("| group | cases | " + " | ".join(f"{name}: {kind}" for name in results for kind in kinds) + " |")
    print("|---|" + "---|" * (1 + len(results) * len(kinds)))
    rows = collections.defaultdict(lambda: {name: collections.Counter() for name in results})
    for at, case in enumerate(corpus):
        for name, outcomes in results.items():
            for group in (case.group, "all"):
                rows[group][name][judge(case, outcomes[at])] += 1
    titles = cases.groups() | {"all": "all"}
    for group, counts in sorted(rows.items()):
        cells = [str(counts[name][kind] or "") for name in results for kind in kinds]
        print(f"| {titles[group]} | {sum(counts['nginx'].values())} | " + " | ".join(cells) + " |")
    differing = [at for at, case in enumerate(corpus)
                 if any(judge(case, outcomes[at]) != "same" for outcomes in results.values())]
    unexplained = explain([corpus[at] for at in differing])
    for group, title in cases.groups().items() if everything else ():
        lines = [line(corpus[at], [outcomes[at] for outcomes in results.values()]) for at in differing
                 if corpus[at].group == group]
        if lines:
            print(f"\n### {title}\n\n| case | truemirror | " + " | ".join(results)
                  + " | why |\n|---|---|" + "---|" * (len(results) + 1))
            print("\n".join(lines))
    sys.exit(unexplained)


class Reason:
    """One entry of differences.txt: a difference, what each of us does, and the cases that it is about."""

    def __init__(self, text):
        title, *lines = text.strip().splitlines()
        self.title, self.does, self.patterns, self.met = title, {}, [], 0
        for each in lines:
            key, _, value = each.partition(": ")
            if key in ("nginx", "haproxy", "here"):
                self.does[key] = value
            else:
                self.patterns.append((key, re.compile(".*".join(map(re.escape, value.split("*"))))))

    def covers(self, case):
        return any(case.group.startswith(file + "-") and pattern.fullmatch(case.name) for file, pattern in self.patterns)


def explain(differing):
    """Prints the table of reasons, with how many cases each is true of; whether a case has none, or two."""
    text = (pathlib.Path(__file__).parent / "differences.txt").read_text()
    reasons = [Reason(part) for part in re.split(r"^### ", text, flags=re.M)[1:]]
    unexplained = False
    for case in differing:
        mine = [reason for reason in reasons if reason.covers(case)]
        for reason in mine:
            reason.met += 1
        if len(mine) != 1:
            titles = "; ".join(reason.title for reason in mine) or "none"
            print(f"{case.group}: {case.name}: reasons in differences.txt: {titles}", file=sys.stderr)
            unexplained = True
    print("\n| what | cases | nginx | haproxy | truemirror, and why |\n|---|---|---|---|---|")
    for reason in reasons:
        cells = [reason.title, str(reason.met), *(reason.does[who] for who in ("nginx", "haproxy", "here"))]
        print("| " + " | ".join(cells) + " |")
    return unexplained


def line(case, outcomes):
    cells = [case.name, " ".join(case.verdict), *map(shown, outcomes), case.why]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
