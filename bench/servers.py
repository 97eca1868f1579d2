"""The servers of the live bench: upstream, peers and truemirror, each a child process pinned to one cpu.

Everything listens on loopback, keeps its files in one temporary folder and is ended by its pid.
"""
import http.client
import os
import pathlib
import socket
import subprocess
import time

# 1 KiB of JSON, as an order service would answer.
BODY = '{"id":7,"state":"shipped","currency":"EUR","items":[%s]}' % ",".join(
    '{"sku":"A-%04d","quantity":%d,"price":"19.99"}' % (1000 + i, i) for i in range(20))
BODY += " " * (1024 - len(BODY))

NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/{name}.pid;
error_log {folder}/{name}.log crit;
events {{ worker_connections {connections}; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 3600s; default_type application/json;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
  {http}
}}
"""

HAPROXY = """global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend live
  bind 127.0.0.1:{port}
  default_backend stable
backend stable
  option forwardfor
  server stable 127.0.0.1:{stable}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    """Starts servers, waits until they answer, and ends all of them when the block is left."""

    def __init__(self, folder, truemirror, connections=4096):
        """`connections`: how many a peer may have, those to its upstream included."""
        self.folder, self.truemirror, self.children = pathlib.Path(folder), truemirror, []
        self.connections = connections

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            child.wait(timeout=45)

    def _start(self, name, port, cpu, command, environment=None):
        log = open(self.folder / (name + ".out"), "wb")
        child = subprocess.Popen(["taskset", "-c", str(cpu), *command], stdout=log, stderr=log, cwd=self.folder,
                                 env={**os.environ, **(environment or {})})
        self.children.append(child)
        for _ in range(200):
            if child.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/")
                if connection.getresponse().status < 500:
                    return child.pid
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{name} did not start: " + (self.folder / (name + ".out")).read_text(errors="replace"))

    def nginx(self, name, cpu, port, http):
        config = self.folder / (name + ".conf")
        config.write_text(NGINX.format(folder=self.folder, name=name, http=http, connections=self.connections))
        binary = "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
        return self._start(name, port, cpu, [binary, "-c", str(config), "-e", str(self.folder / (name + ".err"))])

    def upstream(self, cpu, name="upstream"):
        """Ports of stable, candidate, control, and of a candidate that answers 204."""
        ports = [free_port() for _ in range(4)]
        answers = [f"return 200 '{BODY}';"] * 3 + ["return 204;"]
        self.nginx(name, cpu, ports[0], "\n".join(
            f"server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}" for port, answer in zip(ports, answers)))
        return ports

    def nginx_proxy(self, name, cpu, stable, mirror=None, more="", keep=64):
        port = free_port()
        forward = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'
        http = f"upstream stable {{ server 127.0.0.1:{stable}; keepalive {keep}; }}\n"
        extra = ""
        if mirror:
            # A keep-alive pool for the mirror too, although nginx closes what it mirrors to: it gets every chance.
            http += f"upstream candidate {{ server 127.0.0.1:{mirror}; keepalive {keep}; }}\n"
            extra = f"location = /mirror {{ internal; {forward} proxy_pass http://candidate$request_uri; }}"
        http += (f"server {{ listen 127.0.0.1:{port}; {extra} location / {{ {'mirror /mirror;' if mirror else ''} "
                 f"{more} {forward} proxy_pass http://stable; }} }}")
        return self.nginx(name, cpu, port, http), port, None

    def haproxy(self, name, cpu, stable):
        port = free_port()
        config = self.folder / (name + ".cfg")
        config.write_text(HAPROXY.format(port=port, stable=stable, connections=min(self.connections, 9000)))
        return self._start(name, port, cpu, ["haproxy", "-db", "-f", str(config)]), port, None

    def forwarder(self, name, cpu, stable, binary):
        port = free_port()
        return self._start(name, port, cpu, [os.path.abspath(binary), str(port), str(stable)]), port, None

    def proxy(self, name, cpu, stable, candidate, control=None, sample="100%", threads=1, extra=(), environment=None):
        port, admin = free_port(), free_port()
        command = [self.truemirror, "serve", "--stable", f"http://127.0.0.1:{stable}", "--candidate",
                   f"http://127.0.0.1:{candidate}", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}",
                   "--threads", str(threads), "--sample", sample, "--report", str(self.folder / (name + "-report")), *extra]
        if control:
            command += ["--control", f"http://127.0.0.1:{control}"]
        return self._start(name, port, cpu, command, environment), port, admin


def cpu_seconds(pid):
    """CPU time of all threads of the process, from the scheduler's nanosecond clock."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def counters(admin):
    """Metrics of truemirror by name, labels summed."""
    connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=10)
    connection.request("GET", "/metrics")
    out = {}
    for line in connection.getresponse().read().decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            name = name.split("{")[0]
            out[name] = out.get(name, 0.0) + float(value)
    return out
