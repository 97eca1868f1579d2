#!/usr/bin/env python3
"""The demo's users: many keep-alive connections, requests at due times whatever earlier answers take.

Every second holds the same mix of requests in another order, so that what is rare is still there every second. A user
notices what a user would: no answer, a server error, somebody else's data.

    driver.py --url http://127.0.0.1:8080 --database FILE [--seconds 60] [--rate 153]
"""
import argparse
import asyncio
import collections
import itertools
import random
import re
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

CONNECTIONS = 64
TIMEOUT = 10.0  # seconds for one answer
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)

# Parts of the mix: requests in each second at the rate of MIX_RATE, the target, and which ids may stand in it.
MIX = [
    (57, "/accounts/{}/summary", "SELECT id FROM accounts WHERE orders < 100"),
    (3, "/accounts/{}/summary", "SELECT id FROM accounts WHERE orders >= 50000"),
    (24, "/accounts/{}/profile", "SELECT id FROM accounts WHERE orders < 100"),
    (6, "/accounts/{}/label", "SELECT id FROM accounts WHERE length(CAST(name AS BLOB)) > 30"),
    (4, "/accounts/{}/label", "SELECT id FROM accounts WHERE length(CAST(name AS BLOB)) <= 24"),
    (3, "/accounts/{}/address", "SELECT id FROM accounts WHERE region IS NULL"),
    (5, "/accounts/{}/address", "SELECT id FROM accounts WHERE region IS NOT NULL"),
    (3, "/accounts/{}/orders", "SELECT id FROM accounts WHERE orders BETWEEN 1001 AND 2000"),
    (5, "/accounts/{}/orders", "SELECT id FROM accounts WHERE orders < 100"),
    (4, "/orders/{}", "SELECT id FROM orders WHERE total_cents > 110000000"),
    (10, "/orders/{}", "SELECT id FROM orders WHERE total_cents < 10000000"),
    (8, "/orders/{}/items", "SELECT DISTINCT order_id FROM items"),
    (4, "/products/{}", "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2000) "
                        "SELECT id FROM n WHERE id NOT IN (SELECT id FROM products)"),
    (9, "/products/{}", "SELECT id FROM products"),
    (8, "/quotes", "SELECT id FROM products"),
]
MIX_RATE = sum(part[0] for part in MIX)


@dataclass
class Seen:
    """What the users saw."""
    answers: collections.Counter = field(default_factory=collections.Counter)  # by status
    failures: collections.Counter = field(default_factory=collections.Counter)  # by what went wrong
    seconds: list[float] = field(default_factory=list)  # latency of each answer

    @property
    def requests(self) -> int:
        return self.answers.total() + self.failures.total()

    def quantile(self, q: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(int(q * len(ordered)), len(ordered) - 1)] if ordered else 0.0


class Client(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self):
        self.received = bytearray()
        self.answer: asyncio.Future | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_exception(error or ConnectionResetError("closed before the answer was complete"))

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0 or not self.answer or self.answer.done():
            return
        head = bytes(self.received[:end])
        length = CONTENT_LENGTH.search(head)
        if length:
            complete = len(self.received) >= end + 4 + int(length[1])
        else:
            complete = not CHUNKED.search(head) or self.received.endswith(b"\r\n0\r\n\r\n")
        if complete:
            self.answer.set_result((int(head[9:12]), bytes(self.received[end + 4:])))
            self.received.clear()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await asyncio.wait_for(self.answer, TIMEOUT)


class Users:
    def __init__(self, url: str, database: Path, seed: int = 1):
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port or 80
        self.idle: list[Client] = []
        self.slots = asyncio.Semaphore(CONNECTIONS)
        self.seen = Seen()
        self.chance = random.Random(seed)
        db = sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)
        self.parts = [(share, target, self.shuffled([row[0] for row in db.execute(query)]))
                      for share, target, query in MIX]
        db.close()

    def shuffled(self, ids: list[int]) -> Iterator[int]:
        self.chance.shuffle(ids)
        return itertools.cycle(ids)

    async def send(self, seconds: float, rate: float) -> Seen:
        """Sends `rate` requests a second for that long, and waits for the last answers."""
        requests = set()
        # The first endpoint that a report sees needs the least evidence, and a p99 is the hardest to prove.
        target, ids = self.parts[0][1:]
        await self.request(target, next(ids))
        start = time.monotonic()
        owed = [0.0] * len(self.parts)
        for second in itertools.count():
            if second >= seconds:
                break
            due = []
            for index, (share, target, ids) in enumerate(self.parts):
                owed[index] += share * rate / MIX_RATE
                due += [(target, next(ids)) for _ in range(int(owed[index]))]
                owed[index] %= 1
            self.chance.shuffle(due)
            for offset, (target, number) in zip(sorted(self.chance.random() for _ in due), due):
                await asyncio.sleep(start + second + offset - time.monotonic())
                task = asyncio.create_task(self.request(target, number))
                requests.add(task)
                task.add_done_callback(requests.discard)
        await asyncio.gather(*requests)
        return self.seen

    async def request(self, target: str, number: int) -> None:
        path = target.format(number)
        if path == "/quotes":
            body = b'{"product":%d,"quantity":%d}' % (number, 1 + number % 9)
            head = f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        else:
            head, body = f"GET {path} HTTP/1.1\r\n", b""
        head += f"Host: {self.host}:{self.port}\r\nUser-Agent: demo-driver/1\r\nAccept: application/json\r\n\r\n"
        async with self.slots:
            began = time.monotonic()
            client = None
            try:
                client = await self.connection()
                status, answer = await client.ask(head.encode() + body)
            except (OSError, asyncio.TimeoutError, ValueError) as error:
                self.seen.failures[type(error).__name__] += 1
                if client:
                    client.transport.abort()
                return
            self.idle.append(client)
        self.seen.seconds.append(time.monotonic() - began)
        if status >= 500:
            self.seen.failures[f"answered {status}"] += 1
        elif status == 200 and path.endswith(("/summary", "/profile")) and b'"account":%d,' % number not in answer:
            self.seen.failures["another user's data"] += 1
        else:
            self.seen.answers[status] += 1

    async def connection(self) -> Client:
        while self.idle:
            client = self.idle.pop()
            if not client.transport.is_closing():
                return client
        _, client = await asyncio.get_running_loop().create_connection(Client, self.host, self.port)
        return client

    def close(self) -> None:
        for client in self.idle:
            client.transport.close()


async def drive(url: str, database: Path, seconds: float, rate: float) -> Seen:
    users = Users(url, database)
    try:
        return await users.send(seconds, rate)
    finally:
        users.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Traffic for the demo's order service.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=MIX_RATE, help="requests a second")
    given = parser.parse_args()
    seen = asyncio.run(drive(given.url, given.database, given.seconds, given.rate))
    print(f"{seen.requests} requests, answers {dict(seen.answers)}, failures {dict(seen.failures)}, "
          f"p50 {seen.quantile(0.5) * 1000:.1f} ms, p99 {seen.quantile(0.99) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
