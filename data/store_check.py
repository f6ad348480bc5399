"""Every seal of a store looked at: what of it is not what was written, and dropping that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from contracts.data_contract import CheckReport, Damage
from data.market_rows import markets_of, stored_markets
from data.pages import Page, book_whole, damaged_rows, sane_ms, series_name
from data.store_file import StoreFile
from shared.models.timeframe import Timeframe

DROP_PAGE: Final = "DELETE FROM page WHERE rowid=?"
DROP_ROW: Final = "DELETE FROM tail WHERE series=? AND open_ms=?"
DROP_FORMER: Final = "DELETE FROM revision WHERE series=? AND open_ms=?"
DROP_BOOK: Final = "DELETE FROM book WHERE rowid=?"
DROP_MARKET: Final = "DELETE FROM market WHERE exchange=? AND symbol=?"
PAGES: Final = (
    "SELECT rowid, first_ms, last_ms, count, digest, body FROM page WHERE series=? ORDER BY first_ms"
)
TAIL: Final = "SELECT open_ms, row FROM tail WHERE series=? ORDER BY open_ms"
FORMER: Final = "SELECT open_ms, row FROM revision WHERE series=? ORDER BY id"
BOOKS: Final = "SELECT rowid, exchange, symbol, time_ms, bids, digest, body FROM book"
STRAYS: Final[tuple[tuple[Literal["page", "candle", "former candle"], str, str], ...]] = (
    ("page", "page", "first_ms"),
    ("candle", "tail", "open_ms"),
    ("former candle", "revision", "open_ms"),
)
STRUCTURE_LINES: Final = 20


@dataclass(slots=True)
class Tally:
    """What a check has looked at so far: ``candles`` counts those that are whole."""

    pages: int = 0
    candles: int = 0
    books: int = 0
    markets: int = 0
    damage: list[Damage] = field(default_factory=list)


class Found(NamedTuple):
    """Something damaged, and what drops it: a statement and its values, or nothing where it cannot be dropped."""

    damage: Damage
    statement: str = ""
    values: tuple[object, ...] = ()


Look = Callable[[StoreFile, Tally], Iterator[Found]]


def check_store(file: StoreFile, *, mend: bool = False) -> CheckReport:
    """Look at every page, candle, former candle, book and rule; with ``mend`` drop what is damaged, which is a hole until it
    is fetched or imported again. Other processes can go on: a series is looked at in a transaction of its own.

    Raises:
        StorageFault: the file cannot be read.
    """
    tally = Tally()
    for row in file.all("SELECT id, exchange, symbol, timeframe FROM series ORDER BY id"):
        _take(file, tally, partial(_series, row), mend=mend)
    for look in (_books, _markets, _strays, _structure):
        _take(file, tally, look, mend=mend)
    counted = tally.pages, tally.candles, tally.books, tally.markets
    return CheckReport(*counted, tuple(tally.damage), dropped=mend)


def check_sample(file: StoreFile, most: int) -> CheckReport:
    """Look at every page and candle of at most ``most`` series, spread over all there are; nothing is dropped.

    Raises:
        StorageFault: the file cannot be read.
    """
    tally = Tally()
    rows = file.all("SELECT id, exchange, symbol, timeframe FROM series ORDER BY id")
    for row in rows[:: max(1, -(-len(rows) // most))]:
        _take(file, tally, partial(_series, row), mend=False)
    return CheckReport(tally.pages, tally.candles, 0, 0, tuple(tally.damage), dropped=False)


def _take(file: StoreFile, tally: Tally, look: Look, *, mend: bool) -> None:
    """Look, and drop what was found, in one transaction."""
    with file.transaction() if mend else file.snapshot():
        found = list(look(file, tally))
        tally.damage += [one.damage for one in found]
        for one in found:
            if mend and one.statement:
                file.db.execute(one.statement, one.values)


def _series(row: tuple[Any, ...], file: StoreFile, tally: Tally) -> Iterator[Found]:
    series, exchange, symbol, timeframe = row
    parts = str(exchange), str(symbol), str(timeframe)
    if timeframe not in set(Timeframe):
        yield Found(Damage("structure", *parts, 0))
        return
    name = series_name(exchange, symbol, Timeframe(timeframe))
    for page in map(Page._make, file.db.execute(PAGES, (series,))):
        tally.pages += 1
        if page.whole(name):
            tally.candles += page.bars
        else:
            yield Found(Damage("page", *parts, sane_ms(page.first_ms)), DROP_PAGE, (page.row,))
    kinds: tuple[tuple[Literal["candle", "former candle"], str, str], ...] = (
        ("candle", TAIL, DROP_ROW),
        ("former candle", FORMER, DROP_FORMER),
    )
    for kind, query, drop in kinds:
        rows = [(at, body) for at, body in file.all(query, series)]
        bad = damaged_rows(name, rows)
        tally.candles += len(rows) - len(bad) if kind == "candle" else 0
        yield from (Found(Damage(kind, *parts, sane_ms(at)), drop, (series, at)) for at in bad)


def _books(file: StoreFile, tally: Tally) -> Iterator[Found]:
    for rowid, *row in file.db.execute(BOOKS):
        tally.books += 1
        if not book_whole(*row):
            damage = Damage("order book", str(row[0]), str(row[1]), "", sane_ms(row[2]))
            yield Found(damage, DROP_BOOK, (rowid,))


def _markets(file: StoreFile, tally: Tally) -> Iterator[Found]:
    for cells, market in markets_of(stored_markets(file.db.execute("SELECT * FROM market"))):
        tally.markets += 1
        if market is None:
            key = cells["exchange"], cells["symbol"]
            yield Found(Damage("market", str(key[0]), str(key[1]), "", 0), DROP_MARKET, key)


def _strays(file: StoreFile, tally: Tally) -> Iterator[Found]:
    """Pages and rows of a series that is not there."""
    for kind, table, time in STRAYS:
        query = f"SELECT {time}, series FROM {table} WHERE series NOT IN (SELECT id FROM series)"
        for at, series in file.all(query):
            drop = f"DELETE FROM {table} WHERE series=? AND {time}=?"
            yield Found(Damage(kind, "", "", "", sane_ms(at)), drop, (series, at))


def _structure(file: StoreFile, tally: Tally) -> Iterator[Found]:
    """What SQLite finds wrong with its own tables."""
    for (line,) in file.all(f"PRAGMA quick_check({STRUCTURE_LINES})"):
        if line != "ok":
            yield Found(Damage("structure", "", str(line), "", 0))
