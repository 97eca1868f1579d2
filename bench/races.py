#!/usr/bin/env python3
"""Do users meet the moment at which an upstream closes a kept connection?

Servers that close what has idled for 3 ms, 1 s, 2 s and 5 s, with and without saying so (Keep-Alive: timeout), stand 1 ms
away on the network, behind truemirror, nginx and haproxy. Clients ask at gaps around that time, all at once (bursts) and
each by itself (single); an answer other than 200, or none, is a failure. One row a server, way and proxy; failures of
requests by method. GET, HEAD, PUT and DELETE may be sent again after a reset, POST may not.
"""
import argparse
import asyncio
import itertools
import multiprocessing
import os
import random
import re
import resource
import sys
import tempfile

from servers import Servers

METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST")
DELAY = 0.001  # each way
# Name, seconds that idle connections are kept, whether the server says so.
KINDS = (("3 ms", 0.003, False), ("1 s", 1, False), ("1 s, declared", 1, True), ("2 s", 2, False),
         ("2 s, declared", 2, True), ("5 s, declared", 5, True))


class Server(asyncio.Protocol):
    """Answers requests with a length, and closes what has idled for so long. All that it hears and says is late."""

    def __init__(self, keep, declared):
        self.keep, self.buffer, self.timer, self.gone = keep, b"", None, False
        terms = b"Keep-Alive: timeout=%d\r\n" % keep if declared else b""
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + terms + b"\r\n"

    def connection_made(self, transport):
        self.transport, self.loop = transport, asyncio.get_running_loop()

    def data_received(self, data):
        self.loop.call_later(DELAY, self.hear, data)

    def hear(self, data):
        if self.gone:  # as a system does for a socket that is closed
            return self.loop.call_later(DELAY, self.transport.abort)
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return None
            self.buffer = rest[size:]
            if self.timer:
                self.timer.cancel()
            body = b"" if head.startswith(b"HEAD") else b"ok"
            self.loop.call_later(DELAY, self.transport.write, self.answer + body)
            self.timer = self.loop.call_later(self.keep, self.leave)
        return None

    def leave(self):
        self.gone = True
        self.loop.call_later(DELAY, self.end)

    def end(self):
        if not self.transport.is_closing():
            self.transport.write_eof()  # a request that is under way meets a reset
            self.loop.call_later(10 * DELAY, self.transport.abort)

    def connection_lost(self, _):
        self.gone = True
        if self.timer:
            self.timer.cancel()


def serve(ports):
    async def run():
        loop = asyncio.get_running_loop()
        for _, keep, declared in KINDS:
            server = await loop.create_server(lambda k=keep, d=declared: Server(k, d), "127.0.0.1", 0, backlog=1024)
            ports.put(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(run())


def gaps(keep, together):
    """What a client waits between two requests: a little less than the time, or a little more."""
    for at in itertools.count():
        if keep >= 1:
            yield keep + random.uniform(-0.012, 0.004) if together else keep * random.uniform(0.97, 1.01)
        else:
            yield random.uniform(0.5, 2) * keep if at % 2 == 0 else 0.5


class InStep:
    """The same gaps for all that ask together."""

    def __init__(self, keep):
        self.more, self.known = gaps(keep, True), []

    def __iter__(self):
        for at in itertools.count():
            while len(self.known) <= at:
                self.known.append(next(self.more))
            yield self.known[at]


async def client(port, method, pause, start, until, counts):
    loop = asyncio.get_running_loop()
    body = b"Content-Length: 2\r\n\r\nhi" if method in ("PUT", "POST") else b"\r\n"
    request = method.encode() + b" / HTTP/1.1\r\nHost: a\r\n" + body
    streams = None
    await asyncio.sleep(max(0, start - loop.time()))
    while loop.time() < until:
        counts[0] += 1
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            streams[1].write(request)
            head = await asyncio.wait_for(streams[0].readuntil(b"\r\n\r\n"), 10)
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if method != "HEAD" and length:
                await streams[0].readexactly(int(length[1]))
            good = head.startswith(b"HTTP/1.1 200")
            stays = b"connection: close" not in head.lower()
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, OSError):
            good = stays = False
        counts[1] += not good
        if not stays and streams:
            streams[1].close()
            streams = None
        await asyncio.sleep(next(pause))
    if streams:
        streams[1].close()


async def ask(proxies, together, seconds, clients):
    """Requests and failures by kind, proxy and method."""
    loop, tasks, counts = asyncio.get_running_loop(), [], {}
    begin = loop.time() + 0.5
    for (kind, name), port in proxies.items():
        keep = next(each[1] for each in KINDS if each[0] == kind)
        phase = random.random()
        in_step = InStep(keep)
        for method in METHODS:
            counts[kind, name, method] = [0, 0]
            for _ in range(clients):
                pause = iter(in_step) if together else gaps(keep, False)
                start = begin + (phase if together else random.random() * max(keep, 0.5))
                tasks.append(client(port, method, pause, start, begin + seconds, counts[kind, name, method]))
    await asyncio.gather(*tasks)
    return counts


def start_proxies(servers, ports):
    cpu = itertools.cycle(range(os.cpu_count() or 1))
    proxies = {}
    for at, ((kind, _, _), port) in enumerate(zip(KINDS, ports)):
        other = ports[at - 1]  # nothing is mirrored
        proxies[kind, "truemirror"] = servers.proxy(f"truemirror-{at}", next(cpu), port, other, sample="0%")[1]
        proxies[kind, "nginx"] = servers.nginx_proxy(f"nginx-{at}", next(cpu), port, keep=2048)[1]
        proxies[kind, "haproxy"] = servers.haproxy(f"haproxy-{at}", next(cpu), port)[1]
    return proxies


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truemirror", default=os.path.join(here, "../build/bench/truemirror"))
    parser.add_argument("--seconds", type=float, default=60, help="for bursts, and again for single requests")
    parser.add_argument("--clients", type=int, default=20, help="for each method, server and proxy")
    options = parser.parse_args()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))

    ports = multiprocessing.Queue()
    upstreams = multiprocessing.Process(target=serve, args=(ports,), daemon=True)
    upstreams.start()
    try:
        with tempfile.TemporaryDirectory(prefix="truemirror-bench-") as folder, \
                Servers(folder, os.path.abspath(options.truemirror)) as servers:
            proxies = start_proxies(servers, [ports.get(timeout=10) for _ in KINDS])
            print("| server keeps | way | proxy | requests of a method | " + " | ".join(METHODS) + " |")
            print("|---" * (4 + len(METHODS)) + "|")
            for way in ("bursts", "single"):
                counts = asyncio.run(ask(proxies, way == "bursts", options.seconds, options.clients))
                for kind, name in proxies:
                    each = [counts[kind, name, method] for method in METHODS]
                    print(f"| {kind} | {way} | {name} | {min(n for n, _ in each)} | "
                          + " | ".join(str(failed) for _, failed in each) + " |", flush=True)
                print(f"{way}: done", file=sys.stderr)
    finally:
        upstreams.terminate()
        upstreams.join(10)


if __name__ == "__main__":
    main()
