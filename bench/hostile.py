#!/usr/bin/env python3
"""Clients that mean harm, one kind after the other, while an innocent one asks four times a second: what each kind costs.

    bench/hostile.py --pid PID [--port 8080] [--admin 9901] [KIND...]

`serve` runs already (ulimit -n 20000, --limit stable_connections=512), in front of a stable that answers GET /small, reads
the body of POST /post, and has much to send for GET /big. Prints a line a kind: what was done, CPU of the process, RSS and
descriptors at most and afterwards, how the innocent one fared, and what /metrics counted meanwhile.
"""
import argparse
import http.client
import os
import resource
import select
import socket
import struct
import threading
import time

GET = b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"
COUNTED = ("limit_hits", "responses_total", "bad_requests", "aborts", "connections_total", "requests_total", "errors")


class Process:
    """The process under test, from outside."""

    def __init__(self, pid, port, admin):
        self.pid, self.port, self.admin = pid, port, admin

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def counts(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("truemirror_"))
        return {name.removeprefix("truemirror_"): float(value) for name, value in pairs
                if any(counted in name for counted in COUNTED)}

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def flood(process, clients, reads, seconds=8):
    """Requests without waiting for answers; without reading them, too."""
    sockets = [process.connect() for _ in range(clients)]
    requests, sent, got, end = GET * 3000, [0] * clients, 0, time.time() + seconds
    for each in sockets:
        each.setblocking(False)
    number = {each: at for at, each in enumerate(sockets)}
    while time.time() < end:
        readable, writable, _ = select.select(sockets if reads else [], sockets, [], 0.1)
        for each in writable:
            at = number[each]
            sent[at] += each.send(requests[sent[at] % len(GET):])  # goes on within the request that was cut
        for each in readable:
            got += len(each.recv(1 << 16))
    for each in sockets:
        each.close()
    return f"{clients} clients pipeline {sum(sent) >> 20} MB and read {got >> 20} MB"


def answers(process, requests, what, seconds=6):
    """One connection after the other sends this; what its status is."""
    seen, end = {}, time.time() + seconds
    while time.time() < end:
        with process.connect() as client:
            try:
                for part in requests:
                    client.sendall(part)
            except ConnectionError:
                pass  # refused before it was whole
            try:
                status = client.recv(4096)[9:12].decode()
            except ConnectionError:
                status = "reset"
        seen[status] = seen.get(status, 0) + 1
    return f"{what}: {seen}"


def half_closes(process, seconds=6):
    asked, answered, end = 0, 0, time.time() + seconds
    while time.time() < end:
        with process.connect() as client:
            client.sendall(GET)
            client.shutdown(socket.SHUT_WR)
            got = b""
            while part := client.recv(4096):
                got += part
        asked, answered = asked + 1, answered + (b" 200 " in got)
    return f"{asked} half-closes, {answered} answered"


def resets(process, seconds=8):
    kinds = [b"GET /sm", GET, GET.replace(b"small", b"big"),
             b"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000,
             b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nxx"]
    done, end = 0, time.time() + seconds
    while time.time() < end:
        client = process.connect()
        client.sendall(kinds[done % len(kinds)])
        if done % len(kinds) == 2:
            client.recv(1000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        done += 1
    return f"{done} resets within messages of 5 kinds"


def held(process, count, sends, answered, seconds=10):
    clients = []
    for _ in range(count):
        clients.append(process.connect())
        clients[-1].sendall(sends)
        if answered:
            clients[-1].recv(4096)
    before, began = process.cpu(), time.time()
    time.sleep(seconds)
    cost = (process.cpu() - before) / (time.time() - began)
    text = f"{count} connections held: {cost:.4f} of a core, {process.megabytes()} MB, {process.descriptors()} descriptors"
    for client in clients:
        client.close()
    time.sleep(1)
    return text


FIELDS = [b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: %s\r\n" % (at, b"v" * 100) for at in range(1000))]
CHUNKS = [b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
          *[b"1;" + b"e" * 1000 + b"\r\nx\r\n"] * 200, b"0\r\n\r\n"]
KINDS = {
    "pipelining": lambda process: flood(process, 50, True),
    "deaf pipelining": lambda process: flood(process, 200, False),
    "header floods": lambda process: answers(process, FIELDS, "heads of 1000 fields"),
    "chunk extensions": lambda process: answers(process, CHUNKS, "chunks of a byte with a kilobyte of extension"),
    "half-closes": half_closes,
    "resets": resets,
    "slow heads": lambda process: held(process, 9000, b"GET / HT", False, 8),
    "idle": lambda process: held(process, 9500, GET, True),
}


def run(process, name, attack):
    took, failed, most, done = [], [], [0, 0], threading.Event()

    def innocent():
        while not done.is_set():
            began = time.time()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
                connection.request("GET", "/small")
                if connection.getresponse().status != 200:
                    failed.append("another status")
                connection.close()
            except OSError as error:
                failed.append(str(error))
            took.append(time.time() - began)
            most[:] = max(most[0], process.megabytes()), max(most[1], process.descriptors())
            done.wait(0.25)

    before, cpu, began = process.counts(), process.cpu(), time.time()
    thread = threading.Thread(target=innocent)
    thread.start()
    text = attack(process)
    done.set()
    thread.join()
    cost = (process.cpu() - cpu) / (time.time() - began)
    counted = {name: int(value - before.get(name, 0)) for name, value in process.counts().items()
               if value != before.get(name, 0)}
    print(f"{name}: {text}\n  {cost:.3f} of a core; {most[0]} MB at most, {process.megabytes()} after; {most[1]} descriptors "
          f"at most, {process.descriptors()} after\n  innocent: {len(took)} asked, {len(failed)} failed {failed[:1]}, "
          f"{max(took) * 1000:.0f} ms at worst\n  {counted}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--admin", type=int, default=9901)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(unknown)}; there are: {', '.join(KINDS)}")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    process = Process(options.pid, options.port, options.admin)
    for kind in options.kinds or KINDS:
        run(process, kind, KINDS[kind])


if __name__ == "__main__":
    main()
