"""Version 2 of the order service: seven regressions that staging never shows, each behind a switch of its own.

A switch is a class that replaces one method of version 1; version 2 inherits from those that are on. What each one
leads to in a report is in expected.py.
"""
import asyncio
import struct

from service import LABEL_BYTES, Orders, reply


class Utf8Cut:
    """Cuts a name at the 24th byte, in the middle of a code point. Staging's names are Ada and Bob."""

    def cut(self, name: str) -> str:
        return name.encode()[:LABEL_BYTES].decode("utf-8", "surrogateescape")


class Null500:
    """Takes the region as given, and rows of the first schema have none: a 500. Staging's rows are all new."""

    def region_code(self, region: str | None) -> str | None:
        return region.upper()


class PageCap:
    """A page that silently ends at 1,000 orders. Nobody in staging has as many."""

    def longest_list(self) -> int:
        return 1_000


class FloatPrice:
    """Rounds a price through a float of 24 bits, right up to 131,072.00. Staging sells one lamp."""

    def price(self, cents: int) -> str:
        (rounded,) = struct.unpack("f", struct.pack("f", cents / 100))
        return f"{rounded:.2f}"


class SlowQuery:
    """Adds the orders up page by page, each a round trip: none for 12 orders, a hundred for 50,000."""

    PAGE = 500
    ROUND_TRIP = 0.001

    async def totals(self, account: int) -> tuple[int, int]:
        orders = spent = last = 0
        while True:
            count, cents, end = self.row("SELECT count(*), sum(total_cents), max(id) FROM (SELECT id, total_cents "
                                         "FROM orders WHERE account = ? AND id > ? ORDER BY id LIMIT ?)",
                                         account, last, self.PAGE)
            orders += count
            if count < self.PAGE:
                return orders, spent + (cents or 0)
            spent += cents
            last = end
            await asyncio.sleep(self.ROUND_TRIP)


class RacyCache:
    """A cache of one account that nothing guards: whoever comes in while another waits, changes the other's answer."""

    cached: tuple | None = None

    async def with_loyalty(self, found: tuple) -> tuple:
        if not self.cached or self.cached[0] != found[0]:
            self.cached = found
        await self.wait()
        return self.cached


class ErrorShape:
    """Answers 404 with an object where clients expect a sentence."""

    def not_found(self, what: str) -> tuple[int, bytes]:
        return 404, reply(f'"error":{{"code":"not_found","message":"no such {what}"}}')


SWITCHES = {"utf8_cut": Utf8Cut, "null_500": Null500, "page_cap": PageCap, "float_price": FloatPrice,
            "slow_query": SlowQuery, "racy_cache": RacyCache, "error_shape": ErrorShape}


def chosen(bugs: str) -> list[str]:
    """The names that `--bugs` asks for, in their own order. A ValueError says which one there is not."""
    if bugs in ("all", "none"):
        return list(SWITCHES) if bugs == "all" else []
    for name in bugs.split(","):
        if name not in SWITCHES:
            raise ValueError(f"no bug is called '{name}'; there are: {', '.join(SWITCHES)}")
    return [name for name in SWITCHES if name in bugs.split(",")]


def version_2(bugs: str) -> type[Orders]:
    return type("OrdersV2", (*(SWITCHES[name] for name in chosen(bugs)), Orders), {})
