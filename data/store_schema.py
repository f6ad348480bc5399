"""The tables of the candle store, one step a version, each step in the transaction that also writes its number."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Final

import numpy as np

from data.market_rows import seal_markets
from data.pages import pack_rows, page_key, seal, series_name
from shared.errors import DataFault
from shared.models.data import COLUMNS, Candles
from shared.models.timeframe import Timeframe

FIRST: Final = (
    "CREATE TABLE series (id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, symbol TEXT NOT NULL, "
    "timeframe TEXT NOT NULL, UNIQUE (exchange, symbol, timeframe))",
    "CREATE TABLE page (series INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, "
    "count INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (series, first_ms))",
    "CREATE TABLE tail (series INTEGER NOT NULL, open_ms INTEGER NOT NULL, row BLOB NOT NULL, "
    "PRIMARY KEY (series, open_ms)) WITHOUT ROWID",
    "CREATE TABLE market (exchange TEXT NOT NULL, symbol TEXT NOT NULL, market_id TEXT NOT NULL, base TEXT NOT NULL, "
    "quote TEXT NOT NULL, kind TEXT NOT NULL, tick TEXT NOT NULL, lot_step TEXT NOT NULL, min_notional TEXT NOT NULL, "
    "active INTEGER NOT NULL, source TEXT NOT NULL, PRIMARY KEY (exchange, symbol)) WITHOUT ROWID",
)
SECOND: Final = (
    "ALTER TABLE market ADD COLUMN onboard_ms INTEGER",
    "ALTER TABLE market ADD COLUMN delivery_ms INTEGER",
    "ALTER TABLE market ADD COLUMN contract_size TEXT",
    "ALTER TABLE market ADD COLUMN settle TEXT",
    "ALTER TABLE market ADD COLUMN digest BLOB",
    "CREATE TABLE revision (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, open_ms INTEGER NOT NULL, "
    "seen_ms INTEGER NOT NULL, row BLOB NOT NULL)",
    "CREATE INDEX revision_of ON revision (series, open_ms)",
    "CREATE TABLE book (exchange TEXT NOT NULL, symbol TEXT NOT NULL, time_ms INTEGER NOT NULL, bids INTEGER NOT NULL, "
    "digest BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (exchange, symbol, time_ms))",
)


def _first(db: sqlite3.Connection) -> None:
    """Series, pages, tail, trading rules."""
    for statement in FIRST:
        db.execute(statement)


def _second(db: sqlite3.Connection) -> None:
    """Seals on everything, former values of revised candles, order books, and what else is known of a market."""
    for statement in SECOND:
        db.execute(statement)
    for series, *parts in db.execute("SELECT id, exchange, symbol, timeframe FROM series").fetchall():
        timeframe = Timeframe(parts[2])
        name = series_name(parts[0], parts[1], timeframe)
        _seal_pages(db, series, name)
        _seal_tail(db, series, name, timeframe)
    seal_markets(db)


def _seal_pages(db: sqlite3.Connection, series: int, name: str) -> None:
    """A page that is what its BLAKE2b digest says gets a seal; one that is not keeps a digest that no seal can equal."""
    for (row,) in db.execute("SELECT rowid FROM page WHERE series=?", (series,)).fetchall():
        query = "SELECT first_ms, last_ms, count, digest, body FROM page WHERE rowid=?"
        first_ms, last_ms, count, digest, body = db.execute(query, (row,)).fetchone()
        if hashlib.blake2b(body, digest_size=16).digest() == digest:
            new = seal(name, page_key(first_ms, last_ms, count), body)
            db.execute("UPDATE page SET digest=? WHERE rowid=?", (new, row))


def _seal_tail(db: sqlite3.Connection, series: int, name: str, timeframe: Timeframe) -> None:
    """Rows had no digest: they stay if they are candles, and are fetched again if they are not."""
    query = "SELECT row FROM tail WHERE series=? ORDER BY open_ms"
    rows = b"".join(row for (row,) in db.execute(query, (series,)).fetchall())
    db.execute("DELETE FROM tail WHERE series=?", (series,))
    fields = [("open_ms", "<i8"), *((column, "<f8") for column in COLUMNS)]
    try:
        table = np.frombuffer(rows, np.dtype(fields))
        candles = Candles(timeframe, *(table[field] for field, _ in fields))
    except (DataFault, ValueError):
        return
    sealed = zip(candles.open_ms.tolist(), pack_rows(name, candles), strict=True)
    db.executemany("INSERT INTO tail VALUES (?, ?, ?)", ((series, time, row) for time, row in sealed))


MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (_first, _second)
"""What leads from each version to the next."""
VERSION: Final = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring the tables from ``version`` to ours; the caller holds the transaction."""
    for step in MIGRATIONS[version:]:
        step(db)
    db.execute(f"PRAGMA user_version={VERSION}")
