#!/usr/bin/env python3
"""The order service's database: 500,000 rows as messy as production's, the same for the same seed.

Names in many scripts (emoji, right-to-left, combining marks), fields that are null where they later became required,
rows of three schema generations, accounts with 12 orders and accounts with 50,000. Made in a few seconds, once for each
version of this file: the result's name holds the file's hash, and a half-made one never has that name.

    database.py FOLDER      prints the path of the database in FOLDER, making it where it is not there
"""
import hashlib
import json
import os
import random
import sqlite3
import sys
from pathlib import Path

SEED = 20
LARGEST, LARGEST_ORDERS = 4, 50_000  # accounts, and orders of each
LARGE, LARGE_ORDERS = 40, (1_100, 1_600)
SMALL, SMALL_ORDERS = 3_000, (12, 18)
FIRST_ACCOUNT, FIRST_ORDER, PRODUCTS = 1_001, 500_001, 2_000

SCHEMA = """
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,   -- of the schema that wrote the row
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  city TEXT NOT NULL,
  country TEXT NOT NULL,
  region TEXT,                   -- required since generation 2, null in rows of generation 1
  phone TEXT,
  orders INTEGER NOT NULL,       -- kept with every order: how many, and what they come to
  spent_cents INTEGER NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  placed TEXT NOT NULL,          -- generation 1: seconds since 1970; 2: a date; 3: RFC 3339
  total_cents INTEGER NOT NULL,
  note TEXT
);
CREATE TABLE items (             -- those of the largest accounts are in an archive elsewhere
  order_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  product INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  price_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
CREATE TABLE products (          -- with gaps: what was taken out of the shop is gone
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  price_cents INTEGER NOT NULL,
  tags TEXT NOT NULL             -- a JSON array
);
"""
INDEXES = "CREATE INDEX orders_of_account ON orders (account, id, total_cents);"

GIVEN = ["Ada", "Zoë", "José", "Søren", "Łukasz", "Jose\u0301", "Zoe\u0308", "Nguye\u0302\u0303n", "O'Brien",
         "Анастасия", "Ελένη", "محمد", "فاطمة", "שָׁלוֹם", "יעל", "明美", "지훈", "अनन्या", "🦄 Mia", "👩‍👩‍👧‍👦 Kim", "🇩🇪 Uwe"]
FAMILY = ["Smith", "Müller-Lüdenscheidt", "García Márquez", "Þórðardóttir", "Иванова-Петровская", "Παπαδόπουλος",
          "عبد الرحمن الخوارزمي", "בן־גוריון", "渡辺", "김", "शर्मा", "van der Berg", "🌈✨🌈✨🌈✨", "Özdemi\u0307r", "D’Souza"]
PLACES = [("München", "DE", "BY"), ("São Paulo", "BR", "SP"), ("القاهرة", "EG", "C"), ("東京", "JP", "13"),
          ("Kraków", "PL", "MA"), ("תל אביב", "IL", "TA"), ("Springfield", "US", "IL"), ("Århus", "DK", "82")]
THINGS = ["lamp", "chair", "Käsemesser", "急須", "مصباح", "kettle", "☕ mug", "notebook", "cable", "screws (500)"]
TAGS = ["sale", "new", "fragile", "gift", "returns-ok", "café", "bulk", "🔥"]
NOTES = [None, None, None, "", "leave at the door", "🎁 please wrap", "اتصل قبل التسليم", "ring twice\nthen wait"]


def database(folder: Path) -> Path:
    """The database in `folder`, made first where it is not there."""
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = folder / f"orders-{version}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"orders-{version}.{os.getpid()}.making"
        try:
            generate(unfinished)
            os.replace(unfinished, path)
            for older in set(folder.glob("orders-*.db")) - {path}:
                older.unlink(missing_ok=True)
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def generate(path: Path) -> None:
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    # Nobody else sees the file before it is whole, so that a crash half-way costs nothing.
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
    chance = random.Random(SEED)
    db.execute("BEGIN")
    prices = fill_products(db, chance)
    sizes = [LARGEST_ORDERS] * LARGEST + [chance.randint(*LARGE_ORDERS) for _ in range(LARGE)]
    sizes += [chance.randint(*SMALL_ORDERS) for _ in range(SMALL)]
    next_order = FIRST_ORDER
    for account, size in enumerate(sizes, FIRST_ACCOUNT):
        generation = chance.choice((1, 2, 3, 3))
        spent = fill_orders(db, chance, account, generation, range(next_order, next_order + size), prices)
        next_order += size
        db.execute("INSERT INTO accounts VALUES (?,?,?,?,?,?,?,?,?,?)",
                   account_row(chance, account, generation, size, spent))
    db.execute("COMMIT")
    db.executescript(INDEXES + "ANALYZE;")
    db.close()


def fill_products(db: sqlite3.Connection, chance: random.Random) -> dict[int, int]:
    prices = {}
    for product in range(1, PRODUCTS + 1):
        if chance.random() < 0.2:
            continue  # taken out of the shop; old links still ask for it
        prices[product] = chance.randint(99, 99_999)
        tags = json.dumps(chance.sample(TAGS, 5), ensure_ascii=False)
        db.execute("INSERT INTO products VALUES (?,?,?,?)",
                   (product, f"{chance.choice(THINGS)} {product}", prices[product], tags))
    return prices


def fill_orders(db: sqlite3.Connection, chance: random.Random, account: int, generation: int, ids: range,
                prices: dict[int, int]) -> int:
    """Writes the orders with these ids and their items. Returns what they come to, in cents."""
    products = list(prices)
    orders, items = [], []
    for order in ids:
        if len(ids) >= LARGEST_ORDERS:
            total = chance.randint(500, 90_000)
        else:
            total = 0
            bulk = chance.random() < 0.2  # a company buys for millions
            for line in range(1, chance.randint(1, 3) + 1):
                product = chance.choice(products)
                quantity = 110_000_000 // prices[product] + chance.randint(1, 999) if bulk else chance.randint(1, 9)
                total += quantity * prices[product]
                items.append((order, line, product, quantity, prices[product]))
        era = min(generation + (order - ids.start) * 3 // len(ids), 3)  # old accounts have new orders too
        orders.append((order, account, era, placed(chance, era), total, chance.choice(NOTES)))
    db.executemany("INSERT INTO orders VALUES (?,?,?,?,?,?)", orders)
    db.executemany("INSERT INTO items VALUES (?,?,?,?,?)", items)
    return sum(order[4] for order in orders)


def placed(chance: random.Random, generation: int) -> str:
    if generation == 1:
        return str(chance.randint(1_230_000_000, 1_400_000_000))
    day = f"{chance.randint(2015, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return day if generation == 2 else f"{day}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00Z"


def account_row(chance: random.Random, account: int, generation: int, orders: int, spent: int) -> tuple:
    name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
    if generation == 1:
        name = name.upper()  # as the first system kept them
    city, country, region = chance.choice(PLACES)
    phone = chance.choice((None, "", "n/a", f"+49 89 {chance.randint(10_000, 99_999)}"))
    return (account, generation, name, f"customer{account}@example.com", city, country,
            None if generation == 1 else region, phone, orders, spent)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: database.py FOLDER")
    print(database(Path(sys.argv[1])))
