"""The candle store: pages of raw columns in one SQLite file, a small tail for the newest candles.

A page holds 1,000 candles as little-endian arrays behind a digest and is never changed once closed; a new candle is one
row of ``tail``, folded into pages when a page's worth has come. WAL mode: several readers beside one writer. It is a
cache: whatever is wrong with it, everything in it can be fetched or imported again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from contracts.data_contract import SeriesInfo, WriteReport
from data.pages import PAGE, ROW_BYTES, count_changes, digest_of, merge, pack_page, pack_rows, unpack
from shared.errors import DamagedPage, StorageFault
from shared.models.data import Candles, Market
from shared.models.timeframe import Timeframe, iso

VERSION: Final = 1
NOTHING: Final = WriteReport(0, 0)
USUAL_ADVICE: Final = "Check the folder's permissions and space, or name another one with SNIPERSIGHT_HOME"
ADVICE: Final = {
    sqlite3.SQLITE_NOTADB: "It is not a SniperSight store: move or delete it, a new one is made",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: move or delete it, then import or fetch the candles again",
    sqlite3.SQLITE_BUSY: "Another run is writing: wait until it has ended",
}
"""What to do, by SQLite's error code."""
BUSY_S: Final = 10.0

SCHEMA: Final = (
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


class SqliteCandleStore:
    """The store of :class:`contracts.data_contract.CandleStore` in one SQLite file.

    Raises:
        StorageFault: the file cannot be opened, read or written, is no store of ours, or was made by a newer version.
        DamagedPage: a page that is read does not match its digest.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, creating it and its folder if they are not there."""
        self.path = path
        self._ids: dict[tuple[str, ...], int] = {}
        with self._faults("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._migrate()
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        rows = self._all("SELECT id, exchange, symbol, timeframe FROM series")
        self._ids |= {tuple(row[1:]): row[0] for row in rows}

    def read(self, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Stored candles that open at or after ``since_ms`` and are closed at ``until_ms``; empty if there are none."""
        series = self._series_id(exchange, symbol, timeframe)
        if series is None:
            return Candles.empty(timeframe)
        name = f"{exchange} {symbol} {timeframe}"
        with self._snapshot():
            held = self._load(series, timeframe, since_ms, until_ms - timeframe.ms, name)
        return held.between(since_ms, until_ms)

    def write(self, exchange: str, symbol: str, candles: Candles) -> WriteReport:
        """Insert or replace candles, all or none."""
        return self.write_many(exchange, {symbol: (candles,)}).get((symbol, candles.timeframe), NOTHING)

    def write_many(
        self, exchange: str, batch: Mapping[str, Iterable[Candles]]
    ) -> Mapping[tuple[str, Timeframe], WriteReport]:
        """Insert or replace many series in one transaction, all or none; what it changed by symbol and timeframe."""
        reports: dict[tuple[str, Timeframe], WriteReport] = {}
        with self._transaction():
            for symbol, parts in batch.items():
                for candles in parts:
                    if len(candles):
                        key = symbol, candles.timeframe
                        reports[key] = reports.get(key, NOTHING) + self._write_one(exchange, symbol, candles)
        return reports

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        """Every stored series, ordered by exchange, symbol, timeframe."""
        found = (self._info(*row) for row in self._all(SERIES_QUERY) if exchange in (None, row[0]))
        order = tuple(Timeframe)
        return tuple(
            sorted(found, key=lambda info: (info.exchange, info.symbol, order.index(info.timeframe)))
        )

    def markets(self, exchange: str) -> Mapping[str, Market]:
        """Stored trading rules by unified symbol."""
        rows = self._all("SELECT * FROM market WHERE exchange=? ORDER BY symbol", exchange)
        return {row[1]: _market(row) for row in rows}

    def save_markets(self, markets: Mapping[str, Market]) -> None:
        """Insert or replace trading rules, all or none."""
        rows = [
            (
                m.exchange, m.symbol, m.market_id, m.base, m.quote, m.kind, str(m.tick), str(m.lot_step),
                str(m.min_notional), int(m.active), m.source,
            )
            for m in markets.values()
        ]  # fmt: skip
        with self._transaction():
            self._db.executemany(f"INSERT OR REPLACE INTO market VALUES ({','.join('?' * 11)})", rows)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._db.close()

    def _write_one(self, exchange: str, symbol: str, new: Candles) -> WriteReport:
        series = self._series_id(exchange, symbol, new.timeframe) or self._new_series(
            exchange, symbol, new.timeframe
        )
        name, first = f"{exchange} {symbol} {new.timeframe}", int(new.open_ms[0])
        dropped = self._drop_damaged(series, first, int(new.open_ms[-1]))
        return self._merge_in(series, new, name) + WriteReport(0, 0, dropped)

    def _merge_in(self, series: int, new: Candles, name: str) -> WriteReport:
        first = int(new.open_ms[0])
        (last_paged,) = self._one("SELECT coalesce(max(last_ms), -1) FROM page WHERE series=?", series)
        if first > last_paged:
            return self._write_tail(series, new, name)
        held = self._load(series, new.timeframe, first, None, name)
        report = WriteReport(*count_changes(held, new))
        if report != WriteReport(0, 0):
            self._db.execute("DELETE FROM page WHERE series=? AND last_ms>=?", (series, first))
            self._db.execute("DELETE FROM tail WHERE series=?", (series,))
            self._lay_down(series, merge(held, new))
        return report

    def _drop_damaged(self, series: int, first_ms: int, last_ms: int) -> int:
        """Delete the pages that reach into the span and are not what was written; how many there were."""
        bad = [page[0] for page in self._pages(series, first_ms, last_ms) if digest_of(page[2]) != page[1]]
        for page_first in bad:
            self._db.execute("DELETE FROM page WHERE series=? AND first_ms=?", (series, page_first))
        return len(bad)

    def _write_tail(self, series: int, new: Candles, name: str) -> WriteReport:
        (count, newest) = self._one(
            "SELECT count(*), coalesce(max(open_ms), -1) FROM tail WHERE series=?", series
        )
        if count + len(new) < PAGE and int(new.open_ms[0]) > newest:
            self._insert_rows(series, new)
            return WriteReport(len(new), 0)
        held = self._load(series, new.timeframe, int(new.open_ms[0]), None, name)
        report = WriteReport(*count_changes(held, new))
        if report != WriteReport(0, 0):
            (oldest,) = self._one("SELECT coalesce(min(open_ms), 0) FROM tail WHERE series=?", series)
            tail = self._load(series, new.timeframe, min(oldest, int(new.open_ms[0])), None, name)
            self._db.execute("DELETE FROM tail WHERE series=?", (series,))
            self._lay_down(series, merge(tail, new))
        return report

    def _lay_down(self, series: int, candles: Candles) -> None:
        """Full pages, and what is left as tail rows."""
        whole = len(candles) - len(candles) % PAGE
        for start in range(0, whole, PAGE):
            page = candles.rows(start, start + PAGE)
            body = pack_page(page)
            span = int(page.open_ms[0]), int(page.open_ms[-1])
            self._db.execute(
                "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?)", (series, *span, PAGE, digest_of(body), body)
            )
        self._insert_rows(series, candles.rows(whole, len(candles)))

    def _insert_rows(self, series: int, candles: Candles) -> None:
        rows = zip(candles.open_ms.tolist(), pack_rows(candles), strict=True)
        self._db.executemany("INSERT INTO tail VALUES (?, ?, ?)", ((series, time, row) for time, row in rows))

    def _load(
        self, series: int, timeframe: Timeframe, since_ms: int, last_ms: int | None, name: str
    ) -> Candles:
        """Whole pages that reach into the span, and the tail's rows inside it."""
        upto = last_ms if last_ms is not None else 2**62
        pages = self._pages(series, since_ms, upto)
        for first_ms, digest, body in pages:
            if digest_of(body) != digest:
                raise DamagedPage(
                    f"{self.path}: the page of {name} that starts {iso(first_ms)} is damaged",
                    "Mend it: import that series again with 'data import', or scan without --offline",
                    first_ms,
                )
        rows = self._all(
            "SELECT row FROM tail WHERE series=? AND open_ms>=? AND open_ms<=? ORDER BY open_ms",
            series,
            since_ms,
            upto,
        )
        return unpack(timeframe, [page[2] for page in pages], [row[0] for row in rows])

    def _pages(self, series: int, first_ms: int, last_ms: int) -> list[tuple[int, bytes, bytes]]:
        """First time, digest and body of every page that reaches into the span, oldest first."""
        query = "SELECT first_ms, digest, body FROM page WHERE series=? AND last_ms>=? AND first_ms<=? ORDER BY first_ms"
        return [(row[0], row[1], row[2]) for row in self._all(query, series, first_ms, last_ms)]

    def _series_id(self, exchange: str, symbol: str, timeframe: Timeframe) -> int | None:
        key = (exchange, symbol, timeframe.value)
        if key not in self._ids:
            query = "SELECT id FROM series WHERE exchange=? AND symbol=? AND timeframe=?"
            self._ids |= {key: row[0] for row in self._all(query, *key)}
        return self._ids.get(key)

    def _new_series(self, exchange: str, symbol: str, timeframe: Timeframe) -> int:
        key = (exchange, symbol, timeframe.value)
        self._db.execute("INSERT INTO series (exchange, symbol, timeframe) VALUES (?, ?, ?)", key)
        (series,) = self._one("SELECT id FROM series WHERE exchange=? AND symbol=? AND timeframe=?", *key)
        return int(series)

    def _info(self, exchange: str, symbol: str, timeframe: str, *figures: int) -> SeriesInfo:
        first, last, count, size = figures
        kept = Timeframe(timeframe)
        return SeriesInfo(
            exchange, symbol, kept, first, last, count, (last - first) // kept.ms + 1 - count, size
        )

    def _migrate(self) -> None:
        (version,) = self._one("PRAGMA user_version")
        if version > VERSION:
            raise StorageFault(
                f"{self.path}: written by a newer version (schema {version}, this one reads {VERSION})",
                "Update SniperSight or name another data directory with SNIPERSIGHT_HOME",
            )
        if version == VERSION:
            return
        with self._transaction():
            if self._one("PRAGMA user_version") == (0,):
                if self._one("SELECT count(*) FROM sqlite_master") != (0,):
                    raise StorageFault(
                        f"{self.path}: a database of another program", ADVICE[sqlite3.SQLITE_NOTADB]
                    )
                for statement in SCHEMA:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={VERSION}")

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._faults("read"):
            rows: list[tuple[Any, ...]] = self._db.execute(query, values).fetchall()
            return rows

    def _one(self, query: str, *values: object) -> tuple[int, ...]:
        with self._faults("read"):
            row: tuple[int, ...] = self._db.execute(query, values).fetchone()
            return row

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Pages and tail as of one instant: another process may fold the tail into a page between two queries."""
        with self._faults("read"):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._faults("written"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._ids.clear()
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _faults(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageFault(
                f"candle store {self.path} could not be {verb}: {error}",
                ADVICE.get(getattr(error, "sqlite_errorcode", 0), USUAL_ADVICE),
            ) from error


SERIES_QUERY: Final = f"""
SELECT exchange, symbol, timeframe, min(first), max(last), sum(n), sum(size) FROM (
    SELECT series, min(first_ms) AS first, max(last_ms) AS last, sum(count) AS n, sum(length(body)) AS size
    FROM page GROUP BY series
    UNION ALL
    SELECT series, min(open_ms), max(open_ms), count(*), count(*) * {ROW_BYTES} FROM tail GROUP BY series
) JOIN series ON series.id = series GROUP BY series
"""


def _market(row: tuple[Any, ...]) -> Market:
    exchange, symbol, market_id, base, quote, kind, tick, lot_step, min_notional, active, source = row
    steps = Decimal(tick), Decimal(lot_step), Decimal(min_notional)
    return Market(exchange, symbol, market_id, base, quote, kind, *steps, bool(active), source)
