#!/usr/bin/env python3
"""The order service, version 1: accounts, orders, products and quotes over a read-only SQLite file.

Its noise is honest: request ids, timestamps, tags in no order, a jittery latency. Version 2 is this class with the
methods that regressions.py replaces; started with `--bugs none` it is version 1.

    service.py --database FILE [--port 8081] [--version v1|v2] [--bugs all|none|NAME,...]
"""
import argparse
import asyncio
import collections
import gc
import json
import random
import signal
import sqlite3
import sys
from datetime import datetime, timezone
from pathlib import Path

from http_server import Connection

LABEL_BYTES = 24


class Orders:
    def __init__(self, database: Path):
        self.db = sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)
        self.quotes = collections.deque(maxlen=1_000)  # in memory only: a mirrored write must not last
        self.views = {"summary": self.summary, "profile": self.profile, "label": self.label,
                      "address": self.address, "orders": self.order_list}

    async def __call__(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        path = target.partition("?")[0].split("/")[1:]
        number = int(path[1]) if len(path) > 1 and path[1].isdecimal() and len(path[1]) < 16 else None
        match (method, path[0], path[2:]):
            case ("GET", "accounts", [view]) if number is not None and view in self.views:
                return await self.views[view](number)
            case ("GET", "orders", []) if number is not None:
                return await self.order(number)
            case ("GET", "orders", ["items"]) if number is not None:
                return await self.items(number)
            case ("GET", "products", []) if number is not None:
                return await self.product(number)
            case ("POST", "quotes", []) if len(path) == 1:
                return await self.quote(body)
        await self.wait()
        return self.not_found("page")

    async def wait(self) -> None:
        """What the network, the disk and the services behind this one would take: 9 ms, give or take."""
        await asyncio.sleep(min(random.lognormvariate(-4.71, 0.3), 0.06))

    async def summary(self, account: int) -> tuple[int, bytes]:
        await self.wait()
        if not self.row("SELECT 1 FROM accounts WHERE id = ?", account):
            return self.not_found("account")
        orders, spent = await self.totals(account)
        return 200, reply(f'"account":{account},"orders":{orders},"spent":{decimal(spent)},{generated_at()}')

    async def totals(self, account: int) -> tuple[int, int]:
        return self.row("SELECT orders, spent_cents FROM accounts WHERE id = ?", account)

    async def profile(self, account: int) -> tuple[int, bytes]:
        found = self.row("SELECT id, name, email FROM accounts WHERE id = ?", account)
        if not found:
            await self.wait()
            return self.not_found("account")
        number, name, email = await self.with_loyalty(found)
        return 200, reply(f'"account":{number},"name":{text(name)},"email":{text(email)},{generated_at()}')

    async def with_loyalty(self, found: tuple) -> tuple:
        """Asks the loyalty service, which takes its time and (in this demo) has nothing to add."""
        await self.wait()
        return found

    async def label(self, account: int) -> tuple[int, bytes]:
        await self.wait()
        found = self.row("SELECT name, city FROM accounts WHERE id = ?", account)
        if not found:
            return self.not_found("account")
        return 200, reply(f'"ship_to":{text(self.cut(found[0]))},"city":{text(found[1])}')

    def cut(self, name: str) -> str:
        """What of the name fits on a label."""
        return name.encode()[:LABEL_BYTES].decode("utf-8", "ignore")

    async def address(self, account: int) -> tuple[int, bytes]:
        await self.wait()
        found = self.row("SELECT city, region, country FROM accounts WHERE id = ?", account)
        if not found:
            return self.not_found("account")
        city, region, country = found
        return 200, reply(f'"city":{text(city)},"region":{text(self.region_code(region))},"country":{text(country)}')

    def region_code(self, region: str | None) -> str | None:
        return region and region.upper()

    async def order_list(self, account: int) -> tuple[int, bytes]:
        await self.wait()
        (numbers,) = self.row("SELECT json_group_array(id) FROM (SELECT id FROM orders WHERE account = ? "
                              "ORDER BY id LIMIT ?)", account, self.longest_list())
        return 200, reply(f'"account":{account},"orders":{numbers}')

    def longest_list(self) -> int:
        return 100_000

    async def order(self, order: int) -> tuple[int, bytes]:
        await self.wait()
        found = self.row("SELECT account, generation, placed, total_cents, note FROM orders WHERE id = ?", order)
        if not found:
            return self.not_found("order")
        account, generation, placed, total, note = found
        if generation == 1:
            placed = datetime.fromtimestamp(int(placed), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif generation == 2:
            placed += "T00:00:00Z"
        return 200, reply(f'"order":{order},"account":{account},"placed":"{placed}","total":{self.price(total)},'
                          f'"note":{text(note)},{generated_at()}')

    def price(self, cents: int) -> str:
        return decimal(cents)

    async def items(self, order: int) -> tuple[int, bytes]:
        await self.wait()
        lines = self.db.execute("SELECT line, product, quantity, price_cents FROM items WHERE order_id = ? "
                                "ORDER BY line", (order,))
        items = ",".join(f'{{"line":{line},"product":{product},"quantity":{quantity},"price":{decimal(price)}}}'
                         for line, product, quantity, price in lines)
        return 200, reply(f'"order":{order},"items":[{items}]')

    async def product(self, product: int) -> tuple[int, bytes]:
        await self.wait()
        found = self.row("SELECT name, price_cents, tags FROM products WHERE id = ?", product)
        if not found:
            return self.not_found("product")
        name, price, tags = found
        tags = json.loads(tags)
        random.shuffle(tags)  # as a set in a language with random hashes would be
        return 200, reply(f'"product":{product},"name":{text(name)},"price":{decimal(price)},"tags":{text(tags)}')

    async def quote(self, body: bytes) -> tuple[int, bytes]:
        await self.wait()
        try:
            wanted = json.loads(body)
            product, quantity = int(wanted["product"]), int(wanted["quantity"])
        except (ValueError, KeyError, TypeError):
            product = quantity = 0
        if not 0 < product < 1 << 53 or not 0 < quantity < 1 << 31:
            return 400, reply('"error":"wanted: a product and a quantity"')
        found = self.row("SELECT price_cents FROM products WHERE id = ?", product)
        if not found:
            return self.not_found("product")
        self.quotes.append((product, quantity))
        return 201, reply(f'"product":{product},"total":{decimal(found[0] * quantity)},{generated_at()}')

    def not_found(self, what: str) -> tuple[int, bytes]:
        return 404, reply(f'"error":"no such {what}"')

    def row(self, query: str, *values: int) -> tuple | None:
        return self.db.execute(query, values).fetchone()


def reply(members: str) -> bytes:
    # A lone surrogate stands for a byte that is not UTF-8, and leaves as that byte.
    return f"{{{members}}}".encode("utf-8", "surrogateescape")


def text(value: str | list | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def decimal(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def generated_at() -> str:
    return f'"generated_at":"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"'


async def serve(application: Orders, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(application), "127.0.0.1", port, backlog=1024)
    gc.freeze()  # what is there now stays: no full collection has to walk it again
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    from regressions import version_2  # it builds on this module

    parser = argparse.ArgumentParser(description="The order service of the demo.")
    parser.add_argument("--database", type=Path, required=True, help="made by database.py")
    parser.add_argument("--port", type=int, default=8081, help="on loopback; 0 takes a free one and prints it")
    parser.add_argument("--version", choices=("v1", "v2"), default="v1")
    parser.add_argument("--bugs", default="all", help="of v2: all, none, or names separated by commas")
    given = parser.parse_args()
    if not given.database.is_file():
        parser.error(f"no database at {given.database}; database.py makes one")
    try:
        service = Orders if given.version == "v1" else version_2(given.bugs)
    except ValueError as error:
        parser.error(str(error))
    asyncio.run(serve(service(given.database), given.port))


if __name__ == "__main__":
    sys.modules["service"] = sys.modules["__main__"]  # one Orders, also for regressions.py
    main()
