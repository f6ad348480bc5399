"""The candle store: pages of raw columns in one SQLite file, a small tail for the newest candles.

A page holds up to 1,000 candles as little-endian arrays behind a seal; a new candle is one sealed row of ``tail``, and
25 to 50 of them are folded into the newest page. A write lays down anew only the pages it reaches into. WAL mode: several
readers beside one writer. It is a cache: whatever is wrong with it, everything in it can be fetched or imported again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from sqlite3 import SQLITE_CORRUPT
from typing import Final, NamedTuple

from contracts.data_contract import Revision, SeriesInfo, WriteReport
from data.market_rows import INSERT, market_values, markets_of, stored_markets
from data.pages import (
    PAGE,
    ROW_BYTES,
    Page,
    book_whole,
    compare,
    damaged_rows,
    merge,
    pack_book,
    pack_page,
    pack_rows,
    page_key,
    sane_ms,
    seal,
    seal_book,
    series_name,
    tail_room,
    unpack,
    unpack_book,
)
from data.store_file import STORE_ADVICE, StoreFile
from shared.errors import DamagedPage, StorageFault
from shared.models.data import Candles, Market, OrderBook
from shared.models.timeframe import Timeframe, iso

NOTHING: Final = WriteReport(0, 0)
FOREVER: Final = 2**62
MEND: Final = (
    "Mend it: 'data verify --mend', import that series again with 'data import', or scan without --offline"
)
PAGES: Final = "SELECT rowid, first_ms, last_ms, count, digest, body FROM page WHERE series=?"


def wall_clock_ms() -> int:
    """The machine's clock."""
    return time.time_ns() // 1_000_000


class Region(NamedTuple):
    """What a write lays down anew: whole pages, and the tail or not; ``dropped`` counts what was damaged there."""

    pages: list[Page]
    tail: list[bytes]
    with_tail: bool
    dropped: int


class SqliteCandleStore:
    """The store of :class:`contracts.data_contract.CandleStore` and :class:`contracts.data_contract.BookStore` in one
    SQLite file.

    Raises:
        StorageFault: the file cannot be opened, read or written, is no store of ours, or was made by a newer version.
        DamagedPage: what is read is not what was written.
    """

    def __init__(self, path: Path, now_ms: Callable[[], int] = wall_clock_ms) -> None:
        """Open ``path``, creating it and its folder if they are not there; ``now_ms`` dates revisions."""
        self.path = path
        self.file = StoreFile(path)
        self._now_ms = now_ms
        self._ids: dict[tuple[str, str, Timeframe], int] = {}
        self._listed: set[str] = set()

    def read(self, exchange: str, symbol: str, timeframe: Timeframe, since_ms: int, until_ms: int) -> Candles:
        """Stored candles that open at or after ``since_ms`` and are closed at ``until_ms``; empty if there are none."""
        series = self._series_id(exchange, symbol, timeframe)
        if series is None:
            return Candles.empty(timeframe)
        name, last_ms = series_name(exchange, symbol, timeframe), until_ms - timeframe.ms
        with self.file.snapshot():
            pages = self._pages(series, since_ms, last_ms)
            rows = self._rows(series, since_ms, last_ms)
        bad_pages = [page.first_ms for page in pages if not page.whole(name)]
        bad = bad_pages or damaged_rows(name, rows)
        if bad:
            what = f"the page of {name} that starts" if bad_pages else f"the candle of {name} at"
            start = sane_ms(bad[0])
            raise DamagedPage(f"{self.path}: {what} {iso(start)} is damaged", MEND, start)
        held = unpack(timeframe, [page.body for page in pages], [row for _, row in rows])
        return held.between(since_ms, until_ms)

    def write(self, exchange: str, symbol: str, candles: Candles) -> WriteReport:
        """Insert or replace candles, all or none."""
        return self.write_many(exchange, {symbol: (candles,)}).get((symbol, candles.timeframe), NOTHING)

    def write_many(
        self, exchange: str, batch: Mapping[str, Iterable[Candles]]
    ) -> Mapping[tuple[str, Timeframe], WriteReport]:
        """Insert or replace many series in one transaction, all or none; what it changed by symbol and timeframe."""
        reports: dict[tuple[str, Timeframe], WriteReport] = {}
        known = dict(self._ids)
        try:
            with self.file.transaction():
                for symbol, parts in batch.items():
                    for candles in parts:
                        if len(candles):
                            key = symbol, candles.timeframe
                            reports[key] = reports.get(key, NOTHING) + self._write_one(
                                exchange, symbol, candles
                            )
        except BaseException:
            self._ids = known
            raise
        return reports

    def series(self, exchange: str | None = None) -> tuple[SeriesInfo, ...]:
        """Every stored series, ordered by exchange, symbol, timeframe."""
        rows = self.file.all(SERIES_QUERY)
        try:
            found = [_info(*row) for row in rows if exchange in (None, row[0])]
        except (TypeError, ValueError) as error:
            raise StorageFault(
                f"{self.path}: the list of series is damaged ({error})", STORE_ADVICE[SQLITE_CORRUPT]
            ) from error
        order = tuple(Timeframe)
        return tuple(
            sorted(found, key=lambda info: (info.exchange, info.symbol, order.index(info.timeframe)))
        )

    def revisions(self, exchange: str, symbol: str, timeframe: Timeframe) -> tuple[Revision, ...]:
        """Former values of candles that came with other values later, oldest sighting first.

        Raises:
            DamagedPage: one is not what was written.
        """
        series, name = self._series_id(exchange, symbol, timeframe), series_name(exchange, symbol, timeframe)
        rows = self.file.all("SELECT seen_ms, open_ms, row FROM revision WHERE series=? ORDER BY id", series)
        bad = damaged_rows(name, [(row[1], row[2]) for row in rows])
        if bad:
            raise DamagedPage(f"{self.path}: a former candle of {name} is damaged", MEND, sane_ms(bad[0]))
        return tuple(Revision(seen_ms, unpack(timeframe, (), (row,))) for seen_ms, _, row in rows)

    def markets(self, exchange: str) -> Mapping[str, Market]:
        """Stored trading rules by unified symbol; a row that is not what was written is left out, as if never stored."""
        with self.file.faults("read"):
            query = "SELECT * FROM market WHERE exchange=? ORDER BY symbol"
            rows = list(stored_markets(self.file.db.execute(query, (exchange,))))
        return {cells["symbol"]: market for cells, market in markets_of(rows) if market}

    def save_markets(self, markets: Mapping[str, Market]) -> None:
        """Insert or replace trading rules, all or none."""
        rows = [market_values(market) for market in markets.values()]
        with self.file.transaction():
            self.file.db.executemany(INSERT, rows)

    def books(self, exchange: str, symbol: str, since_ms: int, until_ms: int) -> tuple[OrderBook, ...]:
        """Stored order books from ``since_ms`` to ``until_ms``, oldest first.

        Raises:
            DamagedPage: one is not what was written.
        """
        query = (
            "SELECT time_ms, bids, digest, body FROM book WHERE exchange=? AND symbol=? AND time_ms>=? AND time_ms<=? "
            "ORDER BY time_ms"
        )
        found: list[OrderBook] = []
        for time_ms, bids, digest, body in self.file.all(query, exchange, symbol, since_ms, until_ms):
            if not book_whole(exchange, symbol, time_ms, bids, digest, body):
                raise DamagedPage(
                    f"{self.path}: the order book of {exchange} {symbol} at {iso(sane_ms(time_ms))} is damaged",
                    "Drop it with 'data verify --mend'",
                    sane_ms(time_ms),
                )
            found.append(unpack_book(exchange, symbol, time_ms, bids, body))
        return tuple(found)

    def save_book(self, book: OrderBook) -> None:
        """Keep a snapshot of an order book; one of the same instant is replaced."""
        body, bids = pack_book(book), len(book.bids)
        digest = seal_book(book.exchange, book.symbol, book.time_ms, bids, body)
        with self.file.transaction():
            self.file.db.execute(
                "INSERT OR REPLACE INTO book VALUES (?, ?, ?, ?, ?, ?)",
                (book.exchange, book.symbol, book.time_ms, bids, digest, body),
            )

    def close(self) -> None:
        """Release the file; may be called twice."""
        self.file.close()

    def _write_one(self, exchange: str, symbol: str, new: Candles) -> WriteReport:
        series = self._series_id(exchange, symbol, new.timeframe) or self._new_series(
            exchange, symbol, new.timeframe
        )
        name = series_name(exchange, symbol, new.timeframe)
        last_paged, newest, count = self._ends(series)
        if int(new.open_ms[0]) > max(last_paged, newest) and count + len(new) < tail_room(series):
            self._insert_rows(series, new, name)
            return WriteReport(len(new), 0)
        region = self._region(series, new, name, last_paged)
        held = unpack(new.timeframe, [page.body for page in region.pages], region.tail)
        added, old = compare(held, new)
        if added or len(old) or region.dropped:
            self._keep_former(series, old, name)
            self._clear(series, region)
            self._lay_down(series, merge(held, new), name, with_tail=region.with_tail)
        return WriteReport(added, len(old), region.dropped)

    def _ends(self, series: int) -> tuple[int, int, int]:
        """Newest open time in pages and in the tail, -1 if there are none, and the tail's rows."""
        (last_paged,) = self.file.one("SELECT coalesce(max(last_ms), -1) FROM page WHERE series=?", series)
        newest, count = self.file.one(
            "SELECT coalesce(max(open_ms), -1), count(*) FROM tail WHERE series=?", series
        )
        return last_paged, newest, count

    def _region(self, series: int, new: Candles, name: str, last_paged: int) -> Region:
        """The pages that ``new`` reaches into, those beside them that have room, and the tail if ``new`` reaches beyond the
        pages. What is damaged there is dropped; a neighbour that is damaged is left for whoever reads it."""
        first, last = int(new.open_ms[0]), int(new.open_ms[-1])
        reached = self._pages(series, first, last)
        bad = [page for page in reached if not page.whole(name)]
        for page in bad:
            self.file.db.execute("DELETE FROM page WHERE rowid=?", (page.row,))
        with_tail = last > last_paged
        rows = self._rows(series, 0, FOREVER) if with_tail else []
        lost = set(damaged_rows(name, rows))
        beside = [page for page in self._beside(series, first, last) if page.whole(name)]
        pages = sorted(
            [*(page for page in reached if page not in bad), *beside], key=lambda page: page.first_ms
        )
        return Region(pages, [row for time, row in rows if time not in lost], with_tail, len(bad) + len(lost))

    def _beside(self, series: int, first: int, last: int) -> list[Page]:
        """The page before the span and the one after it, where they are not full."""
        queries = (
            (f"{PAGES} AND last_ms<? ORDER BY last_ms DESC LIMIT 1", first),
            (f"{PAGES} AND first_ms>? ORDER BY first_ms LIMIT 1", last),
        )
        found = [Page(*row) for query, time in queries for row in self.file.all(query, series, time)]
        return [page for page in found if page.bars < PAGE]

    def _clear(self, series: int, region: Region) -> None:
        for page in region.pages:
            self.file.db.execute("DELETE FROM page WHERE rowid=?", (page.row,))
        if region.with_tail:
            self.file.db.execute("DELETE FROM tail WHERE series=?", (series,))

    def _lay_down(self, series: int, candles: Candles, name: str, *, with_tail: bool) -> None:
        """Full pages; what is left is tail rows if it is little and the newest there is, else a page with room."""
        left = len(candles) % PAGE
        paged = len(candles) - (left if with_tail and left < tail_room(series) else 0)
        for start in range(0, paged, PAGE):
            page = candles.rows(start, min(start + PAGE, paged))
            body, span = pack_page(page), (int(page.open_ms[0]), int(page.open_ms[-1]), len(page))
            self.file.db.execute(
                "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?)",
                (series, *span, seal(name, page_key(*span), body), body),
            )
        self._insert_rows(series, candles.rows(paged, len(candles)), name)

    def _insert_rows(self, series: int, candles: Candles, name: str) -> None:
        rows = zip(candles.open_ms.tolist(), pack_rows(name, candles), strict=True)
        self.file.db.executemany(
            "INSERT INTO tail VALUES (?, ?, ?)", ((series, time, row) for time, row in rows)
        )

    def _keep_former(self, series: int, old: Candles, name: str) -> None:
        seen_ms = self._now_ms() if len(old) else 0
        rows = zip(old.open_ms.tolist(), pack_rows(name, old), strict=True)
        self.file.db.executemany(
            "INSERT INTO revision (series, open_ms, seen_ms, row) VALUES (?, ?, ?, ?)",
            ((series, time, seen_ms, row) for time, row in rows),
        )

    def _pages(self, series: int, first_ms: int, last_ms: int) -> list[Page]:
        """Every page that reaches into the span, oldest first."""
        query = f"{PAGES} AND last_ms>=? AND first_ms<=? ORDER BY first_ms"
        return [Page(*row) for row in self.file.all(query, series, first_ms, last_ms)]

    def _rows(self, series: int, first_ms: int, last_ms: int) -> list[tuple[int, bytes]]:
        """The tail's rows inside the span, by open time."""
        query = "SELECT open_ms, row FROM tail WHERE series=? AND open_ms>=? AND open_ms<=? ORDER BY open_ms"
        return [(row[0], row[1]) for row in self.file.all(query, series, first_ms, last_ms)]

    def _series_id(self, exchange: str, symbol: str, timeframe: Timeframe) -> int | None:
        key = (exchange, symbol, timeframe)
        if exchange not in self._listed:
            self._ids |= self._all_ids(exchange)
            self._listed.add(exchange)
        if key not in self._ids:
            query = "SELECT id FROM series WHERE exchange=? AND symbol=? AND timeframe=?"
            self._ids |= {key: row[0] for row in self.file.all(query, exchange, symbol, timeframe.value)}
        return self._ids.get(key)

    def _all_ids(self, exchange: str) -> dict[tuple[str, str, Timeframe], int]:
        """Every series there is now; what other processes add is asked for by itself."""
        rows = self.file.all("SELECT symbol, timeframe, id FROM series WHERE exchange=?", exchange)
        known = tuple(Timeframe)
        return {(exchange, symbol, Timeframe(text)): number for symbol, text, number in rows if text in known}

    def _new_series(self, exchange: str, symbol: str, timeframe: Timeframe) -> int:
        key = (exchange, symbol, timeframe.value)
        self.file.db.execute("INSERT INTO series (exchange, symbol, timeframe) VALUES (?, ?, ?)", key)
        series = self._series_id(exchange, symbol, timeframe)
        if series is None:
            raise StorageFault(
                f"{self.path}: series {' '.join(key)} is not found after it was made",
                STORE_ADVICE[SQLITE_CORRUPT],
            )
        return series


def _info(exchange: str, symbol: str, timeframe: str, *figures: int) -> SeriesInfo:
    first, last, count, size, revised = figures
    kept = Timeframe(timeframe)
    missing = (last - first) // kept.ms + 1 - count
    return SeriesInfo(exchange, symbol, kept, first, last, count, missing, size, revised)


SERIES_QUERY: Final = f"""
SELECT exchange, symbol, timeframe, min(first), max(last), sum(n), sum(size),
    (SELECT count(*) FROM revision WHERE revision.series = kept.series)
FROM (
    SELECT series, min(first_ms) AS first, max(last_ms) AS last, sum(count) AS n, sum(length(body)) AS size
    FROM page GROUP BY series
    UNION ALL
    SELECT series, min(open_ms), max(open_ms), count(*), count(*) * {ROW_BYTES} FROM tail GROUP BY series
) AS kept JOIN series ON series.id = kept.series GROUP BY kept.series
"""
